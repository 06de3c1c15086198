"""One box a cell on two grids, as in FCOS (Tian 2019), with key points: what blazeface networks say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.face_set import KEY_POINTS
from model_zoo.evaluation.recall import Detections
from model_zoo.training.detection_loss import box_loss
from model_zoo.training.face_heads import BoxHeads
from model_zoo.training.face_scene import FaceScene
from model_zoo.training.face_targets import EACH, GRIDS, Assignment, middles, targets_of
from model_zoo.view import View


class OneBoxACell(BoxHeads):
    """Middle relative to the cell's, width, height, key points, in units of the grid."""

    KEY_POINTS: ClassVar[int] = len(KEY_POINTS)
    OVERLAP: ClassVar[float] = 0.3

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Scores and boxes of each grid."""
        return tuple((g.columns * g.rows, each) for g in GRIDS for each in (1, EACH))

    def targets(
        self, scene: FaceScene, view: View, assignment: Assignment
    ) -> tuple[NDArray[np.float32], ...]:
        """Of each grid those faces whose widths it is for."""
        told = [targets_of(grid, view, scene.boxes, scene.ignore, scene.points, assignment) for grid in GRIDS]
        return tuple(value for pair in told for value in pair)

    def found(self, outputs: Sequence[NDArray[np.float32]], view: View, least: float) -> Detections:
        """Boxes of both grids."""
        boxes, scores = [], []
        for g, grid in enumerate(GRIDS):
            score, values = outputs[2 * g][:, 0], outputs[2 * g + 1]
            seen = score >= least
            middle = middles(grid, view)[seen] + values[seen, :2] * grid.unit
            size = np.maximum(values[seen, 2:4] * grid.unit, 0)
            boxes.append(np.concatenate([middle - size / 2, size], 1))
            scores.append(score[seen])
        return Detections(np.concatenate(boxes), np.concatenate(scores).astype(np.float64))

    def levels(self) -> list[dict[str, Any]]:
        """Both grids."""
        return [
            {
                "scores": 2 * g,
                "boxes": 2 * g + 1,
                "columns": grid.columns,
                "rows": grid.rows,
                "unit": grid.unit,
            }
            for g, grid in enumerate(GRIDS)
        ]

    def box_loss(self, target: Any, predicted: Any, there: Any) -> tuple[Any, Any]:
        """GIoU of the boxes, distance of boxes and key points."""
        return box_loss(target, predicted, there)
