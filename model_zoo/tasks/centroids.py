"""Where the middles of faces are, without their sizes: measured by middles inside labelled faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.face_set import FaceSet
from model_zoo.evaluation.preview import draw_points
from model_zoo.evaluation.recall import LEAST_OVERLAP, Detections, middles_inside
from model_zoo.evaluation.score import Figure, Further, Score
from model_zoo.tasks import register
from model_zoo.tasks.faces import RATES, Faces
from model_zoo.training.detection_loss import focal_loss
from model_zoo.training.face_heads import Heads
from model_zoo.training.heat_map import HeatMap
from model_zoo.training.scene_lesson import SceneLesson, SceneSettings


@dataclass(frozen=True)
class CentroidLesson(SceneLesson):
    """Scores of one map."""

    @property
    def heads(self) -> Heads:
        """The heat map."""
        return HeatMap()

    def loss(self, targets: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Focal loss of the scores by the number of cells with a face."""
        import tensorflow as tf

        count = tf.maximum(1.0, tf.reduce_sum(tf.cast(targets[0] == 1.0, tf.float32)))
        return focal_loss(targets[0], outputs[0], self.settings.gamma) / count


@register
class Centroids(Faces):
    """Where the middles of faces are. A box that a network's decoder tells has a size of its own: only its
    middle is measured."""

    NAME = "centroids"
    DATA = "faces"
    LESSON = CentroidLesson
    PRECISION = "average precision of centroids, all pictures"
    FIGURE = Figure(
        "recall",
        "centroid recall",
        "%",
        "percent of the faces with a centroid inside their box at 0.03 false alarms a face-free picture",
        True,
    )
    SETTINGS = SceneSettings

    def nearness(self, boxes: NDArray[np.float64], faces: NDArray[np.float64]) -> NDArray[np.float64]:
        """By which a box hits a face: how far inside its middle lies."""
        return middles_inside(boxes, faces)

    def score(self, found: Sequence[Any], samples: FaceSet) -> Score:
        """Recall of centroids, and how many faces have several: who counts faces counts those twice."""
        score, least = super().score(found, samples), self.curve(found, samples).threshold(RATES[1])
        inside = [
            (middles_inside(one.boxes[one.scores >= least], faces) >= LEAST_OVERLAP).sum(0)
            for one, faces in zip(found, self.counted(samples), strict=True)
        ]
        several = 100.0 * float((np.concatenate(inside) > 1).mean())
        return replace(
            score, further=(*score.further, Further("several", "faces with several centroids", several, "%"))
        )

    def draw_found(self, picture: Any, found: Detections, zoom: float) -> None:
        """The middles."""
        for box in found.boxes:
            draw_points(picture, (box[:2] + box[2:] / 2 - 0.5)[None], zoom)
