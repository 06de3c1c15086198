"""What the cells of a detector's grids are to say of a scene with labelled faces."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.face_set import KEY_POINTS
from model_zoo.view import View

EACH = 4 + 2 * len(KEY_POINTS)
"""Values of a box with its key points."""


@dataclass(frozen=True)
class Grid:
    """Cells over the input and the faces that they are for.

    Attributes:
        columns, rows: of the grid.
        unit: input px of 1 in the box outputs.
        narrowest, widest: widths of faces in input px that the grid learns.
    """

    columns: int
    rows: int
    unit: float
    narrowest: float
    widest: float


GRIDS = (Grid(16, 12, 8.0, 11.0, 44.0), Grid(8, 6, 16.0, 34.0, 140.0))


@dataclass(frozen=True)
class Assignment:
    """Which cells learn a face, as the centre sampling of FCOS does (Tian 2019, section 3.2).

    Attributes:
        core: cells whose middle lies within core x the face's sides from its middle learn it; the nearest one
            does where none is so near.
        reach: nor do cells farther than this many cells, so that large faces, which cover many, count little
            more than small ones.
        rim: other cells within rim x the sides learn nothing.
    """

    core: float
    reach: float
    rim: float


@lru_cache(maxsize=8)
def middles(grid: Grid, view: View) -> NDArray[np.float64]:
    """Middle of each cell in input px: float64 [cells, 2]."""
    y, x = np.mgrid[0 : grid.rows, 0 : grid.columns].reshape(2, -1) + 0.5
    at = np.stack([x * view.width / grid.columns, y * view.height / grid.rows], -1)
    at.flags.writeable = False
    return at


def targets_of(
    grid: Grid,
    view: View,
    boxes: NDArray[np.float64],
    ignore: NDArray[np.bool_],
    points: NDArray[np.float64],
    assignment: Assignment,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What one grid is to say of a scene.

    Args:
        boxes, points: in input px, pixel k covering k to k + 1.
    Returns:
        float32 [cells, 1]: 1 face, 0 none, -1 not learnt; float32 [cells, EACH]: middle relative to the
        cell's, width, height and key points relative to the cell's middle, in units; NaN where not known.
    """
    at, cell = middles(grid, view), view.width / grid.columns
    scores = np.zeros((len(at), 1), np.float32)
    values = np.full((len(at), EACH), np.nan, np.float32)
    order = np.argsort(-boxes[:, 2]) if len(boxes) else np.empty(0, np.int64)
    for k in order:  # small ones last: they take a cell from those behind them
        box = boxes[k]
        middle = box[:2] + box[2:] / 2
        away = np.abs(at - middle) / box[2:]
        far = away.max(-1)
        learns = not ignore[k] and grid.narrowest <= box[2] <= grid.widest
        if not learns:
            scores[(far < 0.5) & (scores[:, 0] < 1), 0] = -1
            continue
        core = (far < assignment.core) & (np.abs(at - middle).max(-1) < assignment.reach * cell)
        nearest = int(np.abs(at - middle).max(-1).argmin())
        if not core.any() and (np.abs(at[nearest] - middle) <= cell).all():
            core[nearest] = True
        scores[(far < assignment.rim) & (scores[:, 0] < 1), 0] = -1
        scores[core, 0] = 1
        values[core, :2] = (middle - at[core]) / grid.unit
        values[core, 2:4] = box[2:] / grid.unit
        values[core, 4:] = ((points[k][None] - at[core][:, None]) / grid.unit).reshape(-1, EACH - 4)
    return scores, values
