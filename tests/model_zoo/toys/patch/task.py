"""Whole frames in colour in, a grid of scores and a grid of boxes out; the best cell's box is the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.decoders import Item
from codegen.program.picture import Region, crop_resize, whole_region
from codegen.program.spec import InputTensor
from model_zoo.evaluation.score import Figure, Score, mean_score
from model_zoo.tasks import register
from model_zoo.tasks.task import Batch, Lesson, Task
from model_zoo.view import View
from tests.model_zoo.toys.patch.data import PatchSet, drawn

COLUMNS, ROWS, UNIT_PX = 4, 3, 16.0
CELLS = COLUMNS * ROWS


@dataclass(frozen=True)
class PatchSettings:
    """box_weight: of the boxes against the scores in the loss."""

    box_weight: float = 2.0


def centres(view: View) -> NDArray[np.float64]:
    """Middle of each cell in input px: float64 [CELLS, 2]."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS].reshape(2, -1) + 0.5
    return np.stack([x * view.width / COLUMNS, y * view.height / ROWS], -1)


def whole(picture: NDArray[np.uint8], view: View) -> Region:
    return whole_region(picture.shape[1], picture.shape[0], view.width, view.height)


@dataclass(frozen=True)
class PatchLesson(Lesson[PatchSet]):
    """A score a cell, and in the cell that holds the patch's middle its box."""

    settings: PatchSettings
    view: View

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        return (CELLS, 1), (CELLS, 4)

    def batch(self, rows: PatchSet, rng: np.random.Generator) -> Batch:
        view, middles = self.view, centres(self.view)
        pixels = np.empty((len(rows), view.height, view.width, 3), np.uint8)
        scores = np.zeros((len(rows), CELLS, 1), np.float32)
        boxes = np.zeros((len(rows), CELLS, 4), np.float32)
        for k, (picture, box) in enumerate(zip(rows.pictures, rows.boxes, strict=True)):
            region = whole(picture, view)
            pixels[k] = crop_resize(picture, region, view.height, view.width)
            zoom = view.width / region.width
            x, y, w, h = (box - [region.x, region.y, 0, 0]) * zoom
            if rng.random() < 0.5:
                pixels[k] = pixels[k][:, ::-1]
                x = view.width - x - w
            middle = np.array([x + w / 2, y + h / 2])
            cell = int(np.abs(middles - middle).max(-1).argmin())
            scores[k, cell] = 1
            boxes[k, cell] = np.array([*(middle - middles[cell]), w, h]) / UNIT_PX
        return pixels, (scores, boxes)

    def loss(self, targets: Sequence[Any], outputs: Sequence[Any]) -> Any:
        import tensorflow as tf

        scores = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets[0], outputs[0]))
        boxes = tf.reduce_mean(targets[0] * tf.abs(targets[1] - outputs[1])) * CELLS
        return scores + self.settings.box_weight * boxes

    def as_targets(self, outputs: Sequence[Any]) -> Sequence[Any]:
        import tensorflow as tf

        return [tf.sigmoid(outputs[0]), outputs[1]]

    def found(self, outputs: Sequence[NDArray[np.float32]], regions: Sequence[Region]) -> Sequence[Any]:
        boxes = []
        for scores, values, region in zip(*outputs, regions, strict=True):
            cell = int(scores.argmax())
            dx, dy, w, h = values[cell] * UNIT_PX
            x, y = centres(self.view)[cell] + [dx - w / 2, dy - h / 2]
            zoom = region.width / self.view.width
            boxes.append(np.array([region.x + x * zoom, region.y + y * zoom, w * zoom, h * zoom]))
        return boxes

    def card(self, outputs: Sequence[InputTensor]) -> dict[str, Any]:
        level = {"scores": 0, "boxes": 1, "columns": COLUMNS, "rows": ROWS, "unit": UNIT_PX}
        decoder = {"kind": "boxes", "threshold": -100, "keep": 1, "level": [level], "most": CELLS}
        return {"decoder": decoder, "labels": ["patch"]}


@register
class Patch(Task[PatchSet]):
    """Where the patch is."""

    NAME = "patch"
    FIGURE = Figure("iou", "IoU", "%", "intersection over union of the box, percent", True)
    SETTINGS = PatchSettings
    BASELINE = "mean box"
    SOURCE = "whole"

    def region(self, samples: PatchSet, row: int, view: View) -> Region:
        return whole(samples.pictures[row], view)

    def understood(self, items: Sequence[Item]) -> NDArray[np.float64]:
        left, top, width, height = (value / 256 for value in items[0][:4])
        return np.array([left + 0.5, top + 0.5, width, height])

    def score(self, found: Sequence[Any], samples: PatchSet) -> Score:
        shared = 100.0 * np.array([overlap(a, b) for a, b in zip(found, samples.boxes, strict=True)])
        return mean_score(self.FIGURE, shared, samples.identities)

    def guesses(self, train: PatchSet, samples: PatchSet, view: View) -> Sequence[Any]:
        """The mean of the boxes, in parts of their pictures' sides."""
        share = (train.boxes / sides(train)).mean(0)
        return list(share * sides(samples))

    def example(self) -> PatchSet:
        return drawn()

    def lesson(self, train: PatchSet, settings: PatchSettings, view: View) -> PatchLesson:
        return PatchLesson(settings, view)


def sides(samples: PatchSet) -> NDArray[np.float64]:
    """Width, height, width, height of each picture, px: float64 [N, 4]."""
    return np.array([(picture.shape[1], picture.shape[0]) * 2 for picture in samples.pictures], np.float64)


def overlap(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Intersection over union of two boxes."""
    sides = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    return shared / max(1e-9, float(a[2] * a[3] + b[2] * b[3]) - shared)
