"""Laying out the picture of a large network, against checking it."""

from collections.abc import Sequence

from benchmarks.measures import Measure, in_turns, main, milliseconds, timed
from nndsl.diagram.figure import figure
from nndsl.diagram.layout import lay_out
from nndsl.driver import check
from nndsl.source import Source

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
NETWORKS = {"chain": "relu * {nodes}", "blocks": "Shortcut * ({nodes} // 7)", "cells": "Cell * ({nodes} // 5)"}


def run(small: bool) -> Sequence[Measure]:
    nodes, rounds = (70, 1) if small else (2000, 3)
    return [of(name, text.format(nodes=nodes), nodes, rounds) for name, text in NETWORKS.items()]


def of(name: str, layers: str, nodes: int, rounds: int) -> Measure:
    """How long the layout of one kind of network takes, in full detail."""
    text = f"{BLOCKS}network Net {{ input x: float[32, 32, 8]\n output y = x -> {layers} }}"
    source = Source("large.nn", text)
    program, report = check(source)
    report.raise_errors()
    network = program.network()
    taken = in_turns(lambda: timed(lambda: lay_out(figure(network, "full"))), lambda: timed(lambda: check(source)), rounds)
    return Measure(f"layout of {nodes:,} nodes ({name}) / check of them: seconds", milliseconds(taken.ours), milliseconds(taken.peer), taken.ours, 2)


if __name__ == "__main__":
    main("draw: the layout of large networks", run)
