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
from codegen.tflite.refusals import CAUSES, FLAT, FLAT_SCALE, FOUND_LATER
from tests.toys.builder import CODES, ModelBuilder
from tests.toys.layers import Net

REMEDIES = {cause.key: cause.remedy for cause in (*CAUSES, FLAT)}


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
