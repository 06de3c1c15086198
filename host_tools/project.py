"""Writes a firmware project: the compiled model, the firmware's sources and the board's folder.

The folder appears whole or not at all; a folder that tinyface did not write is never touched.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import firmware
from codegen.board import Board
from codegen.errors import TinyfaceError
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions, plan_for
from codegen.memory.plan import Plan
from codegen.own_files import ignore_left_behind
from codegen.passes import optimize
from host_tools.boards import project_files as board_files
from host_tools.models import ModelRef

MANIFEST = "tinyface.json"
FIRMWARE_FOLDER = "firmware"
BUILD_FOLDER = "build"
BUILT = (
    BUILD_FOLDER,
    ".pio",
    "managed_components",
    "dependencies.lock",
    "sdkconfig",
    "compile_commands.json",
    ".cache",
    ".vscode",
)
"""What builds leave behind, by tinyface, PlatformIO and ESP-IDF; replaced together with the rest."""
TEMPLATES = "project"
"""Left out of the copies of a board's folder: it holds templates that are filled in at the root."""


@dataclass(frozen=True)
class Project:
    """A project folder on disk.

    Attributes:
        folder: where it lies.
        manifest: the content of its tinyface.json.
    """

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def board(self) -> str:
        """Name of the board it was made for."""
        return str(self.manifest["board"])

    @property
    def runtime(self) -> str:
        """ "aot" or "tflm"."""
        return str(self.manifest["runtime"])


class ProjectError(TinyfaceError):
    """A folder that can't be written or that holds something else."""


def plan_of(ref: ModelRef, options: PlanOptions = DEFAULT_OPTIONS) -> Plan:
    """The plan that firmware for this model is generated from."""
    return plan_for(optimize(ref.graph), options)


def project_files(
    ref: ModelRef, board: Board, runtime: str, options: PlanOptions = DEFAULT_OPTIONS
) -> dict[str, str]:
    """The generated files of a project (relative name -> text), manifest included.

    Args:
        options: how to plan the arena of generated C (the interpreter plans its own).
    Raises:
        BudgetError: the model does not fit the board.
    """
    from codegen.report import analyze

    plan = plan_of(ref, options if runtime == "aot" else DEFAULT_OPTIONS)
    analyze(plan, board, runtime).require_fit()
    if runtime == "tflm":
        from codegen.backends import tflm

        files = tflm.generate(plan, ref.data, ref.pipeline, board)
    else:
        from codegen.backends import aot

        files = aot.generate(plan, ref.pipeline)
    of_board = board_files(board, runtime, options.optimize)
    if "README.md" in of_board:
        files["MODEL.md"] = files.pop("README.md")
    files |= of_board
    manifest = json.loads(files[MANIFEST])
    manifest.update(board=board.name, runtime=runtime)
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
    """Generates a project and puts it at `folder` in one step.

    Args:
        options: how to plan the arena.
        force: overwrite files that were edited by hand since tinyface wrote them.
    Raises:
        ProjectError: the folder holds something else, was edited, or can't be written.
        BudgetError: the model does not fit the board.
    """
    check_target(folder, force)
    files = project_files(ref, board, runtime, options)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise _cannot_write(folder, error) from error
    try:
        manifest = _fill(staging, files, board)
        _put_in_place(staging, folder)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Project(folder, manifest)


def open_project(folder: Path) -> Project:
    """Reads the manifest of a project.

    Raises:
        ProjectError: there is none, or it is not a firmware project for a board.
    """
    remedy = "Make one with `tinyface generate MODEL --board BOARD -o DIR`."
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(manifest["board"], str) or manifest["runtime"] not in ("aot", "tflm"):
            raise ValueError("board or runtime is missing")
    except FileNotFoundError as error:
        raise ProjectError("this is no tinyface project (no tinyface.json)", str(folder), remedy) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"tinyface.json can't be used ({error})", str(folder), remedy) from error
    return Project(folder, manifest)


def check_target(folder: Path, force: bool) -> None:
    """Refuses a target that holds anything but an unedited tinyface project.

    Raises:
        ProjectError: a file stands there, or a folder with other content, or with edited files.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ProjectError("a file of this name exists", str(folder), "Choose another folder with -o.")
    if not any(folder.iterdir()):
        return
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        written = dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            "the folder holds something that tinyface did not write",
            str(folder),
            "Choose an empty or new folder with -o.",
        ) from error
    if force:
        return
    edited = _edited(folder, written)
    if edited:
        names = ", ".join(edited[:5]) + (f" and {len(edited) - 5} more" if len(edited) > 5 else "")
        raise ProjectError(
            f"files were edited or added since tinyface wrote the project: {names}",
            str(folder),
            "Choose another folder with -o, or overwrite them with --force.",
        )


def is_built(name: str) -> bool:
    """True for a relative name that a build leaves behind (sdkconfig.<environment> among them)."""
    top = name.split("/")[0]
    return top in BUILT or (top.startswith("sdkconfig.") and top != "sdkconfig.defaults")


def _edited(folder: Path, written: Mapping[str, str]) -> list[str]:
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name == MANIFEST or is_built(name):
            continue
        if written.get(name) != _digest(path):
            found.append(name)
    return found


def _fill(staging: Path, files: Mapping[str, str], board: Board) -> dict[str, Any]:
    """Writes everything into the staging folder; the manifest lists what is there, with its hash."""
    for name, text in files.items():
        path = staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    target = staging / FIRMWARE_FOLDER
    for part in ("include", "src"):
        shutil.copytree(firmware.ROOT / part, target / part, ignore=_skipped)
    if board.shared:
        shutil.copytree(
            firmware.ROOT / "boards" / board.shared, target / "boards" / board.name, ignore=_skipped
        )
    shutil.copytree(board.folder, target / "boards" / board.name, ignore=_skipped, dirs_exist_ok=True)
    manifest: dict[str, Any] = json.loads(files[MANIFEST])
    manifest["files"] = {
        path.relative_to(staging).as_posix(): _digest(path)
        for path in sorted(p for p in staging.rglob("*") if p.is_file())
        if path.name != MANIFEST or path.parent != staging
    }
    (staging / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8", newline="\n")
    staging.chmod(0o755)
    return manifest


def _skipped(folder: str, names: list[str]) -> set[str]:
    """`ignore` of the copies."""
    return ignore_left_behind(folder, names) | ({TEMPLATES} & set(names))


def _put_in_place(staging: Path, folder: Path) -> None:
    """Renames the staging folder to its name; what was there comes back where that fails."""
    if not folder.exists():
        staging.rename(folder)
        return
    previous = Path(tempfile.mkdtemp(prefix=f".{folder.name}-previous-", dir=folder.parent))
    previous.rmdir()
    folder.rename(previous)
    try:
        staging.rename(folder)
    except OSError:
        previous.rename(folder)
        raise
    shutil.rmtree(previous)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _cannot_write(folder: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"the project can't be written ({error.strerror or error})",
        str(folder),
        "Choose another folder with -o.",
    )
