"""TFLite-Micro projects: the sources compile, the resolver holds exactly the ops, the arena is measured."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from codegen.backends.tflm import arena as tflm_arena
from codegen.backends.tflm.esp_nn_scratch import layer_scratch
from codegen.backends.tflm.generate import generate
from codegen.backends.tflm.operators import BUILTIN_METHODS, CUSTOM_METHODS
from codegen.backends.tflm.plan import planned_bytes
from codegen.backends.write import write_files
from codegen.board import Board, Memory
from codegen.errors import BudgetError, ModelError, ToolError
from codegen.ops import REGISTRY
from codegen.tflite.model_file import read_file
from codegen.tflite.operators import operator_code
from codegen.tflite.reader import parse_model, read_model
from tests.toys.layers import Net
from tests.toys.models import TOYS

FAKES = Path(__file__).resolve().parents[2] / "fakes" / "tflm"
HOSTILE = 'int */ "x" ??/\n#define main 0\\ é'

needs_wheel = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="the tflite-micro wheel is not installed"
)


def board(chip: str, heap_block: int = 110_000, psram: int = 0) -> Board:
    memory = Memory(163_840, 290_000, heap_block, psram, 3_145_728, 20_480, 400_000)
    return Board("b", "A board", chip, "serial", 240_000_000, "", memory, "host", False, Path())


def on_board(name: str, target: Board | None) -> dict[str, str]:
    data = TOYS[name]()
    return generate(read_file(data, name), parse_model(data, name), None, target)


@cache
def project(name: str) -> dict[str, str]:
    return on_board(name, None)


def compilers() -> list[str]:
    """Those that are installed with their C++ headers."""
    probe = {"input": "#include <new>\n", "text": True, "capture_output": True, "check": False}
    found = [c for c in ("g++", "arm-none-eabi-g++") if shutil.which(c)]
    return [c for c in found if subprocess.run([c, "-fsyntax-only", "-xc++", "-"], **probe).returncode == 0]


@needs_wheel
@pytest.mark.parametrize("name", ["mini_pfld", "two_inputs_two_outputs", "softmax", "arg_max"])
def test_sources_compile(name: str, tmp_path: Path) -> None:
    files = project(name)
    write_files(files, tmp_path)
    if not compilers():
        pytest.skip("no C++ compiler: apt install g++")
    for compiler in compilers():
        command = [compiler, "-std=c++14", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I.", "-Iinclude"]
        result = subprocess.run(
            [*command, f"-I{FAKES}", "engine_tflm.cc", "model_tflite.cc"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr


@needs_wheel
def test_hostile_name_compiles(tmp_path: Path) -> None:
    data = TOYS["softmax"]()
    write_files(generate(read_file(data, HOSTILE), parse_model(data, HOSTILE)), tmp_path)
    compiler = shutil.which("g++") or pytest.skip("no C++ compiler: apt install g++")
    command = [compiler, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I.", "-Iinclude", f"-I{FAKES}"]
    result = subprocess.run(
        [*command, "engine_tflm.cc"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


@needs_wheel
def test_resolver_holds_exactly_the_ops() -> None:
    text = project("mini_pfld")["engine_tflm.cc"]
    added = re.findall(r"resolver\.(Add\w+)\(\)", text)
    kinds = {op.kind for op in parse_model(TOYS["mini_pfld"](), "m").ops}
    assert added == sorted(BUILTIN_METHODS[kind] for kind in kinds)
    assert f"MicroMutableOpResolver<{len(kinds)}>" in text


def test_every_op_has_a_resolver_method_that_the_api_declares() -> None:
    declared = (FAKES / "tensorflow/lite/micro/micro_mutable_op_resolver.h").read_text(encoding="utf-8")
    for kind in REGISTRY.classes:
        assert kind in BUILTIN_METHODS
    for method in (*BUILTIN_METHODS.values(), *CUSTOM_METHODS.values()):
        assert f" {method}(" in declared


@needs_wheel
def test_array_holds_the_file() -> None:
    data, text = TOYS["softmax"](), project("softmax")["model_tflite.cc"]
    assert bytes(int(b, 16) for b in re.findall(r"0x(\w\w)", text)) == data
    assert "alignas(16)" in text


@needs_wheel
def test_measured_arena_is_the_smallest() -> None:
    from tflite_micro import runtime

    data = TOYS["mini_mobilenet"]()
    size = tflm_arena.measure_arena(data, "m")
    assert size % tflm_arena.STEP_BYTES == 0
    runtime.Interpreter.from_bytes(data, arena_size=size).invoke()
    with pytest.raises(RuntimeError):
        runtime.Interpreter.from_bytes(data, arena_size=size - tflm_arena.STEP_BYTES)


@needs_wheel
def test_descriptor_lists_the_layers_of_the_file_and_says_how_the_arena_was_found() -> None:
    data = TOYS["mini_pfld"]()
    graph = parse_model(data, "mini_pfld")
    files = on_board("mini_pfld", board("esp32s3"))
    facts = json.loads(files["tinyface.json"])
    scratch = [layer_scratch(graph, i, "esp32s3") for i in range(len(graph.ops))]
    file = read_file(data, "mini_pfld").main
    growth = planned_bytes(file, scratch) - planned_bytes(file, [0] * len(scratch))
    assert [layer["name"] for layer in facts["layers"]] == [
        graph.layer_name(i) for i in range(len(graph.ops))
    ]
    assert facts["runtime"] == "tflm"
    assert facts["arena_bytes"] == facts["arena_measured"] + growth
    assert growth > 0
    assert facts["vendor_scratch"] == max(scratch)
    assert "upper bound" in facts["arena_method"]
    assert f"_ARENA_BYTES {facts['arena_bytes']}u" in files["model.h"]


def test_scratch_of_the_vendor_kernels(shared_models: Path) -> None:
    """Figures worked out by hand from the formulas of esp-nn 1.2.3 for layers of person_detect."""
    graph = read_model(shared_models / "person_detect.tflite")
    names = {graph.layer_name(i): i for i in range(len(graph.ops))}
    s3 = {name: layer_scratch(graph, i, "esp32s3") for name, i in names.items()}
    assert s3["00 DEPTHWISE_CONV_2D"] == 2 * (9 * 8 + 96 * 96) + 32
    assert s3["01 DEPTHWISE_CONV_2D"] == 2 * (9 * 8 + 48 * 48 * 8) + 32
    assert s3["02 CONV_2D"] == 8 * 16 + 16 * 8 + 64
    assert s3["05 DEPTHWISE_CONV_2D"] == 9 * 32 + 26 * 26 * 32 + 16
    assert s3["30 SOFTMAX"] == 4 * 2
    assert [layer_scratch(graph, i, "esp32") for i in range(31)] == [0] * 30 + [8]
    assert not any(layer_scratch(graph, i, "cortex-m4") for i in range(31))


@needs_wheel
def test_the_descriptor_tells_what_the_resolver_holds() -> None:
    """Codes of the .tflite format, ascending."""
    kinds = {op.kind for op in parse_model(TOYS["mini_pfld"](), "m").ops}
    text = project("mini_pfld")["engine_tflm.cc"]
    table = text[text.index("kOperators[]") :].partition("};")[0]
    assert [int(code) for code in re.findall(r"^ +(\d+),", table, re.M)] == sorted(map(operator_code, kinds))


@needs_wheel
def test_board_too_small_is_refused() -> None:
    with pytest.raises(BudgetError, match="too large"):
        on_board("mini_pfld", board("esp32", heap_block=2000))


def test_other_bytes_are_refused() -> None:
    graph = parse_model(TOYS["softmax"](), "softmax")
    with pytest.raises(ModelError, match="not those of the graph"):
        generate(read_file(TOYS["add"](), "softmax"), graph)


def test_without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflm_arena.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolError, match="Install it with") as error:
        on_board("softmax", None)
    assert "tflite-micro" in error.value.where


def looked_up(dtype: str) -> bytes:
    """Rows of a table, by an input of indices."""
    net = Net()
    chosen = net.model.add_tensor((1, 3), dtype)
    rows = net.model.add_tensor((1, 3, 4), "int8", 1 / 64)
    net.model.add_op("GATHER", [net.constant(10, 4), chosen], [rows], axis=0)
    return net.model.finish([chosen], [net.dense(net.reshape(rows, 1, 12), 3)])


@needs_wheel
def test_an_input_is_set_before_the_arena_is_measured() -> None:
    """What an arena held before is no index: the model would be refused in every size but a lucky one."""
    assert tflm_arena.measure_arena(looked_up("int32"), "m") < 10_000
    assert tflm_arena.runs(looked_up("int32"))


@needs_wheel
@pytest.mark.parametrize(
    ("net", "said"),
    [
        (lambda net: net.unary("NEG", net.input(1, 6), 1 / 128, 0), "INT8 .*NEG .number 0. failed to invoke"),
        (lambda net: net.concat([net.input(1, 2)] * 11), "kMaxInputNum.*CONCATENATION .*failed to prepare"),
    ],
    ids=["no int8", "eleven inputs"],
)
def test_the_interpreter_says_why_no_arena_is_enough(net: Callable[[Net], int], said: str) -> None:
    made = Net()
    output = net(made)
    with pytest.raises(ModelError, match=f"in any arena: .*{said}"):
        tflm_arena.measure_arena(made.model.finish([0], [output]), "m")


@needs_wheel
def test_model_that_no_arena_can_run() -> None:
    with pytest.raises((ModelError, ToolError)):
        tflm_arena.measure_arena(b"TFL3 is not here", "garbage")
