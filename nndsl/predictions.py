"""What a network says of new examples, in columns, and the files that it is written to, some examples at a time."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, Any, ClassVar

from nndsl.evaluation import finite
from nndsl.files import replaced

_IN_MEMORY = 16 * 2**20
"""What goes to the output is kept in a file meanwhile, if it is more than so many bytes."""
_BYTES_OF_A_GROUP = 16 * 2**20
"""How much of a Parquet file is written at once."""


@dataclass(frozen=True)
class Predictions:
    """What a network says of new examples.

    Attributes:
        columns: by name, one value for each example: a label, a probability, a number, or a list of them.
    """

    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def rows(self) -> list[dict[str, Any]]:
        """An object for each example, as JSON can hold it: what is infinite or not a number becomes null."""
        return [finite(dict(zip(self.columns, row, strict=True))) for row in zip(*self.columns.values(), strict=True)]

    def as_csv(self) -> str:
        """A table; lists are written as JSON."""
        return _text_of(CsvTable, self)

    def as_json(self) -> str:
        """A list with one object for each example."""
        return _text_of(JsonList, self)


def joined(parts: Sequence[Predictions]) -> Predictions:
    """All of some predictions, one after the other."""
    names = parts[0].columns if parts else ()
    return Predictions({name: [value for one in parts for value in one.columns[name]] for name in names})


# Files -------------------------------------------------------------------------------------------


class Table:
    """A file of predictions that is being written. All that are added have the same columns."""

    binary: ClassVar[bool] = False

    def __init__(self, stream: IO[Any]):
        self.stream = stream
        self.count = 0

    def add(self, more: Predictions) -> None:
        """Write the next examples."""
        if not len(more):
            return
        self._write(more)
        self.count += len(more)

    def _write(self, more: Predictions) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """Nothing more comes."""

    def close(self) -> None:
        """Let go of the file, whole or not."""


class CsvTable(Table):
    """Names of columns, then a line for each example; lists are written as JSON."""

    def _write(self, more: Predictions) -> None:
        writer = csv.writer(self.stream, lineterminator="\n")
        if not self.count:
            writer.writerow(more.columns)
        writer.writerows([_cell(value) for value in row] for row in zip(*more.columns.values(), strict=True))


class JsonList(Table):
    """A list with an object for each example."""

    def _write(self, more: Predictions) -> None:
        text = json.dumps(more.rows(), indent=2, ensure_ascii=False)
        self.stream.write(("," if self.count else "[") + text.removeprefix("[").removesuffix("\n]"))

    def end(self) -> None:
        self.stream.write("\n]\n" if self.count else "[]\n")


class JsonLines(Table):
    """An object for each example, each on a line."""

    def _write(self, more: Predictions) -> None:
        self.stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in more.rows())


class ParquetTable(Table):
    """A Parquet file: labels as text, numbers in double precision, lists as lists.

    Rows are written in groups of some megabytes: a group for each batch would take more than its rows.
    """

    binary = True

    def __init__(self, stream: IO[Any]):
        super().__init__(stream)
        self._writer: Any = None
        self._waiting: list[Any] = []
        self._bytes = 0

    def _write(self, more: Predictions) -> None:
        import pyarrow
        from pyarrow import parquet

        if self._writer is None:
            found = pyarrow.table(dict(more.columns)).schema
            text = [pyarrow.field(one.name, pyarrow.string()) if pyarrow.types.is_null(one.type) else one for one in found]
            self._writer = parquet.ParquetWriter(self.stream, pyarrow.schema(text))
        self._waiting.append(pyarrow.table(dict(more.columns), schema=self._writer.schema))
        self._bytes += self._waiting[-1].nbytes
        if self._bytes >= _BYTES_OF_A_GROUP:
            self._put()

    def _put(self) -> None:
        import pyarrow

        if self._waiting:
            self._writer.write_table(pyarrow.concat_tables(self._waiting))
        self._waiting, self._bytes = [], 0

    def end(self) -> None:
        self._put()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


TABLES: Mapping[str, type[Table]] = {".csv": CsvTable, ".json": JsonList, ".jsonl": JsonLines, ".parquet": ParquetTable}
"""By the ending of a file."""


@contextmanager
def written(path: Path | None, kind: type[Table], output: IO[str]) -> Iterator[Table]:
    """A table for predictions. In the end what was added is in its file, or else goes to the output; if the body fails, nothing does.

    Raises:
        UserError: the file cannot be written.
    """
    with ExitStack() as opened:
        if path is None:
            stream: Any = opened.enter_context(SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline=""))
        else:
            beside = opened.enter_context(replaced(path))
            text: dict[str, Any] = {} if kind.binary else {"encoding": "utf-8", "newline": ""}
            stream = opened.enter_context(beside.open("wb" if kind.binary else "w", **text))
        with closing(kind(stream)) as table:
            yield table
            table.end()
        stream.flush()
        if path is None:
            stream.seek(0)
            copyfileobj(stream, output)


def _text_of(kind: type[Table], predictions: Predictions) -> str:
    stream = io.StringIO()
    table = kind(stream)
    table.add(predictions)
    table.end()
    return stream.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list) else value
