"""Learning rates as programs write them are those that nndsl trains with."""

from typing import Any

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from nndsl.backend.keras.rates import schedule
from nndsl.catalogue.durations import Duration
from nndsl.catalogue.training import schedules
from nndsl.emission.optimizers import Rate
from nndsl.emission.stock import pieces
from nndsl.emission.writing import flat
from nndsl.types import BadArgument

NAMES: dict[str, Any] = {"keras": keras, "ops": ops}
for _name in ("Warmup", "Segments", "InverseRoot"):
    exec(pieces()[_name].text, NAMES)  # noqa: S102 - the text is what programs hold

PERCENT = st.integers(1, 60).map(lambda value: Duration(value, "percent"))
LENGTH = st.one_of(PERCENT, st.integers(1, 40).map(lambda value: Duration(value, "steps")), st.sampled_from([0.5, 1, 2]).map(lambda value: Duration(value, "epochs")))
WARMUP = st.one_of(st.just(Duration(0, "steps")), LENGTH)
NUMBER = st.sampled_from([1e-3, 0.02, 1.0])
KINDS: dict[str, st.SearchStrategy[schedules.Schedule]] = {
    "constant": st.builds(schedules.Constant, learning_rate=NUMBER, warmup=WARMUP),
    "cosine": st.builds(schedules.Cosine, learning_rate=NUMBER, warmup=WARMUP, alpha=st.sampled_from([0.0, 0.1]), length=st.one_of(st.none(), LENGTH)),
    "cosine_restarts": st.builds(schedules.CosineRestarts, learning_rate=NUMBER, warmup=WARMUP, first=LENGTH, m_mul=st.sampled_from([0.5, 1.0])),
    "exponential": st.builds(schedules.Exponential, learning_rate=NUMBER, decay_rate=st.just(0.9), warmup=WARMUP, every=st.one_of(st.none(), LENGTH), staircase=st.booleans()),
    "inverse_time": st.builds(schedules.InverseTime, learning_rate=NUMBER, decay_rate=st.just(0.9), warmup=WARMUP, every=st.one_of(st.none(), LENGTH), staircase=st.booleans()),
    "polynomial": st.builds(schedules.Polynomial, learning_rate=NUMBER, warmup=WARMUP, power=st.sampled_from([1.0, 2.0]), length=st.one_of(st.none(), LENGTH), cycle=st.booleans()),
    "piecewise": st.builds(schedules.Piecewise, learning_rates=st.just((0.1, 0.01, 0.001)), at=st.just((Duration(70, "percent"), Duration(90, "percent"))), warmup=WARMUP),
    "piecewise without times": st.builds(schedules.Piecewise, learning_rates=st.just((0.1,)), at=st.just(()), warmup=WARMUP),
    "one_cycle": st.builds(schedules.OneCycle, learning_rate=NUMBER, warmup=WARMUP, cycle=LENGTH),
    "noam": st.builds(schedules.Noam, model_size=st.just(64), warmup=WARMUP),
    "plateau": st.builds(schedules.Plateau, learning_rate=NUMBER),
}


def rates(written: Rate, epochs: int, steps: int, places: list[int]) -> list[float]:
    """What a program has as its rate at some steps."""
    names = {**NAMES, "EPOCHS": epochs, "steps": steps}
    for name, code in written.lines:
        names[name] = eval(flat(code), names)
    found = eval(flat(written.code), names)
    return [found if written.is_number else float(found(place)) for place in places]


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
@settings(max_examples=8)
def test_a_rate_is_written_as_it_is_trained_with(kind: str, data: st.DataObject) -> None:
    component = data.draw(KINDS[kind])
    epochs, steps, times = data.draw(st.integers(2, 6)), data.draw(st.integers(3, 60)), data.draw(st.sampled_from([1, 5]))
    total = epochs * steps * times
    try:
        mine = schedule(component, total, steps * times)
    except BadArgument:
        return
    if any(isinstance(one, Duration) and one.steps(total, steps * times) < 1 for name, one in component.__dict__.items() if name != "warmup"):
        return  # nndsl takes a step where a duration comes to none, and a program says what Keras says of it
    places = sorted({0, 1, total // 20, total // 3, total // 2, total - 1, data.draw(st.integers(0, total - 1))})
    assert rates(Rate(component, times), epochs, steps, places) == pytest.approx([float(mine(place)) for place in places], rel=1e-5, abs=1e-9)


def test_a_rate_that_never_changes_is_a_number() -> None:
    for one in (2e-3, schedules.Constant(learning_rate=2e-3), schedules.Plateau(learning_rate=2e-3)):
        written = Rate(one)
        assert (written.code, written.lines, written.counts_steps) == ("0.002", [], False)
