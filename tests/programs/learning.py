"""Data and trainings for networks: losses, metrics and optimizers of the whole catalogue, with targets that fit them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from nndsl.catalogue.component import Component
from nndsl.catalogue.training import Loss, Metric, Optimizer
from nndsl.types import Mismatch, TensorType
from tests.agreement.test_training_components import REQUIRED, loss_settings
from tests.programs.growing import Definition, networks
from tests.programs.realized import numbers, of
from tests.programs.written import called

EXAMPLES = 10
ATTEMPTS = 12
DTYPES = ("float32", "int32", "bool")
"""What the fields of data are."""


@dataclass
class Text:
    """A whole program.

    Attributes:
        arrays: what its data are.
        sizes: what its named sizes stand for, in tests.
    """

    text: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    arrays: Mapping[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> Path:
        """Write the data to a folder; the file of the program would stand there."""
        if self.arrays:
            np.savez(folder / "data.npz", **self.arrays)
        return folder / "net.nn"


@st.composite
def programs(draw: st.DrawFn) -> Text:
    """One or two networks, and mostly a training."""
    first = draw(networks("Inner", most=3)) if draw(st.integers(0, 3)) == 0 else None
    learns = draw(st.integers(0, 3)) > 0
    last = draw(networks("Net", () if first is None else (first,), learns=learns))
    texts = [one.text for one in (first, last) if one is not None]
    sizes = (first.sizes if first is not None else {}) | last.sizes
    if learns and all(one.dtype in DTYPES for one in last.inputs.values()):
        learnt = _Learnt(draw, last)
        targets = learnt.targets()
        if targets:
            block = learnt.minimized(targets) if draw(st.booleans()) else learnt.short(targets)
            return Text("\n".join([*texts, learnt.data(), block]) + "\n", sizes, learnt.arrays)
    return Text("\n".join(texts) + "\n", sizes)


@dataclass
class _Learnt:
    """A training in the making."""

    draw: st.DrawFn
    network: Definition
    fields: list[str] = field(default_factory=list)
    arrays: dict[str, Any] = field(default_factory=dict)

    def targets(self) -> dict[str, tuple[TensorType, Loss]]:
        """For some of the outputs of layers, what they are compared with, and how."""
        for name, type in self.network.inputs.items():
            self.field(name, type)
        found: dict[str, tuple[TensorType, Loss]] = {}
        for name, activation in self.network.ends.items():
            if not found or self.draw(st.integers(0, 3)):
                target = self.target(self.concrete(name), activation)
                if target is not None:
                    found[name] = target
        return found

    def target(self, output: TensorType, activation: str | None) -> tuple[TensorType, Loss] | None:
        for _ in range(ATTEMPTS):
            kind = self.draw(st.sampled_from(Loss.registered()))
            loss = kind.build(**loss_settings(kind, self.draw))
            type = self.compared(output)
            try:
                loss.fit(type, activation, output)
            except Mismatch:
                continue
            return type, loss
        return None

    def compared(self, output: TensorType) -> TensorType:
        """A target that is related to an output in one of the ways that occur."""
        shape = self.draw(st.sampled_from([output.shape] * 3 + [output.shape[:-1], (*output.shape, 1), (*output.shape[:-1], 1)]))
        dtype = self.draw(st.sampled_from(["float32", "int32", "bool"]))
        classes = output.shape[-1] if output.shape else 2
        return TensorType(dtype, shape, self.draw(st.sampled_from([2, classes, classes, 3])) if dtype == "int32" else None)

    def field(self, name: str, type: TensorType) -> None:
        """A field of the data, with its examples."""
        steps = {"float32": ["", " -> float"], "bool": ["", " -> bool"], "int32": [""]}[type.dtype]
        if type.below is not None:
            steps = [f" -> integer(below={type.below})"]
            if not type.rank:
                steps.append(f" -> category({', '.join(map(str, range(int(str(type.below)))))})")
        self.fields.append(f"  {name} = source.{name}{self.draw(st.sampled_from(steps))}")
        self.arrays[name] = numbers(type, self.network.sizes, EXAMPLES)

    def data(self) -> str:
        """The `data` block."""
        noise = [f"  augment = [{name} -> GaussianNoise(0.1)]" for name, type in self.network.inputs.items() if type.is_float][:1]
        varied = noise if self.draw(st.integers(0, 5)) == 0 else []
        fields = "\n".join([*self.fields, "  split = order(train=0.6, validation=0.2, test=0.2)", *varied])
        return f'data Data {{\n  source = npz("data.npz")\n{fields}\n}}'

    def optimizer(self) -> str:
        kind = self.draw(st.sampled_from(Optimizer.registered()))
        given: dict[str, Any] = {"learning_rate": 0.001} if self.draw(st.booleans()) else {}
        if self.draw(st.integers(0, 3)) == 0:
            given |= self.draw(st.sampled_from([{"clipnorm": 1.0}, {"use_ema": True}, {"weight_decay": 0.1}, {"gradient_accumulation_steps": 2}]))
        return called(kind, given)

    def metrics(self, target: TensorType, name: str) -> list[Metric]:
        """Some metrics that fit."""
        found = []
        for kind in self.draw(st.lists(st.sampled_from(Metric.registered()), max_size=4, unique=True)):
            metric = kind.build(**REQUIRED.get(kind.__name__, {}))
            try:
                metric.fit(target, self.network.ends[name], self.concrete(name))
            except Mismatch:
                continue
            found.append(metric)
        return found

    def settings(self) -> list[str]:
        chosen = ["  epochs = 1", f"  batch = {self.draw(st.sampled_from([3, 4, 6]))}"]
        return chosen + ["  seed = 4"] * self.draw(st.integers(0, 1))

    def concrete(self, output: str) -> TensorType:
        type = self.network.outputs[output]
        return TensorType("float32", of(type.shape, self.network.sizes), mask=type.mask)

    def short(self, targets: Mapping[str, tuple[TensorType, Loss]]) -> str:
        """The short form: `model`, `loss`, `optimizer`."""
        losses, figures = {}, {}
        for name, (type, loss) in targets.items():
            self.field(name, type)
            losses[name] = _called(loss)
            figures[name] = [_called(one) for one in self.metrics(type, name)]
        several = len(self.network.outputs) > 1
        loss_text = f"({', '.join(f'{name}={text}' for name, text in losses.items())},)" if several else next(iter(losses.values()))
        metrics = [f"{name}=[{', '.join(texts)}]" for name, texts in figures.items() if texts]
        shown = [] if not metrics else [f"  metrics = ({', '.join(metrics)},)" if several else f"  metrics = {metrics[0].partition('=')[2]}"]
        lines = ["  model = Net", "  data = Data", f"  loss = {loss_text.replace(',)', ')')}", f"  optimizer = {self.optimizer()}",
                 *(one.replace(",)", ")") for one in shown), *self.settings()]
        return "\n".join(["train Task {", *lines, "}"])

    def minimized(self, targets: Mapping[str, tuple[TensorType, Loss]]) -> str:
        """The form that is written out."""
        outputs, inputs = list(self.network.outputs), list(self.network.inputs)
        for name, (type, _) in targets.items():
            self.field(f"t_{name}", type)
        terms = [f"{self.draw(st.sampled_from(['', '0.5 * ']))}{_called(loss, (name, f't_{name}'))}" for name, (_, loss) in targets.items()]
        figures = [_called(one, (name, f"t_{name}")) for name, (type, _) in targets.items() for one in self.metrics(type, name)]
        lines = ["  data = Data", "  layer net = Net", f"  {_tuple(outputs)} = {_tuple(inputs)} -> net"]
        lines.append(f"  minimize {' + '.join(terms)} over net with {self.optimizer()}")
        if figures:
            lines.append(f"  metrics = [{', '.join(figures)}]")
        return "\n".join(["train Task {", *lines, *self.settings(), "}"])


def _called(component: Component, operands: tuple[str, ...] = ()) -> str:
    """A loss or metric with its arguments, of operands if there are any."""
    head, _, rest = called(component, component.changed()).partition("(")
    inside = [one for one in (*operands, rest.removesuffix(")")) if one]
    return f"{head}({', '.join(inside)})" if inside else head


def _tuple(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"
