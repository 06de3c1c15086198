"""Generated C: compiles without a warning and computes the reference's bytes on every toy and model."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.backends.aot import generate
from codegen.backends.host_library import CompiledModel
from codegen.backends.write import write_files
from codegen.errors import ToolError
from codegen.graph import Graph
from codegen.interpreter import run
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tensor import Quantization, Tensor
from codegen.tflite.reader import parse_model, read_model
from tests.codegen.backends.conftest import SANITIZE, random_inputs
from tests.toys.models import TOYS
from tests.toys.sample import sampled

MODELS = ("person_detect", "vww_96_int8", "kws_ref_model")
EARLY = ("mini_mobilenet", "mini_pfld", "softmax_int16", "two_inputs_two_outputs")
"""Toys that meet the sanitizers in the quick run too; the slow run takes all."""
HOSTILE = 'int */ "x" ??/\n#define main 0\\ é\u202e'


@pytest.mark.parametrize("name", sampled(sorted(TOYS)))
def test_toy_equals_reference(name: str, program: Callable[..., Any]) -> None:
    graph = parse_model(TOYS[name](), name)
    program(graph).check(random_inputs(graph, seed=1, count=12))


@pytest.mark.parametrize(
    "name", [name if name in EARLY else pytest.param(name, marks=pytest.mark.slow) for name in sorted(TOYS)]
)
def test_toy_under_sanitizers(name: str, program: Callable[..., Any]) -> None:
    graph = parse_model(TOYS[name](), name)
    program(graph, *SANITIZE).check(random_inputs(graph, seed=2, count=6))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TOYS))
def test_toy_for_size_equals_reference(name: str, program: Callable[..., Any]) -> None:
    graph = parse_model(TOYS[name](), name)
    program(graph, "-Os", goal="size").check(random_inputs(graph, seed=5, count=6))


@pytest.mark.parametrize("name", MODELS)
def test_model_equals_reference(name: str, shared_models: Path, program: Callable[..., Any]) -> None:
    graph = read_model(shared_models / f"{name}.tflite")
    program(graph).check(random_inputs(graph, seed=3, count=5))


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_model_under_sanitizers(name: str, shared_models: Path, program: Callable[..., Any]) -> None:
    graph = read_model(shared_models / f"{name}.tflite")
    program(graph, *SANITIZE).check(random_inputs(graph, seed=4, count=30))


def test_a_write_behind_the_arena_is_found(program: Callable[..., Any]) -> None:
    """The proof that the guards work: one output moved 16 bytes too far."""
    graph = parse_model(TOYS["quantize"](), "quantize")
    arena = make_plan(graph).arena_bytes

    def spoil(text: str) -> str:
        call = re.search(r"quantize_s8_s8_0\(.*at\(arena, \d+\), .*at\(arena, (\d+)\)\);", text)
        assert call is not None
        return text.replace(call[0], call[0].replace(f"at(arena, {call[1]}));", f"at(arena, {arena - 16}));"))

    with pytest.raises(AssertionError, match=r"\(16, "):
        program(graph, spoil=spoil).check(random_inputs(graph, seed=1, count=3))


def test_a_wrong_parameter_is_found(program: Callable[..., Any]) -> None:
    """The proof that the comparison works: one zero point off by one."""
    graph = parse_model(TOYS["conv_2d"](), "conv_2d")
    with pytest.raises(AssertionError):
        program(
            graph, spoil=lambda text: text.replace(".input_zero_point = -4", ".input_zero_point = -5")
        ).check(random_inputs(graph, seed=1, count=3))


def test_without_profiler(program: Callable[..., Any]) -> None:
    graph = parse_model(TOYS["mini_pfld"](), "mini_pfld")
    program(graph, "-O2", "-DTINYFACE_NO_PROFILER").check(random_inputs(graph, seed=5, count=4))


def check_layers(graph: Graph, overlap: bool, seed: int, count: int) -> None:
    """What the profiler sees right behind each layer is what the reference computed there."""
    graph = optimize(graph)
    model = CompiledModel(make_plan(graph, overlap=overlap))
    for inputs in random_inputs(graph, seed, count):
        outputs, layers = model.invoke_layers(inputs)
        trace = run(graph, inputs)
        assert len(layers) == len(trace.layers)
        for have, want in zip([*layers, outputs], [*trace.layers, trace.outputs], strict=True):
            for a, b in zip(have, want, strict=True):
                np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(model.invoke(inputs)[0], trace.outputs[0])


@pytest.mark.parametrize("name", sampled(sorted(TOYS)))
def test_each_layer_equals_the_trace(name: str) -> None:
    check_layers(parse_model(TOYS[name](), name), overlap=True, seed=6, count=5)


@pytest.mark.parametrize("name", ["mini_mobilenet", "mini_pfld", "two_inputs_two_outputs"])
def test_each_layer_equals_the_trace_without_overlap(name: str) -> None:
    check_layers(parse_model(TOYS[name](), name), overlap=False, seed=6, count=5)


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_each_layer_of_a_model_equals_the_trace(name: str, overlap: bool, shared_models: Path) -> None:
    check_layers(read_model(shared_models / f"{name}.tflite"), overlap, seed=12, count=4)


def test_arena_of_person_detect(shared_models: Path) -> None:
    """TFLite-Micro needs 82,244 bytes, 55,296 of them for activations. All scratch is in these."""
    graph = optimize(read_model(shared_models / "person_detect.tflite"))
    plain, overlap = make_plan(graph, overlap=False), make_plan(graph)
    assert plain.optimal
    assert overlap.optimal
    assert plain.arena_bytes <= 57_344
    assert overlap.arena_bytes <= 38_912
    assert overlap.overlaid


def test_compiled_model_refuses_wrong_inputs() -> None:
    graph = parse_model(TOYS["add"](), "add")
    model = CompiledModel(make_plan(graph))
    good = random_inputs(graph, seed=7, count=1)[0]
    with pytest.raises(ValueError, match="1 inputs given"):
        model.invoke(good[:1])
    with pytest.raises(ValueError, match="input 1"):
        model.invoke([good[0], good[1].astype(np.int16)])


def test_same_plan_same_text() -> None:
    data = TOYS["mini_mobilenet"]()
    first, second = (generate(make_plan(optimize(parse_model(data, "m")))) for _ in range(2))
    assert first == second
    assert not any("/work" in text or "20" + "26-" in text for text in first.values())


def test_no_heap_and_no_floats_in_layers() -> None:
    files = generate(make_plan(optimize(parse_model(TOYS["mini_pfld"](), "m"))))
    layers = files["model.c"].split("/* --- the descriptor")[0]
    for text in (layers, *(t for n, t in files.items() if n.startswith("kernels/"))):
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        assert not re.search(r"\b(malloc|calloc|free|float|double)\b", code)


def test_layers_of_one_shape_share_a_function(shared_models: Path) -> None:
    graph = optimize(read_model(shared_models / "person_detect.tflite"))
    text = generate(make_plan(graph))["model.c"]
    functions = re.findall(r"^static void (\w+)\(", text, re.MULTILINE)
    assert len(functions) == len(set(functions))
    assert len(functions) < len([op for op in graph.ops if op.render(graph) is not None])


@pytest.mark.parametrize("name", [HOSTILE, "", "3d model", "int", "_", "x" * 300, "main", "modèle/é"])
def test_hostile_model_names(name: str, program: Callable[..., Any]) -> None:
    graph = replace(parse_model(TOYS["fully_connected"](), "x"), name=name)
    program(graph).check(random_inputs(graph, seed=8, count=3))


def test_hostile_tensor_names(program: Callable[..., Any]) -> None:
    graph = parse_model(TOYS["two_inputs_two_outputs"](), "x")
    tensors = tuple(replace(t, name=f"{HOSTILE} {n}") for n, t in enumerate(graph.tensors))
    graph = replace(graph, tensors=tensors)
    program(graph).check(random_inputs(graph, seed=9, count=3))


def _constant(values: np.ndarray[Any, Any]) -> Tensor:
    return Tensor("fixed", values.shape, str(values.dtype), Quantization((0.5,), (0,)), values)


def test_constant_output_and_input_that_is_an_output(program: Callable[..., Any]) -> None:
    graph = parse_model(TOYS["add"](), "odd")
    values = np.array([[-128, 127, 5]], np.int8)
    graph = replace(
        graph,
        tensors=(*graph.tensors, _constant(values)),
        outputs=(len(graph.tensors), graph.inputs[1], *graph.outputs),
        output_edges=(),
    )
    program(graph).check(random_inputs(graph, seed=10, count=4))


def test_model_without_layers(program: Callable[..., Any]) -> None:
    values = np.array([-(2**31), 2**31 - 1], np.int32)
    x = Tensor("x", (1, 3), "int8", Quantization((0.1,), (0,)))
    graph = Graph("empty", (x, _constant(values)), (), (0,), (0, 1), bytes(32))
    program(graph).check(random_inputs(graph, seed=11, count=3))


def test_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CC", "")
    with pytest.raises(ToolError, match="apt install gcc"):
        CompiledModel(make_plan(parse_model(TOYS["softmax"](), "softmax")))


def test_a_compiler_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="refused the generated code"):
        CompiledModel(make_plan(parse_model(TOYS["softmax"](), "softmax")), flags=("--no-such-flag",))


@pytest.mark.parametrize("name", ["mini_pfld", "two_inputs_two_outputs", "softmax_int16"])
def test_directory_is_usable_alone(name: str, tmp_path: Path) -> None:
    """make && build/example: no warning, and the outputs' CRC32s are the reference's."""
    if shutil.which("make") is None or shutil.which("cc") is None:
        pytest.skip("no make or cc: apt install make gcc")
    write_files(generate(make_plan(optimize(parse_model(TOYS[name](), name)))), tmp_path)
    built = subprocess.run(["make"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 0
    assert "warning" not in built.stderr
    result = subprocess.run(["build/example"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert result.stdout.count("as the reference") == len(result.stdout.splitlines()) > 0
    assert "NOT" not in result.stdout
