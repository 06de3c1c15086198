"""The proof of the whole way: 50 and more distinct inputs on each board that runs here, no byte differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.program.spec import Layout, PictureWish
from host_tools.attach import open_board
from host_tools.boards import load_board
from host_tools.flashing.simulated import flash
from host_tools.models import resolve
from tests.emulated.needs import skip_without_tools
from tests.emulated.proof import prove_on
from tests.host_tools.toy_folder import write_landmark_toy, write_toy
from tests.toys.sample import sampled

BOARDS = ("sim", "qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa")
REQUESTS, DISTINCT = 54, 50


def prove(
    model: str,
    board_name: str,
    count: int,
    distinct: int,
    sanitize: bool = False,
    layout: Layout = Layout.TENSOR,
) -> None:
    wish = PictureWish(layout) if layout else None
    board, ref = load_board(board_name), resolve(model, picture=wish)
    skip_without_tools(board)
    flash(ref, board, "aot", sanitize=sanitize)
    with open_board(board) as session:
        prove_on(session, ref, board, count, distinct)


@pytest.mark.parametrize("board", sampled(BOARDS[1:]))
def test_a_toy_on_the_emulated_boards(board: str, tmp_path: Path) -> None:
    prove(str(write_landmark_toy(tmp_path)), board, 9, 9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("toy", "layout"),
    [
        ("mini_mobilenet", Layout.GRAY),
        pytest.param("two_inputs_two_outputs", Layout.TENSOR, marks=pytest.mark.slow),
    ],
)
def test_toys_under_sanitizers(toy: str, layout: Layout, tmp_path: Path) -> None:
    """Address and undefined-behaviour checks end the firmware at the first fault, and then nobody answers."""
    prove(str(write_toy(toy, tmp_path)), "sim", 9, 7, sanitize=True, layout=layout)


@pytest.mark.slow
@pytest.mark.parametrize("toy", ["softmax_int16", "shared_tensor", "add_broadcast", "arg_max"])
def test_toys_of_many_shapes_on_sim(toy: str, tmp_path: Path) -> None:
    prove(str(write_toy(toy, tmp_path)), "sim", 10, 8)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("board", BOARDS)
def test_the_landmark_model(board: str) -> None:
    prove("pfld-68-96", board, REQUESTS, DISTINCT)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("board", BOARDS)
def test_person_detect(board: str, shared_models: Path) -> None:
    prove(str(shared_models / "person_detect.tflite"), board, REQUESTS, DISTINCT, layout=Layout.GRAY)
