"""Gray crops from the middle of pictures of any sizes; one output with a score a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.decoders import Item
from codegen.program.picture import Region, centre_region, crop_resize
from codegen.program.spec import InputTensor
from model_zoo.evaluation.score import Figure, Further, Score, mean_score
from model_zoo.tasks import register
from model_zoo.tasks.task import Batch, Lesson, Task
from model_zoo.view import View
from tests.model_zoo.toys.stripes.data import LABELS, StripeSet, drawn


@dataclass(frozen=True)
class StripeSettings:
    """noise: deviation of what augmentation adds, in gray levels."""

    noise: float = 8.0


@dataclass(frozen=True)
class StripeLesson(Lesson[StripeSet]):
    """Cross entropy of the two classes."""

    settings: StripeSettings
    view: View

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        return ((len(LABELS),),)

    def draw(self, train: StripeSet, rng: np.random.Generator) -> NDArray[np.integer[Any]]:
        """Both classes equally often, however rare one is."""
        counts = np.bincount(train.classes)
        chances = 1.0 / (len(counts) * counts[train.classes])
        return rng.choice(len(train), len(train), p=chances)

    def batch(self, rows: StripeSet, rng: np.random.Generator) -> Batch:
        pixels = np.empty((len(rows), self.view.height, self.view.width), np.uint8)
        for k, picture in enumerate(rows.pictures):
            region = centre_region(picture.shape[1], picture.shape[0], self.view.width, self.view.height)
            x, y = rng.integers(-4, 5, 2)
            moved = Region(region.x + int(x), region.y + int(y), region.width, region.height)
            crop = crop_resize(picture, moved, self.view.height, self.view.width)
            noisy = crop + rng.normal(0, self.settings.noise, crop.shape)
            pixels[k] = np.clip(noisy[:: rng.choice([-1, 1])], 0, 255).astype(np.uint8)
        return pixels, (np.eye(len(LABELS), dtype=np.float32)[rows.classes],)

    def loss(self, targets: Sequence[Any], outputs: Sequence[Any]) -> Any:
        import tensorflow as tf

        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets[0], outputs[0]))

    def as_targets(self, outputs: Sequence[Any]) -> Sequence[Any]:
        import tensorflow as tf

        return [tf.nn.softmax(outputs[0])]

    def found(self, outputs: Sequence[NDArray[np.float32]], regions: Sequence[Region]) -> Sequence[int]:
        return [int(best) for best in outputs[0].argmax(axis=1)]

    def card(self, outputs: Sequence[InputTensor]) -> dict[str, Any]:
        return {"decoder": {"kind": "classes", "top": len(LABELS)}, "labels": list(LABELS)}


@register
class Stripes(Task[StripeSet]):
    """Which way stripes run."""

    NAME = "stripes"
    FIGURE = Figure("accuracy", "accuracy", "%", "pictures of the right class, percent", True)
    SETTINGS = StripeSettings
    BASELINE = "majority class"

    def region(self, samples: StripeSet, row: int, view: View) -> Region:
        height, width = samples.pictures[row].shape
        return centre_region(width, height, view.width, view.height)

    def understood(self, items: Sequence[Item]) -> int:
        return items[0][0]

    def score(self, found: Sequence[int], samples: StripeSet) -> Score:
        right = 100.0 * (np.array(found) == samples.classes)
        each = [right[samples.classes == k].mean() for k in np.unique(samples.classes)]
        balanced = Further("balanced", "mean over classes", float(np.mean(each)), "%")
        return mean_score(self.FIGURE, right, samples.identities, (balanced,))

    def guesses(self, train: StripeSet, samples: StripeSet, view: View) -> Sequence[int]:
        return [int(np.bincount(train.classes).argmax())] * len(samples)

    def example(self) -> StripeSet:
        return drawn()

    def lesson(self, train: StripeSet, settings: StripeSettings, view: View) -> StripeLesson:
        return StripeLesson(settings, view)
