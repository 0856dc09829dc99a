"""Sizes with names: equations between them are solved, and claims about them proved or refuted, as counting shows."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndsl.driver import check
from nndsl.equations import solve
from nndsl.proofs import COMPARED, decide
from nndsl.source import Source
from nndsl.types import Size, floor_divide, named, names_in, sign, substitute

N, M, K, L = map(named, "nmkL")
UNKNOWN = ("n", "m", "k")

factors = st.integers(-4, 4)


@pytest.mark.parametrize(("equations", "expected"), [
    ([(2 * N, 8)], {"n": 4}),
    ([(N + M, 8), (N, 3)], {"n": 3, "m": 5}),
    ([(N + M, 10), (N - M, 2)], {"n": 6, "m": 4}),
    ([(N // 2, 4), (N, 9)], {"n": 9}),
    ([(N * M, 12), (N, 3)], {"n": 3, "m": 4}),
    ([(2 * N, 2 * (L // 2)), (N + M, L)], {"n": L // 2, "m": L - L // 2}),
    ([(N // 2 + M, 7), (N, 4)], {"n": 4, "m": 5}),
    ([(2 * N, 7)], {}),
    ([(N // 2, 4)], {}),
    ([(N + M, 8)], {}),
])
def test_what_equations_tell(equations: list[tuple[Size, Size]], expected: dict[str, Size]) -> None:
    for order in (equations, equations[::-1]):
        assert solve(order, UNKNOWN) == expected


@pytest.mark.parametrize(("size", "expected"), [
    ((L - 1) // 2, None), ((L - 1) // 2 + 1, 1), ((L - 2) // 2 + 1, None), (L // 2, None), (L // 2 + 1, 1), (L, 1), (L - 1, None), (-L, -1),
    (-((L - 1) // 2) - 1, -1), (2 * (L // 3) + L, 1),
    (floor_divide(L, M), None), (floor_divide(L, M) + 1, 1), (floor_divide(L - 2, M) + 1, None),
])
def test_what_is_known_of_a_sign(size: Size, expected: int | None) -> None:
    """A size with a name is at least 1."""
    assert sign(size) == expected


def test_nothing_divided_by_a_size_is_nothing() -> None:
    assert floor_divide(0, L) == 0 and floor_divide(L, L) == 1 and floor_divide(L * M, L) == M and floor_divide(L - L, 2 * M) == 0


@given(st.lists(st.tuples(factors, factors, factors, factors), min_size=1, max_size=5), st.tuples(*[st.integers(1, 30)] * 3))
def test_what_is_found_is_the_one_solution(rows: list[tuple[int, int, int, int]], values: tuple[int, int, int]) -> None:
    """Equations that some numbers solve: what is said of a name is its number, and of whole systems something is said."""
    numbers = dict(zip(UNKNOWN, values, strict=True))
    equations = []
    for a, b, c, d in rows:
        left = a * N + b * M + c * K + d
        equations.append((left, substitute(left, numbers)))
    found = solve(equations, UNKNOWN)
    assert all(found[name] == numbers[name] for name in found)
    assert len(found) == 3 or _rank([row[:3] for row in rows]) < 3


def _rank(rows: Any) -> int:
    import numpy

    return int(numpy.linalg.matrix_rank(numpy.array(rows)))


@st.composite
def sizes(draw: st.DrawFn) -> Size:
    total: Size = draw(factors)
    for atom in (N, M, N * M, N * N, N // 2, (N + M) // 3, (N + 1) // 2):
        total = total + draw(st.sampled_from([0, 0, 0, 1, -1, 2])) * atom
    return total


def _true(operator: str, left: Size, right: Size, values: Mapping[str, int]) -> bool:
    one, other = substitute(left, values), substitute(right, values)
    assert isinstance(one, int) and isinstance(other, int)
    return COMPARED[operator](one, other)


@given(st.sampled_from(list(COMPARED)), sizes(), sizes())
def test_what_is_proved_is_true_and_what_is_refuted_is_not(operator: str, left: Size, right: Size) -> None:
    found = decide(operator, left, right, [])
    if found is True:
        assert all(_true(operator, left, right, {"n": n, "m": m}) for n, m in product(range(1, 14), repeat=2))
    elif found is not None:
        assert set(found) == {*names_in(left), *names_in(right)} and all(value >= 1 for value in found.values())
        assert not _true(operator, left, right, {"n": 1, "m": 1, **found})
    else:
        assert all(_true(operator, left, right, {"n": n, "m": m}) for n, m in product(range(1, 6), repeat=2))


@pytest.mark.parametrize(("operator", "left", "right"), [
    (">", L, 2), (">=", L * L, L), ("<=", 2 * (L // 2), L), ("<", L // 2, L), (">=", (L + 3) // 4 * 4, L), (">=", L * N, N),
    ("<=", L // 4, L // 2),
])
def test_what_everyone_can_prove_is_proved(operator: str, left: Size, right: Size) -> None:
    assert decide(operator, left, right, [L - 2]) is True


def said(body: str) -> list[str]:
    _, report = check(Source("n.nn", f"network N {{\n{body}\n}}\n"))
    return [one.message for one in report]


def test_sizes_that_are_stated_as_multiples_are_halved_and_doubled_again() -> None:
    body = "input x: float[2 * h, w]\n output y = x + (x -> MaxPool1D(2) -> UpSampling1D(2))"
    assert said(body) == []
    (one,) = said(body.replace("2 * h", "h"))
    assert "h is not 2 * (h // 2)" in one


def test_a_check_of_sizes_is_proved_or_refuted_by_sizes_that_the_network_can_have() -> None:
    body = "input x: float[L, 4]\n output y = x -> Conv1D(4, 3)\n check L > 2 and L // 2 * 2 <= L\n check CLAIM"
    assert said(body.replace("CLAIM", "L >= 3")) == []
    assert said(body.replace("CLAIM", "L // 2 * 2 == L")) == ["this check fails for L = 3: `L // 2 * 2 == L`"]
    assert said(body.replace("CLAIM", "L <= 1_000_000")) == ["`L <= 1_000_000` could be neither proved for all sizes nor refuted"]


def test_a_check_is_refuted_however_many_other_sizes_a_network_has() -> None:
    body = "input x: float[A, B, C, D, E, F, 2]\n output y = x -> Dense(3)\n check CLAIM"
    assert said(body.replace("CLAIM", "A < 2")) == ["this check fails for A = 2: `A < 2`"]
    assert said(body.replace("CLAIM", "A == F")) == ["this check fails for A = 1 and F = 2: `A == F`"]


@pytest.mark.parametrize(("dtype", "stated", "found"), [
    ("int64", "int", []), ("uint8", "int", []), ("float16", "float", []), ("int64", "int64", []), ("int64", "int32", ["NN307"]), ("int64", "float", ["NN307"]),
])
def test_a_family_of_types_takes_each_of_its_dtypes(dtype: str, stated: str, found: list[str]) -> None:
    _, report = check(Source("net.nn", f"network N {{\n  input x: {dtype}[4]\n  y: {stated}[4] = x\n  output y\n}}\n"))
    assert [one.code for one in report] == found
