"""A project folder that is kept from build to build: only files whose content changed are written anew.

PlatformIO then compiles only what is new; a plain `generate` writes all files anew where one differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from codegen import staging
from codegen.board import Board
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from codegen.plain_text import parse_json
from codegen.whole_file import write_whole
from host_tools.models import ModelRef
from host_tools.project.target import CONFIGURATION, MANIFEST, ProjectError, is_built
from host_tools.project.write import Project, write_project

COMPONENT = "src/CMakeLists.txt"
"""It looks for the sources by patterns, which PlatformIO evaluates again only when this file is newer."""


def refresh_project(
    ref: ModelRef, board: Board, runtime: str, folder: Path, options: PlanOptions = DEFAULT_OPTIONS
) -> Project:
    """Brings a project folder up to date.

    Files of an older project that are no longer part of it are removed; what a build left stays, but for
    ESP-IDF's copy of the configuration, which it would keep although sdkconfig.defaults changed.

    Args:
        folder: new, empty, or written by this function or `tinyface generate` before.
    Raises:
        ProjectError: the folder holds something else, or can't be written.
        BudgetError: the model does not fit the board.
    """
    fresh = not folder.exists()
    if fresh:
        return write_project(ref, board, runtime, folder, options=options)
    old = _written(folder)
    staging.sweep(folder.parent)
    with staging.work_folder(folder.parent) as place:
        made = write_project(ref, board, runtime, place / "project", options=options)
        try:
            changed = _copy_changed(made.folder, folder, set(made.manifest["files"]) | {MANIFEST})
            for name in sorted(old - set(made.manifest["files"])):
                (folder / name).unlink(missing_ok=True)
            if _sources(old) != _sources(made.manifest["files"]) and (folder / COMPONENT).is_file():
                (folder / COMPONENT).touch()
            if CONFIGURATION in changed:
                for stale in folder.glob("sdkconfig*"):
                    if is_built(stale.name):
                        stale.unlink()
        except OSError as error:
            raise ProjectError(
                f"the project can't be written ({error.strerror or error})", str(folder), "Check the folder."
            ) from error
    return Project(folder, made.manifest)


def _sources(names: Iterable[str]) -> set[str]:
    return {name for name in names if name.endswith((".c", ".cc"))}


def _written(folder: Path) -> set[str]:
    """The files that the folder's manifest lists."""
    try:
        return set(parse_json((folder / MANIFEST).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            "the folder holds something that tinyface did not write", str(folder), "Move it away."
        ) from error


def _copy_changed(source: Path, target: Path, names: set[str]) -> set[str]:
    """Copies the files whose content differs, each by a rename; returns their names."""
    changed = set()
    for name in sorted(names):
        content, place = (source / name).read_bytes(), target / name
        if place.is_file() and place.read_bytes() == content:
            continue
        write_whole(place, content)
        changed.add(name)
    return changed
