"""Faces in scenes as a network learns them, whatever its outputs say: pictures, findings, decoder."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import Region
from codegen.program.spec import InputTensor
from model_zoo.datasets.face_set import FaceSet
from model_zoo.evaluation.recall import Detections, overlaps
from model_zoo.tasks.task import Batch, Lesson
from model_zoo.training.face_heads import Heads
from model_zoo.training.face_scene import drawn_scene
from model_zoo.training.face_targets import Assignment
from model_zoo.training.proportion import drawn
from model_zoo.training.ranges import outside
from model_zoo.training.scene import SceneSpec
from model_zoo.view import View

KEEP, MOST = 16, 96
LEAST_SCORE = -3.0
"""Logit from which a float network's boxes are measured, and an exported one's."""
RANGES = {
    "gamma": (0.0, 10.0),
    "core": (0.01, 1.0),
    "rim": (0.0, 1.0),
    "reach": (0.1, 16.0),
    "faces": (0.01, 1.0),
}
"""Of the settings below."""


@dataclass(frozen=True)
class SceneSettings:
    """Numbers in a recipe of whatever finds faces in scenes.

    Attributes:
        gamma: focusing parameter of the focal loss.
        core, rim, reach: which cells learn a face (`Assignment`).
        faces: share of the scenes that are laid around a face.
        scene: how pictures are changed.
    """

    gamma: float = 2.0
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
class SceneLesson(Lesson[FaceSet]):
    """What the outputs say of faces in a window of a picture."""

    settings: SceneSettings
    view: View

    @property
    @abstractmethod
    def heads(self) -> Heads:
        """Form of the outputs."""

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Scores of each map, and boxes where there are some."""
        return self.heads.shapes

    def draw(self, train: FaceSet, rng: np.random.Generator) -> NDArray[np.integer[Any]]:
        """Pictures with faces and face-free ones in the recipe's proportion, as many as the part has."""
        return drawn(~train.face_free(), self.settings.faces, rng)

    def batch(self, rows: FaceSet, rng: np.random.Generator) -> Batch:
        """Windows of pictures and what the outputs are to say of them."""
        view, n = self.view, len(rows)
        pixels = np.empty((n, view.height, view.width), np.uint8)
        targets = tuple(np.empty((n, *shape), np.float32) for shape in self.output_shapes)
        for i in range(n):
            scene = drawn_scene(rows, i, self.settings.scene, view, rng)
            pixels[i] = scene.pixels
            told = self.heads.targets(scene, view, self.settings.assignment)
            for target, value in zip(targets, told, strict=True):
                target[i] = value
        return pixels, targets

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
            found = self.heads.found([output[i] for output in outputs], self.view, LEAST_SCORE)
            zoom = np.array([region.width / self.view.width, region.height / self.view.height] * 2)
            inside = Detections(found.boxes * zoom + [region.x, region.y, 0, 0], found.scores)
            told.append(suppressed(inside, self.heads.OVERLAP))
        return told

    def card(self, outputs: Sequence[InputTensor]) -> dict[str, Any]:
        """The maps, the threshold and what overlaps."""
        decoder = {
            "kind": "boxes",
            "threshold": LEAST_SCORE,
            "overlap": self.heads.OVERLAP,
            "keep": KEEP,
            "key_points": self.heads.KEY_POINTS,
            "level": self.heads.levels(),
            "most": MOST,
        }
        return {"decoder": decoder, "labels": ["face"]}


def suppressed(found: Detections, overlap: float) -> Detections:
    """The best MOST, without those that overlap a better one by more, at most KEEP."""
    order = np.argsort(-found.scores, kind="stable")[:MOST]
    boxes, scores = found.boxes[order], found.scores[order]
    shared, kept = overlaps(boxes, boxes), list[int]()
    for k in range(len(order)):
        if len(kept) < KEEP and not (kept and shared[k, kept].max() > overlap):
            kept.append(k)
    return Detections(boxes[kept], scores[kept])
