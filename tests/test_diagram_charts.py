"""Charts of runs: curves over epochs, and forecasts beside what came."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndsl.diagram.confusion import confusion_svg, mistakes, most_mistaken
from nndsl.diagram.curves import curves_svg
from nndsl.diagram.forecasts import Forecast, forecasts_svg
from nndsl.diagram.logos import information, logo_svg
from nndsl.diagram.residuals import residuals_svg

SVG = "{http://www.w3.org/2000/svg}"


def lines(svg: str, role: str) -> list[list[tuple[float, float]]]:
    """The points of the lines of a role, as they are drawn."""
    found = [one for one in ElementTree.fromstring(svg).iter(f"{SVG}polyline") if one.attrib["class"].endswith(f"-{role}")]
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in one.attrib["points"].split())] for one in found]


def texts(svg: str) -> list[tuple[str, float]]:
    return [(one.text or "", float(one.attrib["y"])) for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def forecast(count: int, horizon: int, stride: int = 1, season: int = 7, columns: tuple[str, ...] = ("births",)) -> Forecast:
    """Forecasts that are right, of rows that count up; the guess is the row a season before."""
    rows = (np.arange(count)[:, None] * stride + np.arange(horizon) + 1).astype(float)
    values = np.stack([rows * (place + 1) for place in range(len(columns))], axis=-1)
    return Forecast(columns, values, values, values - season if season else None, season, 1, stride)


@pytest.mark.parametrize(("horizon", "stride", "pieces"), [(1, 1, 1), (7, 1, 9), (4, 2, 15), (3, 3, 20)])
def test_forecasts_of_several_rows_are_drawn_one_after_the_other(horizon: int, stride: int, pieces: int) -> None:
    svg = forecasts_svg([forecast(200, horizon, stride)], "test")
    (truth,), said = lines(svg, "ink"), lines(svg, "first")
    assert len(said) == pieces == len(lines(svg, "pale"))
    drawn = [point for piece in said for point in piece]
    assert drawn == sorted(drawn)  # no two pieces speak of one row
    assert set(drawn) <= set(truth)  # and these were right
    assert drawn[-1] == truth[-1]
    assert len(truth) >= 60


def test_each_column_of_a_forecast_has_its_panel_and_its_guess_its_name() -> None:
    svg = forecasts_svg([forecast(50, 2, columns=("price_Now", "VOLUME"))], "test")
    assert {"price_Now, forecast 1 to 2 rows ahead", "VOLUME, forecast 1 to 2 rows ahead", "7 rows before", "row of the test part"} <= {
        text for text, _ in texts(svg)
    }
    assert not lines(forecasts_svg([forecast(50, 2, season=0)], "test"), "pale")


def test_names_at_the_ends_of_lines_do_not_overlap() -> None:
    svg = forecasts_svg([forecast(80, 1, season=1)], "test")
    heights = sorted(y for text, y in texts(svg) if text in ("truth", "forecast", "last value"))
    assert len(heights) == 3
    assert min(np.diff(heights)) > 17


def test_curves_have_a_panel_for_each_figure_and_mark_the_best_epoch() -> None:
    history = [{"epoch": one, "loss": 1 / one, "val_loss": 1 / one + (one > 3), "top_k_accuracy": 0.5, "pH_mae": 2.0, "made_learning_rate": 0.1} for one in range(1, 6)]
    svg = curves_svg(history, 3)
    titles = re.findall('-title"[^>]*>([^<]*)<', svg)
    assert titles == ["Loss", "Top k accuracy", "pH_mae"]
    assert len(lines(svg, "first")) == 3 and len(lines(svg, "second")) == 1
    assert len(re.findall("best, epoch 3", svg)) == 3
    (ring, *_) = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in ElementTree.fromstring(svg).iter(f"{SVG}circle")]
    assert ring == lines(svg, "second")[0][2]


def test_a_curve_of_one_epoch_is_a_dot() -> None:
    svg = curves_svg([{"epoch": 1, "loss": 0.5}], 1)
    assert not lines(svg, "first") and len(marks(svg, "first-dot")) == 1


# Who is taken for whom, how far off, what filters see ---------------------------------------------


def marks(svg: str, role: str) -> list[dict[str, str]]:
    """The attributes of all elements of a role."""
    return [one.attrib for one in ElementTree.fromstring(svg).iter() if one.attrib.get("class", "").endswith(f"-{role}")]


def test_every_count_of_a_confusion_stands_in_its_square() -> None:
    confusion = [[7, 0, 2], [0, 1234, 0], [1, 1, 0]]
    svg = confusion_svg(["a", "<b>", "c"], confusion)
    assert sorted(text for text, _ in texts(svg) if text.replace(",", "").isdecimal()) == sorted(f"{one:,}" for row in confusion for one in row if one)
    assert len(marks(svg, "right")) == 2 and len(marks(svg, "wrong")) == 3 and len(marks(svg, "empty")) == 9
    (share, full) = (float(one["fill-opacity"]) for one in marks(svg, "right"))
    assert full == 1.0 and share == pytest.approx(0.15 + 0.85 * 7 / 9, abs=0.01)
    assert "<b>" in {text for text, _ in texts(svg)}


@given(st.lists(st.lists(st.integers(0, 9), min_size=6, max_size=6), min_size=6, max_size=6))
def test_the_most_mistaken_classes_have_the_most_mistakes(confusion: list[list[int]]) -> None:
    def wrong(place: int) -> int:
        return sum(confusion[place]) + sum(row[place] for row in confusion) - 2 * confusion[place][place]

    chosen = most_mistaken(confusion, 3)
    assert chosen == sorted(chosen) and min(map(wrong, chosen)) >= max(wrong(one) for one in range(6) if one not in chosen)
    found = mistakes(confusion)
    assert sum(count for count, _, _ in found) == sum(map(sum, confusion)) - sum(confusion[place][place] for place in range(6))
    assert [count for count, _, _ in found] == sorted((count for count, _, _ in found), reverse=True)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_every_number_has_its_dot_and_counts_in_the_histogram(pairs: list[tuple[float, float]]) -> None:
    svg = residuals_svg([x for x, _ in pairs], [y for _, y in pairs], "g")
    bars = [one for one in marks(svg, "first-dot") if "height" in one]
    assert len(marks(svg, "first-dot")) - len(bars) == len(pairs)
    assert all(float(one["width"]) > 0 and float(one["height"]) >= 0 for one in bars) and any(float(one["height"]) > 0 for one in bars)


def test_numbers_that_are_not_finite_are_left_out() -> None:
    assert len(marks(residuals_svg([1.0, float("nan"), 3.0], [1.0, 2.0, float("inf")], ""), "first-dot")) == 2  # a dot and a bar


@pytest.mark.parametrize("letters", ["ACGT", "ACGU", "ACDEFGHIKLMNPQRSTVWY"])
def test_letters_of_a_logo_are_as_high_as_they_are_frequent_and_telling(letters: str) -> None:
    sure, even = [1.0] + [0.0] * (len(letters) - 1), [1 / len(letters)] * len(letters)
    half = [0.75, 0.25] + [0.0] * (len(letters) - 2)
    drawn = [one.attrib["transform"] for one in ElementTree.fromstring(logo_svg(letters, [sure, even, half], 1e12, "x")).iter(f"{SVG}path")]
    heights = [float(re.findall(r"scale\([\d.]+ ([\d.]+)\)", one)[0]) * 100 for one in drawn]
    assert heights[0] == pytest.approx(84, abs=0.1), "all bits there are"
    assert len(heights) == 3, "what tells nothing has no height"
    assert heights[2] / heights[1] == pytest.approx(3, rel=0.01)
    assert heights[1] + heights[2] == pytest.approx(84 * information(half, 1e12) / information(sure, 1e12), rel=0.01)


def test_few_sequences_tell_less() -> None:
    assert information([1.0, 0, 0, 0], 5) == pytest.approx(2 - 3 / (2 * np.log(2) * 5))
    assert information([0.25] * 4, 5) == information([1.0, 0, 0, 0], 1) == 0


def test_a_dark_screen_gets_dark_charts_and_paper_light_ones() -> None:
    plain, adaptive = (confusion_svg(["a", "b"], [[1, 0], [0, 1]], one) for one in (False, True))
    assert "@media" not in plain and "@media screen and (prefers-color-scheme:dark)" in adaptive


def test_a_run_without_epochs_has_empty_curves() -> None:
    assert not lines(curves_svg([], None), "first")
