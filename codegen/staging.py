"""Hidden work folders: locked while their process lives, removed by a later one.

A folder that outlived its process is known by its lock, which the system frees when a process ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from codegen.file_lock import take

PREFIX = ".tinyface-"
LOCK = "lock"
JOURNAL = "journal.json"
"""Where it lies in a work folder, the folder around it is half changed; removed at the end of the change."""


@contextlib.contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent` for the length of a `with` block; it stays where a journal is left in it.

    Raises:
        OSError: the parent can't be written.
    """
    place, lock = make(parent)
    try:
        yield place
    finally:
        end(place, lock)


def end(place: Path, lock: int) -> None:
    """Gives a work folder's lock back and removes it, unless a journal is left in it."""
    os.close(lock)
    if not (place / JOURNAL).exists():
        remove(place)


def is_work_folder(path: Path) -> bool:
    """True for what work_folder() made, of this process or of another one, in use or left behind."""
    return path.name.startswith(PREFIX) and not path.is_symlink() and (path / LOCK).is_file()


def left_behind(parent: Path) -> list[Path]:
    """The work folders in `parent` whose process has ended."""
    return [place for place in _places(parent) if _is_free(place)]


def in_use(parent: Path, but: Path | None = None) -> bool:
    """True where another process (or another call) works in `parent`."""
    return any(place != but and not _is_free(place) for place in _places(parent))


def sweep(parent: Path, *, own: bool = False) -> None:
    """Removes the work folders in `parent` whose process has ended; what can't be removed stays.

    Args:
        own: only this user's, for a folder in which everybody writes.
    """
    for place in _places(parent):
        if (not own or _is_own(place)) and _is_free(place):
            remove(place)
    with contextlib.suppress(OSError):
        for path in parent.glob(f"{PREFIX}*"):
            if stat.S_ISDIR(path.lstat().st_mode) and (not own or _is_own(path)):
                with contextlib.suppress(OSError):
                    path.rmdir()  # ended before it had a lock: such a folder is empty, and only that one goes


def remove(place: Path) -> None:
    """Removes a work folder, its lock last, so that it is still known for one after a cut."""
    with contextlib.suppress(OSError):
        for path in place.iterdir():
            if path.name == LOCK:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        (place / LOCK).unlink(missing_ok=True)
        place.rmdir()


def _places(parent: Path) -> list[Path]:
    try:
        return [path for path in sorted(parent.glob(f"{PREFIX}*")) if is_work_folder(path)]
    except OSError:
        return []


MOST_TRIES = 100
"""After so many a folder in which nothing can be made (some of the kernel's own are such) is given up."""


def make(parent: Path) -> tuple[Path, int]:
    """A folder and its locked descriptor; begins anew where a sweep came between the two."""
    tries = 0
    while True:
        tries += 1
        place = parent / f"{PREFIX}{secrets.token_hex(6)}"
        try:
            place.mkdir(mode=0o700)
            lock = os.open(place / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except (FileExistsError, FileNotFoundError):
            if tries > MOST_TRIES or not parent.is_dir():
                raise
            continue
        if take(lock) is not False and (place / LOCK).exists():
            return place, lock
        os.close(lock)


def _is_own(place: Path) -> bool:
    with contextlib.suppress(OSError):
        return sys.platform == "win32" or place.lstat().st_uid == os.geteuid()
    return False


def _is_free(place: Path) -> bool:
    try:
        lock = os.open(place / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        return take(lock) is True
    finally:
        os.close(lock)
