"""PlatformIO Core builds this project's own ini files, offline: a stand-in platform, a real compiler."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.errors import ToolError
from host_tools.boards import load_board
from host_tools.flashing import partitions
from host_tools.models import resolve
from host_tools.project.toolchains import find_toolchain
from host_tools.project.workspace import refresh_project
from host_tools.project.write import open_project
from host_tools.simulator.flash import APP_OFFSET, read_image
from tests.host_tools.toy_folder import write_landmark_toy, write_toy
from tests.platformio.core import REPOSITORY, pio

PARTS = ("bootloader.bin", "partitions.bin", "ota_data_initial.bin", "firmware.bin")


def checkout(folder: Path) -> Path:
    """A checkout of its own: the repository's files by links, so that nothing is written there."""
    folder.mkdir()
    for name in ("platformio.ini", "scripts", "firmware", "host_tools", "codegen", "model_zoo"):
        (folder / name).symlink_to(REPOSITORY / name)
    return folder


def flash_of(firmware: Path, folder: Path) -> Path:
    """A flash chip that holds a built application."""
    chip = bytearray(b"\xff" * (4 << 20))
    content = firmware.read_bytes()
    chip[APP_OFFSET : APP_OFFSET + len(content)] = content
    (folder / "flash.bin").write_bytes(chip)
    return folder / "flash.bin"


def test_a_generated_project_builds(pio_env: dict[str, str], tmp_path: Path) -> None:
    ref, board = resolve(str(write_landmark_toy(tmp_path / "model"))), load_board("esp32cam")
    folder = refresh_project(ref, board, "aot", tmp_path / "project").folder
    done = pio("run", "-d", folder, env=pio_env, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    built = folder / ".pio" / "build" / "esp32cam"
    assert all((built / name).is_file() for name in PARTS)
    image = read_image(flash_of(built / "firmware.bin", tmp_path))
    assert image.board == "esp32cam"
    assert ref.model_hash in image.program
    table = partitions.from_binary((built / "partitions.bin").read_bytes())
    assert [p.name for p in table] == ["nvs", "otadata", "app0", "app1", "model"]
    # Every source of the project was compiled, those of the board against the headers of ESP-IDF.
    named = {p.name for p in (folder / "firmware" / "boards" / "esp32cam").glob("*.c")}
    assert {f"{p.stem}.c" for p in (built / "src" / "firmware" / "boards").rglob("*.o")} == named


@pytest.mark.slow
def test_a_second_build_compiles_what_changed_only(pio_env: dict[str, str], tmp_path: Path) -> None:
    board, folder = load_board("esp32cam"), tmp_path / "project"
    refresh_project(resolve(str(write_toy("mini_mobilenet", tmp_path))), board, "aot", folder)
    assert pio("run", "-d", folder, env=pio_env, cwd=tmp_path).returncode == 0
    (folder / "sdkconfig.esp32cam").write_text("what ESP-IDF made of sdkconfig.defaults")
    refresh_project(resolve(str(write_toy("add", tmp_path))), board, "aot", folder)
    assert open_project(folder).manifest["model"] == "add"
    done = pio("run", "-d", folder, env=pio_env, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "src/model.o" in done.stdout
    assert "src/firmware/src/app.o" not in done.stdout
    assert (folder / "sdkconfig.esp32cam").exists()
    (folder / "sdkconfig.defaults").write_text("# older")
    refresh_project(resolve(str(write_toy("add", tmp_path))), board, "aot", folder)
    assert not (folder / "sdkconfig.esp32cam").exists()


def test_cmake_looks_again_where_the_sources_are_others(tmp_path: Path) -> None:
    ref, board, folder = (
        resolve(str(write_toy("add", tmp_path))),
        load_board("esp32cam"),
        tmp_path / "project",
    )
    refresh_project(ref, board, "aot", folder)
    component = folder / "src" / "CMakeLists.txt"
    os.utime(component, (1, 1))
    refresh_project(ref, board, "aot", folder)
    assert component.stat().st_mtime == 1
    manifest = json.loads((folder / "tinyface.json").read_text())
    manifest["files"]["firmware/src/gone.c"] = "of an older tinyface"
    (folder / "tinyface.json").write_text(json.dumps(manifest))
    refresh_project(ref, board, "aot", folder)
    assert component.stat().st_mtime > 1


@pytest.mark.slow
def test_the_checkout_builds_the_model_that_is_asked_for(pio_env: dict[str, str], tmp_path: Path) -> None:
    folder, model = checkout(tmp_path / "checkout"), write_landmark_toy(tmp_path / "model")
    env = pio_env | {"TINYFACE_MODEL": str(model), "TINYFACE_PYTHON": sys.executable}
    done = pio("run", "-e", "esp32cam", env=env, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert open_project(folder / "build" / "pio" / "esp32cam").board == "esp32cam"
    built = folder / ".pio" / "build" / "esp32cam"
    assert resolve(str(model)).model_hash in read_image(flash_of(built / "firmware.bin", tmp_path)).program


def test_a_checkout_in_a_folder_with_white_space(pio_env: dict[str, str], tmp_path: Path) -> None:
    folder = checkout(tmp_path / "my checkout")
    done = pio("run", "-e", "esp32cam", env=pio_env | {"TINYFACE_PYTHON": sys.executable}, cwd=folder)
    assert done.returncode != 0
    assert "takes no white space in the path of a project" in done.stdout
    assert not (folder / "build").exists()


def test_a_model_that_is_none_stops_the_build(pio_env: dict[str, str], tmp_path: Path) -> None:
    folder = checkout(tmp_path / "checkout")
    env = pio_env | {"TINYFACE_MODEL": "no-such-model", "TINYFACE_PYTHON": sys.executable}
    done = pio("run", "-e", "esp32cam", env=env, cwd=folder)
    assert done.returncode != 0
    assert "the zoo has no model 'no-such-model'" in done.stderr
    assert not (folder / ".pio" / "build" / "esp32cam" / "firmware.bin").exists()


def test_a_source_that_does_not_compile_stops_the_build(pio_env: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "project"
    refresh_project(resolve(str(write_toy("add", tmp_path))), load_board("esp32cam"), "aot", folder)
    source = min((folder / "firmware" / "boards" / "esp32cam").glob("*.c"))
    source.write_text(source.read_text() + "\nint tinyface_no_such(void) { return esp_camera_no_such(); }\n")
    done = pio("run", "-d", folder, env=pio_env, cwd=tmp_path)
    assert done.returncode != 0
    assert "esp_camera_no_such" in done.stderr


@pytest.mark.slow
def test_the_xtensa_compiler_and_elf2image(pio_env: dict[str, str], tmp_path: Path) -> None:
    """The ESP32-class compiler builds the project, and esptool makes a chip image of what it linked."""
    toolchain = None
    with contextlib.suppress(ToolError):
        toolchain = find_toolchain("xtensa-lx")
    if toolchain is None or toolchain.variant != "de233_fpu":
        pytest.skip(
            "the ESP32-class Xtensa compiler is not here (firmware/boards/qemu-xtensa/build-toolchain.sh)"
        )
    ref = resolve(str(write_landmark_toy(tmp_path / "model")))
    folder = refresh_project(ref, load_board("esp32cam"), "aot", tmp_path / "project").folder
    env = pio_env | {"STANDIN_DRIVERS": "qemu-xtensa", "STANDIN_CC": toolchain.cc}
    done = pio("run", "-d", folder, env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    elf, image = folder / ".pio" / "build" / "esp32cam" / "firmware.elf", tmp_path / "firmware.bin"
    command = [sys.executable, "-m", "esptool", "--chip", "esp32", "elf2image", "-o", str(image), str(elf)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    told = subprocess.run(
        [sys.executable, "-m", "esptool", "--chip", "esp32", "image-info", str(image)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "(valid)" in told
    assert "invalid" not in told
    assert ref.model_hash in image.read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a PTY")
def test_upload_from_a_checkout(pio_env: dict[str, str], tmp_path: Path) -> None:
    """`pio run -e esp32cam -t upload`: model, project, build and esptool in one command."""
    from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort

    folder, model = checkout(tmp_path / "checkout"), write_landmark_toy(tmp_path / "model")
    env = pio_env | {"TINYFACE_MODEL": str(model), "TINYFACE_PYTHON": sys.executable}
    chip = FakeChip(CHIPS["esp32"])
    chip.flash[0x310000:0x311000] = bytes(4096)  # constants of before
    chip.bridge = True
    with PtyPort(chip) as port:
        done = pio("run", "-e", "esp32cam", "-t", "upload", "--upload-port", port.name, env=env, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    built = folder / ".pio" / "build" / "esp32cam"
    for offset, name in ((0x1000, "bootloader"), (0x8000, "partitions"), (0x10000, "firmware")):
        content = (built / f"{name}.bin").read_bytes()
        assert bytes(chip.flash[offset : offset + len(content)]) == content
    assert bytes(chip.flash[0x310000:0x311000]) == b"\xff" * 4096
