"""Constants that a board copies to RAM at start: which they are, what they save, and that no byte changes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen import render
from codegen.backends.aot import constants, generate
from codegen.backends.host_library import CompiledModel
from codegen.backends.layers import make_code
from codegen.backends.write import write_files
from codegen.board import Board
from codegen.cost.copies import copied_bytes, with_copies
from codegen.cost.estimate import estimate
from codegen.cost.memory import memories_of
from codegen.cost.prices import aimed_at
from codegen.interpreter import run
from codegen.memory.options import PlanOptions, plan_for
from codegen.memory.plan import Plan
from codegen.passes import optimize
from codegen.report import analyze
from codegen.tflite.reader import parse_model
from host_tools.boards import load_board
from host_tools.project.toolchains import host_compiler
from tests.codegen.backends.conftest import random_inputs
from tests.codegen.backends.test_cpp import check_as_cpp
from tests.toys.models import TOYS

ALL = PlanOptions(copies=1 << 20)

OTHERS = """
#include <stdio.h>
#include <string.h>
#include "model.h"
static TINYFACE_ALIGN16 uint8_t arena[MODEL_ARENA], others[MODEL_CONSTANTS];
static void show(void)
{
    if (MODEL.init(arena, sizeof arena) != TINYFACE_OK) { return; }
    memset(MODEL.input(arena, 0), 77, MODEL.inputs[0].bytes);
    (void)MODEL.invoke(arena, NULL);
    const uint8_t *out = (const uint8_t *)MODEL.output(arena, 0);
    for (uint32_t i = 0; i < MODEL.outputs[0].bytes; i++) { printf("%02x", out[i]); }
    printf("\\n");
}
int main(void)
{
    show();
    if (fread(others, 1, sizeof others, stdin) != sizeof others) { return 1; }
    MODEL.use_constants(others);
    show();
    return 0;
}
"""
"""The built-in constants, then others from a model partition."""


def esp32cam() -> Board:
    return load_board("esp32cam")


def planned(toy: str, options: PlanOptions = ALL) -> Plan:
    board = esp32cam()
    plan = plan_for(optimize(parse_model(TOYS[toy](), toy)), aimed_at(board, options))
    return with_copies([plan], board, options)[0]


@pytest.mark.parametrize("toy", ["mini_pfld", "mini_mobilenet"])
def test_the_bytes_are_the_same(toy: str) -> None:
    plan = planned(toy)
    assert plan.copied
    text = generate(plan)["model.c"]
    assert text.count("_copy[") == sum(table.copied for table in make_code(plan, "x").tables) > 0
    compiled = CompiledModel(plan)
    for inputs in random_inputs(plan.graph, 5, 4):
        for want, have in zip(run(plan.graph, inputs).outputs, compiled.invoke(inputs), strict=True):
            np.testing.assert_array_equal(have, want)


def test_constants_of_a_model_partition_are_copied_as_well(tmp_path: Path) -> None:
    plan = planned("mini_pfld")
    graph = plan.graph
    other = bytearray(constants(make_code(plan, "x")))
    spared, prefix = planned("mini_pfld", replace(ALL, copies=0)), render.prefix(graph.name)
    for byte in range(0, len(other), 64):
        other[byte] ^= 1
    said: list[str] = []
    for name, each in (("copied", plan), ("spared", spared)):
        folder = tmp_path / name
        write_files(generate(each), folder)
        (folder / "main.c").write_text(OTHERS, encoding="utf-8")
        names = (f"-DMODEL={prefix}_model", f"-DMODEL_ARENA={prefix.upper()}_ARENA_BYTES")
        command = (host_compiler(), "-std=c99", "-O1", "-I.", "-Iinclude", "-DTINYFACE_MODEL_STORE", *names)
        command += (f"-DMODEL_CONSTANTS={len(other)}", "main.c", "model.c", "model_data.c", "-o", "main")
        subprocess.run(command, cwd=folder, check=True)
        done = subprocess.run([folder / "main"], input=bytes(other), capture_output=True, check=True)
        said.append(done.stdout.decode())
    assert said[0] == said[1]
    assert len(set(said[0].split())) == 2, "the other constants change the answer"


def test_as_cpp(tmp_path: Path) -> None:
    write_files(generate(planned("mini_pfld")), tmp_path)
    check_as_cpp(tmp_path, "g++")


def test_copied_layers_miss_lines_of_code_alone() -> None:
    board, plan = esp32cam(), planned("mini_pfld")
    memories = memories_of(board.chip)
    assert memories is not None
    line = memories.flash_cycles(board.clock_hz)
    saved = 0
    for position, (cost, before) in enumerate(
        zip(estimate(plan, board), estimate(replace(plan, copied=frozenset()), board), strict=True)
    ):
        call = plan.graph.call(plan.graph.ops[position])
        if cost.cycles is None or before.cycles is None or call is None:
            continue
        lines = memories.lines_missed(call) if position in plan.copied else 0
        assert before.cycles.flash - cost.cycles.flash == lines * line
        saved += lines
    assert saved


def test_what_saves_most_a_byte_comes_first_and_fits() -> None:
    board, every = esp32cam(), planned("mini_pfld")
    for room in (0, 100, 1000, 4000, copied_bytes(every)):
        plan = planned("mini_pfld", replace(ALL, copies=room))
        assert copied_bytes(plan) <= room
        assert plan.copied <= every.copied
        assert plan.plan_hash == every.plan_hash, "a model of the same plan goes into either firmware"
    assert planned("mini_pfld", replace(ALL, copies=copied_bytes(every))).copied == every.copied
    assert not with_copies([every], None, PlanOptions())[0].copied
    assert copied_bytes(with_copies([every], board, PlanOptions())[0]) <= board.memory.copies


def test_a_limit_of_ram_holds_for_both() -> None:
    board, every = esp32cam(), planned("mini_pfld")
    ram = every.arena_bytes + 600
    plan = with_copies([every], board, PlanOptions(ram=ram))[0]
    assert 0 < copied_bytes(plan) <= 600
    assert not with_copies([every], board, PlanOptions(ram=every.arena_bytes))[0].copied


def test_networks_of_a_program_share_the_room() -> None:
    every = planned("mini_pfld")
    size = copied_bytes(every)
    both = with_copies([every, every], esp32cam(), replace(ALL, copies=size + size // 2))
    assert size < sum(copied_bytes(plan) for plan in both) <= size + size // 2


def test_the_report_has_them() -> None:
    board, plan = esp32cam(), planned("mini_pfld")
    report = analyze(plan, board)
    (row,) = [part for part in report.memory if part.kind == "static RAM"]
    assert row.model_bytes == report.copied_bytes == copied_bytes(plan)
    assert not [part for part in analyze(replace(plan, copied=frozenset()), board).memory if part == row]


def test_too_many_are_refused_with_what_fits() -> None:
    board: Any = esp32cam()
    small = replace(board, memory=replace(board.memory, static_ram=board.memory.app_ram + 500))
    ((cause, remedy),) = analyze(planned("mini_pfld"), small).refusals
    assert "static RAM" in cause
    assert remedy.endswith("--copy-constants 500.")
    fitting = analyze(planned("mini_pfld", replace(ALL, copies=500)), small)
    assert not fitting.refusals
