"""Centroids of faces: one map of scores, no boxes.

FOMO (Moreau and Kelcey, "Announcing FOMO (Faster Objects, More Objects)", Edge Impulse, 2022) tells of each
cell what lies in it, and an object is the middle of the cells that are hot. Here a face is a cell that none
of the eight around it outdoes: boxes of three cells, of which two share more than a quarter of their union
where cells touch, go as overlapping ones do. Their size says nothing of the face's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from model_zoo.evaluation.recall import Detections
from model_zoo.training.face_heads import Heads
from model_zoo.training.face_scene import FaceScene
from model_zoo.training.face_targets import Assignment, Grid, middles, targets_of
from model_zoo.view import View

MAP = Grid(16, 12, 8.0, 11.0, 140.0)
ACROSS = 3
"""Sides of a box, in cells."""


class HeatMap(Heads):
    """One logit a cell: a softmax of face and background of which only the difference is told."""

    KEY_POINTS: ClassVar[int] = 0
    OVERLAP: ClassVar[float] = 0.25

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Scores alone."""
        return ((MAP.columns * MAP.rows, 1),)

    def targets(
        self, scene: FaceScene, view: View, assignment: Assignment
    ) -> tuple[NDArray[np.float32], ...]:
        """The cells around the middle of each face."""
        return targets_of(MAP, view, scene.boxes, scene.ignore, scene.points, assignment)[:1]

    def found(self, outputs: Sequence[NDArray[np.float32]], view: View, least: float) -> Detections:
        """A box of three cells around each that is hot."""
        score = outputs[0][:, 0]
        middle = middles(MAP, view)[score >= least]
        side = np.full_like(middle, ACROSS * MAP.unit)
        boxes = np.concatenate([middle - side / 2, side], 1)
        return Detections(boxes, score[score >= least].astype(np.float64))

    def levels(self) -> list[dict[str, Any]]:
        """The one map."""
        return [
            {
                "scores": 0,
                "columns": MAP.columns,
                "rows": MAP.rows,
                "unit": MAP.unit,
                "anchors": [[ACROSS, ACROSS]],
                "form": "fixed",
            }
        ]
