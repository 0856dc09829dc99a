"""A whole program: what it is about, what it imports, its constants, its functions."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import nndsl
from nndsl.emission.fitting import Fitting, check_writable, weights_file
from nndsl.emission.functions import Function, Library
from nndsl.emission.identifiers import constant, variable
from nndsl.emission.loading import Loading
from nndsl.emission.loop import Loop
from nndsl.emission.manuscript import Manuscript
from nndsl.emission.networks import building
from nndsl.emission.reading import read
from nndsl.emission.spelling import value_code
from nndsl.emission.stock import needed, pieces, without_texts
from nndsl.emission.writing import Page, quoted
from nndsl.program import Network, Program, Training
from nndsl.syntax import ast

_IMPORTS = (
    ("csv", "import csv"), ("gzip", "import gzip"), ("math", "import math"), ("re", "import re"),
    ("Counter", "from collections import Counter"), ("Path", "from pathlib import Path"),
    ("", ""),
    ("keras", "import keras"), ("np", "import numpy as np"), ("pq", "import pyarrow.parquet as pq"), ("tf", "import tensorflow as tf"),
    ("layers", "from keras import layers"), ("ops", "from keras import ops"), ("Image", "from PIL import Image, ImageOps"),
)  # fmt: skip

Setting: TypeAlias = tuple[str, str, tuple[str, ...]]
"""A constant at the top: its name, its value, and what is said of it."""


def written_program(program: Program, name: str | None, folder: Path) -> str:
    """The program of a training or of a network, as a command names it: without a name, that of the only training, else of the only network.

    Args:
        folder: where it will lie.

    Raises:
        NoSuchName: there is none of that name, or more than one and no name.
        UserError: something in it cannot be written.
    """
    if name in program.trainings or (name is None and program.trainings):
        return training_program(program, program.training(name), folder)
    return network_program(program, program.network(name))


def training_program(program: Program, training: Training, folder: Path) -> str:
    """A program that trains.

    Args:
        folder: where it will lie.

    Raises:
        UserError: something in it cannot be written.
    """
    check_writable(training)
    sheet = Sheet(program, training.name)
    loading = Loading(training.data, sheet.manuscript, folder)
    learnt = {name: one.written for name, one in training.learnt.items()}
    builders = {name: "build" if len(learnt) == 1 else f"build_{variable(name)}" for name in learnt}
    data = loading.page()
    sheet.library.taken |= {"load", "main"}
    sheet.networks({builders[name]: one for name, one in learnt.items()})
    definition = sheet.manuscript.definition(training.span)
    written_out = definition is not None and any(isinstance(one, ast.Minimize) for one in definition.body)
    (builder, *_) = builders.values()
    if written_out:
        main = Loop(training, sheet.manuscript, sheet.constants, builders).page()
    else:
        main = Fitting(training, sheet.manuscript, builder).page()
    sheet.parts += [data, main, _start("main()")]
    sheet.settings += _settings(training, loading, sheet.manuscript, written_out)
    return sheet.text()


def _settings(training: Training, loading: Loading, manuscript: Manuscript, written_out: bool) -> list[Setting]:
    """What stands at the top of a program that trains."""
    count = f"{training.batch}"
    found = [
        ("DATA", loading.path(), loading.said_of_path()),
        ("EPOCHS", str(training.epochs), manuscript.said_of_setting(training.span, "epochs")),
        ("BATCH", count, manuscript.said_of_setting(training.span, "batch")),
        ("SEED", str(training.seed % 2**32), manuscript.said_of_setting(training.span, "seed")),
    ]
    return found if written_out else [*found, ("WEIGHTS", quoted(weights_file(training)), ("where the best weights are kept",))]


def _start(call: str) -> Page:
    page = Page()
    page.line('if __name__ == "__main__":')
    with page.inside():
        page.line(call)
    return page


def network_program(program: Program, network: Network) -> str:
    """A program that builds a network."""
    sheet = Sheet(program, network.name)
    sheet.networks({"build": network})
    sheet.parts.append(_start("build().summary()"))
    return sheet.text()


class Sheet:
    """A program in the making.

    Attributes:
        parts: functions and other things that stand by themselves.
    """

    def __init__(self, program: Program, name: str):
        self.program, self._name = program, name
        self.manuscript = Manuscript(program.sources)
        self.constants: dict[str, tuple[str, Any]] = _constants(program)
        self.settings: list[Setting] = []
        self.library = Library(self.manuscript, self.constants, pieces())
        self.parts: list[Page] = []

    def networks(self, named: dict[str, Network]) -> None:
        """The functions that build some networks, and those of the blocks that they are made of."""
        self.library.taken |= set(named)
        found, groups = read([one.graph for one in named.values()], self.manuscript)
        self.library.add(groups)
        self.parts += [_function(one) for one in self.library.functions.values()]
        self.parts += [building(network, items, self.library, name) for (name, network), items in zip(named.items(), found, strict=True)]

    def text(self) -> str:
        """The whole program."""
        own = [page.text().rstrip() for page in self.parts]
        body = "\n\n\n".join([*(one.text for one in needed("\n".join(own))), *own]) + "\n"
        constants = self._constants_used(body)
        page = Page()
        page.documentation(self._about())
        page.blank()
        for line in _imports_of(f"{constants}\n{body}"):
            page.line(line)
        head = page.text()
        return "\n".join([head, *([constants] if constants else []), "", body]) if constants else f"{head}\n\n{body}"

    def _about(self) -> str:
        head = self.manuscript.heads.get(self.program.source, ())
        said = " ".join(head) if head else f"{self._name}."
        return f"{said}\n\nWritten by nndsl {nndsl.__version__} from {self.program.source.name.rpartition('/')[2]}, which it does not need."

    def _constants_used(self, body: str) -> str:
        page = Page()
        for name, (code, value) in self.constants.items():
            if re.search(rf"\b{code}\b", body):
                for one in self.manuscript.parameters[name].comments:
                    page.comment(one)
                page.code(f"{code} = ", value_code(value))
        for code, value, comments in self.settings:
            for one in comments:
                page.comment(one)
            folder, joint, file = value.partition(" / ")
            page.sum(f"{code} = ", [folder, f"/ {file}"] if joint else [value])
        return page.text() if page.lines else ""


def _constants(program: Program) -> dict[str, tuple[str, Any]]:
    """The params of the file, which stand at the top of the program."""
    return {
        name: (constant(name), value) for name, value in program.parameters.items()
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    }


def _function(one: Function) -> Page:
    page = Page()
    page.code("def ", one.head(), ":")
    page.take(one.page)
    return page


def _imports_of(code: str) -> Sequence[str]:
    """The imports that a program needs, those of Python before others."""
    plain = without_texts(code)
    lines = [line for name, line in _IMPORTS if not name or re.search(rf"(?<![.\w]){name}\b", plain)]
    both = {"from keras import layers", "from keras import ops"}
    if both <= set(lines):
        place = lines.index("from keras import layers")
        lines[place : place + 2] = ["from keras import layers, ops"]
    while lines and not lines[0]:
        lines.pop(0)
    return lines
