"""Laying out the pictures of networks, beside graphlay, which is compiled and knows nothing of blocks."""

from collections.abc import Sequence

from benchmarks.measures import Measure, in_turns, main, milliseconds, timed
from benchmarks.peers import crossings, flat, graphlay_lines, networks
from nndsl.diagram.figure import figure
from nndsl.diagram.layout import lay_out
from nndsl.driver import check
from nndsl.program import Network
from nndsl.source import Source
from tests.drawn import Drawn
from tests.drawn import crossings as our_crossings

BLOCKS = """
block Shortcut() { input x: [H, W, C]
  h = x -> Conv2D(C, 3, padding=same) -> BatchNorm -> relu -> Conv2D(C, 3, padding=same) -> BatchNorm
  output y = x + h -> relu }
block Cell() { input x: [H, W, C]
  a = x -> Conv2D(C, 3, padding=same)
  b = a -> relu
  c = (x, b) -> Add
  d = (a, c) -> Add
  output y = (b, c, d) -> Add }
"""
LARGE = {"a chain": "relu * {nodes}", "blocks": "Shortcut * ({nodes} // 7)", "cells": "Cell * ({nodes} // 5)"}


def run(small: bool) -> Sequence[Measure]:
    nodes, rounds = (70, 1) if small else (2000, 5)
    resnet = networks()["resnet50.ResNet50"]
    large = {f"{nodes:,} nodes ({name})": _network(text.format(nodes=nodes)) for name, text in LARGE.items()}
    return [*_of("ResNet-50", resnet, rounds, 0.05), *(measure for name, one in large.items() for measure in _of(name, one, rounds, 2))]


def _network(layers: str) -> Network:
    program, report = check(Source("large.nn", f"{BLOCKS}network Net {{ input x: float[32, 32, 8]\n output y = x -> {layers} }}"))
    report.raise_errors()
    return program.network()


def _of(name: str, network: Network, rounds: int, most: float) -> Sequence[Measure]:
    """How long the layout of a network takes, every call of it drawn; and how often its lines cross."""
    graph = flat(figure(network, "full"))
    taken = in_turns(lambda: timed(lambda: lay_out(figure(network, "full"))), lambda: timed(lambda: graphlay_lines(graph)), rounds)
    ours, theirs = our_crossings(Drawn(network, "full")), crossings(graphlay_lines(graph))
    return (
        Measure(f"layout of {name} / graphlay's: seconds", milliseconds(taken.ours), milliseconds(taken.peer), taken.ours, most),
        Measure(f"layout of {name} / graphlay's: crossings", str(ours), str(theirs), ours - theirs, 0),
    )


if __name__ == "__main__":
    main("layout: where everything of a picture stands", run)
