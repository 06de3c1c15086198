"""A project for the ESP32-CAM, generated and built once by PlatformIO, and a person at the desk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from host_tools.models import ModelRef, resolve
from host_tools.project.toolchains import host_compiler
from host_tools.project.workspace import refresh_project
from host_tools.project.write import Project
from tests.fakes.esp_rom import FakeChip
from tests.host_tools.flashing.esp_board import esp32cam
from tests.host_tools.toy_folder import write_landmark_toy
from tests.platformio.core import make_core, missing, pio


@dataclass(frozen=True)
class Built:
    """A built project. env: what PlatformIO runs in; images: offset in flash -> bytes that belong there."""

    ref: ModelRef
    project: Project
    env: dict[str, str]
    folder: Path

    @property
    def images(self) -> dict[int, bytes]:
        names = {0x1000: "bootloader", 0x8000: "partitions", 0xE000: "ota_data_initial", 0x10000: "firmware"}
        return {offset: (self.folder / f"{name}.bin").read_bytes() for offset, name in names.items()}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    reason = missing()
    if reason:
        pytest.skip(reason)
    if sys.platform == "win32":
        pytest.skip("needs a PTY")
    place = tmp_path_factory.mktemp("flashing")
    env = make_core(place / "core") | {"STANDIN_DRIVERS": "esp_idf", "STANDIN_CC": host_compiler()}
    ref = resolve(str(write_landmark_toy(place / "model")))
    project = refresh_project(ref, esp32cam(), "aot", place / "project")
    done = pio("run", "-d", project.folder, env=env, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
    return Built(ref, project, env, project.folder / ".pio" / "build" / "esp32cam")


@dataclass
class Person:
    """Does what `tinyface flash` asks for, as far as they listen.

    Attributes:
        heard: everything that was said to them.
        bridges, releases: they bridge GPIO0 when asked to; they take the bridge off when asked to.
    """

    chip: FakeChip
    heard: list[str]
    bridges: bool = True
    releases: bool = True

    def __call__(self, text: str) -> None:
        self.heard.append(text)
        if "Bridge GPIO0" in text and self.bridges:
            self.chip.bridge = True
            self.chip.press_reset()
        if "take the bridge off" in text and self.releases:
            self.chip.bridge = False
            self.chip.press_reset()


FlashByHand = Callable[..., tuple[int, str]]


@pytest.fixture
def flash_by_hand(built: Built, repository: Path, tmp_path: Path) -> FlashByHand:
    """Runs `tinyface flash --board esp32cam --port PORT ARGS...` with a person beside it."""

    def run(chip: FakeChip, port: str, *args: object, state: Path = tmp_path / "state") -> tuple[int, str]:
        person = Person(chip, [])
        command = [sys.executable, "-m", "host_tools.cli", "flash", "--board", "esp32cam", "--port", port]
        process = subprocess.Popen(
            [*command, *map(str, args)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=repository,
            env={**os.environ, **built.env, "TINYFACE_STATE": str(state)},
        )
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                person(line.rstrip())
        return process.returncode, "\n".join(person.heard)

    return run
