"""Where a project goes: what stands there, whose it is, and how the new files take their places.

Only files that tinyface wrote are ever replaced or removed. A folder that exists is changed file by file,
so that it may be a mount point or lie behind a link; a journal names the change that a cut left half done.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from codegen import staging
from codegen.errors import TinyfaceError
from codegen.plain_text import parse_json

MANIFEST = "tinyface.json"
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
"""What builds and editors (PlatformIO, ESP-IDF, VS Code) leave behind; kept, and named as a whole."""
CONFIGURATION = "sdkconfig.defaults"
ANOTHER = "Choose another folder with -o."
LISTED = 5


class ProjectError(TinyfaceError):
    """A folder that can't be written or that holds something else."""


@dataclass(frozen=True)
class Target:
    """A place for a project.

    Attributes:
        folder: as it was named.
        real: where that is, links followed.
        exists: whether a folder is there.
        known: relative name -> SHA-256 (hex) of each content that tinyface gave the file.
        force: files edited by hand are overwritten.
    """

    folder: Path
    real: Path
    exists: bool
    known: Mapping[str, frozenset[str]]
    force: bool


def look_at(folder: Path, force: bool, but: Path | None = None) -> Target:
    """Says what a project would replace.

    Args:
        force: overwrite files of an older project that were edited by hand since.
        but: this call's own work folder, which is no other's.
    Raises:
        ProjectError: a file stands there, a folder with other content or with edited files, or nothing can
            be read there.
    """
    try:
        return _look_at(folder, force, but)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
        raise cannot_write(folder, error) from error


def _look_at(folder: Path, force: bool, but: Path | None) -> Target:
    if folder.is_symlink() and not folder.exists():
        raise ProjectError("a link to nothing stands there", str(folder), f"Remove the link. {ANOTHER}")
    real = folder.resolve()
    if real == real.parent or real == _home():
        raise ProjectError("this is no place for a project", str(folder), ANOTHER)
    if not real.exists():
        return Target(folder, real, False, {}, force)
    if not real.is_dir():
        raise ProjectError("a file of this name exists", str(folder), ANOTHER)
    if staging.in_use(real, but):
        raise ProjectError("another tinyface writes this project just now", str(folder), "Wait for it.")
    known = _known(folder, real)
    target = Target(folder, real, True, known, force)
    edited = [name for name in sorted(known) if _is_foreign(target, name)]
    if edited and not force:
        raise ProjectError(
            f"files were edited since tinyface wrote the project: {_listed(edited)}",
            str(folder),
            "Choose another folder with -o, or overwrite them with --force.",
        )
    return target


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except (OSError, RuntimeError):
        return None


def _known(folder: Path, real: Path) -> dict[str, frozenset[str]]:
    """What tinyface wrote: by the manifest, and by the journals of changes that were cut off.

    Raises:
        ProjectError: none of them is there, but something else is.
    """
    known: dict[str, set[str]] = {}
    journals = [place / staging.JOURNAL for place in staging.left_behind(real)]
    sources = [file for file in journals if file.is_file()]
    manifest = real / MANIFEST
    if manifest.is_file() and not manifest.is_symlink():
        sources.append(manifest)
    elif not sources and any(not staging.is_work_folder(path) for path in real.iterdir()):
        raise _not_ours(folder)
    for source in sources:
        try:
            for name, digest in _files_of(parse_json(source.read_text(encoding="utf-8"))).items():
                known.setdefault(name, set()).add(digest)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _not_ours(folder) from error
    return {name: frozenset(digests) for name, digests in known.items()}


def _not_ours(folder: Path) -> ProjectError:
    return ProjectError(
        "the folder holds something that tinyface did not write",
        str(folder),
        "Choose an empty or new folder with -o.",
    )


def _files_of(manifest: object) -> dict[str, str]:
    """Names below the folder and their digests.

    Raises:
        KeyError, TypeError, ValueError: it is no manifest, or one that names files elsewhere.
    """
    if not isinstance(manifest, dict) or not isinstance(manifest["files"], dict):
        raise TypeError("no list of files")
    for name, digest in manifest["files"].items():
        path = PurePosixPath(name)
        if not isinstance(digest, str) or path.is_absolute() or ".." in path.parts or not path.parts:
            raise ValueError(f"{name!r} is no file of a project")
    return dict(manifest["files"])


def _is_foreign(target: Target, name: str) -> bool:
    """True where something stands at a file's place that tinyface did not put there."""
    path = target.real / name
    if _linked_parent(target, name) is not None or path.is_symlink():
        return True
    if not path.exists():
        return False
    return not path.is_file() or digest_of(path) not in target.known.get(name, ())


def _linked_parent(target: Target, name: str) -> str | None:
    """The first folder on the way to a file that is a link or no folder; writing there would go elsewhere."""
    parts = PurePosixPath(name).parts
    for count in range(1, len(parts)):
        path = target.real.joinpath(*parts[:count])
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            return "/".join(parts[:count])
    return None


def put_in_place(target: Target, filled: Path, files: Mapping[str, str]) -> None:
    """Gives a filled folder its name, or brings the folder that has it to the same files.

    Args:
        filled: the whole project, in a work folder; taken apart where the target exists.
        files: relative name -> SHA-256 (hex) of all of it but the manifest.
    Raises:
        ProjectError: something that tinyface did not write stands in a file's place, or in the project's.
        OSError: it can't be written; what was there is there again.
    """
    if not target.exists:
        _give_name(target, filled)
        return
    for name in (*files, MANIFEST):
        _require_free(target, name, files.get(name))
    gone = [name for name in target.known if name not in files and not _is_foreign(target, name)]
    same = all(_holds(target.real / name, digest) for name, digest in files.items())
    manifest = target.real / MANIFEST
    if same and not gone and manifest.is_file() and digest_of(manifest) == digest_of(filled / MANIFEST):
        return  # times of files stay too, and with them what a build made of them
    place = filled.parent
    journal = place / staging.JOURNAL
    draft = journal.with_suffix(".part")
    draft.write_text(json.dumps({"files": dict(files)}) + "\n", encoding="utf-8")
    draft.replace(journal)
    _exchange(target.real, filled, place / "old", [*files, MANIFEST], gone)
    journal.unlink()


def _give_name(target: Target, filled: Path) -> None:
    """Renames a filled folder to its place, unless something stands there by now.

    Raises:
        ProjectError: another process was quicker.
    """
    try:
        filled.rename(target.real)
    except OSError as error:
        if not os.path.lexists(target.real):
            raise
        raise ProjectError(
            "another program wrote there while this project was made",
            str(target.folder),
            f"Run it again when the other one has ended, which goes on from there. {ANOTHER}",
        ) from error


def _require_free(target: Target, name: str, digest: str | None) -> None:
    """Raises ProjectError where a file of somebody else stands at a name of the project."""
    stranger = _linked_parent(target, name)
    path = target.real / name
    if stranger is None and path.is_dir() and not path.is_symlink():
        stranger = name
    if stranger is None and name != MANIFEST and _is_foreign(target, name):
        same = digest is not None and _holds(path, digest)
        if not same and not (target.force and name in target.known):
            stranger = name
    if stranger is not None:
        raise ProjectError(
            f"{stranger} was not written by tinyface, and a file of the project would take its place",
            str(target.folder),
            "Move it away, or choose another folder with -o.",
        )


def _exchange(real: Path, filled: Path, old: Path, names: list[str], gone: list[str]) -> None:
    """Moves new files in and old ones out, the manifest last; undoes everything where one can't be moved."""
    done: list[tuple[Path, Path]] = []
    made: list[Path] = []

    def move(source: Path, goal: Path) -> None:
        missing = [p for p in goal.parents if not p.exists()]
        goal.parent.mkdir(parents=True, exist_ok=True)
        made.extend(p for p in missing if old not in (p, *p.parents))
        _move(source, goal)
        done.append((source, goal))

    try:
        for name in (*gone, *names):
            if os.path.lexists(real / name):
                move(real / name, old / name)
            if name in names:
                move(filled / name, real / name)
    except BaseException:
        for source, goal in reversed(done):
            source.parent.mkdir(parents=True, exist_ok=True)
            _move(goal, source)
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()
        (filled.parent / staging.JOURNAL).unlink()
        raise
    for name in gone:
        for parent in list(PurePosixPath(name).parents)[:-1]:
            with contextlib.suppress(OSError):  # not empty
                (real / parent).rmdir()


def _move(source: Path, goal: Path) -> None:
    """Renames a file; across file systems it is copied beside its goal first."""
    try:
        source.replace(goal)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = goal.with_name(f"{staging.PREFIX}{goal.name[:60]}")
        shutil.copy2(source, beside, follow_symlinks=False)
        beside.replace(goal)
        source.unlink()


def kept(target: Target, files: Mapping[str, str]) -> list[str]:
    """What lies in the folder besides the project: files, links and empty folders, and as one name each
    ("build/", "sdkconfig.esp32cam") what a build or an editor left."""
    names = set()
    for name in _all_names(target.real):
        top, *below = name.split("/")
        whole = f"{top}/" if below or (target.real / top).is_dir() else top
        if name not in files:
            names.add(whole if is_built(name) else name)
    return sorted(names)


def old_configurations(target: Target) -> list[str]:
    """ESP-IDF's own copies of the configuration, which win over sdkconfig.defaults."""
    return sorted(p.name for p in target.real.glob("sdkconfig*") if is_built(p.name))


def is_built(name: str) -> bool:
    """True for a relative name that a build leaves behind (sdkconfig.<environment> among them)."""
    top = name.split("/")[0]
    return top in BUILT or (top.startswith("sdkconfig.") and top != CONFIGURATION)


def _all_names(real: Path) -> Iterator[str]:
    for place, folders, files in os.walk(real):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        if here == real:
            folders[:] = [name for name in folders if not staging.is_work_folder(here / name)]
        for name in (*files, *links):
            relative = (here / name).relative_to(real).as_posix()
            if relative != MANIFEST:
                yield relative
        if not folders and not files and here != real:
            yield here.relative_to(real).as_posix()


def _holds(path: Path, digest: str) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISREG(path.lstat().st_mode) and digest_of(path) == digest
    return False


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _listed(names: list[str]) -> str:
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def cannot_write(folder: Path, error: Exception) -> ProjectError:
    """What the system said, as a fault of the folder."""
    said = getattr(error, "strerror", None) or error
    return ProjectError(f"the project can't be written ({said})", str(folder), ANOTHER)
