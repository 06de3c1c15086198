"""Bytes that a compiled model takes without the firmware around it: code, constants, static RAM.

The model's object files are linked alone, with what they use of libgcc, and the toolchain's `size` is asked.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from codegen.board import Board
from codegen.errors import ToolError
from host_tools.project.build import image_sizes
from host_tools.project.toolchains import find_toolchain

CONSTANTS = "model_data"
"""The generated file that holds weights, biases and tables."""


@dataclass(frozen=True)
class Footprint:
    """Bytes of a compiled model.

    Attributes:
        code: machine code and its own read-only data (shapes, names, descriptor), libgcc included.
        constants: weights, biases, tables.
        static_ram: initialised and zeroed data; the arena is none of it, the firmware allocates it.
    """

    code: int
    constants: int
    static_ram: int


def footprint(project: Path, board: Board) -> Footprint:
    """Measures a project that was built.

    Args:
        project: its folder, with the object files of host_tools.project.build.
        board: for which it was built.
    Raises:
        ToolError: it was not built, the toolchain has no `size`, or linking fails.
    """
    project = project.absolute()  # of a relative one that begins with a dash programs would make an option
    toolchain = find_toolchain(board.toolchain)
    if not toolchain.size:
        raise ToolError("the toolchain has no `size`", toolchain.cc, "Install its binutils.")
    objects = {path.stem.split("-", 1)[1]: path for path in (project / "build" / "objects").glob("*.o")}
    model = [path for name, path in sorted(objects.items()) if name in ("model", CONSTANTS)]
    if len(model) != 2:
        raise ToolError("the project was not built", str(project), "Build it first.")
    (build,) = (b for b in board.builds if b.variant == toolchain.variant)
    machine = [flag for flag in build.link if flag.startswith("-m")]
    alone = project / "build" / "model-alone.o"
    descriptor = json.loads((project / "tinyface.json").read_text(encoding="utf-8"))["model_symbol"]
    link = ["-nostdlib", "-r", f"-Wl,--gc-sections,-e,{descriptor}"]
    _run([toolchain.cc, *machine, *link, *map(str, model), "-lgcc", "-o", str(alone)], project)
    text, data, bss = image_sizes(toolchain.size, alone)
    constants, _, _ = image_sizes(toolchain.size, objects[CONSTANTS])
    return Footprint(text - constants, constants, data + bss)


def _run(command: list[str], where: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise ToolError(
            f"{Path(command[0]).name} failed: {done.stderr.strip()[:300]}",
            str(where),
            "Install the compiler's binutils again.",
        )
    return done.stdout
