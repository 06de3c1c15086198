"""The Espressif project's CMake files, run with stand-ins of ESP-IDF's functions: what is compiled how."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.boards import load_board, project_files

pytestmark = pytest.mark.skipif(
    shutil.which("cmake") is None or shutil.which("ninja") is None, reason="needs cmake and ninja"
)
MODEL = {"model.c", "model_data.c", "program_data.c"}
FIRMWARE = {"firmware/boards/esp32cam/esp_main.c", "firmware/src/app.c"}
FLAG = "-mno-fix-esp32-psram-cache-issue"
OUTER = """\
cmake_minimum_required(VERSION 3.16)
project(outer C)
set(COMPONENT_LIB component)
set(CONFIG_SPIRAM_CACHE_WORKAROUND @WORKAROUND@)
set(TINYFACE_COMPILER_LEAVES_OUT_THE_FIX @KNOWN@ CACHE INTERNAL "")
macro(idf_component_register)
    cmake_parse_arguments(_ "" "" "SRCS;INCLUDE_DIRS;REQUIRES" ${ARGN})
    add_library(component OBJECT ${__SRCS})
    target_compile_options(component PRIVATE -mfix-esp32-psram-cache-issue)
endmacro()
add_subdirectory(project/src)
"""


def commands(
    folder: Path, arena: int, *, runtime: str = "aot", workaround: str = "y", known: int = 1
) -> dict[str, str]:
    """Source -> the command that compiles it, in a project whose model has such an arena."""
    project = folder / "project"
    for name, text in project_files(load_board("esp32cam"), runtime).items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    for name in (
        "model.c",
        "model_data.c",
        "program_data.c",
        "firmware/boards/esp32cam/esp_main.c",
        "firmware/src/app.c",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("int nothing;\n")
    manifest = {"runtime": runtime, "arena_bytes": arena}
    (project / "tinyface.json").write_text(json.dumps(manifest, indent=2))
    outer = OUTER.replace("@WORKAROUND@", workaround or '""').replace("@KNOWN@", str(known))
    (folder / "CMakeLists.txt").write_text(outer)
    built = folder / "b"
    command = [
        "cmake",
        "-G",
        "Ninja",
        "-DCMAKE_EXPORT_COMPILE_COMMANDS=1",
        "-S",
        str(folder),
        "-B",
        str(built),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = json.loads((built / "compile_commands.json").read_text())
    return {Path(one["file"]).relative_to(project).as_posix(): one["command"] for one in compiled}


def without(found: dict[str, str]) -> set[str]:
    """Sources whose last word on the workaround is no."""
    return {name for name, command in found.items() if command.find(FLAG) > command.find("-mfix-esp32")}


def test_only_the_model_goes_without_the_workaround(tmp_path: Path) -> None:
    found = commands(tmp_path, 37_008)
    assert set(found) == MODEL | FIRMWARE
    assert without(found) == MODEL
    assert all("-DTINYFACE_ARENA_INTERNAL=1" in command for command in found.values())


@pytest.mark.parametrize(
    "case",
    [
        {"arena": 93_617},  # may lie in PSRAM
        {"arena": 37_008, "runtime": "tflm"},  # the interpreter's own code is elsewhere
        {"arena": 37_008, "workaround": ""},  # chips of revision 3
        {"arena": 37_008, "known": 0},  # a compiler without the option
    ],
    ids=["large", "tflm", "revision 3", "other compiler"],
)
def test_otherwise_nothing_is_changed(tmp_path: Path, case: dict[str, object]) -> None:
    found = commands(tmp_path, **case)  # type: ignore[arg-type]
    assert not without(found)
    assert not any("TINYFACE_ARENA_INTERNAL" in command for command in found.values())


def test_an_arena_without_the_workaround_is_sure_of_internal_memory() -> None:
    board = load_board("esp32cam")
    assert "LESS_EQUAL 93616 " in project_files(board)["src/CMakeLists.txt"]
    small = replace(board, memory=replace(board.memory, heap_block=1000))
    assert "LESS_EQUAL 0 " in project_files(small)["src/CMakeLists.txt"]


@pytest.mark.parametrize(("revision", "files"), [("", ""), ("1", ""), ("3", "esp32-revision3.defaults")])
def test_the_configuration_of_a_revision(tmp_path: Path, revision: str, files: str) -> None:
    for name, text in project_files(load_board("esp32cam")).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    cmake = tmp_path / "idf" / "tools" / "cmake" / "project.cmake"
    cmake.parent.mkdir(parents=True)
    cmake.write_text('file(WRITE ${CMAKE_CURRENT_LIST_DIR}/said "${SDKCONFIG_DEFAULTS}")\n')
    environment = {**os.environ, "IDF_PATH": str(tmp_path / "idf"), "TINYFACE_ESP32_REVISION": revision}
    command = ["cmake", "-G", "Ninja", "-S", str(tmp_path), "-B", str(tmp_path / "b")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    names = [Path(one).name for one in (cmake.parent / "said").read_text().split(";") if one]
    assert names == (["sdkconfig.defaults", files] if files else [])


def test_other_chips_have_no_such_revision() -> None:
    assert "esp32-revision3.defaults" in project_files(load_board("esp32cam"))
    for name in ("freenove-esp32s3-cam", "esp32c3-devkit"):
        assert not [file for file in project_files(load_board(name)) if "revision" in file]
