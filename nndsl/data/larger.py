"""Data that take more memory than they may: whether they can be read in pieces, and what is said if not."""

from pathlib import Path

from nndsl.data.dividing import columns_of, deciding_columns
from nndsl.data.plan import DataPlan
from nndsl.data.room import BYTES_OF_A_ROW, LEAST, Room, bytes_text
from nndsl.data.rows import Rows, held
from nndsl.data.series import layout
from nndsl.data.tables import Table
from nndsl.diagnostics import Diagnostic, UserError, error, warning
from nndsl.source import Span

WINDOWS = "windows over a series are cut from all of it"
"""Why data with windows cannot be read in pieces."""


def check_pieces(plan: DataPlan, table: Table, room: Room) -> Path:
    """The folder in which examples are kept of data that are larger than the memory.

    Raises:
        UserError: they cannot be read in pieces, or pieces do not fit into memory either, or there is no such folder.
    """
    why = _why_whole(plan, table)
    if why is not None or room.folder is None:
        raise UserError(too_large(table.label, why or "there is no run to keep them beside", room.most(), plan.source_span))
    if room.most() < LEAST:
        raise UserError(too_little_memory(table.label, LEAST, room.most(), plan.source_span))
    return room.folder


def _why_whole(plan: DataPlan, table: Table) -> str | None:
    if layout(list(plan.fields.values())) is not None:
        return WINDOWS
    if table.whole is not None:
        return table.whole
    learnt = (one.needs_all_at_once() for field in plan.fields.values() for one in field.encoders)
    what = next(filter(None, learnt), None)
    return None if what is None else f"{what} is learnt from all values at once"


def deciding_rows(plan: DataPlan, table: Table, room: Room) -> Rows:
    """The rows with the columns that decide where they belong; all of their values are looked at together.

    Raises:
        DataError: the contents are broken.
        UserError: these columns are too large by themselves, or there are too many rows.
    """
    spare = room.most() - LEAST
    names = deciding_columns(plan, table, columns_of(plan))
    if names:
        pieces = held(table, names, BYTES_OF_A_ROW, spare)
        if pieces is None:
            listed = " and ".join(f"`{name}`" for name in names)
            raise UserError(too_large(table.label, f"{listed} decide where rows belong, all together", room.most(), plan.source_span))
        return Rows(table, pieces)
    table.count = Rows(table).count()
    if table.count * BYTES_OF_A_ROW > spare:
        raise UserError(too_little_memory(table.label, LEAST + table.count * BYTES_OF_A_ROW, room.most(), plan.source_span))
    return Rows(table)


@error("NN750")
def too_large(label: str, why: str, most: int, span: Span) -> Diagnostic:
    """Data are larger than the memory that they may take, and they cannot be read in pieces.

    Tables, images, sequences and arrays are encoded once, piece by piece, and then read from the disk. Windows over a series,
    running text, medians, and columns that rows are compared or divided by are needed as a whole.

        source = text("library.txt")              # 40 GB, on a machine with 16 GB

    Take a part of the data (`-> limit(1_000_000)`), or a machine with more memory. Data take half of the memory that is free,
    unless `--memory SIZE` gives them more.
    """
    message = f"{label} takes more than the {bytes_text(most)} of memory that data may take, and cannot be read in pieces: {why}"
    return Diagnostic(span, message, (), "take a part of it, or give it more, if there is more: `--memory SIZE`")


@error("NN752")
def too_little_memory(label: str, needed: int, most: int, span: Span) -> Diagnostic:
    """Data that are larger than the memory are read in pieces, and the pieces do not fit into what `--memory` gives them.

    Pieces of the source, encoded blocks and batches on their way take 537 MB, and each row 40 bytes, whatever is in it.
    """
    message = f"{label} is read in pieces, which takes {bytes_text(needed)} of memory, and data may take {bytes_text(most)}"
    return Diagnostic(span, message, (), "give them more: `--memory SIZE`")


@error("NN754")
def changed_while_read(name: str, span: Span) -> Diagnostic:
    """A file was written while its examples were read: nobody knows what was read of it.

    A program that still writes to it, or a synchronized folder, may be the reason.
    """
    return Diagnostic(span, f"{name} changed while it was read", (), "wait until nothing writes to it any more, and start again")


@warning("NN755")
def changed_since(name: str, span: Span) -> Diagnostic:
    """A file of the data changed while a network learnt from them.

    The run goes on with the examples as it has read them. To resume or evaluate it, the data must be as they were.
    """
    return Diagnostic(span, f"{name} changed since it was read; this run goes on with what it has read", (), "put the data back to resume this run")
