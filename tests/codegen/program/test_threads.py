"""Programs at once: each run has an arena and states of its own, and nothing else is written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from host_tools.project.toolchains import host_compiler
from tests.codegen.program.built import include_of, sources_of
from tests.thread_sanitizer import FLAG, RUN
from tests.toys.programs import PROGRAMS

FLAGS = ("-std=c99", "-D_POSIX_C_SOURCE=200112L", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread")
RUNS = 3


@pytest.mark.usefixtures("thread_sanitizer")
@pytest.mark.parametrize("name", ["cascade", "memory"])
def test_two_threads_with_states_of_their_own(name: str, tmp_path: Path) -> None:
    program, graphs = PROGRAMS[name]()
    sources = [*sources_of(tmp_path, program, graphs), Path(__file__).with_name("threads.c")]
    command = [host_compiler(), *FLAGS, FLAG, *include_of(tmp_path), *map(str, sources)]
    subprocess.run([*command, "-o", str(tmp_path / "threads")], check=True)
    done = subprocess.run([*RUN, str(tmp_path / "threads")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    sums = done.stdout.split()
    assert len(sums) == RUNS
    assert len(set(sums)) == 1
