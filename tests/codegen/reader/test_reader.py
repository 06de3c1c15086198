"""What the reader makes of good files, and the error that every kind of bad file gets."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import ModelError, UnsupportedOpError
from codegen.interpreter import run
from codegen.ops.conv_2d import Conv2D
from codegen.tensor import Quantization
from codegen.tflite.reader import parse_model, read_model
from tests.codegen.ops.oracle import Oracle
from tests.codegen.reader.verifier import number_at, verify
from tests.toys.builder import ModelBuilder
from tests.toys.layers import Net
from tests.toys.models import TOYS


def conv_net() -> tuple[Net, int, int]:
    """A small CONV_2D model that the cases spoil: net, input, output."""
    net = Net(1)
    x = net.input(1, 4, 4, 2)
    return net, x, net.conv(x, 3, (3, 3))


@pytest.mark.parametrize("name", TOYS)
def test_toys_are_read(name: str) -> None:
    data = TOYS[name]()
    graph = parse_model(data, name)
    assert graph.name == name
    assert graph.model_hash == hashlib.sha256(data).digest()
    for tensor in (graph.tensor(index) for index in graph.outputs):
        assert tensor.dtype == "int32" if tensor.quant is None else tensor.dtype in ("int8", "int16")


@pytest.mark.parametrize("name", ["mini_mobilenet", "mini_pfld"])
def test_mini_networks_stay_small(name: str) -> None:
    assert parse_model(TOYS[name](), name).weight_bytes < 5000


def test_tensors_and_options() -> None:
    net, x, y = conv_net()
    graph = parse_model(net.model.finish([x], [y]), "net")
    (op,) = graph.ops
    assert isinstance(op, Conv2D)
    assert (op.window.kernel, op.window.stride, op.activation) == ((3, 3), (1, 1), "RELU6")
    assert graph.layer_name(0) == "00 CONV_2D"
    weights = graph.tensor(op.inputs[1])
    assert weights.data is not None
    assert weights.quant is not None
    assert (weights.shape, len(weights.quant.scale), weights.quant.axis) == ((3, 3, 3, 2), 3, 0)
    assert not weights.data.flags.writeable
    assert graph.tensor(x).scale == 1 / 128
    assert graph.tensor(y).zero_point == -128
    assert graph.macs == 4 * 4 * 3 * 3 * 3 * 2


def test_old_files_hold_the_code_in_the_deprecated_byte() -> None:
    net, x, y = conv_net()
    net.model.old_codes = True
    assert parse_model(net.model.finish([x], [y]), "old").ops[0].kind == "CONV_2D"


def test_new_codes_beyond_the_byte_are_named() -> None:
    model = ModelBuilder()
    x, y = model.add_tensor((1, 4), scale=0.1), model.add_tensor((1, 4), scale=0.1)
    model.add_op("RELU_0_TO_1", [x], [y])
    with pytest.raises(UnsupportedOpError, match="layer 00 RELU_0_TO_1"):
        parse_model(model.finish([x], [y]), "new")


def test_stale_axis_is_repaired() -> None:
    net, x, y = conv_net()
    bias = net.model.tensors[2]
    bias.axis = 3  # as person_detect has it: an axis that a vector does not have
    graph = parse_model(net.model.finish([x], [y]), "stale")
    quant = graph.tensor(2).quant
    assert isinstance(quant, Quantization)
    assert quant.axis == 0


def test_one_zero_point_counts_for_all_channels() -> None:
    net, x, y = conv_net()
    net.model.tensors[1].zero_point = [0]
    quant = parse_model(net.model.finish([x], [y]), "one").tensor(1).quant
    assert quant is not None
    assert quant.zero_point == (0, 0, 0)


def test_open_batch_of_one_is_accepted() -> None:
    net, x, y = conv_net()
    for index in (x, y):
        tensor = net.model.tensors[index]
        tensor.signature = (-1, *tensor.shape[1:])
    assert parse_model(net.model.finish([x], [y]), "batch").tensor(x).shape == (1, 4, 4, 2)


@pytest.mark.parametrize("signature", [(-1, -1, -1, 2), (1, -1, 4, 2), (-1, 4, 4, -1)])
def test_sizes_that_were_set_count_where_the_signature_leaves_them_open(signature: tuple[int, ...]) -> None:
    net, x, y = conv_net()
    net.model.tensors[x].signature = signature
    net.model.tensors[y].signature = (-1, -1, -1, net.shape(y)[3])
    data = net.model.finish([x], [y])
    graph, oracle = parse_model(data, "sizes"), Oracle(data)
    values = np.random.default_rng(1).integers(-128, 128, graph.tensor(x).shape).astype(np.int8)
    assert run(graph, [values]).outputs[0].tobytes() == oracle.run([values])[0].tobytes()


def test_unused_tensors_of_any_type_are_ignored() -> None:
    net, x, y = conv_net()
    net.model.add_tensor((-1, 3), "float32")
    assert len(parse_model(net.model.finish([x], [y]), "unused").tensors) == 5


def test_model_file(tmp_path: Path) -> None:
    path = tmp_path / "toy.tflite"
    path.write_bytes(TOYS["conv_2d"]())
    assert read_model(path).name == "toy"


# -- bad files: how the model is spoilt, and words of the error that must come --------------------------


def float_model() -> bytes:
    model = ModelBuilder()
    x, y = model.add_tensor((1, 4), "float32"), model.add_tensor((1, 4), "float32")
    model.add_op("SOFTMAX", [x], [y], beta=1.0)
    return model.finish([x], [y])


def float_in_the_middle() -> bytes:
    model = ModelBuilder()
    x, y = model.add_tensor((1, 4), "float32"), model.add_tensor((1, 4), scale=0.1)
    z = model.add_tensor((1, 4), "float32")
    model.add_op("QUANTIZE", [x], [y])
    model.add_op("TANH", [x], [z])
    return model.finish([x], [y, z])


def uint8_layer() -> bytes:
    model = ModelBuilder()
    x, y = model.add_tensor((1, 4), "uint8", 0.1, 128), model.add_tensor((1, 4), "uint8", 1 / 256, 0)
    model.add_op("SOFTMAX", [x], [y], beta=1.0)
    return model.finish([x], [y])


def spoilt(change: Callable[[Net, int, int], None]) -> Callable[[], bytes]:
    def build() -> bytes:
        net, x, y = conv_net()
        change(net, x, y)
        return net.model.finish([x], [y])

    return build


def set_tensor(which: int, **fields: object) -> Callable[[], bytes]:
    def change(net: Net, x: int, y: int) -> None:
        for field, value in fields.items():
            setattr(net.model.tensors[which], field, value)

    return spoilt(change)


def set_op(**fields: object) -> Callable[[], bytes]:
    def change(net: Net, x: int, y: int) -> None:
        for field, value in fields.items():
            setattr(net.model.ops[0], field, value)

    return spoilt(change)


def int32_input() -> bytes:
    model = ModelBuilder()
    x, y = model.add_tensor((1, 4), "int32"), model.add_tensor((4,), "int32")
    model.add_op("RESHAPE", [x], [y], new_shape=[4])
    return model.finish([x], [y])


def numbers_in_arithmetic() -> bytes:
    net = Net(1)
    numbers = net.arg_max(net.input(1, 4, 2))
    y = net.model.add_tensor((1, 4), scale=0.1)
    net.model.add_op("ADD", [numbers, numbers], [y])
    return net.model.finish([0], [y])


def custom_op() -> bytes:
    model = ModelBuilder()
    x, y = model.add_tensor((1, 4), scale=0.1), model.add_tensor((1, 4), scale=0.1)
    model.add_op("CUSTOM", [x], [y])
    return model.finish([x], [y])


def two_subgraphs() -> bytes:
    net, x, y = conv_net()
    return net.model.finish([x], [y], subgraphs=2)


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "no .tflite file"),
    "text": (lambda: b"hello, I am not a model at all", "no .tflite file"),
    "float model": (float_model, "float32.*representative_dataset"),
    "float layer": (float_in_the_middle, "layer 01 TANH.*float32.*representative_dataset"),
    "uint8 layer": (uint8_layer, "layer 00 SOFTMAX.*uint8"),
    "int32 input": (int32_input, "int32, not int8"),
    "numbers in arithmetic": (numbers_in_arithmetic, "layer 01 ADD.*input 0 is int32"),
    "two subgraphs": (two_subgraphs, "2 subgraphs"),
    "custom op": (custom_op, "layer 00 CUSTOM.*MyCustomOp"),
    "open height": (
        set_tensor(0, signature=(-1, -1, 4, 2), shape=(1, 1, 4, 2)),
        r"\[-1, -1, 4, 2\] leaves sizes open.*\[1, 1, 4, 2\].*TensorSpec",
    ),
    "negative size": (set_tensor(0, shape=(1, -4, 4, 2)), "not static"),
    "empty tensor": (set_tensor(0, shape=(1, 0, 4, 2)), "not static"),
    "huge tensor": (set_tensor(0, shape=(1, 30000, 30000, 2)), "too large"),
    "many axes": (set_tensor(0, shape=(1,) * 7), "too large"),
    "variable": (set_tensor(0, is_variable=True), "variable"),
    "no scale": (set_tensor(0, scale=None), "no scale of its own"),
    "two scales": (set_tensor(0, scale=(0.1, 0.2), axis=3), "no scale of its own"),
    "zero scale": (set_tensor(0, scale=0.0), "not a positive number"),
    "infinite scale": (set_tensor(0, scale=float("inf")), "not a positive number"),
    "nan scale": (set_tensor(0, scale=float("nan")), "not a positive number"),
    "zero point 200": (set_tensor(0, zero_point=200), "zero point"),
    "scales without an axis": (set_tensor(1, scale=[0.1] * 5), "5 scales"),
    "short weights": (set_tensor(1, data=b"123"), "holds 3 bytes"),
    "unknown tensor": (set_op(inputs=[0, 99, 2]), "tensor 99"),
    "negative tensor": (set_op(inputs=[0, -2, 2]), "tensor -2"),
    "read before written": (set_op(inputs=[3, 1, 2]), "before a layer has computed it"),
    "written twice": (set_op(outputs=[0]), "written before"),
    "constant written": (set_op(outputs=[1]), "written before"),
    "no output": (set_op(outputs=[]), "no layer computes"),
    "unknown padding": (set_op(options={"padding": 7, "stride_w": 1, "stride_h": 1}), "padding scheme 7"),
    "no options": (set_op(options={"absent": True}), "no sliding window"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_refused(name: str) -> None:
    build, words = BAD[name]
    with pytest.raises(ModelError, match=rf"(?s){words}") as caught:
        parse_model(build(), "model")
    assert caught.value.cause
    assert caught.value.where.startswith("model")
    assert caught.value.remedy


def test_data_in_the_buffer_that_means_none_is_refused() -> None:
    """TFLite-Micro would take the activations, which name it, as constants."""
    data = bytearray(TOYS["conv_2d"]())
    (first, second, *_) = (s for s in verify(bytes(data)) if (s.form, s.what) == ("offset", "Buffer"))
    target = second.position + int(number_at(bytes(data), second))
    struct.pack_into("<I", data, first.position, target - first.position)
    with pytest.raises(ModelError, match="buffer 0"):
        parse_model(bytes(data), "model")


def test_model_without_inputs_is_refused() -> None:
    net, x, y = conv_net()
    for inputs, outputs in (([], [y]), ([x], []), ([x, x], [y])):
        with pytest.raises(ModelError):
            parse_model(net.model.finish(inputs, outputs), "model")


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can't be read"):
        read_model(tmp_path / "none.tflite")
    with pytest.raises(ModelError, match="not a file"):
        read_model(tmp_path)
    if Path("/dev/zero").exists():  # endless
        with pytest.raises(ModelError, match="not a file"):
            read_model(Path("/dev/zero"))


def test_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    path.touch()
    os.truncate(path, 1 << 27)  # sparse: takes no room
    with pytest.raises(ModelError, match="more than"):
        read_model(path)


def test_every_truncation_is_refused() -> None:
    data = TOYS["mini_pfld"]()
    for length in range(0, len(data), 7):
        with pytest.raises(ModelError):
            parse_model(data[:length], "cut")


def test_constants_may_lie_at_any_address() -> None:
    """A buffer vector need not be aligned: the array the graph holds is."""
    graph = parse_model(TOYS["fully_connected"](), "toy")
    for tensor in graph.tensors:
        if tensor.data is not None:
            assert tensor.data.flags.aligned
            assert tensor.data.dtype == np.dtype(tensor.dtype)
