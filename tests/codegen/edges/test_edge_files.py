"""model_edges.h: every function gives the bytes of the reference, which are TFLite-Micro's."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.aot import generate
from codegen.backends.edge_files import edges_header
from codegen.backends.edge_proof import prove_edges, step_values
from codegen.edges import quantize
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from tests.codegen.ops.oracle import Oracle
from tests.toys.builder import ModelBuilder
from tests.toys.edges import EDGE_TOYS, around
from tests.toys.models import TOYS
from tests.toys.state import STATE_TOYS

SCALES = (0.02, 1.0, 0.25, 1 / 255, 1e-30, 1e30, 3.7e-39)


@pytest.mark.parametrize("name", [*EDGE_TOYS, "softmax_int16"])
def test_every_function_gives_the_reference_s_bytes(name: str) -> None:
    graph = parse_model((EDGE_TOYS.get(name) or TOYS[name])(), "m")
    proof = prove_edges(graph)
    assert proof.functions >= 2
    assert proof.values > 1000
    assert (proof.differing, proof.first) == (0, "")


@pytest.mark.parametrize(
    ("right", "wrong", "function"),
    [
        ("rest >= 0.5f", "rest > 0.5f", "tinyface_m_quantize_input_0"),
        ("low : whole", "low + 1 : whole", "tinyface_m_quantize_input_0"),
        ("bytes[i] - 128", "bytes[i] - 127", "tinyface_m_shift_input_0"),
        ("* (float)(core[i] - (-11))", "* (float)(core[i] - (-12))", "tinyface_m_dequantize_output_0"),
    ],
)
def test_a_wrong_function_is_found(right: str, wrong: str, function: str) -> None:
    graph = parse_model(around("uint8", "float32", scale=0.25, point=0), "m")
    text = edges_header(graph)
    assert right in text
    proof = prove_edges(graph, text.replace(right, wrong))
    assert proof.differing > 0
    assert proof.first == function


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize("scale", SCALES)
def test_step_values_meet_every_step_from_both_sides(scale: float, dtype: str) -> None:
    for point in (np.iinfo(dtype).min, -3, np.iinfo(dtype).max):
        values = np.unique(step_values(scale, int(point), dtype))
        codes = quantize(values, scale, int(point), dtype).astype(int)
        assert (np.diff(codes) >= 0).all()
        changes = np.flatnonzero(np.diff(codes))
        neighbours = np.nextafter(values[changes], np.float32(np.inf)) == values[changes + 1]
        assert neighbours.all()
        assert len(changes) > 100  # all of them but where float32 ends


@pytest.mark.parametrize("scale", SCALES[:5])
def test_steps_are_tflite_micro_s(scale: float) -> None:
    for dtype, point in (("int8", -3), ("int16", 0)):
        values = step_values(scale, point, dtype)
        with np.errstate(over="ignore"):
            values = values[np.abs(values / np.float32(scale)) < 2.0**30].reshape(1, -1)
        model = ModelBuilder()
        x, y = model.add_tensor(values.shape, "float32"), model.add_tensor(values.shape, dtype, scale, point)
        z = model.add_tensor(values.shape, "float32")
        model.add_op("QUANTIZE", [x], [y])
        model.add_op("DEQUANTIZE", [y], [z])
        oracle = Oracle(model.finish([x], [y, z]), 40_000_000)
        theirs = oracle.run([values], 2)
        ours = quantize(values, scale, point, dtype)
        assert ours.tobytes() == theirs[0].tobytes()


@pytest.mark.parametrize("compiler", ["gcc", "clang", "g++"])
@pytest.mark.parametrize("build", [EDGE_TOYS["read further"], STATE_TOYS["ring"]], ids=["edges", "state"])
def test_the_header_compiles_without_a_warning(
    build: Callable[[], bytes], compiler: str, tmp_path: Path
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    files = generate(make_plan(optimize(parse_model(build(), "m"))))
    for name in ("model.h", "model_edges.h", "include/tinyface/engine.h"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
    source = tmp_path / ("use.cc" if compiler == "g++" else "use.c")
    source.write_text('#include "model_edges.h"\nint nothing;\n', encoding="utf-8")
    standard = "c++11" if compiler == "g++" else "c99"
    flags = [f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function"]
    command = [compiler, *flags, "-Iinclude", "-I.", "-c", source.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_model_includes_no_edge() -> None:
    files = generate(make_plan(optimize(parse_model(around("uint8", "float32"), "m"))))
    assert [n for n, text in files.items() if '#include "model_edges.h"' in text] == []
    assert "`tinyface_m_shift_input_0`" in files["README.md"]
    assert "`tinyface_m_dequantize_output_0`" in files["README.md"]
