"""Programs under ThreadSanitizer: how they are built and run, and whether that works on this machine."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from host_tools.boards import Board
from host_tools.project.toolchains import host_compiler

FLAG = "-fsanitize=thread"
RUN = ("setarch", "-R")
"""Before the program: ThreadSanitizer may not map where the system puts programs at random places."""


def why_not(place: Path) -> str:
    """Why it does not work here, "" where it does.

    Args:
        place: an empty folder for a trial.
    """
    if not shutil.which(RUN[0]):
        return "without setarch ThreadSanitizer may not map: apt install util-linux"
    source, program = place / "trial.c", place / "trial"
    source.write_text("int main(void) { return 0; }\n", encoding="utf-8")
    made = subprocess.run(
        [host_compiler(), FLAG, str(source), "-o", str(program)], capture_output=True, check=False
    )
    if made.returncode != 0:
        return "the compiler has no ThreadSanitizer: apt install gcc"
    ran = subprocess.run([*RUN, str(program)], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        return f"an empty program does not run under ThreadSanitizer: {ran.stderr.strip()}"
    return ""


def watched(board: Board) -> Board:
    """A board that runs on this machine, its usual firmware under ThreadSanitizer."""
    (usual, *_) = board.builds
    flags = (FLAG, "-g1", "-O1", "-DSIM_STACK_BYTES=4194304")  # its own stacks are larger
    built = replace(usual, flags=(*usual.flags, *flags), link=(*usual.link, FLAG), run=(*RUN, "{image}"))
    return replace(board, builds=(built,))
