"""Building a project: what is missing or wrong is a ToolError that names it; toolchains are found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

import firmware
from codegen.cache_folder import cache_folder
from codegen.errors import ToolError
from host_tools.boards import board_defines, load_board
from host_tools.project.build import build
from host_tools.project.toolchains import find_toolchain, host_compiler
from tests.firmware.fake_model import write_project


def test_sizes_are_told_and_the_image_is_put_in_place(tmp_path):
    board = load_board("sim")
    image = build(write_project(tmp_path / "p", board), board, strict=True)
    assert image.path == tmp_path / "p" / "build" / "firmware.elf"
    assert 5_000 < image.text_bytes < 200_000
    assert image.bss_bytes > board.memory.psram
    assert not list((tmp_path / "p" / "build").glob("*.new"))


def test_a_compile_error_is_told_with_its_line(tmp_path):
    board = load_board("sim")
    project = write_project(tmp_path / "p", board)
    (project / "model.c").write_text("int main(void) { return undeclared_name; }\n")
    with pytest.raises(ToolError, match=r"(?s)model\.c.*does not compile.*undeclared_name"):
        build(project, board)
    assert not (project / "build" / "firmware.elf").exists()


def test_a_link_error_is_told(tmp_path):
    board = load_board("sim")
    project = write_project(tmp_path / "p", board)
    (project / "program_data.c").write_text("typedef int nothing;\n")
    with pytest.raises(ToolError, match="undefined reference to `tinyface_main'"):
        build(project, board)


def test_incomplete_projects_are_refused(tmp_path):
    board = load_board("sim")
    with pytest.raises(ToolError, match=r"model\.c is missing"):
        build(tmp_path, board)
    project = write_project(tmp_path / "p", board)
    (project / "tinyface.json").write_text(json.dumps({"runtime": "tflm"}))
    with pytest.raises(ToolError, match="TFLite-Micro is not built for the board sim"):
        build(project, board)
    (project / "tinyface.json").write_text("{")
    with pytest.raises(ToolError, match="is no manifest"):
        build(project, board)


def test_only_the_host_has_sanitizers(tmp_path, monkeypatch):
    board = load_board("qemu-cortex-m4")
    try:
        find_toolchain(board.toolchain)
    except ToolError as error:
        pytest.skip(str(error))
    with pytest.raises(ToolError, match="sanitizers"):
        build(write_project(tmp_path / "p", board), board, sanitize=True)


def test_missing_compilers_name_their_package(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("CC", "TINYFACE_DATA", "TINYFACE_XTENSA"):
        monkeypatch.delenv(name, raising=False)
    for toolchain, package in [
        ("host", "gcc"),
        ("arm-none-eabi", "gcc-arm-none-eabi"),
        ("riscv64-unknown-elf", "gcc-riscv64-unknown-elf"),
        ("xtensa-lx", "gcc-xtensa-lx106"),
    ]:
        with pytest.raises(ToolError, match=rf"apt-get install {package}"):
            find_toolchain(toolchain)
    with pytest.raises(ToolError, match="PlatformIO"):
        find_toolchain("esp-idf")


def test_cc_is_honoured(monkeypatch, tmp_path):
    mine = tmp_path / "mycc"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    monkeypatch.setenv("CC", str(mine))
    assert host_compiler() == str(mine)


@pytest.fixture
def archive(tmp_path, monkeypatch) -> Path:
    """A shared-data folder with a toolchain archive of one shell script."""
    place = tmp_path / "data" / "toolchain"
    tool = tmp_path / "xtensa-lx" / "bin" / "xtensa-elf-gcc"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\necho 12.2.0\n")
    tool.chmod(0o755)
    place.mkdir(parents=True)
    with tarfile.open(place / "xtensa-lx-elf.tar.xz", "w:xz") as tar:
        tar.add(tmp_path / "xtensa-lx", "xtensa-lx")
    monkeypatch.setenv("TINYFACE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TINYFACE_XTENSA", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return place / "xtensa-lx-elf.tar.xz"


def test_the_shared_toolchain_is_unpacked_once(archive):
    found = find_toolchain("xtensa-lx")
    assert found.variant == "de233_fpu"
    assert Path(found.cc).is_relative_to(cache_folder())
    before = os.stat(found.cc).st_mtime_ns  # noqa: PTH116
    assert find_toolchain("xtensa-lx") == found
    assert os.stat(found.cc).st_mtime_ns == before  # noqa: PTH116
    assert [path.name for path in cache_folder().iterdir() if path.name.startswith("unpack-")] == []


def test_a_broken_archive_is_told(archive):
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(ToolError, match="can't be unpacked"):
        find_toolchain("xtensa-lx")
    assert [path.name for path in cache_folder().iterdir()] == []


def test_a_named_toolchain_folder_must_hold_one(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYFACE_XTENSA", str(tmp_path))
    with pytest.raises(ToolError, match=r"no bin/xtensa-elf-gcc"):
        find_toolchain("xtensa-lx")


def test_the_windows_half_of_the_simulated_board_compiles():
    """In form only: it has not run on Windows yet."""
    cc = shutil.which("x86_64-w64-mingw32-gcc")
    if cc is None:
        pytest.skip("gcc-mingw-w64-x86-64 is not installed")
    board = load_board("sim")
    (windows,) = [build for build in board.builds if build.variant == "windows"]
    facts = [f"-D{name}={value}" for name, value in board_defines(board).items()]
    include = [f"-I{firmware.ROOT / part}" for part in ("include", "src", "boards/sim")]
    for source in windows.sources:
        command = [cc, "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *facts, *include]
        subprocess.run([*command, str(board.folder / source)], check=True)
