"""Firmware sources compiled once a run as a shared library, for tests through ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import firmware
from host_tools.boards import load_board
from host_tools.project.build import build
from host_tools.project.toolchains import host_compiler
from host_tools.simulator import RunningBoard, run_board
from host_tools.simulator.flash import write_flash
from tests.firmware.esp_on_fakes import add_fakes, on_fakes
from tests.firmware.fake_model import write_project
from tests.firmware.wire_client import WireClient

STRICT = ["-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror"]


@pytest.fixture(scope="session")
def firmware_library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """protocol.c, picture.c with its own and the test driver of the decoder, undefined behaviour trapped."""
    place = tmp_path_factory.mktemp("library")
    source = Path(__file__).parent
    files = [
        *(
            firmware.ROOT / "src" / f"{name}.c"
            for name in ("protocol", "picture", "picture_turned", "pixels")
        ),
        source / "decoder_driver.c",
    ]
    library = place / "firmware.so"
    trap = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    include = ["-I", str(firmware.ROOT / "include")]
    command = [
        host_compiler(),
        *STRICT,
        *trap,
        "-shared",
        "-fPIC",
        *include,
        *map(str, files),
        "-o",
        str(library),
    ]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


Flasher = Callable[..., Path]


@pytest.fixture(scope="session")
def flashed(tmp_path_factory: pytest.TempPathFactory) -> Flasher:
    """`flashed(board_name, sanitize=..., fakes=..., camera=..., **options of write_project)`: a flash file.

    Built once a run: copy it where the board may write to it. fakes: an Espressif board's own sources on
    the fake ESP-IDF. camera: the name of a C file here, the camera of a board that has none.
    """
    done: dict[tuple[object, ...], Path] = {}

    def flash(
        board_name: str, *, sanitize: bool = False, fakes: bool = False, camera: str = "", **options: object
    ) -> Path:
        key = (board_name, sanitize, fakes, camera, *sorted(options.items()))
        if key not in done:
            board = on_fakes(board_name) if fakes else load_board(board_name)
            board = replace(board, camera=board.camera or bool(camera))
            place = tmp_path_factory.mktemp(board_name)
            project = write_project(place / "project", board, **options)  # type: ignore[arg-type]
            if fakes:
                add_fakes(project, board)
            if camera:
                shutil.copy(Path(__file__).parent / camera, project / "firmware" / "src")
            image = build(project, board, sanitize=sanitize, strict=True)
            write_flash(board, image.path, place / "flash.bin")
            done[key] = place / "flash.bin"
        return done[key]

    return flash


@pytest.fixture(scope="session")
def loop_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware for the loop board as a shared library."""
    from tests.firmware.loop_board import build_loop_board

    return build_loop_board(tmp_path_factory.mktemp("loop"))


@pytest.fixture
def sim(flashed: Flasher) -> Iterator[tuple[RunningBoard, WireClient]]:
    """The simulated ESP32-CAM with the fake model, sanitized; fails the test on a sanitizer report."""
    with run_board(load_board("sim"), flashed("sim", sanitize=True)) as running:
        with WireClient(running.port) as client:
            client.boot()
            yield running, client
        assert running.stderr_tail() == ""
