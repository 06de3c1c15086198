"""Keeps what C and C++ libraries print out of a command's answer, and their noise off the terminal.

Such libraries write to the descriptors 1 and 2 themselves, and some before a program could ask them not to.
While `sifted` lasts, both descriptors end in a second process, this file run as a program: it leaves out the
noise and writes the rest to standard error. A process of its own, because a library that ends the program
says why just before, and nobody in the program could pass that on.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

OUT, ERR = 1, 2
_OWN_GROUP: dict[str, Any] = (
    {"start_new_session": True}
    if os.name == "posix"
    else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
)
"""Ctrl-C is for the program; the sieve lives until the program has nothing more to say."""


@contextlib.contextmanager
def sifted(noise: str) -> Iterator[None]:
    """Until the block ends, what is written to descriptors 1 and 2 goes to standard error without the noise.

    Python's own `sys.stderr` is not sifted: it moves to a descriptor of its own, for good, so that a terminal
    stays one for it.

    Args:
        noise: regular expression, matched at the start of a line; "": nothing is noise.
    Raises:
        OSError: no process can be started.
    """
    sys.stdout.flush()
    _move_stderr()
    command = [sys.executable, "-I", "-S", __file__, noise]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=ERR, **_OWN_GROUP) as sieve:
        assert sieve.stdin is not None
        kept = os.dup(OUT), os.dup(ERR)
        for descriptor in (OUT, ERR):
            os.dup2(sieve.stdin.fileno(), descriptor)
        try:
            yield
        finally:
            try:
                sys.stdout.flush()
            finally:
                for descriptor, own in zip((OUT, ERR), kept, strict=True):
                    os.dup2(own, descriptor)
                    os.close(own)


def _move_stderr() -> None:
    """Puts `sys.stderr` on a copy of descriptor 2 where it is on that itself."""
    stream = sys.stderr
    if not isinstance(stream, io.TextIOWrapper):
        return
    try:
        descriptor = stream.fileno()
    except io.UnsupportedOperation:  # in memory
        return
    if descriptor != ERR:
        return
    stream.flush()
    raw = open(os.dup(ERR), "wb", buffering=0)  # noqa: SIM115, PTH123 (for as long as the program runs)
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=True)


def _sift(noise: str) -> None:
    """Copies lines from descriptor 0 to 1 as they come, but those that are noise; where nobody takes them any
    more it goes on reading, so that who writes notices nothing."""
    is_noise = re.compile(noise.encode()).match if noise else lambda line: None
    kept, taken = b"", True
    while read := os.read(0, 65536):
        *lines, kept = (kept + read).split(b"\n")
        taken = taken and _write(b"".join(line + b"\n" for line in lines if not is_noise(line)))
    if taken and not is_noise(kept):
        _write(kept)


def _write(content: bytes) -> bool:
    """Whether all of it was taken."""
    try:
        while content:
            content = content[os.write(1, content) :]
    except OSError:
        return False
    return True


if __name__ == "__main__":
    _sift(sys.argv[1])
