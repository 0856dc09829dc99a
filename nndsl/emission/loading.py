"""The `data` block as a function that loads it."""

import os
from collections.abc import Sequence
from pathlib import Path

from nndsl.data.arrays import Npy, Npz
from nndsl.data.component import RowStep
from nndsl.data.delimited import Csv, Tsv
from nndsl.data.forms import Texts
from nndsl.data.images import MODES, Images
from nndsl.data.packaged import Dataset, reader
from nndsl.data.parquet import Parquet
from nndsl.data.plan import DataPlan
from nndsl.data.records import Fasta, Lines
from nndsl.data.running import Text
from nndsl.data.series import frame_of, layout
from nndsl.data.splits import Chromosomes, Column, Order, Random
from nndsl.data.steps import DropMissing, Limit, Unique
from nndsl.emission.fields import FieldWriter
from nndsl.emission.identifiers import field_variable
from nndsl.emission.manuscript import Manuscript
from nndsl.emission.refusals import not_written_source, refuse
from nndsl.emission.spelling import value_code
from nndsl.emission.stock import pieces
from nndsl.emission.writing import Call, Code, Named, Page, dictionary, flat, quoted, together


class Loading:
    """Writes `load()`."""

    def __init__(self, plan: DataPlan, manuscript: Manuscript, folder: Path):
        """
        Args:
            folder: where the program will lie.
        """
        self._plan, self._manuscript, self._folder = plan, manuscript, folder
        if not isinstance(plan.source, Dataset | Csv | Tsv | Npz | Npy | Parquet | Images | Fasta | Lines | Text):
            raise refuse(not_written_source(f"the source `{plan.source.called()}`", plan.source_span))
        self._open = plan.open()
        self._path = (self._open.root if isinstance(plan.source, Images) else self._open.files[0]).resolve()
        self._source = reader(self._path) if isinstance(plan.source, Dataset) else plan.source

    def path(self) -> str:
        """The file of the data, as the program finds it."""
        try:
            relative = Path(os.path.relpath(self._path, self._folder)).as_posix()
        except ValueError:  # on another drive
            return f"Path({quoted(str(self._path))})"
        return f"Path(__file__).parent / {quoted(relative)}"

    def said_of_path(self) -> tuple[str, ...]:
        """What is to be known of that file."""
        return ("this file comes with nndsl: keep a copy",) if isinstance(self._plan.source, Dataset) else ()

    def page(self) -> Page:
        """The function, whose result has for each part of the split its fields by name."""
        plan, page = self._plan, Page()
        page.line("def load():")
        with page.inside():
            page.documentation(f"The examples: for each of {_listed(plan.splits)}, its fields by name.")
            self._table(page)
            self._steps(page)
            self._split(page)
            for field in plan.fields.values():
                FieldWriter(page, field, self._manuscript).write()
            self._result(page)
        return page

    # Rows ----------------------------------------------------------------------------------------

    def _table(self, page: Page) -> None:
        for one in self._manuscript.said_of(self._plan.source_span):
            page.comment(one)
        source = self._source
        match source:
            case Csv() | Tsv():
                delimiter = source.delimiter if isinstance(source, Csv) else "\t"
                shown = '"\\t"' if delimiter == "\t" else quoted(delimiter)
                page.code("table = ", Call("read_table", ("DATA", shown, together(map(quoted, source.missing)))))
            case Npz():
                page.line("with np.load(DATA) as file:")
                with page.inside():
                    page.line("table = {name: file[name] for name in file.files}")
            case Npy():
                page.line('table = {"values": np.load(DATA)}')
            case Parquet():
                page.code("table = ", Call("read_parquet", ("DATA", together(map(quoted, self._columns())))))
            case Images():
                page.code("table = ", Call("read_images", ("DATA", flat(value_code(source.size)), quoted(MODES[source.channels]))))
            case Fasta() | Lines():
                page.line(f"table = {'read_fasta' if isinstance(source, Fasta) else 'read_lines'}(DATA)")
            case Text():
                page.line("with open_text(DATA) as file:")
                with page.inside():
                    page.line('text = file.read().replace("\\r\\n", "\\n")')
                from nndsl.data.encoders.tokens import WORD

                pieces = "list(text)" if source.by == "character" else f're.findall(r"{WORD.pattern}", text)'
                page.line(f'table = {{"{source.by}": {pieces}}}')

    def _columns(self) -> list[str]:
        """The columns that are needed."""
        named = [*self._used, *(name for step in self._plan.steps for name in self._looked_at(step))]
        split = self._plan.split.reads()
        return list(dict.fromkeys([*named, *([] if split is None else [split])]))

    @property
    def _used(self) -> list[str]:
        """The columns that fields are made of."""
        return list(dict.fromkeys(name for field in self._plan.fields.values() for name in field.columns))

    def _looked_at(self, step: RowStep) -> tuple[str, ...]:
        """The columns that a step looks at."""
        return step.needs(self._open.columns, self._used)

    def _steps(self, page: Page) -> None:
        for step in self._plan.steps:
            page.code("table = ", Call("only", ("table", self._kept(step))))

    def _kept(self, step: RowStep) -> Code:
        columns = tuple(f"table[{quoted(one)}]" for one in self._looked_at(step))
        match step:
            case Unique():
                return Call("first_of_equal", columns if step.columns else ("*table.values()",))
            case DropMissing():
                return Call("without_gaps", columns)
            case Limit():
                return f"range(min({step.count}, {self._count()}))"
        raise refuse(not_written_source(f"the step `{step.called()}`", self._plan.source_span))

    def _count(self) -> str:
        first = next(iter(self._plan.fields.values())).columns[0]
        return f"len(table[{quoted(first)}])"

    def _split(self, page: Page) -> None:
        for one in self._manuscript.said_of(self._plan.split_span):
            page.comment(one)
        match self._plan.split:
            case Random() as split:
                shares = [Named("validation", value_code(split.validation)), Named("test", value_code(split.test))]
                seed = [Named("seed", str(abs(split.seed) * 2 + (split.seed < 0)))] if split.seed else []
                if split.stratify is None:
                    page.code("rows = ", Call("random_split", (self._count(), *shares, *seed)))
                    return
                column = self._plan.fields[split.stratify].columns[0]
                labels = f"table[{quoted(column)}]"
                page.code("rows = ", Call("stratified_split", (f"first_seen({labels})" if self._is_text(column) else labels, *shares, *seed)))
            case Order() as split:
                page.code("rows = ", Call("ordered_split", (self._count(), value_code(split.validation), value_code(split.test))))
            case Column() as split:
                self._by_column(page, split)
            case Chromosomes() as split:
                self._by_chromosome(page, split)
            case split:
                raise refuse(not_written_source(f"the split `{split.called()}`", self._plan.split_span))

    def _is_text(self, column: str) -> bool:
        return isinstance(next(one.form for one in self._plan.fields.values() if column in one.columns), Texts)

    def _by_column(self, page: Page, split: Column) -> None:
        column = f"table[{quoted(split.column)}]"
        entries = [(part, Call("rows_where", (column, *map(quoted, split._values(part))))) for part in self._plan.splits if split._values(part)]
        page.code("rows = ", dictionary(entries))
        if isinstance(split.validation, float):
            seed = f", seed={abs(split.seed) * 2 + (split.seed < 0)}" if split.seed else ""
            page.line(f'rows["validation"], rows["train"] = drawn_from(rows["train"], {flat(value_code(split.validation))}{seed})')

    def _by_chromosome(self, page: Page, split: Chromosomes) -> None:
        column = f"table[{quoted(split.column)}]"
        held = {part: value for part in ("validation", "test") if (value := getattr(split, part))}
        named = {part: (value,) if isinstance(value, str) else tuple(value) for part, value in held.items()}
        page.code("rows = ", dictionary((part, Call("rows_where", (column, *map(quoted, names)))) for part, names in named.items()))
        page.line(f'rows["train"] = np.delete(np.arange({self._count()}), np.concatenate([*rows.values()]))')

    # The result ----------------------------------------------------------------------------------

    def _result(self, page: Page) -> None:
        fields = list(self._plan.fields.values())
        reach = layout(fields)
        splits = self._plan.splits
        if reach is None:
            page.code("fields = ", dictionary((one.name, field_variable(one.name, {*pieces()})) for one in fields))
            page.line("return {")
            with page.inside():
                page.line("part: {name: values[rows[part]] for name, values in fields.items()}")
                page.line(f"for part in {flat(together(map(quoted, splits)))}")
            page.line("}")
            return
        page.line("examples = {}")
        page.line(f"for part in {flat(together(map(quoted, splits)))}:")
        with page.inside():
            page.comment("the rows that have an example: what it reaches to is there, and nothing to come is of a later part")
            first = f"max({_moved('rows[part][0]', -reach.own_first)}, {-reach.first})"
            last = _moved("rows[part][-1]", 1 - reach.last)
            page.code("at = ", Call("np.arange", (first, last, *([str(reach.stride)] if reach.stride != 1 else []))))
            entries: list[tuple[str, Code]] = []
            for one in fields:
                frame = frame_of(one.encoders)
                name = field_variable(one.name, {*pieces()})
                offsets = None if frame is None else frame.offsets()
                entries.append((one.name, f"{name}[at]" if offsets is None else f"{name}[at[:, None] + np.arange({offsets.start}, {offsets.stop})]"))
            page.code("examples[part] = ", dictionary(entries))
        page.line("return examples")


def _moved(place: str, by: int) -> str:
    """A place some rows further, or before."""
    return f"{place} {'-' if by < 0 else '+'} {abs(by)}" if by else place


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


