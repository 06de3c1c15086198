"""Labels of a training part mended by a second opinion on the same pictures, and doubted pictures left out.

Two tables beside the labels, which are no labels themselves: `second_opinion.csv` (columns `file`, `found`
where there is one, then m0x, m0y ... m67x, m67y in px of the picture) and `suspect.csv` (columns `file`,
`verdict`). Nothing but a training part may be given to what stands here: what a network is measured by stays
as it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.tables import Row, read_table
from model_zoo.datasets.data_root import places
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.landmarks import FOLDER
from model_zoo.datasets.points68 import SCHEME

S = TypeVar("S", bound=LandmarkSet)

OPINIONS, SUSPECTS = "second_opinion.csv", "suspect.csv"
BAD = "label_bad"
"""Verdict on a picture whose label is visibly off."""
INNER = tuple(range(17, SCHEME.count))
"""Points that are mended: brows, nose, eyes and mouth. On the jaw of a turned head two makers of labels mean
different lines."""
REMEDY = "Correct that table, or leave task.mend and task.drop_suspect as they are by default."


@dataclass(frozen=True)
class Mending:
    """What was done to the labels of a training part.

    Attributes:
        share: of the second opinion in the points.
        mended: pictures that have one.
        dropped: pictures that were left out as doubted.
        tables: SHA-256 (hex) of the tables that were read, by their names.
    """

    share: float
    mended: int
    dropped: int
    tables: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """As a card holds it."""
        return {
            "share": self.share,
            "points": f"{INNER[0]} to {INNER[-1]}",
            "pictures": self.mended,
            "dropped": self.dropped,
            "tables": dict(self.tables),
        }


def mended(train: S, share: float, drop_suspect: bool, root: Path | None) -> S:
    """A training part with points between label and second opinion, (1 - share) * label + share * opinion,
    without the pictures whose labels are doubted.

    Args:
        train: the training part; pictures without points, and those that a table does not name, stay as they
            are.
        share: 0 to 1.
        drop_suspect: whether pictures of the verdict BAD are left out.
        root: where its data lie; None: it was made by this program.
    Raises:
        DataError: a table is missing, can't be read or names none of the pictures, or there are other points.
    """
    if not share and not drop_suspect:
        return train
    asked = "task.mend" if share else "task.drop_suspect"
    if train.scheme.facts() != SCHEME.facts():
        raise DataError(
            f"{asked} knows nothing of {train.scheme.count} points ({train.scheme.name})",
            train.name,
            f"Leave it as it is by default, or bring faces with the usual {SCHEME.count} points.",
        )
    count, changed, tables = len(train), 0, {}
    if drop_suspect:
        path = _table(SUSPECTS, "task.drop_suspect", train.name, root)
        tables[SUSPECTS] = hashlib.sha256(path.read_bytes()).hexdigest()
        doubted = _doubted(path)
        train = train.take(np.array([k for k, file in enumerate(train.files) if file not in doubted], int))
    if share:
        path = _table(OPINIONS, "task.mend", train.name, root)
        tables[OPINIONS] = hashlib.sha256(path.read_bytes()).hexdigest()
        opinions = _opinions(path)
        rows = [k for k, file in enumerate(train.files) if file in opinions]
        if not rows:
            raise DataError(f"it names none of the training pictures of {train.name}", str(path), REMEDY)
        train, changed = _mixed(train, rows, [opinions[train.files[k]] for k in rows], share), len(rows)
    facts = Mending(share, changed, count - len(train), tables).to_json()
    return replace(train, mended=facts)


def _mixed(train: S, rows: list[int], opinions: list[NDArray[np.float64]], share: float) -> S:
    """With the inner points of these rows mended."""
    points = train.points.copy()
    inner = np.ix_(rows, INNER)
    label = points[inner].astype(np.float64)
    points[inner] = (1.0 - share) * label + share * np.stack(opinions)[:, list(INNER)]
    return train.relabelled(points)


def _table(name: str, asked: str, dataset: str, root: Path | None) -> Path:
    """Where a table lies.

    Raises:
        DataError: there is none.
    """
    for folder in places(root, FOLDER) if root is not None else ():
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        f"{asked} asks for {name}, and there is none beside the labels of {dataset}",
        str(root) if root is not None else dataset,
        f"Put {name} beside labels.csv, or leave {asked} as it is by default.",
    )


def _rows(path: Path, *columns: str) -> list[Row]:
    """Of a table that names each picture once."""
    rows, seen = read_table(path, ("file", *columns), DataError, REMEDY), set[str]()
    for row in rows:
        if row.cells["file"] in seen:
            raise DataError(f"{row.cells['file']} stands there twice", row.where, REMEDY)
        seen.add(row.cells["file"])
    return rows


def _doubted(path: Path) -> set[str]:
    return {row.cells["file"] for row in _rows(path, "verdict") if row.cells.get("verdict") == BAD}


def _opinions(path: Path) -> dict[str, NDArray[np.float64]]:
    """Points, float64 [68, 2], px, by the names of pictures in which a face was found."""
    names = [[f"m{k}{axis}" for axis in "xy"] for k in range(SCHEME.count)]
    found = {}
    for row in _rows(path, *(name for pair in names for name in pair)):
        try:
            if row.cells.get("found", "1") == "1":
                points = [[row.number(name) for name in pair] for pair in names]
                found[row.cells["file"]] = np.array(points, np.float64)
        except ValueError as error:
            raise DataError(str(error), row.where, REMEDY) from error
    return found
