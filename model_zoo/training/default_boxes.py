"""Default boxes on two maps, several a cell, as SSD has them, and which faces they learn.

Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016 (arXiv 1512.02325), section 2.2: each face is
learnt by the box that overlaps it most and by all that share half of their union with it; boxes and key
points are told relative to the default box, in its sides, sizes by their logarithms (equation 2). The boxes
have the one aspect of the labels; their widths grow by the same factor from box to box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.face_set import KEY_POINTS
from model_zoo.evaluation.recall import Detections, overlaps
from model_zoo.training.detection_loss import offset_loss
from model_zoo.training.face_heads import BoxHeads
from model_zoo.training.face_scene import FaceScene
from model_zoo.training.face_targets import EACH, Assignment
from model_zoo.view import View

ASPECT = 1.2
"""Height over width of a labelled face, the median."""
MATCHES = 0.5
NARROWEST = 11.0
"""Width in input px below which a face is learnt neither as one nor as background."""
MOST_GROWTH = 3.0
"""Limit of the logarithm of a size while a float network's boxes are read."""


@dataclass(frozen=True)
class Map:
    """Cells over the input, each with the same default boxes.

    Attributes:
        columns, rows: of the map.
        unit: input px in which the decoder is told of them.
        widths: of its default boxes, input px.
    """

    columns: int
    rows: int
    unit: float
    widths: tuple[float, ...]

    @property
    def count(self) -> int:
        """Default boxes of the map."""
        return self.columns * self.rows * len(self.widths)


MAPS = (Map(16, 12, 8.0, (16.0, 25.0)), Map(8, 6, 16.0, (40.0, 63.0, 100.0)))


@lru_cache(maxsize=8)
def all_boxes(view: View) -> NDArray[np.float64]:
    """Middle, width and height of each default box in input px, map after map, cell after cell: float64
    [default boxes, 4]."""
    told = []
    for grid in MAPS:
        y, x = np.mgrid[0 : grid.rows, 0 : grid.columns].reshape(2, -1) + 0.5
        at = np.stack([x * view.width / grid.columns, y * view.height / grid.rows], -1)
        sizes = np.array([(width, width * ASPECT) for width in grid.widths])
        pairs = np.broadcast_arrays(at[:, None], sizes[None])
        told.append(np.concatenate(pairs, -1).reshape(-1, 4))
    every = np.concatenate(told)
    every.flags.writeable = False
    return every


def matched(
    boxes: NDArray[np.float64], ignore: NDArray[np.bool_], view: View
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Which default boxes learn which face.

    Args:
        boxes: float64 [n, 4], left, top edge, width, height, input px.
        ignore: bool [n].
    Returns:
        float32 [default boxes], 1 face, 0 none, -1 not learnt; int64 [default boxes], the face of each that
        learns one.
    """
    own = all_boxes(view)
    scores, faces = np.zeros(len(own), np.float32), np.full(len(own), -1)
    learns = ~ignore & (boxes[:, 2] >= NARROWEST)
    for box in boxes[~learns]:
        scores[(np.abs(own[:, :2] - box[:2] - box[2:] / 2) < box[2:] / 2).all(1)] = -1
    rows = np.flatnonzero(learns)
    if not len(rows):
        return scores, faces
    shared = overlaps(np.concatenate([own[:, :2] - own[:, 2:] / 2, own[:, 2:]], 1), boxes[rows])
    near = shared.max(1) >= MATCHES
    faces[near] = rows[shared[near].argmax(1)]
    for _ in rows:  # the best pair of all that are left; a box that has such a face keeps it
        box, face = np.unravel_index(shared.argmax(), shared.shape)
        if shared[box, face] <= 0:  # the window shows nothing of it
            break
        faces[box] = rows[face]
        shared[box], shared[:, face] = -1, -1
    scores[faces >= 0] = 1
    return scores, faces


class DefaultBoxes(BoxHeads):
    """Offset of the middle, logarithms of the sizes, key points, all in sides of the default box."""

    KEY_POINTS: ClassVar[int] = len(KEY_POINTS)
    OVERLAP: ClassVar[float] = 0.3

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Scores and boxes of each map."""
        return tuple((grid.count, each) for grid in MAPS for each in (1, EACH))

    def targets(
        self, scene: FaceScene, view: View, assignment: Assignment
    ) -> tuple[NDArray[np.float32], ...]:
        """The boxes that match; the assignment is of cells and chooses nothing here."""
        own = all_boxes(view)
        scores, faces = matched(scene.boxes, scene.ignore, view)
        values = np.full((len(own), EACH), np.nan, np.float32)
        rows = np.flatnonzero(faces >= 0)
        box, base = scene.boxes[faces[rows]], own[rows]
        values[rows, :2] = (box[:, :2] + box[:, 2:] / 2 - base[:, :2]) / base[:, 2:]
        values[rows, 2:4] = np.log(box[:, 2:] / base[:, 2:])
        points = (scene.points[faces[rows]] - base[:, None, :2]) / base[:, None, 2:]
        values[rows, 4:] = points.reshape(-1, EACH - 4)
        ends = np.cumsum([grid.count for grid in MAPS])[:-1]
        pairs = zip(np.split(scores[:, None], ends), np.split(values, ends), strict=True)
        return tuple(value for pair in pairs for value in pair)

    def found(self, outputs: Sequence[NDArray[np.float32]], view: View, least: float) -> Detections:
        """Boxes of both maps."""
        score, values = np.concatenate(outputs[::2])[:, 0], np.concatenate(outputs[1::2])
        seen = score >= least
        base = all_boxes(view)[seen]
        middle = base[:, :2] + values[seen, :2] * base[:, 2:]
        size = np.exp(np.minimum(values[seen, 2:4], MOST_GROWTH)) * base[:, 2:]
        return Detections(np.concatenate([middle - size / 2, size], 1), score[seen].astype(np.float64))

    def levels(self) -> list[dict[str, Any]]:
        """Both maps with their default boxes."""
        return [
            {
                "scores": 2 * m,
                "boxes": 2 * m + 1,
                "columns": grid.columns,
                "rows": grid.rows,
                "unit": grid.unit,
                "anchors": [[width / grid.unit, width * ASPECT / grid.unit] for width in grid.widths],
                "form": "exponential",
            }
            for m, grid in enumerate(MAPS)
        ]

    def box_loss(self, target: Any, predicted: Any, there: Any) -> tuple[Any, Any]:
        """Distance of the offsets."""
        return offset_loss(target, predicted, there)
