"""Faces in whole frames: maps of scores and boxes out, measured by recall at a rate of false alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError
from codegen.program.decoders import Decoder, Item
from codegen.program.decoders.boxes import SCORE_ONE, Boxes
from codegen.program.picture import Region, whole_region
from model_zoo.datasets import pasted_heads
from model_zoo.datasets.face_set import KEY_POINTS, FaceSet
from model_zoo.evaluation.average_precision import average_precision
from model_zoo.evaluation.haar import haar_found
from model_zoo.evaluation.preview import draw_box, draw_points
from model_zoo.evaluation.recall import Curve, Detections, curve_of, overlaps
from model_zoo.evaluation.recall_parts import parts_of
from model_zoo.evaluation.report.alarms import told_of_alarms, widest
from model_zoo.evaluation.report.sections import Section
from model_zoo.evaluation.report.stress import stresses
from model_zoo.evaluation.score import Figure, Further, Score, bootstrap_interval
from model_zoo.tasks import register
from model_zoo.tasks.task import Task
from model_zoo.training.default_boxes import DefaultBoxes
from model_zoo.training.detection_loss import focal_loss, mined_loss
from model_zoo.training.face_heads import BoxHeads
from model_zoo.training.one_box_a_cell import OneBoxACell
from model_zoo.training.proportion import counts
from model_zoo.training.ranges import outside
from model_zoo.training.scene_lesson import LEAST_SCORE, SceneLesson, SceneSettings
from model_zoo.training.scene_lesson import RANGES as SCENE_RANGES
from model_zoo.view import View

LEAST_WIDTH = 0.12
"""Of the picture brought to the network's aspect: narrower faces are neither hit nor miss."""
RATES = (0.01, 0.03, 0.1)
"""False alarms a face-free picture at which recall is told; the middle one is the primary figure's."""
HEADS: Mapping[str, BoxHeads] = {"cells": OneBoxACell(), "default-boxes": DefaultBoxes()}
"""Forms of outputs by the name that a recipe has for them."""
SCORES = ("focal", "mined")
"""Losses of the scores."""
RANGES = {**SCENE_RANGES, "box_weight": (0.0, 100.0), "point_weight": (0.0, 100.0)}
"""Of the settings below."""


@dataclass(frozen=True)
class FaceSettings(SceneSettings):
    """The task's numbers in a recipe.

    Attributes:
        box_weight, point_weight: of boxes and key points against the scores.
        heads: form of the outputs: "cells" (one box a cell; `core`, `rim` and `reach` count) or
            "default-boxes" (SSD's).
        scores: their loss: "focal" (`gamma` counts) or "mined" (SSD's, of the hardest negatives).
    """

    box_weight: float = 2.0
    point_weight: float = 0.5
    heads: str = "cells"
    scores: str = "focal"

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        for name, known in (("heads", tuple(HEADS)), ("scores", SCORES)):
            if getattr(self, name) not in known:
                return f"the task.{name} is {getattr(self, name)}; it may be {' or '.join(known)}"
        return outside(self, RANGES) or self.scene.senseless()


@dataclass(frozen=True)
class FaceLesson(SceneLesson):
    """Scores, boxes and key points on two maps."""

    settings: FaceSettings

    @property
    def heads(self) -> BoxHeads:
        """Of the recipe."""
        return HEADS[self.settings.heads]

    def loss(self, targets: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Loss of the scores, of boxes and of key points, by the number of cells or default boxes with a
        face."""
        import tensorflow as tf

        wanted, scores = (tf.concat(side[::2], 1)[..., 0] for side in (targets, outputs))
        labels, boxes = (tf.concat(side[1::2], 1) for side in (targets, outputs))
        there = tf.math.is_finite(labels[..., 0])
        count = tf.maximum(1.0, tf.reduce_sum(tf.cast(there, tf.float32)))
        settings = self.settings
        if settings.scores == "focal":
            total = focal_loss(wanted, scores, settings.gamma)
        else:
            total = mined_loss(wanted, scores)
        of_boxes, of_points = self.heads.box_loss(labels, boxes, there)
        return (total + settings.box_weight * of_boxes + settings.point_weight * of_points) / count


def _widest_of_each(samples: FaceSet) -> list[NDArray[np.float64]]:
    return [widest(own, pixels) for own, pixels in zip(samples.boxes, samples.pictures, strict=True)]


@register
class Faces(Task[FaceSet]):
    """Where the faces are.

    Attributes:
        LESSON: as networks learn it.
        PRECISION: what average precision is called in tables.
    """

    LESSON: ClassVar[type[SceneLesson]] = FaceLesson
    PRECISION: ClassVar[str] = "average precision at half of the union, all pictures"
    NAME = "faces"
    FIGURE = Figure(
        "recall", "recall", "%", "percent of the faces found at 0.03 false alarms a face-free picture", True
    )
    SETTINGS: ClassVar[type[SceneSettings]] = FaceSettings
    BASELINE = "mean box"
    SOURCE = "whole"

    def region(self, samples: FaceSet, row: int, view: View) -> Region:
        """The whole picture, letterboxed."""
        picture = samples.pictures[row]
        return whole_region(picture.shape[1], picture.shape[0], view.width, view.height)

    def understood(self, items: Sequence[Item]) -> Detections:
        """Boxes in picture px and their scores."""
        boxes = np.array([item[:4] for item in items], np.float64).reshape(-1, 4) / 256
        boxes[:, :2] += 0.5
        return Detections(boxes, np.array([item[4] / SCORE_ONE for item in items], np.float64))

    def widths(self, samples: FaceSet) -> list[NDArray[np.float64]]:
        """Width of each face of each picture in parts of the picture brought to the network's aspect; 0 of
        those to ignore."""
        told = []
        for picture, boxes, ignore in zip(samples.pictures, samples.boxes, samples.ignore, strict=True):
            across = max(picture.shape[1], picture.shape[0] * 4 / 3)
            told.append(np.where(ignore, 0.0, boxes[:, 2].astype(np.float64) / across))
        return told

    def counted(self, samples: FaceSet) -> list[NDArray[np.float64]]:
        """The faces of each picture that count as hit or miss: float64 [n, 4]."""
        return [
            boxes[widths >= LEAST_WIDTH].astype(np.float64)
            for boxes, widths in zip(samples.boxes, self.widths(samples), strict=True)
        ]

    def nearness(self, boxes: NDArray[np.float64], faces: NDArray[np.float64]) -> NDArray[np.float64]:
        """By which a box hits a face (`recall.Nearness`): what they share of their union."""
        return overlaps(boxes, faces)

    def curve(self, found: Sequence[Detections], samples: FaceSet) -> Curve:
        """Hits and false alarms."""
        return curve_of(found, self.counted(samples), samples.face_free(), self.nearness)

    def precision(self, found: Sequence[Detections], samples: FaceSet) -> float:
        """Average precision, percent; faces that do not count are neither right nor wrong."""
        others = [
            boxes[widths < LEAST_WIDTH].astype(np.float64)
            for boxes, widths in zip(samples.boxes, self.widths(samples), strict=True)
        ]
        return average_precision(found, self.counted(samples), others, self.nearness)

    def score(self, found: Sequence[Any], samples: FaceSet) -> Score:
        """Recall at each rate; the interval is of pictures with faces."""
        curve = self.curve(found, samples)
        rate = RATES[1]
        hit = np.where(curve.found(rate), 100.0, 0.0)
        alarms = np.array([np.sum(one.scores >= curve.threshold(rate)) for one in found])
        per_picture = np.where(samples.face_free(), 100.0 * (alarms == 0), 0.0)
        counts = np.bincount(curve.owners, minlength=len(samples))
        sums = np.bincount(curve.owners, weights=hit, minlength=len(samples))
        per_picture = np.where(counts > 0, sums / np.maximum(1, counts), per_picture)
        widths = np.concatenate([np.empty(0), *self.widths(samples)])
        counts_too = widths >= LEAST_WIDTH
        points = np.concatenate([np.empty((0, len(KEY_POINTS), 2)), *samples.points])[counts_too]
        further = tuple(
            Further(
                f"recall_{other}", f"at {other} false alarms a face-free picture", curve.recall(other), "%"
            )
            for other in RATES
        )
        return Score(
            figure=self.FIGURE,
            value=float(hit.mean()),
            ci95=bootstrap_interval(hit, samples.identities[curve.owners]),
            further=(
                *further,
                Further("ap", self.PRECISION, self.precision(found, samples), "%"),
                Further("threshold", "score at the primary figure", max(curve.threshold(rate), LEAST_SCORE)),
                *parts_of(curve, rate, widths[counts_too], points, samples, found),
            ),
            each=tuple(float(value) for value in per_picture),
            identities=len(samples.people()),
            faces=len(hit),
        )

    def sections(self, found: Sequence[Detections], samples: FaceSet) -> tuple[Section, ...]:
        """Recall over false alarms."""
        return (told_of_alarms(self.curve(found, samples)),)

    def stressed(self) -> Mapping[str, Callable[[FaceSet], FaceSet]]:
        """Worse pictures; each is changed by the measure of its widest face."""
        return stresses(_widest_of_each)

    def _kinds(self, samples: FaceSet) -> tuple[int, int]:
        """How many faces count, and how many pictures are face-free."""
        return sum(map(len, self.counted(samples))), int(samples.face_free().sum())

    def require_measurable(self, samples: FaceSet, part: str) -> None:
        """There must be faces that count, and face-free pictures.

        Raises:
            DataError: says how many there are.
        """
        faces, free = self._kinds(samples)
        if not faces or not free:
            raise DataError(
                f"the {part} part has {counted(faces, 'face')} of {LEAST_WIDTH:.0%} of the width or more and "
                f"{counted(free, 'face-free picture')}, and recall is measured on both",
                samples.name,
                "Add pictures of the kind that it lacks; which part one is of goes by the name of its file.",
            )

    def check(self, name: str, decoder: Decoder, samples: FaceSet) -> None:
        """Wants faces that count, and face-free pictures."""
        if not all(self._kinds(samples)):
            raise DataError(
                f"{name} needs faces of {LEAST_WIDTH:.0%} of the width or more, and face-free pictures",
                samples.name,
                "Measure it on a set that has both.",
            )

    def guesses(self, train: FaceSet, samples: FaceSet, view: View) -> Sequence[Any]:
        """The mean of the faces that count, in parts of their letterboxed pictures, in each picture."""
        shares = []
        for row, boxes in enumerate(self.counted(train)):
            region = self.region(train, row, view)
            shares += list((boxes - [region.x, region.y, 0, 0]) / ([region.width, region.height] * 2))
        share = np.mean(shares, axis=0) if shares else np.array([0.25, 0.25, 0.5, 0.5])
        guesses = []
        for row in range(len(samples)):
            region = self.region(samples, row, view)
            box = share * ([region.width, region.height] * 2) + [region.x, region.y, 0, 0]
            guesses.append(Detections(box[None], np.zeros(1)))
        return guesses

    def example(self) -> FaceSet:
        """Rendered heads; each part has pictures with and without one."""
        return pasted_heads.generate(16, seed=7)

    def draw_label(self, picture: Any, samples: FaceSet, row: int, zoom: float) -> None:
        """Boxes and key points."""
        for box, points in zip(samples.boxes[row], samples.points[row], strict=True):
            draw_box(picture, box, zoom)
            if np.isfinite(points).all():
                draw_points(picture, points, zoom)

    def draw_found(self, picture: Any, found: Detections, zoom: float) -> None:
        """Boxes."""
        for box in found.boxes:
            draw_box(picture, box, zoom)

    def peers(self) -> Mapping[str, Callable[[FaceSet, FaceSet], Sequence[Any]]]:
        """OpenCV's cascade."""
        return {"haar": haar_found}

    def measured(self, decoder: Decoder) -> Decoder:
        """All scores are let through: rates below and above that of the card's threshold are told."""
        return (
            replace(decoder, threshold=round(LEAST_SCORE * SCORE_ONE))
            if isinstance(decoder, Boxes)
            else decoder
        )

    def settled(self, program: dict[str, Any], score: Score) -> dict[str, Any]:
        """The threshold is the one at which the primary figure was measured."""
        (threshold,) = [other.value for other in score.further if other.key == "threshold"]
        chosen = round(max(threshold, LEAST_SCORE), 4)
        return {**program, "decoder": {**program["decoder"], "threshold": chosen}}

    def lesson(self, train: FaceSet, settings: Any, view: View) -> SceneLesson:
        """Nothing of the training part but its pictures is needed.

        Raises:
            DataError: it has no face to learn, or no face-free picture where these have a share.
        """
        shown = sum(1 for ignore in train.ignore if not ignore.all())
        free = int(train.face_free().sum())
        if not shown or (not free and counts(len(train), settings.faces)[1]):
            raise DataError(
                f"of {counted(len(train), 'training picture')} {shown} show a face to learn, {free} are "
                "face-free, and both kinds are learnt from",
                train.name,
                "Bring pictures of the kind that it lacks, or take a larger --limit where there is one.",
            )
        return self.LESSON(settings, view)
