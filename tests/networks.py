"""Networks of the shapes that papers draw, built by hand, and a strategy for networks nobody would draw."""

from hypothesis import strategies as st

from nndsl.catalogue.activations import Relu, Sigmoid, Softmax, Tanh
from nndsl.catalogue.functions.arithmetic import Add, Multiply, Subtract
from nndsl.catalogue.functions.arranging import Concatenate, Split
from nndsl.catalogue.layers.convolution import Conv2D, Conv2DTranspose
from nndsl.catalogue.layers.core import Dense
from nndsl.catalogue.layers.normalization import BatchNormalization
from nndsl.catalogue.layers.pooling import GlobalAveragePooling2D, MaxPooling2D
from nndsl.graph import Owner, Ref
from nndsl.program import Network
from tests.graphs import GraphBuilder


def chain(length: int = 5) -> Network:
    built = GraphBuilder()
    units = (Dense(4 + step % 3) for step in range(length))
    return built.network("Chain", y=built.chain(built.input("x", 4), *units))


def convolution(built: GraphBuilder, x: Ref, filters: int, kernel: int = 3, stride: int = 1) -> Ref:
    convolve = Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)
    return built.chain(x, convolve, BatchNormalization(), Relu())


def residual_block(built: GraphBuilder, x: Ref, filters: int, stride: int = 1) -> Ref:
    with built.block("Residual"):
        main = convolution(built, convolution(built, x, filters, 3, stride), filters)
        side = x if stride == 1 else built.apply(Conv2D(filters, 1, strides=stride), x)
        return built.apply(Relu(), built.apply(Add(), main, side))


def resnet(repeats: int = 3) -> Network:
    """Three stages of residual blocks, the first of each with a stride but for the first stage's."""
    built = GraphBuilder()
    h = convolution(built, built.input("image", 32, 32, 3), 16)
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        for repeat in range(repeats):
            h = residual_block(built, h, filters, stride if repeat == 0 else 1)
    return built.network("ResNet", label=built.chain(h, GlobalAveragePooling2D(), Dense(10, activation=Softmax())))


def inception(blocks: int = 2) -> Network:
    """Four branches of different lengths, concatenated."""
    built = GraphBuilder()
    h = built.input("image", 16, 16, 8)
    for _ in range(blocks):
        with built.block("Inception"):
            pooled = built.apply(MaxPooling2D(3, strides=1, padding="same"), h)
            branches = [
                convolution(built, h, 8, 1),
                convolution(built, convolution(built, h, 8, 1), 8),
                convolution(built, convolution(built, convolution(built, h, 4, 1), 8), 8, 5),
                convolution(built, pooled, 8, 1),
            ]
            h = built.apply(Concatenate(), *branches)
    return built.network("Inception", y=h)


def unet(in_blocks: bool, depth: int = 3) -> Network:
    """An encoder and a decoder, with skips between them; its blocks have two inputs or two outputs."""
    built = GraphBuilder()
    h, skips = built.input("image", 64, 64, 3), []
    for level in range(depth):
        with built.block("Encode") if in_blocks else built.nothing():
            skips.append(convolution(built, h, 8 << level))
            h = built.apply(MaxPooling2D(2), skips[-1])
    for level in reversed(range(depth)):
        with built.block("Decode") if in_blocks else built.nothing():
            up = built.apply(Conv2DTranspose(8 << level, 2, strides=2), h)
            h = convolution(built, built.apply(Concatenate(), up, skips.pop()), 8 << level)
    return built.network("UNet", mask=built.apply(Conv2D(1, 1, activation=Sigmoid()), h))


def siamese() -> Network:
    """Two inputs through the same weights; two outputs."""
    built = GraphBuilder()
    left, right = built.input("left", 64), built.input("right", 64)
    tower = Dense(32, activation=Relu())
    weights = Owner("tower", tower)
    codes = [built.apply(tower, side, owner=weights) for side in (left, right)]
    distance = built.apply(Subtract(), *codes)
    square = built.apply(Multiply(), distance, distance)
    return built.network("Siamese", same=built.apply(Dense(1, activation=Sigmoid()), square), code=codes[0])


def gates() -> Network:
    """A node with three outputs, and blocks that take and give several tensors."""
    built = GraphBuilder()
    parts = built.outputs_of(Split(3, axis=2), built.input("x", 32, 12))
    for _ in range(2):
        with built.block("Gate"):
            product = built.apply(Multiply(), built.apply(Sigmoid(), parts[0]), built.apply(Tanh(), parts[1]))
            parts = [product, built.apply(Add(), product, parts[2]), parts[2]]
    return built.network("Gates", y=parts[0], z=parts[1])


def cells(count: int = 4) -> Network:
    """Cells that each take the results of the last two: not series-parallel, inside or out."""
    built = GraphBuilder()
    before = last = built.input("image", 16, 16, 8)
    for _ in range(count):
        with built.block("Cell"):
            a, b = convolution(built, last, 8, 1), convolution(built, before, 8, 1)
            c = built.apply(Add(), convolution(built, a, 8, 5), convolution(built, b, 8))
            d = built.apply(Add(), convolution(built, b, 8), b)
            e = built.apply(Add(), convolution(built, a, 8), d)
            joined = built.apply(Conv2D(8, 1), built.apply(Concatenate(), a, c, d, e))
        before, last = last, joined
    return built.network("Cells", y=last)


KNOWN = {
    "chain": chain(),
    "long chain": chain(120),
    "residual blocks": resnet(),
    "inception branches": inception(),
    "encoder and decoder": unet(in_blocks=False),
    "encoder and decoder in blocks": unet(in_blocks=True),
    "shared layers": siamese(),
    "several outputs of a node": gates(),
    "cells": cells(),
}


@st.composite
def networks(draw: st.DrawFn, most: int = 30) -> Network:
    """Any network of layers on tensors of eight numbers, with blocks in blocks, several inputs and several outputs."""
    built = GraphBuilder()
    tensors = [built.input(f"x{index}", 8) for index in range(draw(st.integers(1, 3)))]
    _fill(draw, built, tensors, draw(st.integers(1, most)), 0)
    used = {ref for node in built.nodes for ref in node.operands}
    results = [ref for ref in tensors if ref not in used]
    return built.network("Any", **{f"y{index}": ref for index, ref in enumerate(results)})


def _fill(draw: st.DrawFn, built: GraphBuilder, tensors: list[Ref], steps: int, depth: int) -> None:
    """Apply something to earlier tensors, the last ones most often, again and again."""
    for _ in range(steps):
        kind = draw(st.sampled_from(["dense", "dense", "relu", "add", "add", "number", "halves", "block"]))
        one, other = (tensors[-1 - min(draw(st.integers(0, 5)), len(tensors) - 1)] for _ in range(2))
        if kind == "block" and depth < 3:
            with built.block(draw(st.sampled_from(["A", "B"]))):
                _fill(draw, built, tensors, draw(st.integers(1, 6)), depth + 1)
        elif kind == "add":
            tensors.append(built.apply(Add(), one, other))
        elif kind == "number":
            tensors.append(built.apply(Multiply(), one, built.number(0.5)))
        elif kind == "halves":
            halves = built.outputs_of(Split(2, axis=1), one)
            tensors.append(built.apply(Concatenate(), *draw(st.permutations(halves))))
        else:
            tensors.append(built.apply(Relu() if kind == "relu" else Dense(8), one))


@st.composite
def encoders(draw: st.DrawFn) -> Network:
    """An encoder and a decoder with skips between them, of any layers, with blocks and several outputs on either side."""
    built = GraphBuilder()
    depth, h, skips = draw(st.integers(2, 4)), built.input("x", 8), []
    for _ in range(depth):
        with built.block("Down") if draw(st.booleans()) else built.nothing():
            tensors = [h]
            _fill(draw, built, tensors, draw(st.integers(0, 3)), 2)
            skips.append(built.apply(Dense(8), tensors[-1]))
            h = built.apply(Relu(), skips[-1]) if draw(st.booleans()) else skips[-1]
    h = built.apply(Dense(8), h)
    for _ in range(depth):
        with built.block("Up") if draw(st.booleans()) else built.nothing():
            tensors = [built.apply(Add(), *draw(st.permutations([built.apply(Dense(8), h), skips.pop()])))]
            _fill(draw, built, tensors, draw(st.integers(0, 3)), 2)
            h = built.apply(Dense(8), tensors[-1])
    return built.network("Encoder", y=h)
