"""Writes a firmware project: the compiled model, the firmware's sources and the board's folder.

The folder appears whole or not at all; what tinyface did not write is never touched.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import firmware
from codegen import staging
from codegen.board import Board
from codegen.cost.copies import with_copies
from codegen.cost.prices import aimed_at
from codegen.errors import ModelError
from codegen.graph import Graph
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions, plan_for
from codegen.memory.plan import Plan
from codegen.own_files import ignore_left_behind
from codegen.passes import optimize
from codegen.plain_text import parse_json
from codegen.whole_file import make_folders
from host_tools.boards import places
from host_tools.boards import project_files as board_files
from host_tools.models import ModelRef, true_cause
from host_tools.project.target import (
    CONFIGURATION,
    MANIFEST,
    ProjectError,
    Target,
    cannot_write,
    digest_of,
    kept,
    look_at,
    old_configurations,
    put_in_place,
)

FIRMWARE_FOLDER = "firmware"
TEMPLATES = "project"
"""Left out of the copies of a board's folder: it holds templates that are filled in at the root."""


@dataclass(frozen=True)
class Project:
    """A project folder on disk.

    Attributes:
        folder: where it lies.
        manifest: the content of its tinyface.json.
        kept: what lay in the folder and is not of tinyface: names of files, links and empty folders.
        old_configurations: configurations that were kept and win over the new sdkconfig.defaults.
    """

    folder: Path
    manifest: Mapping[str, Any]
    kept: tuple[str, ...] = ()
    old_configurations: tuple[str, ...] = ()

    @property
    def board(self) -> str:
        """Name of the board it was made for."""
        return str(self.manifest["board"])

    @property
    def runtime(self) -> str:
        """ "aot" or "tflm"."""
        return str(self.manifest["runtime"])


def plan_of(ref: ModelRef, board: Board | None, options: PlanOptions = DEFAULT_OPTIONS) -> Plan:
    """The plan that firmware for this model and board is generated from; plain C without a board."""
    return plan_on(ref.graph, board, options)


def plan_on(graph: Graph, board: Board | None, options: PlanOptions = DEFAULT_OPTIONS) -> Plan:
    """The same of a network as it was read."""
    plan = plan_for(optimize(graph), aimed_at(board, options))
    return with_copies([plan], board, options)[0]


def project_files(
    ref: ModelRef, board: Board, runtime: str, options: PlanOptions = DEFAULT_OPTIONS
) -> dict[str, str]:
    """The generated files of a project (relative name -> text), manifest included.

    Args:
        options: how to plan the arena of generated C (the interpreter plans its own).
    Raises:
        BudgetError: the model does not fit the board.
    """
    if ref.has_stages:
        from host_tools.project.stages import require_generated_c, stage_files

        require_generated_c(ref, runtime)
        program = ref.program
        files = stage_files(ref, board, options)
    elif runtime == "tflm":
        from codegen.backends.tflm import generate as tflm

        graph = None if isinstance(ref.core, ModelError) else ref.core
        program = ref.program_under(runtime)
        with true_cause(ref):
            files = tflm.generate(ref.file, graph, program, board)
    else:
        from codegen.backends import aot
        from codegen.report import analyze

        plan = plan_of(ref, board, options)
        analyze(plan, board).require_fit()
        program = ref.program_under(runtime)
        files = aot.generate(plan, program)
    of_board = board_files(board, runtime, options.optimize)
    if "README.md" in of_board:
        files["MODEL.md"] = files.pop("README.md")
    files |= of_board
    manifest = json.loads(files[MANIFEST])
    manifest.update(board=board.name, runtime=runtime, baud=board.baud, picture=program.input.to_json())
    files[MANIFEST] = json.dumps(manifest, indent=2) + "\n"
    return files


def write_project(
    ref: ModelRef,
    board: Board,
    runtime: str,
    folder: Path,
    *,
    options: PlanOptions = DEFAULT_OPTIONS,
    force: bool = False,
) -> Project:
    """Generates a project and puts it at `folder`: all of it, or nothing changes.

    What tinyface did not write stays as it is, with `force` too.

    Args:
        options: how to plan the arena.
        force: overwrite files that were edited by hand since tinyface wrote them.
    Raises:
        ProjectError: the folder holds something else, was edited, or can't be written.
        BudgetError: the model does not fit the board.
    """
    target = look_at(folder, force)
    files = project_files(ref, board, runtime, options)
    try:
        with _work_place(target) as place:
            filled = place / "project"
            manifest = _fill(filled, files, board)
            target = look_at(folder, force, but=place) if target.exists else target
            configured = target.known.get(CONFIGURATION, frozenset())
            put_in_place(target, filled, manifest["files"])
        old = () if manifest["files"].get(CONFIGURATION) in configured else old_configurations(target)
        return Project(folder, manifest, tuple(kept(target, manifest["files"])), tuple(old))
    except (OSError, shutil.Error) as error:
        raise cannot_write(folder, error) from error


@contextlib.contextmanager
def _work_place(target: Target) -> Iterator[Path]:
    """A work folder on the file system of the target; what earlier ones left is removed at the end.

    Raises:
        ProjectError: another process writes there.
        OSError: nothing can be written there.
    """
    parent = target.real if target.exists else target.real.parent
    missing = [path for path in (parent, *parent.parents) if not path.exists()]
    make_folders(parent)
    try:
        with staging.work_folder(parent) as place:
            if target.exists and staging.in_use(parent, but=place):
                raise ProjectError(
                    "another tinyface writes this project just now", str(target.folder), "Wait for it."
                )
            yield place
        for swept in {target.real, target.real.parent}:
            staging.sweep(swept)
    finally:
        for path in missing:
            with contextlib.suppress(OSError):  # it holds the project now
                path.rmdir()


def open_project(folder: Path) -> Project:
    """Reads the manifest of a project.

    Raises:
        ProjectError: there is none, or it is not a firmware project for a board.
    """
    remedy = "Make one with `tinyface generate MODEL --board BOARD -o DIR`."
    if any((place / staging.JOURNAL).is_file() for place in staging.left_behind(folder)):
        raise ProjectError(
            "tinyface was cut off while it changed this project, so it is half old and half new",
            str(folder),
            "Run the same `tinyface generate` again, which goes on from there.",
        )
    try:
        manifest = parse_json((folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(manifest["board"], str) or manifest["runtime"] not in ("aot", "tflm"):
            raise ValueError("board or runtime is missing")
    except FileNotFoundError as error:
        raise ProjectError("this is no tinyface project (no tinyface.json)", str(folder), remedy) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"tinyface.json can't be used ({error})", str(folder), remedy) from error
    return Project(folder, manifest)


def _fill(filled: Path, files: Mapping[str, str], board: Board) -> dict[str, Any]:
    """Writes everything into a new folder; the manifest lists what is there, with its hash."""
    filled.mkdir()
    for name, text in files.items():
        path = filled / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    target = filled / FIRMWARE_FOLDER
    for part in ("include", "src"):
        _copy(firmware.ROOT / part, target / part)
    for place in places(board):
        _copy(place, target / "boards" / board.name)
    manifest: dict[str, Any] = json.loads(files[MANIFEST])
    manifest["files"] = {
        path.relative_to(filled).as_posix(): digest_of(path)
        for path in sorted(p for p in filled.rglob("*") if p.is_file())
        if path.name != MANIFEST or path.parent != filled
    }
    (filled / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8", newline="\n")
    return manifest


def _copy(source: Path, target: Path) -> None:
    """Copies a folder's own files; they are new ones, with the times and rights of new ones."""
    shutil.copytree(source, target, ignore=_skipped, copy_function=shutil.copyfile, dirs_exist_ok=True)


def _skipped(folder: str, names: list[str]) -> set[str]:
    """`ignore` of the copies."""
    return ignore_left_behind(folder, names) | ({TEMPLATES} & set(names))
