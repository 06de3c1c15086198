"""`tinyface generate`: a firmware project for a board, as C sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from host_tools.commands.options import (
    DEFAULT_BOARD,
    BoardName,
    Json,
    Memory,
    MemoryOption,
    Model,
    Optimize,
    OptimizeOption,
    Ram,
    Runtime,
    RuntimeOption,
)
from host_tools.console import note, print_json, reported


@reported("Nothing was written; run it again.")
def command(
    model: Model,
    board: BoardName = DEFAULT_BOARD,
    runtime: RuntimeOption = Runtime.aot,
    memory: MemoryOption = Memory.overlap,
    ram: Ram = None,
    goal: OptimizeOption = Optimize.speed,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write.")] = Path(
        "project"
    ),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were edited by hand.")] = False,
    as_json: Json = False,
) -> None:
    """Write a firmware project: the model as C, the firmware's sources and the board's folder."""
    from codegen.memory.options import PlanOptions
    from host_tools.boards import load_board
    from host_tools.models import resolve
    from host_tools.project import write_project

    target = load_board(board)
    options = PlanOptions(memory.value, ram, goal.value)
    project = write_project(resolve(model), target, runtime.value, output, options=options, force=force)
    if as_json:
        print_json({"folder": str(project.folder), **project.manifest})
        return
    note(f"Wrote {len(project.manifest['files']) + 1} files to {project.folder} ({board}, {runtime.value}).")
    if target.flash.method == "platformio":
        note(f"Next: `pio run -d {project.folder} -t upload` (PlatformIO; not yet tried on silicon)")
    elif runtime is Runtime.aot:
        note(f"Next: `tinyface build {project.folder}`")
