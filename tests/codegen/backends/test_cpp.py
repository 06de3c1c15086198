"""Generated code in C++ programs: linked with them, or compiled as C++ itself, by GCC and by Clang."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from codegen.backends.aot import generate
from codegen.backends.kernel_files import KERNELS
from codegen.backends.write import write_files
from codegen.lowering.target import Target
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from tests.compilers import C_OF, need
from tests.toys.edges import EDGE_TOYS
from tests.toys.models import TOYS
from tests.toys.state import STATE_TOYS

STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I.", "-Iinclude")
SOURCES = ("model.c", "model_data.c")
FEW = ("mini_pfld", "two_inputs_two_outputs", "softmax_int16", "no layer, float32")
ALL = {**TOYS, **EDGE_TOYS, **STATE_TOYS}
Project = Callable[..., Path]


@pytest.fixture(params=C_OF)
def compiler(request: pytest.FixtureRequest) -> str:
    """Name of a C++ compiler that is here, its C compiler too."""
    name = str(request.param)
    need(name, C_OF[name])
    return name


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """project(toy, goal="speed"): the folder of generated code."""

    def make(toy: str, goal: str = "speed") -> Path:
        graph = replace(optimize(parse_model(ALL[toy](), toy)), target=Target(goal=goal))
        folder = tmp_path / f"{toy}-{goal}"
        folder.mkdir()
        write_files(generate(make_plan(graph)), folder)
        return folder

    return make


def check(folder: Path, *command: str, text: str = "") -> str:
    """Standard output of a program that must succeed and complain of nothing."""
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr or done.stdout
    return done.stdout


def objects(folder: Path, compiler: str) -> tuple[str, ...]:
    """The generated sources compiled as C."""
    names = []
    for source in SOURCES:
        check(folder, C_OF[compiler], "-std=c99", *STRICT, "-Wconversion", "-c", source)
        names.append(f"{Path(source).stem}.o")
    return tuple(names)


def snippet(folder: Path) -> str:
    """The program that the generated README shows."""
    (found,) = re.findall(r"^```c\n(.*?)^```$", (folder / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.mark.slow
@pytest.mark.parametrize("standard", [pytest.param("c++11", marks=pytest.mark.slow), "c++20"])
@pytest.mark.parametrize("toy", FEW)
def test_example_and_snippet_in_cpp(toy: str, standard: str, compiler: str, project: Project) -> None:
    folder = project(toy)
    linked = objects(folder, compiler)
    cpp = (compiler, "-x", "c++", f"-std={standard}", *STRICT)
    (folder / "snippet.cpp").write_text(snippet(folder))
    for source, program in (("example.c", "example"), ("snippet.cpp", "snippet")):
        check(folder, *cpp, "-c", source, "-o", f"{program}.o")
        check(folder, compiler, f"{program}.o", *linked, "-o", program)
    said = check(folder, "./example")
    assert said.count("as the reference") == len(said.splitlines()) > 0
    assert "NOT" not in said
    assert check(folder, "./snippet").count("starts with") == len(said.splitlines())


@pytest.mark.parametrize("toy", FEW)
def test_snippet_in_c(toy: str, compiler: str, project: Project) -> None:
    folder = project(toy)
    (folder / "snippet.c").write_text(snippet(folder))
    check(folder, C_OF[compiler], "-std=c99", *STRICT, "snippet.c", *objects(folder, compiler), "-o", "s")
    assert "output 0 starts with" in check(folder, "./s")


def check_as_cpp(folder: Path, compiler: str) -> None:
    """All sources as C++20 without a warning, with a model partition too; as C++11; the same bytes."""
    for source in (*SOURCES, "program_data.c", "example.c"):
        for flags in (("-std=c++20", *STRICT), ("-std=c++11", "-I.", "-Iinclude", "-w")):
            check(folder, compiler, "-x", "c++", *flags, "-c", source)
        check(
            folder, compiler, "-x", "c++", "-std=c++20", *STRICT, "-DTINYFACE_MODEL_STORE", "-fsyntax-only",
            source,
        )  # fmt: skip
    check(folder, compiler, "model.o", "model_data.o", "example.o", "-o", "example")
    said = check(folder, "./example")
    assert said.count("as the reference") == len(said.splitlines()) > 0


@pytest.mark.parametrize("goal", ["speed", "size"])
@pytest.mark.parametrize("toy", ["mini_pfld", "ring"])
def test_everything_as_cpp(toy: str, goal: str, compiler: str, project: Project) -> None:
    check_as_cpp(project(toy, goal), compiler)


@pytest.mark.slow
@pytest.mark.parametrize("toy", sorted(set(ALL) - set(FEW)))
def test_every_toy_as_cpp(toy: str, compiler: str, project: Project) -> None:
    """For speed by one compiler and for size by the other, turn by turn."""
    goal = ("speed", "size")[(sorted(ALL).index(toy) + list(C_OF).index(compiler)) % 2]
    folder = project(toy, goal)
    objects(folder, compiler)
    check_as_cpp(folder, compiler)


def test_all_kernels_in_one_cpp_file(compiler: str) -> None:
    text = "".join(f'#include "{header.name}"\n' for header in sorted(KERNELS.glob("*.h")))
    flags = ("-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Wno-unused-function", "-Werror")
    check(KERNELS, compiler, "-x", "c++", *flags, "-fsyntax-only", "-", text=text)
