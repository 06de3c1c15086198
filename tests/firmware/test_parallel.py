"""Layers divided between two cores, on boards that run both: the same bytes, and no race for any of them."""

from __future__ import annotations

import numpy as np
import pytest

from codegen.board import Board
from codegen.lowering.target import Target
from codegen.memory.options import PlanOptions
from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.build import build
from host_tools.project.write import plan_of, write_project
from host_tools.proof.reference import expect
from host_tools.simulator import Faults, run_board
from host_tools.simulator.flash import write_flash
from host_tools.wire.messages import Want
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.firmware.esp_on_fakes import add_fakes, on_fakes
from tests.host_tools.toy_folder import write_toy
from tests.thread_sanitizer import watched

TWO_CORES = PlanOptions(target=Target(cores=2))


@pytest.mark.slow
@pytest.mark.usefixtures("thread_sanitizer")
@pytest.mark.parametrize(
    "board",
    [load_board("sim"), on_fakes("esp32cam"), on_fakes("xiao-esp32s3-sense")],
    ids=lambda board: str(board.name),
)
def test_halves_make_the_same_bytes_at_once_and_race_for_none(tmp_path, board: Board) -> None:
    """Under ThreadSanitizer; the Espressif boards' own sources run on the fake ESP-IDF."""
    ref = resolve(str(write_toy("mini_mobilenet", tmp_path)))
    plan = plan_of(ref, board, TWO_CORES)
    assert plan.cores == 2
    project = write_project(ref, board, "aot", tmp_path / "project", options=TWO_CORES).folder
    if board.name != "sim":
        add_fakes(project, board)
    write_flash(board, build(project, watched(board)).path, tmp_path / "flash.bin")
    random = np.random.default_rng(3)
    with (
        run_board(watched(board), tmp_path / "flash.bin", faults=Faults()) as running,
        Session(running.port, timing=Timing(60, 60)) as session,
    ):
        assert bytes(session.board.plan_hash) == plan.plan_hash
        for _ in range(20):
            inputs = [
                random.integers(-128, 128, plan.graph.tensor(t).shape).astype(np.int8)
                for t in plan.graph.inputs
            ]
            answer = session.infer_tensor(b"".join(array.tobytes() for array in inputs), Want.LAYER_CRC)
            wanted = expect(plan.graph, ref.program, inputs, None)
            assert answer.result.outputs == wanted.outputs
        assert session.stats().inferences >= 20
        assert running.stderr_tail() == ""


@pytest.mark.parametrize("name", ["esp32cam", "sim"])
def test_a_project_for_two_cores_says_so_and_carries_the_parallel_for(tmp_path, name: str) -> None:
    ref, board = resolve(str(write_toy("mini_mobilenet", tmp_path))), load_board(name)
    two = write_project(ref, board, "aot", tmp_path / "two", options=TWO_CORES)
    one = write_project(ref, board, "aot", tmp_path / "one")
    assert (two.manifest["cores"], one.manifest.get("cores")) == (2, None)
    assert two.manifest["arena_bytes"] >= one.manifest["arena_bytes"]
    calls = (two.folder / "model.c").read_text().count("tinyface_board_parallel(")
    assert calls == sum(
        call is not None and call.halves is not None
        for plan in [plan_of(ref, board, TWO_CORES)]
        for call in map(plan.graph.call, plan.graph.ops)
    )
    assert "tinyface_board_parallel" not in (one.folder / "model.c").read_text()
    assert (two.folder / "include" / "tinyface" / "parallel.h").is_file()
    if board.family:
        assert (two.folder / "firmware" / "boards" / name / "esp_parallel.c").is_file()
