"""The page of a run, section by section."""

from collections.abc import Callable, Iterator, Mapping
from html import escape

from nndsl import costs, diagram
from nndsl.diagnostics import Report
from nndsl.diagram.chart import chart_svg
from nndsl.diagram.curves import curve_panels, rate_panels
from nndsl.diagram.forecasts import forecasts_svg
from nndsl.elaboration.modules import library_folder
from nndsl.monitor import measured, rates
from nndsl.page import number_text, page, table
from nndsl.progress import duration_text, figures_text
from nndsl.report import examples, spec
from nndsl.report.outcome import made_html, motifs_html, output_html
from nndsl.report.reproduce import reproduce_html
from nndsl.report.view import Opened, View
from nndsl.syntax import ast
from nndsl.syntax.parser import parse

STATES: Mapping[str, str] = {
    "finished": "trained to its end", "stopped early": "stopped early, as its figures did not become better any more",
    "interrupted": "interrupted by Ctrl-C", "terminated": "ended by SIGTERM", "pruned": "ended early by the search that it is part of",
    "failed": "failed", "running": "not ended (or killed)",
}
_STYLE = """
.verdict { font-size: 19px; margin: 12px 0; } .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px 20px; margin: 18px 0; }
.facts div { min-width: 0; overflow-wrap: anywhere; } .facts dt { color: var(--muted); font-size: 13px; } .facts dd { margin: 0; } .facts { padding: 0; }
.beside { display: flex; flex-wrap: wrap; gap: 8px 56px; } .beside > div { min-width: 0; } .beside h3 { margin-top: 6px; }
.logos { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 16px; } figcaption { font-size: 13px; }
.on-dark { display: none; } @media screen and (prefers-color-scheme: dark) { .on-light { display: none; } .on-dark { display: block; } }
"""


def report_html(view: View) -> str:
    """The page of a run, as one file that loads nothing."""
    parts = [one for section in _SECTIONS for one in section(view)]
    title = f"{view.run.settings['training']} {view.run.folder.name}"
    return page(title, parts, _STYLE + spec.STYLE + examples.STYLE)


def sections_of(html: str) -> list[str]:
    """The titles of the sections of a page."""
    return [one.partition("</h2>")[0] for one in html.split("<h2>")[1:]]


# The head ----------------------------------------------------------------------------------------


def _head(view: View) -> Iterator[str]:
    run, settings = view.run, view.run.settings
    yield f'<h1>{escape(settings["training"])} <span class="muted">{escape(run.folder.name)}</span></h1>'
    documentation = "" if view.opened is None else next(filter(None, (one.network.documentation for one in view.opened.training.learnt.values())), "")
    yield f"<p>{escape(documentation)}</p>" if documentation else ""
    yield f'<p class="verdict">{escape(verdict(view))}</p>'
    yield f'<dl class="facts">{"".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in _facts(view))}</dl>'
    for one in view.missing:
        yield f'<p class="missing">{escape(one)}</p>'


def verdict(view: View) -> str:
    """What a person wants to know first."""
    if view.evaluation is not None:
        return view.evaluation.headline()
    best = view.run.best
    if best is None:
        return "No epoch was measured." if not view.run.history else f"{len(view.run.history)} epochs were trained."
    return f"{figures_text(best, ', ')}, in epoch {best['epoch']:g}, the best"


def _facts(view: View) -> Iterator[tuple[str, str]]:
    run, settings = view.run, view.run.settings
    yield "State", STATES.get(run.status, run.status)
    yield "Started", _time(settings.get("started"))
    if isinstance(settings.get("seconds"), int | float):
        yield "Took", duration_text(settings["seconds"])
    yield "Epochs", f"{len(run.history)} of {settings['settings'].get('epochs', '?')}" + (f", the best {settings['best_epoch']}" if settings.get("best_epoch") else "")
    if view.opened is not None:
        yield "Parameters", ", ".join(f"{costs.params(one.network.graph):,}" for one in view.opened.training.learnt.values())
    counts = settings["data"].get("examples", {})
    yield "Examples", ", ".join(f"{name} {count:,}" for name, count in counts.items())
    yield "Seed", str(settings["settings"].get("seed", ""))
    hardware = settings["hardware"]
    yield "Machine", ", ".join(str(one) for one in (hardware.get("processor"), *hardware.get("devices", [])) if one)
    versions = settings["versions"]
    yield "Versions", ", ".join(f"{name} {versions[name]}" for name in ("nndsl", "keras", "tensorflow") if name in versions)


def _time(text: object) -> str:
    """A time of `run.yaml` as people write it."""
    return str(text or "unknown").replace("T", " ").replace("+00:00", " UTC")


# Figures -----------------------------------------------------------------------------------------


def _figures(view: View) -> Iterator[str]:
    best, test = view.run.best, view.evaluation
    if best is None and test is None:
        return
    names = [*dict.fromkeys([*(measured(best) if best else ()), *(test.figures if test else ())])]
    split = test.split if test is not None else "test"
    yield "<h2>Figures</h2>"
    yield '<p class="muted">Of the best model' + (f", that of epoch {best['epoch']:g}" if best else "") + ".</p>"
    columns = [("training", best or {}, ""), ("validation", best or {}, "val_"), (split, dict(test.figures) if test else {}, "")]
    shown = [(head, row, prefix) for head, row, prefix in columns if any(prefix + name in row for name in names)]
    rows = [[name, *(number_text(row.get(prefix + name)) for _, row, prefix in shown)] for name in names]
    yield table(["", *(head for head, _, _ in shown)], rows, range(1, len(shown) + 1))


def _curves(view: View) -> Iterator[str]:
    panels = curve_panels(view.run.history, view.run.settings.get("best_epoch"))
    if panels:
        yield "<h2>Curves</h2>"
        yield f'<div class="charts">{"".join(_figure(chart_svg([one], one.title, width=560, adaptive=True)) for one in panels)}</div>'


def _schedule(view: View) -> Iterator[str]:
    history = view.run.history
    level = {name: rate for name, rate in rates(history[0] if history else {}).items() if all(row.get(name) == rate for row in history)}
    panels = rate_panels(history, list(level))
    if not panels and not level:
        return
    yield "<h2>The schedule as it ran</h2>"
    for name, rate in level.items():
        yield f"<p>The {escape(name.replace('_', ' '))} was {rate:g} after every epoch.</p>"
    if panels:
        yield '<p class="muted">The learning rate of the step that comes after each epoch, as it was recorded.</p>'
        yield f'<div class="charts">{"".join(_figure(chart_svg([one], one.title, width=560, adaptive=True)) for one in panels)}</div>'


def _figure(svg: str) -> str:
    return f"<figure>{svg}</figure>"


# What came of it ---------------------------------------------------------------------------------


def _outputs(view: View) -> Iterator[str]:
    known = dict.fromkeys([*(view.evaluation.outputs if view.evaluation else ()), *(view.findings.outputs if view.findings else ())])
    for name in known:
        figures = view.evaluation.outputs.get(name) if view.evaluation else None
        found = view.findings.outputs.get(name) if view.findings else None
        split = view.findings.split if view.findings else "test"
        yield from output_html(name, figures, found, f"{view.findings.count:,} {split}" if view.findings else split)


def _forecasts(view: View) -> Iterator[str]:
    if view.findings is not None and view.findings.forecasts:
        yield "<h2>Forecasts</h2>"
        yield _figure(forecasts_svg(view.findings.forecasts, view.findings.split, adaptive=True))


def _made(view: View) -> Iterator[str]:
    if view.findings is not None and view.findings.made:
        names = [one.name or f"sample {place}" for place, one in enumerate(view.findings.made, 1)]
        written = [] if view.opened is None else list(_written_samples(view.opened))
        yield from made_html(view.findings, written if len(written) == len(names) else names)


def _written_samples(opened: Opened) -> Iterator[str]:
    """What stands in `samples` of a training."""
    for definition in ast.statements(parse(opened.program.source, Report()).statements):
        if isinstance(definition, ast.Definition) and (definition.kind, definition.name) == ("train", opened.training.name):
            for one in ast.statements(definition.body):
                if isinstance(one, ast.Binding) and one.targets[0].name == "samples":
                    listed = one.value.items if isinstance(one.value, ast.ListOf | ast.TupleOf) else (one.value,)
                    yield from (item.span.text for item in listed)


def _motifs(view: View) -> Iterator[str]:
    if view.findings is not None and view.findings.motifs:
        yield "<h2>What the filters see</h2>"
        for one in view.findings.motifs:
            yield from motifs_html(one)


# What was trained --------------------------------------------------------------------------------


def _spec(view: View) -> Iterator[str]:
    if view.opened is None:
        return
    yield "<h2>The file, with its shapes</h2>"
    for number, source in enumerate(view.opened.program.sources):
        if source.path is None or not source.path.is_relative_to(library_folder()):
            yield f"<h3>{escape(source.name)}</h3>" if number else ""
            yield spec.spec_html(source, view.opened)
    values = view.run.settings["parameters"]
    if values:
        told = ", ".join(f"{name} = {value}" for name, value in values.items())
        yield f'<p class="muted">Trained with {escape(told)}.</p>'


def _diagram(view: View) -> Iterator[str]:
    if view.opened is None:
        return
    learnt = view.opened.training.learnt
    yield f"<h2>{'The network' if len(learnt) == 1 else 'The networks'}</h2>"
    for name, one in learnt.items():
        yield f"<h3>{escape(name)}</h3>" if len(learnt) > 1 else ""
        for dark in (False, True):
            yield f'<figure class="{"on-dark" if dark else "on-light"}">{diagram.svg(one.written, dark=dark)}</figure>'


def _reproduce(view: View) -> Iterator[str]:
    yield "<h2>How to reproduce it</h2>"
    yield from reproduce_html(view.run)


_SECTIONS: tuple[Callable[[View], Iterator[str]], ...] = (
    _head, _figures, _curves, _schedule, _outputs, _forecasts, _made, _motifs, _spec, _diagram, _reproduce,
)
