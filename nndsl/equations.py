"""Equations between sizes: what the names in stated shapes stand for, whatever order they are stated in.

    input a: [n + m, 4]        # of a tensor [8, 4]
    input b: [n, 4]            # of a tensor [3, 4]: so m is 5
"""

from collections.abc import Collection, Sequence
from math import gcd

from nndsl.types import Size, divided, names_in, substitute, without

Row = tuple[dict[str, int], Size]
"""`sum of factor * name == constant`."""


def solve(equations: Sequence[tuple[Size, Size]], unknown: Collection[str]) -> dict[str, Size]:
    """The sizes that names must have for all equations to hold, as far as there is just one for each.

    Equations that are not linear in the names that are still open (`n // 2 == 4`) wait until others have told these. Nothing is
    said of equations that contradict each other, or that no whole number solves: whoever compares the two sides finds that.

    Args:
        equations: left and right sides; the right sides do not mention the unknown names.
    """
    known: dict[str, Size] = {}
    while True:
        rows = [row for left, right in equations if (row := _linear(substitute(left, known), right, unknown)) is not None]
        found = _eliminated(rows)
        if not found:
            return known
        known |= found


def _linear(left: Size, right: Size, unknown: Collection[str]) -> Row | None:
    """An equation as a row; None where it is not linear in the unknown names, or has none."""
    factors, rest = without(left, unknown)
    if not factors or any(name in unknown for name in names_in(rest)):
        return None
    return factors, right - rest


def _eliminated(rows: Sequence[Row]) -> dict[str, Size]:
    """The unknown names of a system that have one value, by Gaussian elimination without fractions."""
    open_rows, solved = list(rows), list[Row]()
    for name in dict.fromkeys(name for factors, _ in rows for name in factors):
        pivot = next((row for row in open_rows if row[0].get(name)), None)
        if pivot is None:
            continue
        open_rows.remove(pivot)
        open_rows = [_cleared(row, pivot, name) for row in open_rows]
        solved = [*(_cleared(row, pivot, name) for row in solved), pivot]
    values = {}
    for factors, constant in solved:
        if len(factors) == 1:
            ((name, factor),) = factors.items()
            value = divided(constant, factor)
            if value is not None:
                values[name] = value
    return values


def _cleared(row: Row, pivot: Row, name: str) -> Row:
    """A row from which so much of the pivot is taken that a name is gone."""
    factors, constant = row
    mine, theirs = factors.get(name, 0), pivot[0][name]
    if not mine:
        return row
    names = dict.fromkeys([*factors, *pivot[0]])
    mixed = {one: factors.get(one, 0) * theirs - pivot[0].get(one, 0) * mine for one in names}
    rest = constant * theirs - pivot[1] * mine
    common = gcd(*mixed.values())
    shrunk = divided(rest, common) if common > 1 else None
    if shrunk is not None:
        return {one: factor // common for one, factor in mixed.items() if factor}, shrunk
    return {one: factor for one, factor in mixed.items() if factor}, rest
