"""`tinyface generate`: a firmware project for a board, as C sources."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from codegen.shell import command_line, quoted
from host_tools.commands.options import (
    DEFAULT_BOARD,
    BoardName,
    CopyConstants,
    Cores,
    FlashModeOption,
    Json,
    Labels,
    Mean,
    MemoryOption,
    ModelArgument,
    ModelOption,
    OptimizeOption,
    PictureOption,
    Ram,
    Runtime,
    RuntimeOption,
    Std,
    in_flash_mode,
    named_classes,
    one_model,
    picture_wish,
    plan_options,
    refuse_ignored,
)
from host_tools.terminal.console import note, print_json, reported, working

PLACE = 50
LISTED = 12
"""How many names of kept files are said; --json gives them all."""


@reported("Nothing was written; run it again.")
def command(
    model: ModelArgument = None,
    named: ModelOption = None,
    board: BoardName = DEFAULT_BOARD,
    runtime: RuntimeOption = Runtime.aot,
    picture: PictureOption = None,
    mean: Mean = None,
    std: Std = None,
    labels: Labels = None,
    memory: MemoryOption = None,
    ram: Ram = None,
    copies: CopyConstants = None,
    goal: OptimizeOption = None,
    cores: Cores = None,
    flash_mode: FlashModeOption = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write.")] = Path(
        "project"
    ),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were edited by hand.")] = False,
    as_json: Json = False,
) -> None:
    """Write a firmware project: the model as C, the firmware's sources and the board's folder."""
    from host_tools.boards import load_board
    from host_tools.flashing.build_place import how_to_build, refused_in
    from host_tools.flashing.platformio import pio_line
    from host_tools.models import resolve
    from host_tools.project.write import write_project

    options, model = plan_options(runtime, memory, ram, goal, cores, copies), one_model(model, named)
    target = in_flash_mode(load_board(board), flash_mode)
    if runtime is Runtime.tflm and target.flash.method != "platformio":
        refuse_ignored({"--optimize": goal}, f"TFLite-Micro is not built for {board} here")
    wish = picture_wish(picture, mean, std)
    ref = resolve(model, core_needed=runtime is Runtime.aot, picture=wish, labels=named_classes(labels))
    with working("plan the arena and write the project"):
        project = write_project(
            ref,
            target,
            runtime.value,
            output,
            options=options,
            force=force,
        )
    if as_json:
        kept = {"kept": list(project.kept), "old_configurations": list(project.old_configurations)}
        print_json({"folder": str(project.folder), **project.manifest, **kept})
        return
    note(f"Wrote {len(project.manifest['files']) + 1} files to {project.folder} ({board}, {runtime.value}).")
    others = [name for name in project.kept if name not in project.old_configurations]
    if others:
        note(f"Kept {_listed(others)}: no part of the project.")
    if project.old_configurations:
        note(
            f"Kept {_listed(project.old_configurations)}: ESP-IDF takes its settings before those of the new "
            "sdkconfig.defaults. Remove it where menuconfig's changes in it are not needed."
        )
    if target.flash.method == "platformio":
        place = project.folder
        if refused_in(place):
            note(f"Next: {how_to_build(place)}")
            return
        flash = command_line("tinyface", "flash", "--board", board, "--project", place)
        note(f"Next: `{pio_line('run', '-d', place)}`, then `{flash}`")
    elif runtime is Runtime.aot:
        note(f"Next: `tinyface build {quoted(project.folder)}`")
    else:
        note(f"TFLite-Micro is not built for {board} here: the files are for a build of your own.")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:LISTED]) + (
        f" and {len(names) - LISTED} more (--json names all)" if len(names) > LISTED else ""
    )
