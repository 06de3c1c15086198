"""Pictures turned in the picture's plane, and where the boxes of turned faces lie.

A label says a face's box alone. The box of a turned one is that of a mean face's outline: the outline of
labelled turn is stretched into the labelled box, turned further, and boxed again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from codegen.program.decoders.marks import FOREHEAD

OUTLINE = np.array(
    [
        [0.0, 0.168],
        [0.026, 0.42],
        [0.089, 0.663],
        [0.231, 0.842],
        [0.327, 0.906],
        [0.474, 0.948],
        [0.621, 0.906],
        [0.717, 0.842],
        [0.859, 0.663],
        [0.922, 0.42],
        [0.948, 0.168],
        [0.833, 0.049],
        [0.709, 0.0],
        [0.239, 0.0],
        [0.115, 0.049],
    ]
)
"""Corners of jaw and brows of the mean of the faces that pfld-68-96 was trained on; x and y in one unit."""

Box = NDArray[np.float64]


@dataclass(frozen=True)
class Roll:
    """A turn by an angle (clockwise as seen, rad) about a point of a picture, px edges.

    Attributes:
        angle: rad.
        centre: float64 [2].
    """

    angle: float
    centre: NDArray[np.float64]

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Float64 [2, 2]."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.array([[cos, -sin], [sin, cos]])

    def turned(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points [..., 2] of the picture come to lie."""
        return np.asarray((points - self.centre) @ self.matrix.T + self.centre)

    def turned_boxes(self, boxes: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The boxes of the faces when the picture is turned.

        Args:
            boxes: float64 [n, 4], left, top edge, width, height.
            points: float64 [n, P, 2], the eyes first, left in the picture before right; NaN where not known,
                where the face is taken for upright.
        """
        told = np.empty_like(boxes)
        for k, (box, eyes) in enumerate(zip(boxes, points[:, :2], strict=True)):
            across = eyes[1] - eyes[0]
            before = float(np.arctan2(across[1], across[0])) if np.isfinite(across).all() else 0.0
            told[k] = _boxed(self.turned(_stretched(box, before)))
        return told

    def cut(
        self, picture: NDArray[np.uint8], window: Box, width: int, height: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """A window of the turned picture at the size of a network's input.

        Args:
            picture: uint8 [H, W].
            window: left, top, width and height, in px of the turned picture.
        Returns:
            uint8 [height, width], black outside the picture; bool [height, width]: where that is.
        """
        step = window[2:] / [width, height]
        less = max(1, int(step.min()))
        small = Image.fromarray(picture).reduce(less) if less > 1 else Image.fromarray(picture)
        back = self.matrix.T @ np.diag(step)
        start = self.matrix.T @ (window[:2] - self.centre) + self.centre
        way = np.column_stack([back, start]) / less
        scene = small.transform(
            (width, height), Image.Transform.AFFINE, tuple(way.ravel()), Image.Resampling.BILINEAR
        )
        y, x = np.mgrid[0:height, 0:width] + 0.5
        at = np.stack([x, y], -1) @ back.T + start
        outside = ((at < 0) | (at > [picture.shape[1], picture.shape[0]])).any(-1)
        return np.where(outside, np.uint8(0), np.asarray(scene)), outside


def _stretched(box: Box, angle: float) -> NDArray[np.float64]:
    """The outline of a face of this turn whose box is this one: float64 [P, 2]."""
    cos, sin = np.cos(angle), np.sin(angle)
    outline = OUTLINE @ np.array([[cos, sin], [-sin, cos]])
    low, high = outline.min(0), outline.max(0)
    down = box[3] / (1 + FOREHEAD)
    start = np.array([box[0], box[1] + box[3] - down])
    return np.asarray(start + (outline - low) / (high - low) * [box[2], down])


def _boxed(outline: NDArray[np.float64]) -> Box:
    low, high = outline.min(0), outline.max(0)
    raised = FOREHEAD * (high[1] - low[1])
    return np.array([low[0], low[1] - raised, high[0] - low[0], high[1] - low[1] + raised])
