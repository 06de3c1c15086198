"""Programs at once: each run has an arena and states of its own, and nothing else is written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from host_tools.project.toolchains import host_compiler
from tests.codegen.program.built import include_of, sources_of
from tests.toys.programs import PROGRAMS

FLAGS = ("-std=c99", "-D_POSIX_C_SOURCE=200112L", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread")
RUNS = 3


@pytest.mark.skipif(
    not shutil.which("setarch"), reason="without setarch (util-linux) ThreadSanitizer may not map"
)
@pytest.mark.parametrize("name", ["cascade", "memory"])
def test_two_threads_with_states_of_their_own(name: str, tmp_path: Path) -> None:
    program, graphs = PROGRAMS[name]()
    sources = [*sources_of(tmp_path, program, graphs), Path(__file__).with_name("threads.c")]
    probe = tmp_path / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    tried = [host_compiler(), "-fsanitize=thread", str(probe), "-o", str(tmp_path / "probe")]
    if subprocess.run(tried, capture_output=True, check=False).returncode != 0:
        pytest.skip("the compiler has no ThreadSanitizer: apt install gcc")
    command = [host_compiler(), *FLAGS, "-fsanitize=thread", *include_of(tmp_path), *map(str, sources)]
    subprocess.run([*command, "-o", str(tmp_path / "threads")], check=True)
    run = ["setarch", "-R", str(tmp_path / "threads")]  # ThreadSanitizer may not map at random places
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    sums = done.stdout.split()
    assert len(sums) == RUNS
    assert len(set(sums)) == 1
