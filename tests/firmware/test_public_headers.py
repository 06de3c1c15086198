"""Headers that a person's program includes: each stands alone in C and in C++, without a warning."""

from __future__ import annotations

import subprocess

import pytest

import firmware
from tests.compilers import C_OF, need

INCLUDE, SOURCES = firmware.ROOT / "include", firmware.ROOT / "src"
HEADERS = [*sorted(path.relative_to(INCLUDE).as_posix() for path in INCLUDE.rglob("*.h")), "app.h"]
STANDARDS = {
    "gcc": ("c99", "c17"), "clang": ("c99", "c17"), "g++": ("c++11", "c++20"), "clang++": ("c++11", "c++20")
}  # fmt: skip
STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror", f"-I{INCLUDE}", f"-I{SOURCES}")


def said_of(compiler: str, standard: str, text: str) -> str:
    """What a compiler says of a source, "" where it takes it without a word."""
    language = "c++" if "++" in compiler else "c"
    command = [compiler, "-x", language, f"-std={standard}", *STRICT, "-fsyntax-only", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr


@pytest.mark.parametrize("compiler", STANDARDS)
def test_each_alone_and_all_of_them_twice(compiler: str) -> None:
    need(compiler)
    assert len(HEADERS) >= 7
    includes = [f'#include "{name}"\n' for name in HEADERS]
    for standard in STANDARDS[compiler]:
        for text in (*includes, 2 * "".join(includes)):
            assert said_of(compiler, standard, text) == ""
    assert "not_there" in said_of(compiler, STANDARDS[compiler][0], includes[0] + "int x = not_there;\n")


@pytest.mark.parametrize("compiler", C_OF)
def test_functions_are_those_of_c(compiler: str) -> None:
    """What C++ sees of a function declared again as C's is the same: the header says so, too."""
    need(compiler)
    for header, declared in {
        "app.h": "void tinyface_app_run(void)",
        "tinyface/board.h": "uint64_t tinyface_board_micros(void)",
        "tinyface/picture.h": "uint32_t tinyface_frame_bytes(uint8_t, uint16_t, uint16_t)",
        "tinyface/protocol.h": "uint32_t tinyface_crc32(uint32_t, const void *, size_t)",
        "tinyface/stage.h": "uint32_t tinyface_program_arena_bytes(const tinyface_program *)",
    }.items():
        text = f'#include "{header}"\nextern "C" {{\n{declared};\n}}\n'
        assert said_of(compiler, "c++11", text) == ""
