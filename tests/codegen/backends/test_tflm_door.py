"""What TFLite-Micro runs is taken, whether or not kernels here compute it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.backends.tflm.generate import check_file, generate
from codegen.backends.tflm.operators import method_of
from codegen.backends.tflm.tensors import engine_tensors, is_exact
from codegen.backends.write import write_files
from codegen.edges import Edge
from codegen.errors import ModelError, UnsupportedOpError
from codegen.graph import Graph
from codegen.tflite.model_file import ModelFile, read_file
from codegen.tflite.operators import OPERATORS
from codegen.tflite.reader import parse_model
from tests.toys.edges import EDGE_TOYS
from tests.toys.models import TOYS
from tests.toys.real import real_numbers

FAKES = Path(__file__).resolve().parents[2] / "fakes" / "tflm"
OWN = {"float32 in two scales"}
"""Toys whose core has other inputs than the file."""

needs_wheel = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="the tflite-micro wheel is not installed"
)


def core_of(data: bytes) -> Graph | None:
    try:
        return parse_model(data, "m")
    except ModelError:
        return None


def compiles(model: ModelFile, graph: Graph | None, place: Path) -> dict[str, str]:
    """The files of a project, which a C++ compiler takes."""
    files = generate(model, graph)
    write_files(files, place)
    compiler = shutil.which("g++") or pytest.skip("no C++ compiler: apt install g++")
    command = [compiler, "-std=c++14", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I.", "-Iinclude"]
    result = subprocess.run(
        [*command, f"-I{FAKES}", "engine_tflm.cc"], cwd=place, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return files


@given(
    scale=st.floats(2.0**-126, 2.0**100, width=32),
    zero_point=st.integers(-128, 127),
)
def test_every_int8_value_comes_back_from_float32(scale: float, zero_point: int) -> None:
    """So QUANTIZE sees the firmware's integer, and the firmware the one that DEQUANTIZE saw."""
    assert is_exact(Edge(0, "x", "float32", scale, zero_point), "int8")


def test_what_does_not_come_back_is_left_as_it_is() -> None:
    assert is_exact(Edge(0, "x", "uint8", 0.1, 3), "int8")
    assert is_exact(Edge(0, "x", "int8", 0.1, 3), "int8")
    assert not is_exact(Edge(0, "x", "float32", 3.0e38, 100), "int8")  # leaves float32


@needs_wheel
@pytest.mark.parametrize("name", ["float32 to float32", "uint8 to int8", "float32 to uint8"])
def test_edges_are_converted_in_the_wrapper(name: str, tmp_path: Path) -> None:
    data = EDGE_TOYS[name]()
    files = compiles(read_file(data, "m"), parse_model(data, "m"), tmp_path)
    facts = json.loads(files["tinyface.json"])
    assert [t["dtype"] for t in (*facts["inputs"], *facts["outputs"])] == ["int8", "int8"]
    assert [t["edge"]["dtype"] for t in (*facts["inputs"], *facts["outputs"])] == name.split(" to ")


def test_a_core_with_other_ends_than_the_file_is_not_spoken() -> None:
    for name, build in EDGE_TOYS.items():
        data = build()
        tensors = engine_tensors(read_file(data, "m"), core_of(data))
        if not tensors.core:
            model = read_file(data, "m")
            assert [t.dtype for t in tensors.inputs] == [t.dtype for t in model.inputs]
            assert [t.dtype for t in tensors.outputs] == [t.dtype for t in model.outputs]
        assert tensors.core == (name not in OWN), name


@needs_wheel
def test_real_numbers_all_the_way(tmp_path: Path) -> None:
    """A float32 network has no core: its own tensors, no multiply-accumulates."""
    data = real_numbers()
    assert core_of(data) is None
    files = compiles(read_file(data, "m"), None, tmp_path)
    facts = json.loads(files["tinyface.json"])
    assert [t["dtype"] for t in (*facts["inputs"], *facts["outputs"])] == ["float32", "float32"]
    assert [t["bytes"] for t in facts["inputs"]] == [24]
    assert "no integer core" in files["README.md"]


@needs_wheel
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("vad_streaming_state", "MicroResourceVariables::Create(allocator, 4)"),
        ("mnist_lstm", "AddUnidirectionalSequenceLSTM"),
        ("handpose_shape_chain", "AddShape"),
        ("stmnist_uint8_edges", "AddDequantize"),
        ("hello_world_float_edges", "AddQuantize"),
    ],
)
def test_models_of_strangers(name: str, says: str, shared_models: Path, tmp_path: Path) -> None:
    data = (shared_models / "wild" / f"{name}.tflite").read_bytes()
    files = compiles(read_file(data, name), core_of(data), tmp_path)
    assert says in files["engine_tflm.cc"]


def test_every_op_of_the_toys_has_a_method() -> None:
    for name, build in TOYS.items():
        check_file(read_file(build(), name))


def test_operators_that_tflite_micro_lacks_are_named() -> None:
    lacking = [kind for kind in OPERATORS if not method_of(kind, "")]
    assert {"LSTM", "CONV_3D", "NON_MAX_SUPPRESSION_V5"} <= set(lacking)
    data = bytearray(TOYS["softmax"]())
    model = read_file(bytes(data), "m")
    graph = model.main
    spoilt = ModelFile("m", model.data, (type(graph)(graph.inputs, graph.outputs, graph.tensors, (
        type(graph.operators[0])("CUSTOM", "ethos-u", (0,), (1,)),)),))  # fmt: skip
    with pytest.raises(UnsupportedOpError, match="no operator ethos-u") as error:
        check_file(spoilt)
    assert "NPU" in error.value.remedy
