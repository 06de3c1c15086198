"""Where a public data set lies: the folder that a person names, as its makers lay it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from codegen.errors import DataError
from model_zoo.datasets import Finder
from model_zoo.datasets.data_root import data_root, places


def finder(name: str, marks: Sequence[str], holds: str) -> Finder:
    """How a public set is found: in `data` itself, or in data/NAME under `data` or TINYFACE_DATA.

    Args:
        name: that it is registered by.
        marks: patterns of files; one of them must be there.
        holds: what the folder holds, in words.
    """

    def find(data: Path | None) -> Path | None:
        root = data_root(data)
        if root is None:
            return None
        for folder in places(root, Path("data") / name):
            if any(next(folder.glob(mark), None) is not None for mark in marks):
                return folder
        raise DataError(
            f"it holds no {name}: there is no {' and no '.join(marks)}",
            str(root),
            f"Name the folder with {holds} with --data (docs/datasets.md).",
        )

    return find


def tables_of(folder: Path, names: Mapping[str, str], within: Sequence[str]) -> dict[str, Path]:
    """Part -> its list, of those that are there; of several places the first that has it."""
    found = {}
    for part, name in names.items():
        there = (folder / place / name for place in within)
        found[part] = next((table for table in there if table.is_file()), None)
    return {part: table for part, table in found.items() if table is not None}
