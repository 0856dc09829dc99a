"""The rows of a source: held in memory, or read anew each time they are needed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nndsl.data.fields import FieldPlan
from nndsl.data.flow import ahead
from nndsl.data.forms import Form, Numbers, Texts, known_shape
from nndsl.data.tables import ROWS_IN_CHUNK, Chunk, Column, Table, Unreadable, reason, take

if TYPE_CHECKING:
    from nndsl.data.forms import Array

BLOCK = 2 * 2**20
"""At most so many bytes of encoded examples are made in one go. What encoders learn depends on it in the last bits."""


@dataclass(frozen=True)
class Block:
    """Some neighbouring rows.

    Attributes:
        start: the first of them, counted from 0.
    """

    start: int
    count: int
    columns: Chunk

    def own(self, rows: "Array") -> "Array":
        """Those of some rows in ascending order that are in the block, counted from its start."""
        import numpy

        low, high = numpy.searchsorted(rows, (self.start, self.start + self.count))
        return rows[low:high] - self.start


_CERTAINLY = 0.5
"""If pieces are half as large as the first ones, and will be too much together, no more need be read to know it."""


class Rows:
    """The rows of a table.

    Args:
        held: their pieces, where they are in memory; None: they are read each time.
    """

    def __init__(self, table: Table, held: Sequence[Chunk] | None = None):
        self.table, self._held = table, held

    @property
    def in_memory(self) -> bool:
        return self._held is not None

    def pieces(self, columns: Sequence[str]) -> Iterator[Chunk]:
        """Some columns, piece by piece; there are the same pieces whether they are held or read.

        Raises:
            DataError: the contents are broken, too large for the memory, or do not come.
        """
        if self._held is None:
            return pieces(self.table, columns)
        return ({name: piece[name] for name in columns} for piece in self._held)

    def blocks(self, columns: Sequence[str], rows: int) -> Iterator[Block]:
        """The same, in blocks of at most so many rows."""
        start = 0
        for piece in self.pieces(columns):
            count = count_of(piece)
            for low in range(0, count, rows):
                part = piece if rows >= count else {name: column[low : low + rows] for name, column in piece.items()}
                yield Block(start + low, min(rows, count - low), part)
            start += count

    def whole(self, columns: Sequence[str]) -> dict[str, Column]:
        """Some columns with all their rows."""
        found = list(self.pieces(columns)) if columns else []
        return {name: _joined([piece[name] for piece in found], self.table.columns[name]) for name in columns}

    def at(self, columns: Sequence[str], rows: "Array") -> dict[str, Column]:
        """Some columns at some rows in ascending order; what comes after the last of them is not read."""
        found: list[Chunk] = []
        for block in self.blocks(columns, ROWS_IN_CHUNK):
            own = block.own(rows)
            found.append({name: take(column, own) for name, column in block.columns.items()})
            if block.start + block.count > rows[-1]:
                break
        return {name: _joined([piece[name] for piece in found], self.table.columns[name]) for name in columns}

    def count(self) -> int:
        """How many there are; if nobody knows, they are counted."""
        if self._held is None and self.table.count is not None:
            return self.table.count
        return sum(map(count_of, self._held if self._held is not None else self.pieces(list(self.table.columns)[:1])))


def pieces(table: Table, columns: Sequence[str]) -> Iterator[Chunk]:
    """Some columns of a table, read by a thread of its own.

    Raises:
        DataError: the contents are broken, too large for the memory, or do not come.
    """
    try:
        yield from ahead(table.read(columns), table.label)
    except MemoryError:
        raise Unreadable(f"{table.label} does not fit into memory") from None
    except OSError as error:
        raise Unreadable(f"{table.label} cannot be read: {reason(error)}") from None


def held(table: Table, columns: Sequence[str], bytes_of_row: int, most: float) -> list[Chunk] | None:
    """The pieces of some columns; None as soon as they, and what is made of them, take more than `most` bytes.

    Args:
        bytes_of_row: how much is made of each row.

    Raises:
        DataError: the contents are broken, too large for the memory, or do not come.
    """
    if (table.count or 0) * bytes_of_row > most or (table.whole is not None and table.bytes_to_read(columns) > most):
        return None
    found: list[Chunk] = []
    size = 0
    for piece in pieces(table, columns):
        found.append(piece)
        size += sum(column.nbytes for column in piece.values()) + count_of(piece) * bytes_of_row
        if max(size, _CERTAINLY * size * table.pieces / len(found)) > most:
            return None
    return found


def read_whole(table: Table, columns: Sequence[str]) -> dict[str, Column]:
    """Some columns with all their rows.

    Raises:
        DataError: the contents are broken, too large for the memory, or do not come.
    """
    return Rows(table).whole(columns)


def bytes_of_example(fields: Iterable[FieldPlan]) -> int:
    """How much memory an encoded example takes."""
    return sum(bytes_of(field) for field in fields)


def bytes_of(field: FieldPlan) -> int:
    """How much memory the tensor of an example takes."""
    from math import prod

    return prod(known_shape(field.type)) * (1 if field.type.dtype == "bool" else 4)


def count_of(piece: Chunk) -> int:
    """How many rows a piece has."""
    return len(next(iter(piece.values()))) if piece else 0


def _joined(pieces: list[Column], form: Form) -> Column:
    import numpy

    if isinstance(form, Texts):
        import pyarrow

        return pyarrow.chunked_array(pieces, pyarrow.large_string()).combine_chunks()
    if not pieces:
        assert isinstance(form, Numbers)
        return numpy.zeros((0, *form.type.shape), form.type.dtype)
    return pieces[0] if len(pieces) == 1 else numpy.concatenate(pieces)
