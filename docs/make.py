"""Writes the pages that follow from the code: `python -m docs.make`. A test keeps them current.

errors.md        every diagnostic, with the first of its case files, what is said about it, and what mends it
catalogue.md     every layer, function, loss, metric, ... with its arguments
language.md      only the tables between `<!-- NAME -->` and `<!-- end of NAME -->`; so in scaling.md and backends.md
digits.svg       the diagram of examples/digits

and the TextMate grammar in grammars/vscode/.
"""

import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

from nndsl import api, costs, diagram, scaling
from nndsl.catalogue import activations, differences, functions, layers, training, weights
from nndsl.catalogue.applicable import Applicable, Function, Layer
from nndsl.catalogue.augmentations import Augmentation
from nndsl.catalogue.component import REQUIRED, Component, Field
from nndsl.catalogue.functions import differences as function_differences
from nndsl.catalogue.training.terms import Term
from nndsl.data.component import DataSource, Encoder, RowStep, Split
from nndsl.highlighting import textmate
from nndsl.index import complete_index
from nndsl.mending import mend
from nndsl.source import Source
from nndsl.syntax.reading import read_source

DOCS = Path(__file__).parent
EXTENSION = DOCS.parent / "grammars" / "vscode"
CASES = DOCS.parent / "tests" / "diagnostics"
BEGIN = "<!-- Written by `python -m docs.make`: change the code, not this page. -->"
ABOUT_CODES = """\
`nndsl explain CODE` prints the words of these entries. A code keeps its meaning for ever. The tests compile each example, which
must say what is said here, and compile it again with the change below it, after which there is nothing left to say."""
LONGEST_CASE = 16
"""So many lines of a case file are shown; of longer ones, only what is said about them, and what mends them."""

SECTIONS = {
    "1": "Syntax", "2": "Names, arguments and values", "3": "Shapes and types", "4": "The graph",
    "5": "Data", "6": "Training", "7": "Keras, files and runs", "8": "Pictures, reports, and models that come and leave",
}


def pages() -> Mapping[Path, str]:
    """Every page that is written here, as it should be."""
    return {
        DOCS / "errors.md": errors_page(),
        DOCS / "catalogue.md": catalogue_page(),
        DOCS / "language.md": with_tables((DOCS / "language.md").read_text(encoding="utf-8"), TABLES),
        DOCS / "backends.md": with_tables((DOCS / "backends.md").read_text(encoding="utf-8"), {"not on jax": not_on_jax}),
        DOCS / "scaling.md": with_tables((DOCS / "scaling.md").read_text(encoding="utf-8"), {"exchange": exchange_table}),
        DOCS / "gpt2_small_right.svg": diagram.svg(api.load(DOCS.parent / "specs" / "gpt2_small.nn").checked.network(), direction="right"),
        DOCS / "digits.svg": api.load(DOCS.parent / "examples" / "digits" / "digits.nn").svg(),
        EXTENSION / "syntaxes" / "nn.tmLanguage.json": json.dumps(textmate(), indent=2) + "\n",
    }


# Diagnostics -------------------------------------------------------------------------------------


def errors_page() -> str:
    """The index of diagnostics."""
    index = sorted(complete_index().values(), key=lambda entry: entry.code)
    parts = [f"# Every diagnostic\n\n{BEGIN}\n\n{ABOUT_CODES}"]
    for digit, title in SECTIONS.items():
        parts.append(f"## NN{digit}xx: {title}")
        parts += [_entry(one.code, one.severity, one.name, one.explanation) for one in index if one.code[2] == digit]
    return "\n\n".join(parts) + "\n"


def _entry(code: str, severity: str, name: str, explanation: str) -> str:
    warns = " (warning)" if severity == "warning" else ""
    return "\n\n".join([f"### {code}: {name.replace('_', ' ')}{warns}", explanation.strip(), *_case(code)])


def first_cases() -> Mapping[str, Path]:
    """By codes, the case file that stands for each."""
    return {path.name.partition("_")[0]: path for path in sorted(CASES.glob("*.nn"), reverse=True)}


def mended(case: Path) -> Source:
    """A case without its mistake: as it is written in a file of the same name, or else as `nndsl check --fix` mends it."""
    written = CASES / "mended" / case.name
    if written.exists():
        return Source(case.name, written.read_text(encoding="utf-8"), case)
    return mend(read_source(case, name=case.name))[0].source


def _case(code: str) -> Iterable[str]:
    """The case of a diagnostic: the file, if it is short, what is said about it, and what mends it."""
    file = first_cases().get(code)
    if file is None:
        return
    text = file.read_text(encoding="utf-8")
    said = file.with_suffix(".txt").read_text(encoding="utf-8").rstrip()
    if text.count("\n") <= LONGEST_CASE:
        yield f"```nn\n{text.rstrip()}\n```"
    yield f"```text\n{said}\n```"
    changes = list(unified_diff(text.splitlines(), mended(file).text.splitlines(), n=0, lineterm=""))[2:]
    yield "\n".join(["```diff", *(one for one in changes if not one.startswith("@@")), "```"])


# The catalogue -----------------------------------------------------------------------------------


def catalogue_page() -> str:
    """Everything that a file can call by name."""
    parts = [
        f"# The catalogue\n\n{BEGIN}\n",
        "Arguments come in the order, and with the names and defaults, of Keras.",
        f"\n## Layers\n{_shared(Layer)}", *(_module(Layer, layers, name) for name in layers.__all__),
        "\n## Functions", *(_module(Function, functions, name) for name in functions.__all__),
        "\n### Activations\n", _list(one for one in Function.registered() if one.__module__ == activations.__name__),
    ]
    families: tuple[tuple[str, type[Component]], ...] = (
        ("Losses", training.Loss), ("Metrics", training.Metric), ("Optimizers", training.Optimizer), ("Schedules", training.Schedule),
        ("Initializers", weights.Initializer), ("Regularizers", weights.Regularizer), ("Constraints", weights.Constraint),
    )
    for title, family in families:
        parts += [f"\n## {title}\n{_shared(family)}", _list(family.registered())]
    left_out = (f"- `{name}`: {reason}" for name, reason in sorted(differences.LEFT_OUT.items()))
    parts += ["\n## Layers of Keras that are left out, and why\n", "\n".join(left_out)]
    return "\n".join(parts) + "\n"


def _shared(family: type[Component]) -> str:
    """What every member of a family takes besides its own arguments, by name only."""
    names = [f"`{_argument(field)}`" for field in family.fields().values()]
    return f"\nEach also takes {', '.join(names)}.\n" if names else ""


def _module(family: type[Component], package: Any, name: str) -> str:
    """The members of a family that a module declares, under the module's own title."""
    module = importlib.import_module(f"{package.__name__}.{name}")
    title = re.split(r"[:.]", (inspect.getdoc(module) or name).partition("\n")[0])[0]
    return f"\n### {title}\n\n" + _list(one for one in family.registered() if one.__module__ == module.__name__)


def _list(components: Iterable[type[Component]]) -> str:
    return "\n".join(f"- `{signature(one)}`{_aliases(one)}: {one.summary()}{_shape_rule(one)}" for one in components)


def _shape_rule(component: type[Component]) -> str:
    """From what shape to what: what the documentation of a layer or function says after `Shape:`."""
    found = re.search(r"^Shape: (.+(?:\n.+)*)", inspect.getdoc(component) or "", re.MULTILINE)
    return "" if found is None else f" Shape: {' '.join(found[1].split())}."


def _aliases(component: type[Component]) -> str:
    names = [*component.own_names()[1:], *component.__dict__.get("aliases", ())]
    return f" ({', '.join(f'`{name}`' for name in names)})" if names else ""


def signature(component: type[Component]) -> str:
    """How a component is called: `Dropout(rate, noise_shape=none, seed=none)`; what the whole family takes is left out."""
    fields = [field for field in component.fields().values() if field.default is REQUIRED or not field.keyword_only]
    operands = [one.name for one in component.operands()] if issubclass(component, Applicable) else []
    takes_them_inside = issubclass(component, Function | Term)
    arguments = [*(operands if takes_them_inside else []), *map(_argument, fields)]
    arrow = f"({', '.join(operands)}) -> " if len(operands) > 1 and not takes_them_inside else ""
    return arrow + component.called() + (f"({', '.join(arguments)})" if arguments else "")


def _argument(field: Field) -> str:
    if field.variadic:
        return f"{field.name}..."
    if field.default is REQUIRED:
        return field.name
    shown = field.written_default()
    return f"{field.name}={shown if len(shown) <= 24 else '...'}"


# The tables of the language ----------------------------------------------------------------------


def data_tables() -> str:
    """What a data block is made of."""
    families: tuple[tuple[str, type[Component]], ...] = (
        ("source", DataSource), ("step over rows", RowStep), ("encoder", Encoder), ("split", Split),
    )
    return "\n\n".join(_table(title, family.registered()) for title, family in families)


def terms_table() -> str:
    """What only objectives are made of."""
    rows = [f"| `{one.written or signature(one)}` | {one.summary()} |" for one in Term.registered()]
    return "\n".join(["| term | |", "|---|---|", *rows])


def schedules_table() -> str:
    """How learning rates change."""
    return _table("schedule", training.Schedule.registered())


def _table(title: str, components: Iterable[type[Component]]) -> str:
    rows = [f"| `{signature(one)}` | {one.summary()} |" for one in components]
    return "\n".join([f"| {title} | |", "|---|---|", *rows])


def augmentations_table() -> str:
    """What varies training examples, besides the layers of Keras."""
    return _table("augmentation", Augmentation.registered())


def strictness() -> str:
    """What is refused though Keras would compute it."""
    layers = ((one.words, ", ".join(f"`{name}`" for name in one.components) or "layers", one.reason) for one in differences.STRICTER)
    calls = ((words, "functions", reason) for words, reason in function_differences.STRICTER.items())
    bounds = [f"| the bounds of `{name}` | | {reason} |" for name, reason in differences.OUT_OF_BOUNDS.items()]
    bounds += [f"| the bounds of `{name}` | losses, metrics, optimizers, schedules, initializers, constraints | {reason} |"
               for name, reason in differences.TRAINING_OUT_OF_BOUNDS.items()]
    own = (f"| {code}{'xx'[: 3 - len(code.removeprefix('NN'))]} | | {reason} |" for code, reason in differences.BEYOND_KERAS.items())
    rows = [*own, *bounds, *(f"| \"... {words} ...\" | {where} | {reason} |" for words, where, reason in (*layers, *calls))]
    return "\n".join(["| what is said | of | why |", "|---|---|---|", *rows])


def not_on_jax() -> str:
    """What is refused where Keras computes on JAX."""
    rows = (f"| `{one.component}` {one.words} | {one.reason} |" for one in differences.NOT_ON_JAX)
    return "\n".join(["| what | why |", "|---|---|", *rows])


TABLES: Mapping[str, Callable[[], str]] = {
    "augmentations": augmentations_table, "data tables": data_tables, "strictness": strictness, "schedules": schedules_table, "terms": terms_table,
}


PLANNED = ("lenet5", "efficientnet_b0", "resnet50", "vit_b16", "vgg16")
"""The files of `specs` whose exchange is planned on paper."""
SPEED = 400e12
LINKS = {"NVLink 4": 450e9, "InfiniBand NDR": 50e9, "10 Gb Ethernet": 1.25e9}
"""Bytes a second in one direction, as their makers say."""


def exchange_table() -> str:
    """For networks of `specs`, what eight devices send, and how many examples each of them needs to be busy for 90 %."""
    head = ["network", "parameters", "GFLOPs, forward", "MB of gradients", "MB sent", *LINKS]
    rows = [head, ["---", *["--:"] * (len(head) - 1)], *map(_exchange, PLANNED)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _exchange(name: str) -> list[str]:
    graph = api.load(DOCS.parent / "specs" / f"{name}.nn").checked.network().graph
    numbers = [costs.trainable(graph), costs.flops(graph), scaling.gradient_bytes(graph), scaling.sent_bytes(graph, 8)]
    trainable, flops, gradients, sent = (one for one in numbers if isinstance(one, int))
    needed = [scaling.examples_for(0.9, flops, sent, scaling.Machine(SPEED, link)) for link in LINKS.values()]
    return [name, f"{trainable:,}", f"{flops / 1e9:.3g}", f"{gradients / 1e6:.3g}", f"{sent / 1e6:.3g}", *(f"{one:,}" for one in needed)]


def with_tables(page: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """A page with what stands between its marks made anew."""
    for name, made in tables.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, found, rest = page.partition(begin)
        assert found and end in rest, f"the page has no place for {name}"
        page = f"{before}{begin}\n\n{made()}\n\n{end}{rest.partition(end)[2]}"
    return page


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path)
