"""What a network says, on the page of its run: who is taken for whom, how far numbers are off, what was made, what filters see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from nndsl.data.showing import written
from nndsl.diagram.confusion import MOST, confusion_svg, mistakes, most_mistaken
from nndsl.diagram.logos import logo_svg
from nndsl.diagram.residuals import residuals_svg
from nndsl.diagram.sheet import are_pictures
from nndsl.evaluation import ClassFigures, OutputFigures
from nndsl.findings import Findings, Found, Made, Motifs, Residuals
from nndsl.page import number_text, table
from nndsl.report.examples import mistakes_html, sheet, texts

_CLASSES = 24
"""So many classes have a line each; of more, those that are found worst."""
_PAIRS = 12
_SEQUENCES = 12


def output_html(name: str, figures: OutputFigures | None, found: Found | None, examples: str) -> Iterator[str]:
    """Everything about one output.

    Args:
        examples: how many there are, of which part.
    """
    if figures is not None and figures.classes:
        figures = _named(figures, found.names if found is not None else ())
        yield f"<h2>{escape(name)}: right and wrong</h2>"
        yield f'<div class="beside"><div>{"".join(_confusion(figures))}</div><div>{"".join(_class_table(figures.classes))}</div></div>'
    elif figures is not None and figures.errors:
        yield f"<h2>{escape(name)}: how far off</h2>"
        yield from _errors(figures.errors)
    elif found is not None and (found.mistakes or found.residuals):
        yield f"<h2>{escape(name)}</h2>"
    if found is not None:
        yield from _found(found, examples)


def _named(figures: OutputFigures, names: Sequence[str]) -> OutputFigures:
    """The figures with other names for the classes, if there are as many."""
    if len(names) != len(figures.classes):
        return figures
    return replace(figures, classes=tuple(replace(one, name=name) for one, name in zip(figures.classes, names, strict=True)))


_ERRORS = {"mae": "mean absolute error", "rmse": "root of the mean squared error", "r2": "share of the variance that is explained (R²)"}
_WHOSE = {("", ""): "the network", ("", "_in_units"): "in the units of the data", ("season_", ""): "a season before", ("season_", "_in_units"): "in the units of the data"}


def _errors(errors: Mapping[str, float]) -> Iterator[str]:
    """The errors of the network, and those of what was true a season before, where these are asked for."""
    shown = {(before, after): head for (before, after), head in _WHOSE.items() if f"{before}mae{after}" in errors}
    rows = [[label, *(number_text(errors.get(f"{before}{name}{after}")) for before, after in shown)] for name, label in _ERRORS.items()]
    yield table(["", *shown.values()], rows, range(1, len(shown) + 1))


def _found(found: Found, examples: str) -> Iterator[str]:
    if found.residuals is not None:
        yield from _residuals(found.residuals)
    if found.again is not None and len(found.again):
        yield "<h3>Reconstructions</h3>"
        yield f'<p class="muted">Above, examples; below each, what the network made of it: the first {len(found.again)}, not chosen.</p>'
        yield sheet([found.truth, found.again])
    if found.mistakes:
        counted = f"Wrong in {found.wrong:,} of {examples} examples." if found.wrong is not None else f"Of {examples} examples."
        yield "<h3>Most wrong</h3>"
        yield f'<p class="muted">{counted} The worst first.</p>'
        yield mistakes_html(found.mistakes)
    elif found.wrong == 0:
        yield f"<p>Nothing wrong was said of {examples} examples.</p>"


def _confusion(figures: OutputFigures) -> Iterator[str]:
    names = [one.name for one in figures.classes]
    if not figures.confusion:
        yield f'<p class="muted">Which of {len(names):,} classes is taken for which is counted for up to 200.</p>'
        return
    shown = most_mistaken(figures.confusion) if len(names) > MOST else list(range(len(names)))
    if len(names) > MOST:
        yield f'<p class="muted">The {len(shown)} of {len(names)} classes that are mistaken most often.</p>'
    square = [[figures.confusion[row][column] for column in shown] for row in shown]
    yield f'<figure class="wide">{confusion_svg([names[one] for one in shown], square, adaptive=True)}</figure>'
    if len(names) > MOST:
        rows = [[names[row], names[column], f"{count:,}"] for count, row, column in mistakes(figures.confusion)[:_PAIRS]]
        yield "<h3>Taken for each other most often</h3>"
        yield table(["true", "said", "times"], rows, [2])


def _class_table(classes: Sequence[ClassFigures]) -> Iterator[str]:
    shown = list(classes)
    yield "<h3>Class by class</h3>"
    if len(classes) > _CLASSES:
        shown = sorted((one for one in classes if one.support), key=lambda one: (one.f1, -one.support))[:_CLASSES]
        yield f'<p class="muted">The {len(shown)} of {len(classes)} classes that are found worst.</p>'
    rows = [[one.name, *(f"{value:.4f}" for value in (one.precision, one.recall, one.f1)), f"{one.support:,}"] for one in shown]
    yield table(["class", "precision", "recall", "F1", "examples"], rows, range(1, 5))


def _residuals(residuals: Residuals) -> Iterator[str]:
    drawn = len(residuals.truth)
    some = f"{drawn:,} of {residuals.count:,} numbers, evenly chosen" if drawn < residuals.count else f"{drawn:,} numbers"
    yield f'<p class="muted">{some}{f", {residuals.unit}" if residuals.unit else ""}.</p>'
    yield f"<figure>{residuals_svg(residuals.truth, residuals.said, '', adaptive=True)}</figure>"


# What was made -----------------------------------------------------------------------------------


def made_html(findings: Findings, names: Sequence[str]) -> Iterator[str]:
    """The samples of a generative training.

    Args:
        names: what the file calls them, in order.
    """
    if not findings.made:
        return
    yield "<h2>Samples</h2>"
    if are_pictures(findings.made):
        if len(names) > 1:
            yield f'<p class="muted">Row by row, and again: {"; ".join(f"<code>{escape(name)}</code>" for name in names)}.</p>'
        yield sheet([one.array for one in findings.made])
        return
    for name, one in zip(names, findings.made, strict=True):
        yield f"<h3><code>{escape(name)}</code></h3>"
        yield from _letters(one) if one.letters else _others(one)


def _letters(made: Made) -> Iterator[str]:
    places = made.array.argmax(-1)
    shares = [[float((column == place).mean()) for place in range(len(made.letters))] for column in places.T]
    yield f'<figure class="wide">{logo_svg(made.letters, shares, len(made.array), "What the samples have in common", adaptive=True)}</figure>'
    yield f'<p class="muted">At each place the most probable letter: what {len(made.array)} samples have in common, and the first {min(_SEQUENCES, len(made.array))} (all: samples.fasta).</p>'
    yield from texts(written(made.array[:_SEQUENCES], made.letters))


def _others(made: Made) -> Iterator[str]:
    shape = " × ".join(map(str, made.array.shape))
    numbers: Any = made.array.reshape(len(made.array), -1)[:4, :8].tolist()
    yield f'<p class="muted">Arrays of {shape} numbers, of which the run folder holds all (samples.npz); the first of them:</p>'
    yield from texts(["  ".join(f"{float(one):>9.4g}" for one in row) for row in numbers])


# What filters see --------------------------------------------------------------------------------


def motifs_html(motifs: Motifs) -> Iterator[str]:
    """Logos of the filters of a layer."""
    silent = f" {motifs.silent} are nowhere active." if motifs.silent else ""
    more = f", the {len(motifs.shown)} with the greatest influence first" if motifs.filters > len(motifs.shown) else ", those with the greatest influence first"
    yield (
        f'<p class="muted">The {motifs.filters} filters of <code>{escape(motifs.layer)}</code>{more}.{silent} A logo is made of all stretches, in '
        f"{motifs.examples:,} examples, at which the filter says more than half of its maximum. Stacks are as high as a position tells bits, letters as high "
        "as they are frequent. The influence is by how much the loss of an example would change, to first order and on average, if the filter "
        "said its mean everywhere.</p>"
    )
    yield f'<div class="logos">{"".join(_motif(motifs, place) for place in range(len(motifs.shown)))}</div>'


def _motif(motifs: Motifs, place: int) -> str:
    one = motifs.shown[place]
    logo = logo_svg(motifs.letters, one.frequencies, one.places, f"Logo of filter {one.filter}", adaptive=True)
    where = f"{one.places:,} place{'s' * (one.places != 1)} in {one.sequences:,} sequence{'s' * (one.sequences != 1)}"
    return f"<figure>{logo}<figcaption>filter {one.filter}: {where}, influence {one.influence:.3g}</figcaption></figure>"
