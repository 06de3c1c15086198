"""Every class of models without an integer core is refused with its true cause, and the docs list them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.tflm.arena import runs
from codegen.backends.tflm.generate import check_file
from codegen.errors import ModelError, UnsupportedOpError
from codegen.tflite.model_file import read_file
from codegen.tflite.reader import parse_model
from codegen.tflite.refusals import CAUSES, FLAT_SCALE, FOUND_LATER
from tests.toys.builder import CODES, ModelBuilder
from tests.toys.layers import Net

REMEDIES = {cause.key: cause.remedy for cause in (*CAUSES, *FOUND_LATER)}


def unary(kind: str, dtype: str = "int8") -> bytes:
    """One operator on four values."""
    model = ModelBuilder()
    scale = None if dtype == "float32" else 0.1
    x, y = model.add_tensor((1, 4), dtype, scale), model.add_tensor((1, 4), dtype, scale)
    model.add_op(kind, [x], [y])
    return model.finish([x], [y])


def dense(activation: str, weights: str, bias: str = "int32") -> bytes:
    """A dense layer of these types."""
    model = ModelBuilder()
    scale = None if activation == "float32" else 0.1
    x, y = model.add_tensor((1, 4), activation, scale), model.add_tensor((1, 3), activation, scale)
    w = model.add_const(np.ones((3, 4), weights), None if weights == "float32" else 0.01)
    b = model.add_const(np.zeros(3, bias), None if bias == "float32" else 0.001)
    model.add_op("FULLY_CONNECTED", [x, w, b], [y])
    return model.finish([x], [y])


def accelerated(name: str, *, behind: bool = False) -> bytes:
    """A program of an accelerator as one operator; `behind`: a layer that it left to the processor first."""
    net = Net(3)
    net.model.custom = name
    x = first = net.input(1, 4)
    if behind:
        x = net.dense(x, 4)
    y = net.model.add_tensor((1, 4), "int8", 0.1)
    net.model.add_op("CUSTOM", [x], [y])
    return net.model.finish([first], [y])


def spoilt_weights(dtype: str = "int8", *, sparse: bool = False) -> bytes:
    """A dense layer with weights of this type."""
    net = Net(4)
    x = net.input(1, 4)
    y = net.dense(x, 3)
    weights = net.model.tensors[net.model.ops[0].inputs[1]]
    weights.is_sparse = sparse
    if dtype == "int4":
        weights.data = bytes(6)  # two values a byte
    elif dtype != "int8":
        weights.data = bytes(12 * (8 if dtype == "float64" else 2))
    weights.dtype = dtype
    return net.model.finish([x], [y])


def dead() -> bytes:
    """A dense layer whose output never left 0, as TensorFlow's quantizer writes it."""
    net = Net(1)
    x = net.input(1, 512, scale=1.0)
    return net.model.finish([x], [net.dense(x, 3, scale=FLAT_SCALE, zero_point=0)])


def spoilt_input(**fields: object) -> bytes:
    net = Net(2)
    x = net.input(1, 4)
    y = net.dense(x, 3)
    for name, value in fields.items():
        setattr(net.model.tensors[x], name, value)
    return net.model.finish([x], [y])


def quantized(source: str, target: str) -> bytes:
    """A dense layer; before it QUANTIZE from `source`, behind it QUANTIZE to `target`."""
    net = Net(5)
    x = first = net.model.add_tensor((1, 4), source, 0.001)
    if source != "int8":
        x = net.model.add_tensor((1, 4), "int8", 0.02)
        net.model.add_op("QUANTIZE", [first], [x])
    y = net.dense(x, 3)
    end = net.model.add_tensor((1, 3), target, 0.001)
    net.model.add_op("QUANTIZE", [y], [end])
    return net.model.finish([first], [end])


def indices(dtype: str) -> bytes:
    """Rows of a table, by an input of indices."""
    net = Net(6)
    chosen = net.model.add_tensor((1, 3), dtype)
    rows = net.model.add_tensor((1, 3, 4), "int8", 1 / 64)
    net.model.add_op("GATHER", [net.constant(10, 4), chosen], [rows], axis=0)
    return net.model.finish([chosen], [rows])


def indices_of_floats() -> bytes:
    """As Keras exports an embedding whose Input has no dtype."""
    net = Net(6)
    floats, chosen = net.model.add_tensor((1, 3), "float32"), net.model.add_tensor((1, 3), "int32")
    net.model.add_op("CAST", [floats], [chosen])
    rows = net.model.add_tensor((1, 3, 4), "int8", 1 / 64)
    net.model.add_op("GATHER", [net.constant(10, 4), chosen], [rows], axis=0)
    return net.model.finish([floats], [rows])


def unread() -> bytes:
    net = Net(7)
    x, more = net.input(1, 4), net.model.add_tensor((1, 3), "int32")
    return net.model.finish([x, more], [net.dense(x, 3)])


def computed_bias() -> bytes:
    net = Net(8)
    x, bias = net.input(1, 4), net.model.add_tensor((3,), "int32", 0.001)
    y = net.dense(x, 3)
    net.model.ops[0].inputs[2] = bias
    return net.model.finish([x, bias], [y])


def uint8_picture() -> bytes:
    """uint8 pictures that the network turns before it quantizes them."""
    net = Net(9)
    x, turned = (net.model.add_tensor(shape, "uint8", 1 / 255) for shape in ((1, 3, 8, 8), (1, 8, 8, 3)))
    order = net.model.add_const(np.array([0, 2, 3, 1], np.int32))
    net.model.add_op("TRANSPOSE", [x, order], [turned])
    y = net.model.add_tensor((1, 8, 8, 3), "int8", 1 / 255, -128)
    net.model.add_op("QUANTIZE", [turned], [y])
    return net.model.finish([x], [net.conv(y, 4, (3, 3))])


REFUSED: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "custom": (lambda: unary("CUSTOM"), "custom", "MyCustomOp"),
    "lstm": (lambda: unary("UNIDIRECTIONAL_SEQUENCE_LSTM"), "lstm", "UNIDIRECTIONAL_SEQUENCE_LSTM"),
    "rnn": (lambda: unary("RNN"), "lstm", "RNN keeps a state"),
    "svdf": (lambda: unary("SVDF"), "svdf", "SVDF"),
    "while": (lambda: unary("WHILE"), "control", "WHILE is control flow"),
    "variable": (lambda: spoilt_input(is_variable=True), "state tensor", "keeps its value"),
    "int16": (lambda: dense("int16", "int8"), "int16x8", "int16"),
    "uint8": (lambda: dense("uint8", "uint8"), "uint8", "weights are uint8"),
    "hybrid": (lambda: dense("float32", "int8", "float32"), "hybrid", "only its weights are int8"),
    "float32": (lambda: dense("float32", "float32", "float32"), "float32", "computes in float32"),
    "Vela": (lambda: accelerated("ethos-u"), "npu", "compiled by Vela .*ethos-u"),
    "Vela, a layer before": (lambda: accelerated("ethos-u", behind=True), "npu", "compiled by Vela"),
    "Edge TPU": (lambda: accelerated("edgetpu-custom-op"), "npu", "compiled by the Edge TPU compiler"),
    "select ops": (lambda: accelerated("FlexErf"), "custom", "'FlexErf'"),
    "sparse": (lambda: spoilt_weights(sparse=True), "sparse", "stored sparse"),
    "text": (lambda: spoilt_input(dtype="string"), "text", "holds text"),
    "int4": (lambda: spoilt_weights("int4"), "int4", "fewer than 8 bits"),
    "float16": (lambda: spoilt_weights("float16"), "float16", "it is float16"),
    "bfloat16": (lambda: spoilt_weights("bfloat16"), "float16", "it is bfloat16"),
    "float64": (lambda: spoilt_weights("float64"), "float16", "it is float64"),
    "dead": (dead, "flat", "never left 0"),
    "int16 before QUANTIZE": (lambda: quantized("int16", "int8"), "int16x8", "int16"),
    "int32 behind QUANTIZE": (lambda: quantized("int8", "int32"), "integers", "tensor .* is int32"),
    "int32 input": (lambda: indices("int32"), "integer input", "input .* is int32"),
    "int64 input": (lambda: indices("int64"), "integer input", "input .* is int64"),
    "indices of floats": (indices_of_floats, "integer input", "makes int32 .* of a float32 input"),
    "int32 input, not read": (unread, "passed", "input .* is int32"),
    "computed bias": (computed_bias, "computed bias", "its bias .* is no constant"),
    "uint8 picture": (uint8_picture, "uint8 layer", "is uint8"),
}


@pytest.fixture(autouse=True)
def more_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators that the toys have no options for."""
    for name, code in {
        "UNIDIRECTIONAL_SEQUENCE_LSTM": 44,
        "RNN": 24,
        "SVDF": 27,
        "WHILE": 119,
    }.items():
        monkeypatch.setitem(CODES, name, code)


@pytest.mark.parametrize("name", REFUSED)
def test_the_cause_is_named_with_what_to_do(name: str) -> None:
    build, key, words = REFUSED[name]
    with pytest.raises(ModelError, match=words) as caught:
        parse_model(build(), "model")
    assert caught.value.remedy == REMEDIES[key]
    assert caught.value.where.startswith("model")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Vela", "Edge TPU", "text", "float16", "bfloat16", "float64"])
def test_what_the_table_denies_to_tflite_micro_does_not_run_there(name: str) -> None:
    pytest.importorskip("tflite_micro", reason="asks the interpreter itself")
    build, key, _ = REFUSED[name]
    assert {cause.key: cause.tflm for cause in CAUSES}[key] == "no"
    assert not runs(build())


@pytest.mark.parametrize("name", ["Vela", "Edge TPU", "select ops", "sparse"])
def test_what_tflite_micro_lacks_or_reads_wrongly_is_refused_before_it_runs(name: str) -> None:
    with pytest.raises(UnsupportedOpError, match=r"no operator|stored sparse"):
        check_file(read_file(REFUSED[name][0](), "model"))


def test_a_remedy_is_no_export_that_gives_the_same_file() -> None:
    net = Net(10)
    x = net.input(1, 2)
    same = net.constant(1, 2)
    cases = {
        "without this output": net.model.finish([x], [net.dense(x, 3), same]),
        "without this input": net.model.finish([x, same], [net.dense(x, 3)]),
        "its inputs once": net.model.finish([x, x], [net.dense(x, 3)]),
    }
    for remedy, data in cases.items():
        with pytest.raises(ModelError) as caught:
            parse_model(data, "model")
        assert remedy in caught.value.remedy


def test_a_limit_is_named_where_it_is_met() -> None:
    net = Net(11)
    inputs = [net.input(1, 2) for _ in range(11)]
    with pytest.raises(UnsupportedOpError, match="joins 11 inputs, and TFLite-Micro takes 10") as caught:
        parse_model(net.model.finish(inputs, [net.concat(inputs)]), "model")
    assert "two steps" in caught.value.remedy


def test_scales_that_leave_single_precision_are_an_error() -> None:
    model = ModelBuilder()
    a, b = model.add_tensor((1, 2, 3), scale=3e38), model.add_tensor((1, 3, 2), scale=10.0)
    y = model.add_tensor((1, 2, 2), scale=1.0)
    model.add_op("BATCH_MATMUL", [a, b], [y])
    with pytest.raises(ModelError, match="too large for the float32") as caught:
        parse_model(model.finish([a, b], [y]), "model")
    assert caught.value.where == "model, layer 00 BATCH_MATMUL"


def test_an_lstm_of_strangers(shared_models: Path) -> None:
    with pytest.raises(ModelError) as caught:
        parse_model((shared_models / "wild" / "mnist_lstm.tflite").read_bytes(), "mnist_lstm")
    assert caught.value.remedy == REMEDIES["lstm"]


def test_the_docs_list_every_cause(repository: Path) -> None:
    text = (repository / "docs" / "models.md").read_text(encoding="utf-8")
    for cause in (*CAUSES, *FOUND_LATER):
        assert f"| {cause.what} | {cause.remedy} | {cause.tflm} |" in text
    assert "docs/models.md" in (repository / "README.md").read_text(encoding="utf-8")
