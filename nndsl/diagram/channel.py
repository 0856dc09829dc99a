"""Channels: the room between an upper and a lower row of ends, and the lines that join them through it.

A line runs down from its upper end, along a track, and down to its lower end. Lines that share an upper end
(one tensor, several users) or a lower end (several tensors, one user) share a track; all others get tracks of
their own, in the order that crosses the fewest lines and lays none on top of another.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from nndsl.diagram.pieces import Point, Wire

GAP = 24.0
"""The least height of a channel in which something flows: an arrow has to fit."""
PITCH = 9.0
"""Between two tracks."""
FIRST = 11.0
"""From the upper row to the first track."""
LAST = 16.0
"""From the last track to the lower row, where the arrow heads are."""
SAME = 0.5
CLOSE = 5.0


@dataclass(frozen=True, slots=True)
class Link:
    """One line through a channel. Ends with equal keys are the same end."""

    wire: Wire
    top: float
    bottom: float
    top_key: Hashable
    bottom_key: Hashable


def link(wire: Wire, top: float, bottom: float) -> Link:
    """A line between two places; the same tensor at the same place is the same end, and so is the same operand's."""
    return Link(wire, top, bottom, (wire.source, wire.outlet, round(top)), (wire.target, wire.inlet, round(bottom)))


@dataclass(slots=True)
class _Net:
    """Lines that run along one track."""

    links: list[Link]
    tops: list[float] = field(default_factory=list)
    bottoms: list[float] = field(default_factory=list)
    low: float = 0.0
    high: float = 0.0
    track: int = 0
    slanted: bool = False

    def __post_init__(self) -> None:
        self.tops = sorted({link.top for link in self.links})
        self.bottoms = sorted({link.bottom for link in self.links})
        self.low, self.high = min(self.tops[0], self.bottoms[0]), max(self.tops[-1], self.bottoms[-1])


@dataclass(frozen=True, slots=True)
class Channel:
    """A routed channel: its height, and the corners of each line, y counted from its top."""

    height: float
    lines: tuple[tuple[Wire, tuple[Point, ...]], ...]


def route(links: Sequence[Link], note: float = 0.0, least: float = GAP) -> Channel:
    """Join upper ends to lower ends.

    Args:
        note: room to keep free of tracks below the upper row, for a text beside a line; the channel is no lower than that.
        least: the least height of the channel.
    """
    nets = [_Net(group) for group in _groups(links)]
    bent = [net for net in nets if net.high - net.low > SAME]
    _assign_tracks(bent)
    tracks = max((net.track for net in bent), default=-1) + 1
    first = max(FIRST, note)
    height = max(least, note, first + (tracks - 1) * PITCH + LAST if tracks else 0.0)
    start = max(first, (height - LAST - (tracks - 1) * PITCH + FIRST) / 2) if tracks and not note else first
    start = min(start, height - LAST - (tracks - 1) * PITCH) if tracks else start
    lines = tuple((link.wire, _corners(link, net, start, height)) for net in nets for link in net.links)
    return Channel(height, lines)


def _corners(link: Link, net: _Net, start: float, height: float) -> tuple[Point, ...]:
    if abs(link.top - link.bottom) <= SAME or net.slanted:
        return (link.top, 0.0), (link.bottom, height)
    y = start + net.track * PITCH
    return (link.top, 0.0), (link.top, y), (link.bottom, y), (link.bottom, height)


def _groups(links: Sequence[Link]) -> list[list[Link]]:
    """Links by upper end; those groups that all lead to one and the same lower end are one group."""
    by_top: dict[Hashable, list[Link]] = defaultdict(list)
    for link in links:
        by_top[link.top_key].append(link)
    merged: dict[Hashable, list[Link]] = defaultdict(list)
    for top, group in by_top.items():
        targets = {link.bottom_key for link in group}
        merged[("bottom", *targets) if len(targets) == 1 else ("top", top)] += group
    return list(merged.values())


def _assign_tracks(nets: list[_Net]) -> None:
    placed: list[_Net] = []
    for net in _in_order(nets):
        above = [other for other in placed if _overlap(net, other)]
        net.slanted = any(_runs_into(other, net) for other in above)
        net.track = 1 + max((other.track for other in above), default=-1)
        placed.append(net)


def _in_order(nets: list[_Net]) -> list[_Net]:
    """From the top track down: always the net that costs least when it lies above all that are left."""
    cost = {index: 0 for index in range(len(nets))}
    for one in range(len(nets)):
        for other in range(one):
            if _overlap(nets[one], nets[other]):
                difference = _cost_above(nets[one], nets[other]) - _cost_above(nets[other], nets[one])
                cost[one] += difference
                cost[other] -= difference
    ordered = []
    while cost:
        best = min(cost, key=lambda index: (cost[index], index))
        del cost[best]
        ordered.append(nets[best])
        for other in cost:
            if _overlap(nets[best], nets[other]):
                cost[other] += _cost_above(nets[best], nets[other]) - _cost_above(nets[other], nets[best])
    return ordered


def _overlap(one: _Net, other: _Net) -> bool:
    return one.low < other.high + CLOSE and other.low < one.high + CLOSE


def _cost_above(upper: _Net, lower: _Net) -> int:
    """What it costs to lay one net above another: crossings, and (far worse) lines on top of each other."""
    crossings = sum(lower.low < x < lower.high for x in upper.bottoms) + sum(upper.low < x < upper.high for x in lower.tops)
    return crossings + 1000 * _runs_into(upper, lower)


def _runs_into(upper: _Net, lower: _Net) -> bool:
    """Whether a line that comes down from the upper net lies on a line that goes down to the lower one."""
    return any(abs(down - start) < CLOSE for down in upper.bottoms for start in lower.tops)
