"""The firmware of an Espressif board as a program of this machine: its own sources on a fake ESP-IDF."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from codegen.board import Board, Build
from host_tools.boards import load_board, places

FAKES = Path(__file__).resolve().parents[1] / "fakes" / "esp_idf"
SINGLE_CORE = ("esp32c3",)


def on_fakes(name: str) -> Board:
    """The board, built by the host's compiler against the fakes and run like the simulated one."""
    board = load_board(name)
    own = sorted({path.name for folder in places(board) for path in folder.glob("*.c")})
    fakes = [f"fakes/{path.name}" for path in sorted(FAKES.glob("*.c"))]
    flags = [
        "-std=gnu17", "-I{folder}/fakes", "-D_GNU_SOURCE", "-pthread", "-DTINYFACE_MODEL_STORE",
        f"-DCONFIG_IDF_TARGET_ESP32={int(board.chip == 'esp32')}",
        f"-DCONFIG_FREERTOS_UNICORE={int(board.chip in SINGLE_CORE)}",
    ]  # fmt: skip
    build = Build("default", (*own, *fakes), tuple(flags), ("-pthread",))
    return replace(board, kind="sim", toolchain="host", builds=(build,))


def add_fakes(project: Path, board: Board) -> None:
    """Puts the fakes where on_fakes' sources expect them."""
    shutil.copytree(FAKES, project / "firmware" / "boards" / board.name / "fakes", dirs_exist_ok=True)
