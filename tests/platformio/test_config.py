"""PlatformIO reads the checkout's ini and that of every generated project, and knows each option in them."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from codegen.board import Board
from host_tools.boards import list_boards, project_files
from host_tools.flashing import checkout_ini
from tests.platformio.core import REPOSITORY, pio

BOARDS = [board for board in list_boards() if board.flash.method == "platformio"]


def config(env: dict[str, str], folder: Path) -> dict[str, dict[str, object]]:
    """Section -> options, as PlatformIO understands them; every value passed its checks."""
    done = pio("project", "config", "-d", folder, "--json-output", env=env, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return {section: dict(options) for section, options in json.loads(done.stdout)}


def lint(env: dict[str, str], folder: Path) -> list[str]:
    """What PlatformIO objects to: its exit status says nothing, its text does."""
    done = pio("project", "config", "-d", folder, "--lint", "--json-output", env=env, cwd=folder)
    found = ast.literal_eval(done.stdout)  # with --lint the "JSON" is Python's own form
    return [*map(str, found["errors"]), *map(str, found["warnings"])]


def write(board: Board, folder: Path) -> Path:
    folder.mkdir()
    (folder / "platformio.ini").write_text(project_files(board)["platformio.ini"])
    return folder


def test_the_checkouts_ini_is_the_one_of_its_boards() -> None:
    assert checkout_ini.FILE.read_text() == checkout_ini.render()
    assert re.findall(r"\[env:(.+)\]", checkout_ini.render()) == [b.name for b in BOARDS]


def test_the_checkouts_environments(pio_env: dict[str, str]) -> None:
    sections = config(pio_env, REPOSITORY)
    assert sections["platformio"]["default_envs"] == ["esp32cam"]
    for board in BOARDS:
        options = sections[f"env:{board.name}"]
        assert options["board"] == board.flash.board
        assert options["platform"] == board.flash.platform
        assert options["framework"] == [board.flash.framework]
        assert options["extra_scripts"] == ["pre:scripts/pio_project.py"]
    assert lint(pio_env, REPOSITORY) == []


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_environment_of_a_generated_project(
    board: Board, pio_env: dict[str, str], tmp_path: Path
) -> None:
    folder = write(board, tmp_path / "project")
    sections = config(pio_env, folder)
    options = sections[f"env:{board.name}"]
    assert options["upload_speed"] == board.flash.upload_speed
    assert options["monitor_speed"] == board.baud
    assert re.fullmatch(r"[\w/-]+@\d+\.\d+\.\d+", str(options["platform"])), "the platform is not pinned"
    assert lint(pio_env, folder) == []


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_image_says_what_is_configured(board: Board, pio_env: dict[str, str], tmp_path: Path) -> None:
    """PlatformIO takes the flash's mode, frequency and size from the ini or from its own manifest of the
    board, never from sdkconfig."""
    options = config(pio_env, write(board, tmp_path / "project"))[f"env:{board.name}"]
    text = project_files(board)["sdkconfig.defaults"]
    mode, freq, size = (
        re.findall(rf"^CONFIG_ESPTOOLPY_FLASH{what}_(\w+)=y$", text, re.MULTILINE)
        for what in ("MODE", "FREQ", "SIZE")
    )
    assert [str(options["board_build.flash_mode"]).upper()] == mode
    assert [f"{int(str(options['board_build.f_flash']).rstrip('L')) // 1_000_000}M"] == freq
    assert [options["board_upload.flash_size"]] == size


def test_lint_sees_a_misspelt_option(pio_env: dict[str, str], tmp_path: Path) -> None:
    folder = write(BOARDS[0], tmp_path / "project")
    ini = folder / "platformio.ini"
    ini.write_text(ini.read_text().replace("upload_speed", "uplaod_speed"))
    assert any("uplaod_speed" in text for text in lint(pio_env, folder))
