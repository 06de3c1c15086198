"""Foreign models and every way to compile one: no byte differs on any board that runs here."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.lowering.target import Target
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from codegen.program.spec import Layout, PictureWish
from host_tools.attach import open_board
from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.build import build
from host_tools.project.write import write_project
from host_tools.simulator.flash import write_flash
from tests.emulated.needs import skip_without_tools
from tests.emulated.proof import prove_on
from tests.emulated.test_three_boards import BOARDS, DISTINCT, REQUESTS

COSTLY = ("vww_96_int8", "qemu-xtensa")
"""The core that is emulated one instruction at a time, and a network much as another one that runs there."""
FOREIGN = {"vww_96_int8": Layout.RGB, "kws_ref_model": Layout.TENSOR}
"""Besides person_detect, which test_three_boards proves."""

WAYS = {
    "plain": PlanOptions("plain"),
    "in 20,000 bytes": PlanOptions(ram=20_000),
    "for size": PlanOptions(target=Target(goal="size")),
}
STACK_LIMIT = 1_536
"""Bytes of stack that person_detect may take on a Cortex-M4, the firmware included."""


def prove(
    model: Path,
    board_name: str,
    folder: Path,
    options: PlanOptions = DEFAULT_OPTIONS,
    macros: tuple[str, ...] = (),
    count: int = 12,
    layout: Layout = Layout.GRAY,
) -> int:
    """Compile, boot, compare every output and every layer; the deepest stack in bytes."""
    wish = PictureWish(layout) if layout else None
    board, ref = load_board(board_name), resolve(str(model), picture=wish)
    skip_without_tools(board)
    project = write_project(ref, board, "aot", folder / "project", options=options).folder
    image = folder / "flash.bin"
    write_flash(board, build(project, board, macros=macros).path, image)
    with open_board(board, image=image) as session:
        prove_on(session, ref, board, count, count * DISTINCT // REQUESTS, seed=2)
        return session.stats().stack_high_water


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("model", "board"),
    [
        pytest.param(model, board, marks=[pytest.mark.thorough] if (model, board) == COSTLY else [])
        for board in BOARDS
        for model in FOREIGN
    ],
)
def test_foreign_models(model: str, board: str, shared_models: Path, tmp_path: Path) -> None:
    prove(shared_models / f"{model}.tflite", board, tmp_path, count=REQUESTS, layout=FOREIGN[model])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("board", BOARDS[1:])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_compile_person_detect(
    way: str, board: str, shared_models: Path, tmp_path: Path
) -> None:
    stack = prove(shared_models / "person_detect.tflite", board, tmp_path, WAYS[way])
    assert 0 < stack <= STACK_LIMIT


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_with_arm_dsp_instructions(shared_models: Path, tmp_path: Path) -> None:
    model = shared_models / "person_detect.tflite"
    prove(model, "qemu-cortex-m4", tmp_path, macros=("TINYFACE_ARM_DSP",), count=REQUESTS)
