"""The order of what gives and takes tensors: each after those whose tensors it takes."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol, TypeVar

from nndsl.graph import Ref


class Joined(Protocol):
    """What takes tensors, and gives some."""

    @property
    def inputs(self) -> tuple[Ref, ...]: ...

    @property
    def outputs(self) -> tuple[Ref, ...]: ...


_One = TypeVar("_One", bound=Joined)


def in_order(items: Sequence[_One]) -> tuple[list[_One], list[_One]]:
    """Items in topological order, as near to their present order as can be; and those in cycles or behind them."""
    giving = {ref: item for item in items for ref in item.outputs}
    waiting = {item: {giving[ref] for ref in item.inputs if ref in giving and giving[ref] is not item} for item in items}
    after: dict[_One, list[_One]] = defaultdict(list)
    for item, others in waiting.items():
        for other in others:
            after[other].append(item)
    order = {item: index for index, item in enumerate(items)}
    ready = [item for item in reversed(items) if not waiting[item]]
    done: list[_One] = []
    while ready:
        item = ready.pop()
        done.append(item)
        freed = []
        for other in after[item]:
            waiting[other].discard(item)
            if not waiting[other]:
                freed.append(other)
        ready += sorted(freed, key=lambda one: -order[one])
    placed = set(done)
    return done, [item for item in items if item not in placed]
