"""Where a person's data lie: the folder that is named, or where TINYFACE_DATA leads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def data_root(data: Path | None) -> Path | None:
    """`data`, else the folder in TINYFACE_DATA, else None."""
    variable = os.environ.get("TINYFACE_DATA")
    return data if data is not None else Path(variable) if variable else None


def places(root: Path, folder: Path) -> Iterator[Path]:
    """Where a data set may lie: the root itself, its usual folder there, or the last part of that."""
    yield from (root, root / folder, root / folder.name)
