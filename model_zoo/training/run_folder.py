"""The folder of a training: whose it is, that one training at a time works in it, and that it stays there."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import DataError
from codegen.file_lock import take
from codegen.whole_file import make_folders

LOCK = ".lock"
CHECKPOINTS = "*.ckpt.npz"
RESULTS = (
    "model.tflite", "model-ptq.tflite", "model-qat.tflite", "weights.safetensors", "card.json", "curves.png",
    "preview.png", "history.csv",
)  # fmt: skip
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@dataclass(frozen=True)
class RunFolder:
    """The folder in which a training works.

    Attributes:
        path: the folder.
        lock: the open file of its lock.
    """

    path: Path
    lock: int

    def require_there(self) -> None:
        """Refuses a folder that is not the one whose lock is held; asked before each write into it, because
        one that was removed is free for another training.

        Raises:
            DataError: it was removed, moved or replaced, or its lock was.
        """
        try:
            there = os.path.samestat(os.fstat(self.lock), (self.path / LOCK).stat())
        except (FileNotFoundError, NotADirectoryError):
            there = False
        if not there:
            raise DataError(
                "the folder was removed or replaced while the training ran",
                str(self.path),
                "Train again, with --resume where the checkpoints still are.",
            )


def begun(folder: Path) -> bool:
    """Whether an epoch of a training lies in it."""
    return any(folder.glob(CHECKPOINTS))


def require_own(folder: Path, resume: bool) -> None:
    """Refuses a folder with files that a training would replace: those of a training that is not to be
    resumed, or results where none was begun.

    Raises:
        DataError: names the file, or what is no folder on the way to it.
    """
    _require_place(folder)
    if begun(folder):
        if resume:
            return
        raise DataError(
            "a training was begun here",
            str(min(folder.glob(CHECKPOINTS))),
            "Add --resume to go on, or choose another folder.",
        )
    for name in RESULTS:
        if (folder / name).exists():
            raise DataError(
                f"{name} is there, and no training was begun in this folder",
                str(folder),
                "Choose an empty or new folder with -o.",
            )


def _require_place(folder: Path) -> None:
    """Refuses a path on which something else than a folder lies."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            return
        if os.path.lexists(place):
            raise DataError(f"{place} is no folder", str(folder), "Choose another folder with -o.")


def unkept(error: OSError, folder: Path) -> DataError:
    """What is told of a training that can't write into its folder: why, and what helps."""
    again = "run the same command with --resume: it goes on from the last epoch"
    if error.errno in FULL:
        remedy = f"Make room, then {again}." if begun(folder) else "Make room, or choose another -o."
    elif begun(folder):
        remedy = f"See to it that the folder can be written, then {again}."
    else:
        remedy = "Choose a folder with -o that can be made and written."
    return DataError(
        f"the training can't be kept ({error.strerror or error})", str(error.filename or folder), remedy
    )


def require_phases(folder: Path, phases: Sequence[str]) -> None:
    """Refuses checkpoints of phases that the recipe does not have: they are of another training.

    Raises:
        DataError: names the first of them.
    """
    known = {f"{phase}.ckpt.npz" for phase in phases}
    others = sorted(path for path in folder.glob(CHECKPOINTS) if path.name not in known)
    if others:
        raise DataError(
            f"the checkpoint is of a phase that this recipe lacks: it has {', '.join(phases)}",
            str(others[0]),
            "Resume with the recipe that it was begun with, or choose another folder with -o.",
        )


@contextmanager
def held(folder: Path) -> Iterator[RunFolder]:
    """Makes the folder and keeps other trainings out of it until the block ends or its process does.

    Raises:
        DataError: another training works in it, and which process; or the folder was removed or replaced
            within the block.
        OSError: it can't be written.
    """
    make_folders(folder)
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if take(lock) is False:
            process = os.read(lock, 20).decode("ascii", "replace").strip() or "of unknown number"
            raise DataError(
                f"another training runs in this folder, process {process}",
                str(folder),
                "Wait for its end, or choose another folder with -o.",
            )
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        own = RunFolder(folder, lock)
        own.require_there()
        try:
            yield own
        except OSError:
            own.require_there()  # what can't be written there, perhaps because it is gone
            raise
    finally:
        os.close(lock)
