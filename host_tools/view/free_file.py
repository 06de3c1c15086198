"""A name for a recording that begins now."""

from __future__ import annotations

import itertools
import time
from pathlib import Path


def free_file(folder: Path) -> Path:
    """A name for a recording that begins now; two of one second have different ones."""
    stem = time.strftime("tinyface-%Y%m%d-%H%M%S")
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(file for name in names if not _is_there(file := folder / f"{name}.rec"))


def _is_there(file: Path) -> bool:
    """Where nobody can look, it counts as free: who writes it says why that can't be."""
    try:
        return file.exists()
    except OSError:
        return False
