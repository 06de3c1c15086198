"""What board.toml says of the firmware's own flash and RAM, held against images of the emulated boards.

The program has every kind of stage: find, follow, mark, steady. One with fewer takes less where the linker
drops what nobody calls.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.errors import ToolError
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.project.build import build, image_sizes
from host_tools.project.toolchains import find_toolchain
from tests.host_tools.followed import write_followed

SLACK = 0.05
"""Of the flash that is said: what may be missing from it before it is measured again."""
OF_A_NETWORK = ("model", "model_data")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa"])
def test_what_the_board_says_of_its_firmware(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    try:
        toolchain = find_toolchain(board.toolchain)
    except ToolError as error:
        pytest.skip(str(error))
    if toolchain.variant == "lx106":
        pytest.skip("the ESP32-class toolchain is not here: set TINYFACE_DATA or TINYFACE_XTENSA")
    project = tmp_path / "project"
    written = CliRunner().invoke(
        app, ["generate", str(write_followed(tmp_path)), "--board", name, "-o", str(project)]
    )
    assert written.exit_code == 0, written.output
    image = build(project, board).path
    objects = (project / "build" / "objects").glob("*.o")
    networks = [path for path in objects if path.stem.split("-", 1)[1] in OF_A_NETWORK]
    assert len(networks) == 2 * 2
    own = sum(image_sizes(toolchain.size, image)[:2])
    own -= sum(sum(image_sizes(toolchain.size, path)[:2]) for path in networks)
    said = subprocess.run(
        [toolchain.size, "-A", str(image)], capture_output=True, text=True, check=True
    ).stdout
    words = (line.split() for line in said.splitlines())
    ram = sum(int(of[1]) for of in words if of and of[0] in (".data", ".bss"))
    print(f"{name}: {own:,} bytes of flash, {ram:,} of RAM")
    assert (1 - SLACK) * board.memory.app_flash < own <= board.memory.app_flash
    assert board.memory.app_ram / 2 < ram <= board.memory.app_ram
