"""The generated folder of a program of several stages: `make` builds an example that holds each network
against the reference, and the page's own program compiles.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.write import write_project
from tests.compilers import C_OF, need
from tests.host_tools.test_program_files import CASCADE, write_cascade
from tests.toys.programs import anchor_file

SIM = "sim"
STRICT = "-O0 -Werror -Wpedantic"
WINDOWS = """\
name = "windows"
[[stage]]
name = "find"
model = "find.tflite"
picture = "gray"
source = "whole"
scale = [{size = 1}, {size = 0.5, columns = 2}]
decoder = {kind = "raw"}
"""


def check(folder: Path, *command: str) -> str:
    """What a command prints that neither fails nor warns."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr or done.stdout
    return done.stdout


def generated(program: Path, folder: Path) -> Path:
    write_project(resolve(str(program)), load_board(SIM), "aot", folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Names with everything that a file and a TOML may have, and white space in the path."""
    write_cascade(tmp_path)
    text = CASCADE.replace('"look"', r'"look \"*/\\ é??/"')
    for old, new in {"proposals": "find it (v2) * é", "second": "2nd-net", "marks": "main"}.items():
        (tmp_path / f"{old}.tflite").rename(tmp_path / f"{new}.tflite")
        text = text.replace(f"{old}.tflite", f"{new}.tflite")
    program = tmp_path / "odd.toml"
    program.write_text(text, encoding="utf-8")
    return generated(program, tmp_path / "white space" / "a & b")


@pytest.mark.parametrize("compiler", ["gcc", pytest.param("clang", marks=pytest.mark.slow)])
def test_make_builds_the_example_and_it_holds(folder: Path, compiler: str) -> None:
    need(compiler, "make")
    check(folder, "make", f"CC={compiler}", f"CFLAGS={STRICT}")
    said = check(folder, "build/example").splitlines()
    compared = [line for line in said if "CRC32" in line]
    assert len(compared) == 5
    assert all(line.endswith(", as the reference") for line in compared)
    stages = [line for line in said if line.startswith("stage ")]
    assert len(stages) == 3
    assert stages[0].startswith("stage find: runs 7, ")
    assert "up to date." in check(folder, "make", f"CC={compiler}", f"CFLAGS={STRICT}")
    example = folder / "example.c"
    text, changed = re.subn(r"(expected_0\[\] = \{)0x\w{8}u", r"\g<1>0x00000001u", example.read_text())
    assert changed == 1
    example.write_text(text)
    check(folder, "make", f"CC={compiler}", f"CFLAGS={STRICT}")
    wrong = subprocess.run(["build/example"], cwd=folder, capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "NOT as the reference" in wrong.stdout


@pytest.mark.parametrize("compiler", ["g++", pytest.param("clang++", marks=pytest.mark.slow)])
def test_the_page_s_program_in_c_and_cpp(folder: Path, compiler: str) -> None:
    need(compiler, C_OF[compiler], "make")
    text = (folder / "README.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"^```c\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    (folder / "snippet.c").write_text(snippet)
    listed = check(folder, "make", "-n", "-B").partition("build/example ")[2].split()
    sources = [name for name in listed if name.endswith(".c") and name != "example.c"]
    (folder / "o").mkdir()
    strict = (*STRICT.split(), "-Wall", "-Wextra", "-Wconversion", "-Iinclude", "-I.")
    linked = []
    for number, name in enumerate(sources):
        linked.append(f"o/{number}.o")
        check(folder, C_OF[compiler], "-std=c99", *strict, "-c", name, "-o", linked[-1])
    check(folder, C_OF[compiler], "-std=c99", *strict, "snippet.c", *linked, "-o", "in_c")
    check(folder, compiler, "-std=c++11", *strict, "-x", "c++", "-c", "snippet.c", "-o", "snippet.o")
    check(folder, compiler, "snippet.o", *linked, "-o", "in_cpp")
    said = check(folder, "./in_c")
    assert said == check(folder, "./in_cpp")
    assert [line.split()[0] for line in said.splitlines()].count("find") == 3


def test_one_network_in_several_windows(tmp_path: Path) -> None:
    need("gcc", "make")
    (tmp_path / "find.tflite").write_bytes(anchor_file(24, 32, 4, 1, 9))
    (tmp_path / "windows.toml").write_text(WINDOWS, encoding="utf-8")
    folder = generated(tmp_path / "windows.toml", tmp_path / "out")
    check(folder, "make", "CC=gcc", f"CFLAGS={STRICT}")
    assert "stage find: runs 3, items 0" in check(folder, "build/example")


def test_the_page_names_every_stage_and_network(folder: Path) -> None:
    page = (folder / "README.md").read_text(encoding="utf-8")
    rows = [re.split(r"(?<!\\)\|", line) for line in page.splitlines() if line.startswith("| ")]
    assert [len(row) for row in rows] == [10] * 4 + [9] * 4
    assert rows[1][3].strip() == "the whole frame in 7 windows"
    places = [path.parent.relative_to(folder).as_posix() for path in folder.glob("networks/*/model.h")]
    assert sorted(row[2].strip() for row in rows[5:]) == sorted(f"`{place}`" for place in places)
