"""Which triangle each pixel shows: a z-buffer for many small triangles, all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FAR = np.float32(-1e9)
EDGE = np.float32(1e-3)
"""So far outside a triangle, in parts of it, a pixel still counts as inside: no cracks between neighbours."""
LEAST_AREA = 1e-6
"""Twice the area of the smallest triangle that is drawn, px."""


@dataclass(frozen=True, eq=False)
class Fragments:
    """The visible pixels.

    Attributes:
        pixel: int32 [F], row * side + column, each once.
        corners: int32 [F, 3], vertices of the triangle that is seen there.
        weights: float32 [F, 3], of these; they sum to 1.
        depth: float32 [side, side], z of what is seen; FAR where nothing is.
    """

    pixel: NDArray[np.int32]
    corners: NDArray[np.int32]
    weights: NDArray[np.float32]
    depth: NDArray[np.float32]

    def of(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values of vertices, float32 [V] or [V, C], at the visible pixels: float32 [F] or [F, C]."""
        picked = values[self.corners]
        if values.ndim == 1:
            return np.asarray(np.einsum("fk,fk->f", picked, self.weights), np.float32)
        return np.asarray(np.einsum("fkc,fk->fc", picked, self.weights), np.float32)


def rasterise(
    seen: NDArray[np.float32],
    triangles: NDArray[np.int32],
    side: int,
    keep: Any = None,
) -> Fragments:
    """Draws triangles; those that show their back are left out.

    Args:
        seen: float32 [V, 3], x and y in px of a square picture (y down), z towards the viewer.
        triangles: int32 [T, 3], counter-clockwise as the viewer sees them.
        side: of the picture, px.
        keep: takes triangle numbers int [N] and pixels int [N]; returns bool [N], which fragments are
            there at all (for lashes); None: all.
    """
    xy = np.ascontiguousarray(seen[:, :2])
    first, second, third = (xy[corner] for corner in triangles.T)  # [T, 2] each
    u, v = second - first, third - first
    faces = np.flatnonzero(v[:, 0] * u[:, 1] - u[:, 0] * v[:, 1] > LEAST_AREA)
    first, u, v = first[faces], u[faces], v[faces]
    low = first + np.minimum(np.minimum(u, v), 0)
    high = first + np.maximum(np.maximum(u, v), 0)
    start = np.maximum(np.ceil(low), 0).astype(np.int32)
    sizes = np.minimum(np.floor(high), side - 1).astype(np.int32) - start + 1
    there = np.flatnonzero((sizes > 0).all(1))
    faces, first, u, v, start, sizes = (rows[there] for rows in (faces, first, u, v, start, sizes))
    boxes = sizes[:, 0] * sizes[:, 1]
    which = np.repeat(np.arange(len(faces), dtype=np.int32), boxes)
    local = np.arange(len(which), dtype=np.int32) - np.repeat(
        (np.cumsum(boxes) - boxes).astype(np.int32), boxes
    )
    wide = sizes[:, 0][which]
    row = local // wide
    px, py = start[:, 0][which] + local - row * wide, start[:, 1][which] + row
    # the weights of second and third corner are affine in the pixel
    scale = 1 / (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    terms = np.stack([v[:, 1], -v[:, 0], -u[:, 1], u[:, 0]], -1) * scale[:, None]
    shift_b = -(terms[:, 0] * first[:, 0] + terms[:, 1] * first[:, 1])
    shift_c = -(terms[:, 2] * first[:, 0] + terms[:, 3] * first[:, 1])
    fx, fy = px.astype(np.float32), py.astype(np.float32)
    wb = terms[:, 0][which] * fx + terms[:, 1][which] * fy + shift_b[which]
    wc = terms[:, 2][which] * fx + terms[:, 3][which] * fy + shift_c[which]
    inside = np.flatnonzero((wb >= -EDGE) & (wc >= -EDGE) & (wb + wc <= 1 + EDGE))
    faces, pixel = faces[which[inside]], (py * side + px)[inside]
    wb, wc = wb[inside], wc[inside]
    if keep is not None:
        kept = np.flatnonzero(keep(faces, pixel))
        faces, pixel, wb, wc = faces[kept], pixel[kept], wb[kept], wc[kept]
    return _nearest(seen, triangles[faces], pixel, np.stack([1 - wb - wc, wb, wc], -1), side)


def _nearest(
    seen: NDArray[np.float32],
    corners: NDArray[np.int32],
    pixel: NDArray[np.int32],
    weights: NDArray[np.float32],
    side: int,
) -> Fragments:
    """The nearest fragment of each pixel; of equally near ones the last."""
    z = np.einsum("fk,fk->f", seen[:, 2][corners], weights)
    depth = np.full(side * side, FAR, np.float32)
    np.maximum.at(depth, pixel, z)
    near = np.flatnonzero(z >= depth[pixel])
    last = np.full(side * side, -1, np.int64)
    last[pixel[near]] = near
    shown = last[last >= 0]
    return Fragments(pixel[shown], corners[shown], weights[shown], depth.reshape(side, side))
