"""The folder of a training: whose it is, and that one training at a time works in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


def begun(folder: Path) -> bool:
    """Whether an epoch of a training lies in it."""
    return any(folder.glob(CHECKPOINTS))


def require_own(folder: Path, resume: bool) -> None:
    """Refuses a folder with files that a training would replace: those of a training that is not to be
    resumed, or results where none was begun.

    Raises:
        DataError: names the file.
    """
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
def held(folder: Path) -> Iterator[None]:
    """Makes the folder and keeps other trainings out of it until the block ends or its process does.

    Raises:
        DataError: another training works in it; says which process.
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
        yield
    finally:
        os.close(lock)
