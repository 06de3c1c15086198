"""Files with uint8 and float32 at their ends: core and edges give TFLite-Micro's bytes, end to end."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.host_library import CompiledModel
from codegen.edges import dequantize, quantize
from codegen.errors import ModelError
from codegen.graph import Graph
from codegen.interpreter import enter, leave, run
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.program.spec import InputSpec, InputTensor, Layout, PictureWish, picture_input
from codegen.tflite.reader import parse_model
from tests.codegen.edges.outer import outer_inputs
from tests.codegen.ops.oracle import Oracle
from tests.toys.edges import EDGE_TOYS, around, no_layer, picture
from tests.toys.layers import Net

DATA = os.environ.get("TINYFACE_DATA")


def compare(data: bytes, times: int) -> Graph:
    """File, reference on both graphs and compiled core agree in every byte."""
    graph = parse_model(data, "m")
    oracle, random = Oracle(data), np.random.default_rng(1)
    optimized = optimize(graph)
    compiled = CompiledModel(make_plan(optimized))
    for _ in range(times):
        outer = outer_inputs(graph, random)
        expected = oracle.run(outer, len(graph.outputs))
        core = enter(graph, outer)
        found = leave(graph, run(graph, core).outputs)
        assert [str(a.dtype) for a in found] == [str(a.dtype) for a in expected]
        for ours, theirs in zip(found, expected, strict=True):
            assert ours.tobytes() == theirs.tobytes()
        for ours, theirs in zip(leave(optimized, compiled.invoke(core)), expected, strict=True):
            assert ours.tobytes() == theirs.tobytes()
    return graph


@pytest.mark.parametrize("name", EDGE_TOYS)
def test_outer_bytes_in_outer_bytes_out(name: str) -> None:
    compare(EDGE_TOYS[name](), 12)


@pytest.mark.parametrize("folder", ["models/wild", "cases/models"])
def test_models_of_others(folder: str) -> None:
    if not DATA:
        pytest.skip("TINYFACE_DATA names no folder with models of others")
    files = [
        path
        for path in sorted((Path(DATA) / folder).glob("*.tflite"))
        if path.stem.endswith(("_edges", "-io"))
    ]
    if not files:
        pytest.skip(f"{DATA}/{folder} holds no models")
    for path in files:
        graph = compare(path.read_bytes(), 3)
        assert "QUANTIZE" not in {op.kind for op in optimize(graph).ops}


def test_edges_name_the_file_s_own_side() -> None:
    graph = optimize(parse_model(around("uint8", "float32"), "m"))
    (before,), (behind,) = graph.input_edges, graph.output_edges
    assert [op.kind for op in graph.ops] == ["FULLY_CONNECTED"]
    assert (before.name, before.dtype, before.zero_point) == ("the file's input", "uint8", 121)
    assert before.scale == float(np.float32(0.02))
    assert before.layers == ("00 QUANTIZE",)
    assert (behind.dtype, behind.zero_point, behind.layers) == ("float32", -11, ("02 DEQUANTIZE",))
    assert graph.tensor(graph.inputs[0]).zero_point == -7
    plain = parse_model(around("int8", "int8"), "m")
    assert [(e.dtype, e.layers) for e in (*plain.input_edges, *plain.output_edges)] == [("int8", ())] * 2


def test_another_scale_stays_a_layer() -> None:
    graph = optimize(parse_model(around("uint8", "uint8", other=0.045), "m"))
    assert [op.kind for op in graph.ops] == ["QUANTIZE", "FULLY_CONNECTED", "QUANTIZE"]
    assert {e.layers for e in (*graph.input_edges, *graph.output_edges)} == {()}


def test_one_input_in_two_scales_is_two_inputs_of_the_core() -> None:
    graph = parse_model(EDGE_TOYS["float32 in two scales"](), "m")
    assert [edge.outer for edge in graph.input_edges] == [0, 0]
    assert len({graph.tensor(t).scale for t in graph.inputs}) == 2


def test_no_layer_is_left() -> None:
    assert optimize(parse_model(no_layer("float32"), "m")).ops == ()


def test_a_picture_stays_one() -> None:
    """A pixel p is p in uint8 and p - 128 in the core, whatever real value that stands for."""
    for data in (picture("uint8", 1 / 255, -128), picture("float32", 1 / 127.5, -1)):
        graph = parse_model(data, "m")
        tensor = graph.tensor(graph.inputs[0])
        facts = InputTensor(tensor.dtype, tensor.shape, tensor.scale, tensor.zero_point)
        assert picture_input(PictureWish(Layout.GRAY), [facts], "m") == InputSpec(Layout.GRAY, 6, 8, -128)
    graph = parse_model(picture("uint8", 1 / 255, -128), "m")
    pixels = np.arange(48, dtype=np.uint8).reshape(1, 8, 6, 1) * 5
    (core,) = enter(graph, [pixels])
    np.testing.assert_array_equal(core.astype(int), pixels.astype(int) - 128)


def test_what_c_leaves_open_is_the_limit() -> None:
    values = np.array([3e38, -3e38, np.inf, -np.inf, 2.0**31, -(2.0**33)], np.float32)
    assert quantize(values, 0.5, 3, "int8").tolist() == [127, -128] * 3
    assert quantize(values, 0.5, 3, "int16").tolist() == [32767, -32768] * 3
    with pytest.raises(ModelError, match="NaN"):
        quantize(np.array([np.nan], np.float32), 0.5, 3, "int8")


def test_ties_leave_zero() -> None:
    values = np.array([0.5, -0.5, 1.5, -1.5, 0.49999997, -0.49999997], np.float32)
    assert quantize(values, 1.0, 0, "int8").tolist() == [1, -1, 2, -2, 0, 0]
    assert dequantize(np.array([-128, 127], np.int8), 0.1, 5).dtype == np.float32


@pytest.mark.parametrize("change", ["number", "dtype", "shape"])
def test_arrays_that_the_file_does_not_take(change: str) -> None:
    graph = parse_model(around("uint8", "int8"), "m")
    good = np.zeros((1, 9), np.uint8)
    arrays = {"number": [good, good], "dtype": [good.astype(np.int8)], "shape": [good[0]]}[change]
    with pytest.raises(ModelError, match="takes"):
        enter(graph, arrays)


def float_between(kind: str) -> bytes:
    """A layer that computes in float32 between DEQUANTIZE and the output."""
    net = Net(3)
    x = net.input(1, 9)
    y = net.dense(x, 5, scale=0.07, zero_point=-11)
    a, b = net.model.add_tensor((1, 5), "float32"), net.model.add_tensor((1, 5), "float32")
    net.model.add_op("DEQUANTIZE", [y], [a])
    net.model.add_op(kind, [a], [b])
    return net.model.finish([x], [b])


def test_a_layer_that_computes_in_float_is_named() -> None:
    with pytest.raises(ModelError, match=r"layer 02 TANH.*float32"):
        parse_model(float_between("TANH"), "m")


def joined_to_a_constant(scale: float, values: list[float]) -> bytes:
    """A float output that is a dense layer's values and a row of float constants beside them."""
    net = Net(1)
    x = net.input(1, 9)
    y = net.dense(x, 5, scale=scale, zero_point=-11)
    floats = net.model.add_tensor((1, 5), "float32")
    net.model.add_op("DEQUANTIZE", [y], [floats])
    constant = net.model.add_const(np.array([values], np.float32))
    out = net.model.add_tensor((1, 5 + len(values)), "float32")
    net.model.add_op("CONCATENATION", [floats, constant], [out], axis=1)
    return net.model.finish([x], [out])


def test_a_constant_that_the_integers_hold_is_joined_to_an_output() -> None:
    compare(joined_to_a_constant(0.5, [1.5, -20.0]), 6)


@pytest.mark.parametrize("values", [[0.123, 0.5], [1000.0], [-0.0]])
def test_a_constant_that_they_do_not_hold_is_refused(values: list[float]) -> None:
    with pytest.raises(ModelError, match="float32") as caught:
        parse_model(joined_to_a_constant(0.5, values), "m")
    assert "CONCATENATION" in caught.value.where


@pytest.mark.parametrize(("scale", "taken"), [(0.1, True), (1e-38, True), (2e36, False), (3e38, False)])
def test_floats_between_two_layers_stay_where_they_overflow(scale: float, taken: bool) -> None:
    net = Net(1)
    x = net.model.add_tensor((1, 256), "int8", scale, 127)
    floats = net.model.add_tensor((1, 256), "float32")
    net.model.add_op("DEQUANTIZE", [x], [floats])
    again = net.model.add_tensor((1, 256), "int8", scale, 127)
    net.model.add_op("QUANTIZE", [floats], [again])
    y = net.dense(again, 3)
    data = net.model.finish([x], [y])
    if taken:
        compare(data, 6)
    else:
        with pytest.raises(ModelError, match="float32"):
            parse_model(data, "m")


def test_a_float_output_of_constants_is_refused_as_such() -> None:
    net = Net(1)
    x = net.input(1, 9)
    y = net.dense(x, 5)
    anchors = net.model.add_const(np.arange(8, dtype=np.int8).reshape(1, 8), scale=0.5, zero_point=3)
    out = net.model.add_tensor((1, 8), "float32")
    net.model.add_op("DEQUANTIZE", [anchors], [out])
    with pytest.raises(ModelError, match="same for every input"):
        parse_model(net.model.finish([x], [y, out]), "m")
