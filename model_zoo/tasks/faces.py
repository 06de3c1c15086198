"""Faces in whole frames: two grids of scores and boxes out, measured by recall at a rate of false alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError
from codegen.program.decoders import Decoder, Item
from codegen.program.decoders.boxes import SCORE_ONE, Boxes
from codegen.program.picture import Region, whole_region
from codegen.program.spec import InputTensor
from model_zoo.datasets import pasted_heads
from model_zoo.datasets.face_set import KEY_POINTS, FaceSet
from model_zoo.evaluation.haar import haar_found
from model_zoo.evaluation.preview import draw_box, draw_points
from model_zoo.evaluation.recall import Curve, Detections, curve_of, overlaps
from model_zoo.evaluation.recall_parts import parts_of
from model_zoo.evaluation.report.alarms import told_of_alarms, widest
from model_zoo.evaluation.report.sections import Section
from model_zoo.evaluation.report.stress import stresses
from model_zoo.evaluation.score import Figure, Further, Score, bootstrap_interval
from model_zoo.tasks import register
from model_zoo.tasks.task import Batch, Lesson, Task
from model_zoo.training.detection_loss import box_loss, focal_loss
from model_zoo.training.face_scene import drawn_scene
from model_zoo.training.face_targets import EACH, GRIDS, Assignment, middles, targets_of
from model_zoo.training.proportion import counts, drawn
from model_zoo.training.ranges import outside
from model_zoo.training.scene import SceneSpec
from model_zoo.view import View

LEAST_WIDTH = 0.12
"""Of the picture brought to the network's aspect: narrower faces are neither hit nor miss."""
RATES = (0.01, 0.03, 0.1)
"""False alarms a face-free picture at which recall is told; the middle one is the primary figure's."""
OVERLAP, KEEP, MOST = 0.3, 16, 96
LEAST_SCORE = -3.0
"""Logit from which a float network's boxes are measured, and an exported one's."""

RANGES = {
    "gamma": (0.0, 10.0),
    "box_weight": (0.0, 100.0),
    "point_weight": (0.0, 100.0),
    "core": (0.01, 1.0),
    "rim": (0.0, 1.0),
    "reach": (0.1, 16.0),
    "faces": (0.01, 1.0),
}
"""Of the settings below."""


@dataclass(frozen=True)
class FaceSettings:
    """The task's numbers in a recipe.

    Attributes:
        gamma: focusing parameter of the focal loss.
        box_weight, point_weight: of boxes and key points against the scores.
        core, rim, reach: which cells learn a face (`Assignment`).
        faces: share of the scenes that are laid around a face.
        scene: how pictures are changed.
    """

    gamma: float = 2.0
    box_weight: float = 2.0
    point_weight: float = 0.5
    core: float = 0.2
    rim: float = 0.45
    reach: float = 0.8
    faces: float = 0.6
    scene: SceneSpec = field(default_factory=SceneSpec)

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        return outside(self, RANGES) or self.scene.senseless()

    @property
    def assignment(self) -> Assignment:
        """Which cells learn a face."""
        return Assignment(self.core, self.reach, self.rim)


@dataclass(frozen=True)
class FaceLesson(Lesson[FaceSet]):
    """Scores, boxes and key points on two grids."""

    settings: FaceSettings
    view: View

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Scores and boxes of each grid."""
        return tuple((g.columns * g.rows, each) for g in GRIDS for each in (1, EACH))

    def draw(self, train: FaceSet, rng: np.random.Generator) -> NDArray[np.integer[Any]]:
        """Pictures with faces and face-free ones in the recipe's proportion, as many as the part has."""
        return drawn(~train.face_free(), self.settings.faces, rng)

    def batch(self, rows: FaceSet, rng: np.random.Generator) -> Batch:
        """Windows of pictures and what both grids are to say of them."""
        view, n = self.view, len(rows)
        pixels = np.empty((n, view.height, view.width), np.uint8)
        targets = [np.empty((n, *shape), np.float32) for shape in self.output_shapes]
        for i in range(n):
            scene = drawn_scene(rows, i, self.settings.scene, view, rng)
            pixels[i] = scene.pixels
            for g, grid in enumerate(GRIDS):
                told = targets_of(
                    grid, view, scene.boxes, scene.ignore, scene.points, self.settings.assignment
                )
                for target, value in zip(targets[2 * g :], told, strict=False):
                    target[i] = value
        return pixels, tuple(targets)

    def loss(self, targets: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Focal loss of the scores, GIoU and distance of boxes and key points, by the number of cells with a
        face."""
        import tensorflow as tf

        scores = [tf.concat([side[0][..., 0], side[2][..., 0]], 1) for side in (targets, outputs)]
        boxes = [tf.concat([side[1], side[3]], 1) for side in (targets, outputs)]
        there = tf.math.is_finite(boxes[0][..., 0])
        count = tf.maximum(1.0, tf.reduce_sum(tf.cast(there, tf.float32)))
        total = focal_loss(scores[0], scores[1], self.settings.gamma) / count
        overlap, distance = box_loss(boxes[0], boxes[1], there)
        return (
            total + self.settings.box_weight * overlap / count + self.settings.point_weight * distance / count
        )

    def as_targets(self, outputs: Sequence[Any]) -> Sequence[Any]:
        """A teacher's scores as probabilities, its boxes as they are."""
        import tensorflow as tf

        return [tf.sigmoid(out) if k % 2 == 0 else out for k, out in enumerate(outputs)]

    def mixed(self, targets: Sequence[Any], answers: Sequence[Any], share: float) -> Sequence[Any]:
        """Scores and boxes with the teacher's share; what labels leave open as scores is the teacher's alone,
        and boxes are learnt where labels have some."""
        import tensorflow as tf

        both = [share * a + (1.0 - share) * t for a, t in zip(answers, targets, strict=True)]
        scores = [
            tf.where(t < 0, a, b) for t, a, b in zip(targets[::2], answers[::2], both[::2], strict=True)
        ]
        return [scores[k // 2] if k % 2 == 0 else both[k] for k in range(len(both))]

    def found(self, outputs: Sequence[NDArray[np.float32]], regions: Sequence[Region]) -> Sequence[Any]:
        """Detections of each picture."""
        told = []
        for i, region in enumerate(regions):
            boxes, scores = [], []
            for g, grid in enumerate(GRIDS):
                score, values = outputs[2 * g][i, :, 0], outputs[2 * g + 1][i]
                seen = score >= LEAST_SCORE
                middle = middles(grid, self.view)[seen] + values[seen, :2] * grid.unit
                size = np.maximum(values[seen, 2:4] * grid.unit, 0)
                boxes.append(np.concatenate([middle - size / 2, size], 1))
                scores.append(score[seen])
            zoom = np.array([region.width / self.view.width, region.height / self.view.height] * 2)
            inside = np.concatenate(boxes) * zoom + [region.x, region.y, 0, 0]
            told.append(suppressed(Detections(inside, np.concatenate(scores).astype(np.float64))))
        return told

    def card(self, outputs: Sequence[InputTensor]) -> dict[str, Any]:
        """Both grids, the threshold and what overlaps."""
        levels = [
            {
                "scores": 2 * g,
                "boxes": 2 * g + 1,
                "columns": grid.columns,
                "rows": grid.rows,
                "unit": grid.unit,
            }
            for g, grid in enumerate(GRIDS)
        ]
        decoder = {
            "kind": "boxes",
            "threshold": LEAST_SCORE,
            "overlap": OVERLAP,
            "keep": KEEP,
            "key_points": len(KEY_POINTS),
            "level": levels,
            "most": MOST,
        }
        return {"decoder": decoder, "labels": ["face"]}


def suppressed(found: Detections) -> Detections:
    """The best MOST, without those that overlap a better one, at most KEEP."""
    order = np.argsort(-found.scores, kind="stable")[:MOST]
    boxes, scores = found.boxes[order], found.scores[order]
    shared, kept = overlaps(boxes, boxes), list[int]()
    for k in range(len(order)):
        if len(kept) < KEEP and not (kept and shared[k, kept].max() > OVERLAP):
            kept.append(k)
    return Detections(boxes[kept], scores[kept])


def _widest_of_each(samples: FaceSet) -> list[NDArray[np.float64]]:
    return [widest(own, pixels) for own, pixels in zip(samples.boxes, samples.pictures, strict=True)]


@register
class Faces(Task[FaceSet]):
    """Where the faces are."""

    NAME = "faces"
    FIGURE = Figure(
        "recall", "recall", "%", "percent of the faces found at 0.03 false alarms a face-free picture", True
    )
    SETTINGS = FaceSettings
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

    def curve(self, found: Sequence[Detections], samples: FaceSet) -> Curve:
        """Hits and false alarms."""
        return curve_of(found, self.counted(samples), samples.face_free())

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

    def lesson(self, train: FaceSet, settings: FaceSettings, view: View) -> FaceLesson:
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
        return FaceLesson(settings, view)
