"""Several devices that learn together, as the engine that is computed with does it; and what cannot be shared among devices.

Whoever builds and computes within `together` has as many devices as are named there. What runs on all of them is
handed to `on_each`; inside, `share` says which examples are this device's, and its `summed` adds up what all of them have.
The same code without `together` computes all by itself.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from nndsl.backend.keras import engine, hosts
from nndsl.catalogue.training import Loss
from nndsl.data.dataset import Dataset
from nndsl.data.kept import Stored
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.graph import Graph, Node
from nndsl.program import Training
from nndsl.source import Span
from nndsl.team.together import ALONE, Team

if TYPE_CHECKING or not engine.IS_JAX:
    from nndsl.backend.keras.replicas_on_tensorflow import AtOnce, names_of, on_each, several, share, together, without_reduction
else:
    from nndsl.backend.keras.replicas_on_jax import AtOnce, names_of, on_each, several, share, together, without_reduction

__all__ = [
    "AtOnce", "Wanted", "check_in_memory", "check_shareable", "devices", "on_each", "several", "share", "together", "without_reduction",
]

Wanted: TypeAlias = int | Literal["all"]
"""How many devices are asked for."""


@error("NN770")
def no_such_devices(wanted: int, found: Sequence[str]) -> Diagnostic:
    """Training is asked for on more devices than this machine has.

    Devices are its GPUs, or its CPU where there are none: one CPU is one device, however many cores it has.
    """
    there = f"there is 1: {found[0]}" if len(found) == 1 else f"there are {len(found)}: {', '.join(found)}"
    return Diagnostic(None, f"{wanted} devices are asked for, and {there}", repair=f"--devices {len(found)}, or --devices all")


@error("NN771")
def needs_the_whole_batch(what: str, span: Span) -> Diagnostic:
    """A part of a training needs all examples of a batch in one place, so that several devices cannot share them.

    Such are losses that give one figure for the whole batch (`Dice` without an axis, `Circle`), and batch normalization
    where a mask says which positions count. Others are computed over all devices: means over masks, and the statistics
    of batch normalization without a mask.

        loss = Dice

    Mended:

        loss = Dice(axis=(1, 2, 3))
    """
    return Diagnostic(span, f"{what} looks at a whole batch at once, and cannot be shared among devices", repair="train on one device")


@error("NN772")
def not_in_memory() -> Diagnostic:
    """Data that are read from files while a network learns go to one device: each batch is gathered once, for all of it.

        nndsl train library.nn --devices all --memory 1GB       # and the data take more
    """
    message = "the data take more than the memory they may have, and what is read from files cannot be shared among devices"
    return Diagnostic(None, message, repair="train on one device, or give the data more: `--memory`")


@error("NN790")
def not_by_xla(span: Span) -> Diagnostic:
    """XLA compiles what one device computes; where several share a batch, they exchange gradients in the middle of each step.

        jit_compile = true               # and nndsl train --devices 2

    Mended:

        jit_compile = auto
    """
    return Diagnostic(span, "several devices cannot train what XLA is to compile", repair="leave out `jit_compile`, or train on one device")


@error("NN733")
def uneven(batch: int, devices: int, span: Span) -> Diagnostic:
    """On JAX, each device computes as many examples of a batch as the others.

        batch = 65                       # and KERAS_BACKEND=jax nndsl train --devices 2

    Mended:

        batch = 64
    """
    fitting = max(devices, batch - batch % devices)
    return Diagnostic(span, f"{devices} devices cannot compute {batch} examples in equal parts", repair=f"batch = {fitting}")


def check_in_memory(dataset: Dataset) -> None:
    """Check that all devices can take their shares of the examples.

    Raises:
        UserError: they are read from files.
    """
    if any(isinstance(one, Stored) for examples in dataset.splits.values() for one in examples.fields.values()):
        raise UserError(not_in_memory())


def devices(wanted: Wanted = 1, team: Team = ALONE) -> tuple[str, ...]:
    """The names of that many devices of each machine: GPUs, or where there are none, CPUs.

    Raises:
        UserError: there are not so many.
    """
    names = names_of(team)
    if wanted != "all" and wanted > len(names):
        raise UserError(no_such_devices(wanted, names))
    return hosts.of_all(team, names if wanted == "all" else names[:wanted])


def check_shareable(training: Training, devices: int = 2) -> None:
    """Check that the examples of a batch can be computed apart.

    Raises:
        UserError: something needs all of them at once, or one device; or, on JAX, which needs nothing else, there are not as many for each device.
    """
    if engine.IS_JAX:
        if training.batch % devices:
            raise UserError(uneven(training.batch, devices, training.span))
        return
    wrong = [(what, node.span) for one in training.objectives for node in one.graph.nodes if (what := _batchwise(one.graph, node))]
    if training.jit_compile is True:
        raise UserError(not_by_xla(training.span))
    if wrong:
        raise UserError(*(needs_the_whole_batch(what, span) for what, span in dict.fromkeys(wrong)))


def _batchwise(graph: Graph, node: Node) -> str | None:
    """What a call is named if it needs a whole batch."""
    component = node.component
    if isinstance(component, Loss) and not component.by_example:
        return f"the loss {component.called()}"
    if type(component).__name__ == "BatchNormalization" and any(one.mask for one in graph.operand_types(node)):
        return f"{component.called()} of `{node.name}`, over a mask,"
    return None
