"""What C libraries print: never in a command's answer, without noise, and nothing else is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.gone_stream import GONE, gone_stream

BLOCK = """
import os, sys
from host_tools.terminal.native_output import sifted
with sifted("noise|I0000 "):
{inside}
print("answer", flush=True)
os.write(2, b"after\\n")
"""


def run(*inside: str) -> subprocess.CompletedProcess[bytes]:
    code = BLOCK.format(inside="\n".join(f"    {line}" for line in inside))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60)


def test_noise_is_left_out_and_the_rest_is_said() -> None:
    done = run(
        r"os.write(2, b'noise of a library\nreal ')",
        r"os.write(2, b'trouble\nI00')",
        r"os.write(2, b'00 a note\nand noise inside\nunfinished')",
    )
    assert (done.returncode, done.stdout) == (0, b"answer\n")
    assert done.stderr == b"real trouble\nand noise inside\nunfinishedafter\n"


def test_standard_output_holds_the_answer_alone() -> None:
    done = run(
        r"os.write(1, b'a library speaks\n')", "print('a package speaks')", "sys.stderr.write('we speak\\n')"
    )
    assert (done.returncode, done.stdout) == (0, b"answer\n")
    assert sorted(done.stderr.splitlines()) == [
        b"a library speaks",
        b"a package speaks",
        b"after",
        b"we speak",
    ]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_last_words_before_a_crash_are_heard() -> None:
    done = run(r"os.write(2, b'I0000 a note\nF0000 out of bounds\n')", "os.abort()")
    assert done.returncode == -signal.SIGABRT
    assert (done.stdout, done.stderr) == (b"", b"F0000 out of bounds\n")


def test_an_error_inside_is_passed_on_with_both_streams_as_they_were() -> None:
    done = run(r"os.write(1, b'lost\n')", "raise SystemExit('the reason')")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.splitlines() == [b"lost", b"the reason"]


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_terminal_stays_one_for_our_own_words() -> None:
    terminal, end = os.openpty()
    try:
        code = BLOCK.format(inside="    told = sys.stderr.isatty(), os.isatty(2)").replace('"answer"', "told")
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=end, check=True, timeout=60
        )
    finally:
        os.close(terminal)
        os.close(end)
    assert done.stdout == b"(True, False)\n"


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
@pytest.mark.parametrize("gone", GONE)
def test_a_library_whose_words_nobody_reads_notices_nothing(gone: str) -> None:
    """The first words end in nothing; the later ones are written where the first were."""
    words = [r"os.write(2, b'trouble\n')", "import time; time.sleep(0.5)"] * 3 + ["print('more', flush=True)"]
    inside = "\n".join(f"    {line}" for line in ["import time", *words])
    code = BLOCK.format(inside=inside).replace('os.write(2, b"after\\n")', "")
    with gone_stream(gone) as stream:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=stream, check=False, timeout=60
        )
    assert (done.returncode, done.stdout) == (0, b"answer\n")
