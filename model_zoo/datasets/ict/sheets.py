"""Surfaces that are no part of the mesh: hanging hair and shoulders, each a grid of vertices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.ict.anatomy import Rows

HANGING, CLOTH = 1, 2
"""Kinds; 0 is the mesh."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A surface.

    Attributes:
        vertices, normals: float32 [V, 3], cm, as they lie to the camera.
        triangles: int32 [T, 3].
        azimuth, height: float32 [V], radians and cm, by which it takes its colour from the atlas.
        kind: HANGING or CLOTH.
    """

    vertices: Rows
    normals: Rows
    triangles: NDArray[np.int32]
    azimuth: Rows
    height: Rows
    kind: int


def _grid(rows: int, columns: int) -> NDArray[np.int32]:
    """Triangles of a grid, from both sides."""
    k = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = (k[:-1, :-1], k[:-1, 1:], k[1:, :-1], k[1:, 1:])
    one = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, c, b), (b, c, d))])
    return np.concatenate([one, one[:, ::-1]])


def sheet_of(places: Rows, hanging: bool) -> Sheet:
    """A surface through a grid of places, float32 [R, C, 3]; it is lit on the side that is seen."""
    rows, columns, _ = places.shape
    down, along = np.gradient(places, axis=0), np.gradient(places, axis=1)
    normals = np.cross(down, along).reshape(-1, 3)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    normals *= np.where(normals[:, 2:] < 0, -1, 1)
    azimuth = np.broadcast_to(np.linspace(-3.0, 3.0, columns), (rows, columns))
    height = np.broadcast_to(np.linspace(14, -14, rows)[:, None], (rows, columns))
    return Sheet(
        vertices=places.reshape(-1, 3).astype(np.float32),
        normals=normals.astype(np.float32),
        triangles=_grid(rows, columns),
        azimuth=azimuth.reshape(-1).astype(np.float32),
        height=height.reshape(-1).astype(np.float32),
        kind=HANGING if hanging else CLOTH,
    )


def shoulders(pivot: Rows, turn: Rows, rng: np.random.Generator) -> Sheet:
    """Shoulders and chest below a neck.

    Args:
        pivot: float32 [3], the point of the head that stays in place, cm.
        turn: float32 [3, 3], of the body.
    """
    drop = np.array([0, 1.5, 5, 9, 20, 34])
    half = np.array([6.0, 8.0, 13, 19, 22, 22]) * rng.uniform(0.85, 1.15)
    deep = np.array([6.2, 7.2, 8.5, 9.5, 11, 12]) * rng.uniform(0.9, 1.1)
    top = -9.8 + float(rng.normal(0, 0.9))
    dip = float(rng.uniform(0.8, 3.0))
    angle = np.linspace(-np.pi, np.pi, 37)
    places = np.stack(
        [
            half[:, None] * np.sin(angle),
            np.broadcast_to((top - drop)[:, None], (len(drop), len(angle))) - dip * np.cos(angle),
            -2.0 + deep[:, None] * np.cos(angle),
        ],
        -1,
    )
    return sheet_of(((places - pivot) @ turn.T).astype(np.float32), hanging=False)
