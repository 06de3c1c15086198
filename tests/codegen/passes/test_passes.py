"""Each pass changes the graph where it should, nowhere else, and never an output bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codegen.graph import Graph
from codegen.interpreter import run
from codegen.passes import PASSES, Pass, optimize
from codegen.passes.compact import compact
from codegen.passes.drop_dead import DropDeadOp
from codegen.passes.drop_identity import DropIdentity
from codegen.passes.fold_constants import FoldConstants
from codegen.passes.fold_pad import FoldPad
from codegen.tflite.reader import parse_model
from tests.toys.layers import Net
from tests.toys.models import TOYS
from tests.toys.sample import sampled


def kinds(graph: Graph) -> list[str]:
    return [op.kind for op in graph.ops]


def apply(rewrite: Pass, graph: Graph) -> Graph:
    """Apply a pass wherever it matches."""
    position = 0
    while position < len(graph.ops):
        if rewrite.match(graph, position):
            graph = rewrite.transform(graph, position)
        else:
            position += 1
    return graph


def assert_same(before: Graph, after: Graph) -> None:
    """Equal outputs on extremes and random inputs."""
    random = np.random.default_rng(0)
    assert [before.tensor(t).shape for t in before.inputs] == [after.tensor(t).shape for t in after.inputs]
    for low, high in ((-128, -128), (127, 127), *[(-128, 127)] * 6):
        inputs = [
            random.integers(low, high, before.tensor(t).shape, endpoint=True).astype(before.tensor(t).dtype)
            for t in before.inputs
        ]
        for a, b in zip(run(before, inputs).outputs, run(after, inputs).outputs, strict=True):
            np.testing.assert_array_equal(a, b)


def read(net: Net, inputs: list[int], outputs: list[int]) -> Graph:
    return parse_model(net.model.finish(inputs, outputs), "toy")


@pytest.mark.parametrize("name", sampled(sorted(TOYS)))
def test_optimize_keeps_every_bit(name: str) -> None:
    graph = parse_model(TOYS[name](), name)
    optimized = optimize(graph)
    assert_same(graph, optimized)
    assert not any(p.match(optimized, i) for p in PASSES for i in range(len(optimized.ops)))
    assert [optimized.tensor(t).name for t in optimized.inputs] == [
        graph.tensor(t).name for t in graph.inputs
    ]


def identities(last: bool) -> tuple[Graph, int]:
    """x -> RESHAPE to its own shape -> ADD with x; then QUANTIZE to the same scale, as the output or not."""
    net = Net(1)
    x = net.input(1, 4, 4, 2, scale=0.05, zero_point=7)
    same = net.reshape(x, 1, 4, 4, 2)
    summed = net.add(same, x, scale=0.06, zero_point=-2)
    out = net.quantize(summed, 0.06, -2)
    if not last:
        out = net.add(out, summed)
    return read(net, [x], [out]), out


@pytest.mark.parametrize("last", [True, False])
def test_identities_go(last: bool) -> None:
    graph, out = identities(last)
    after = apply(DropIdentity(), graph)
    assert kinds(after) == ["ADD"] * (1 if last else 2)
    assert after.outputs == (out,)
    assert_same(graph, after)


def test_identity_between_input_and_output() -> None:
    net = Net(2)
    x = net.input(1, 6)
    graph = read(net, [x], [net.reshape(x, 1, 6)])
    after = optimize(graph)
    assert kinds(after) == []
    assert after.outputs == after.inputs
    assert_same(graph, after)


def test_identity_of_an_output_keeps_both_outputs() -> None:
    net = Net(3)
    x = net.input(1, 6)
    y = net.quantize(x, 0.3, 4)
    graph = read(net, [x], [y, net.reshape(y, 1, 6)])
    after = optimize(graph)
    assert kinds(after) == ["QUANTIZE"]
    assert after.outputs[0] == after.outputs[1]
    assert_same(graph, after)


def test_reshape_and_quantize_that_change_something_stay() -> None:
    net = Net(4)
    x = net.input(1, 6)
    graph = read(net, [x], [net.reshape(net.quantize(x, 0.3, 4), 2, 3)])
    assert kinds(optimize(graph)) == ["QUANTIZE", "RESHAPE"]


def test_constant_ops_are_computed() -> None:
    graph = parse_model(TOYS["add"](), "add")
    values = np.arange(60, dtype=np.int8).reshape(1, 4, 5, 3)
    tensors = list(graph.tensors)
    for t in graph.inputs:
        tensors[t] = replace(tensors[t], data=values)
    constant = replace(graph, tensors=tuple(tensors), inputs=())
    after = optimize(constant)
    assert kinds(after) == []
    np.testing.assert_array_equal(run(after, []).outputs[0], run(graph, [values, values]).outputs[0])
    assert not FoldConstants().match(graph, 0)


def test_dead_ops_and_their_tensors_go() -> None:
    net = Net(5)
    x = net.input(1, 4, 4, 2)
    net.reshape(net.pool(x, (4, 4)), 1, 2)
    out = net.quantize(x, 0.5, 0)
    graph = read(net, [x], [out])
    after = optimize(graph)
    assert kinds(after) == ["QUANTIZE"]
    assert len(after.tensors) == 2
    assert_same(graph, after)
    assert not DropDeadOp().match(after, 0)


def test_compact_keeps_unused_inputs() -> None:
    net = Net(6)
    x, y = net.input(1, 2), net.input(1, 3)
    graph = compact(read(net, [x, y], [net.quantize(y, 0.5, 0)]))
    assert [graph.tensor(t).shape for t in graph.inputs] == [(1, 2), (1, 3)]


def padded(
    pads: list[tuple[int, int]], size: tuple[int, int] = (7, 8), depthwise: bool = False, twice: bool = False,
    stride: int = 2, padding: str = "VALID", dilation: int = 1,
) -> Graph:  # fmt: skip
    net = Net(7)
    x = net.input(1, *size, 3, zero_point=-11)
    frame = net.pad(x, pads)
    if depthwise:
        out = net.depthwise(frame, stride=stride, padding=padding, dilation=dilation)
    else:
        out = net.conv(frame, 4, (3, 3), stride=stride, padding=padding, dilation=dilation)
    return read(net, [x], [out, frame] if twice else [out])


FRAMES = (((1, 1), (1, 1)), ((0, 1), (0, 1)), ((2, 0), (0, 2)), ((2, 2), (2, 2)))
FITTING = [
    (frame, size)
    for frame in FRAMES
    for size in ((7, 8), (6, 6), (1, 1), (2, 5))
    if min(s + sum(p) for s, p in zip(size, frame, strict=True)) >= 3
]
"""Frames and pictures in which a 3x3 kernel fits."""


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize(("pads", "size"), FITTING)
@pytest.mark.parametrize(
    ("stride", "dilation", "padding"), [(1, 1, "VALID"), (2, 1, "VALID"), (1, 1, "SAME")]
)
def test_pad_folds(
    pads: tuple[tuple[int, int], ...], size: tuple[int, int], depthwise: bool, stride: int, dilation: int,
    padding: str,
) -> None:  # fmt: skip
    graph = padded(
        [(0, 0), *pads, (0, 0)], size, depthwise, stride=stride, padding=padding, dilation=dilation
    )
    after = optimize(graph)
    assert_same(graph, after)
    if padding == "VALID" and min(size) > 2:
        assert kinds(after) == ["DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"]


def test_pad_folds_with_dilation() -> None:
    graph = padded([(0, 0), (2, 2), (2, 2), (0, 0)], dilation=2, stride=1)
    after = optimize(graph)
    assert kinds(after) == ["CONV_2D"]
    assert_same(graph, after)


@pytest.mark.parametrize(
    "graph",
    [
        padded([(0, 0), (1, 1), (1, 1), (0, 0)], twice=True),
        padded([(0, 0), (1, 1), (1, 1), (0, 1)]),
        padded([(0, 0), (3, 0), (0, 0), (0, 0)]),
        padded([(0, 0), (0, 5), (0, 0), (0, 0)], stride=1),
    ],
    ids=["read twice", "channels too", "window above the image", "window below the image"],
)
def test_pad_stays(graph: Graph) -> None:
    assert kinds(optimize(graph))[0] == "PAD"
    assert_same(graph, optimize(graph))


def test_pad_with_another_value_stays() -> None:
    graph = padded([(0, 0), (1, 1), (1, 1), (0, 0)])
    other = replace(graph, ops=(replace(graph.ops[0], value=0), *graph.ops[1:]))
    assert FoldPad().match(graph, 0)
    assert not FoldPad().match(other, 0)
