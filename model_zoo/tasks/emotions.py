"""Which expression people see in a face: a tight crop in, one logit a class out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.program.decoders import Decoder, Item
from codegen.program.decoders.classes import Classes
from codegen.program.picture import Region, centre_region
from codegen.program.spec import InputTensor
from model_zoo.datasets import drawn_moods
from model_zoo.datasets.emotion_set import CLASSES, EmotionSet, one_hot
from model_zoo.datasets.points68 import SCHEME as POINTS_68
from model_zoo.datasets.samples import Pictures
from model_zoo.datasets.stranger_faces import strangers
from model_zoo.evaluation.classification import (
    best_temperature,
    calibration_error,
    confusion,
    f1_scores,
    probabilities,
    recalls,
)
from model_zoo.evaluation.face_points import face_points
from model_zoo.evaluation.report.classes import told_of_classes
from model_zoo.evaluation.report.hidden import HIDDEN
from model_zoo.evaluation.report.occlusion import chosen, maps_of, sensitivity
from model_zoo.evaluation.report.sections import Section
from model_zoo.evaluation.report.stress import stresses
from model_zoo.evaluation.score import Figure, Further, Score, mean_score
from model_zoo.tasks import register
from model_zoo.tasks.task import Batch, Lesson, Task
from model_zoo.training.adaptation import Adaptation, apart, branch_of_features, surely
from model_zoo.training.augment import (
    AugmentSpec,
    apply,
    drawn_changes,
    inverse_of,
    photograph,
    to_crop,
    warp,
)
from model_zoo.training.branches import Branch
from model_zoo.training.motion import moved, still
from model_zoo.training.ranges import outside
from model_zoo.training.stated import LATER
from model_zoo.view import View

RANGES = {"votes": (0.0, 1.0), "balance": (0.0, 1.0), "frames": (1, 64)}
"""Of the settings below."""


@dataclass(frozen=True)
class EmotionSettings:
    """The task's numbers in a recipe.

    Attributes:
        votes: part of the targets that is the share of people who saw each class; the rest is the class that
            most saw.
        balance: how far rare classes are drawn more often: 0 as often as they are, 1 each class alike.
        frames: pictures of a batch that are one sequence of synthetic motion, for networks that remember; 1:
            each stands by itself.
        augment: how far pictures are changed.
        adapt: how much is learnt from faces in which nobody named an expression, which lie beside the set.
    """

    votes: float = 1.0
    balance: float = 0.3
    frames: int = field(default=1, metadata=LATER)
    augment: AugmentSpec = field(
        default_factory=lambda: AugmentSpec(
            rotation_deg=24, scale=0.08, shift=0.04, stretch=0.08, blur=0.1, noise=0.2, occlusion=0.2
        )
    )
    adapt: Adaptation = field(default=Adaptation(), metadata=LATER)

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        return outside(self, RANGES) or self.augment.senseless() or self.adapt.senseless()


@dataclass(frozen=True)
class EmotionLesson(Lesson[EmotionSet]):
    """Cross entropy with what people saw."""

    settings: EmotionSettings
    view: View

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """One logit a class."""
        return ((len(CLASSES),),)

    def in_words(self, shapes: Sequence[tuple[int, ...]]) -> str:
        """The classes."""
        return ", ".join(CLASSES)

    def draw(self, train: EmotionSet, rng: np.random.Generator) -> NDArray[np.integer[Any]]:
        """As many rows as there are, rare classes more often where the settings say so."""
        counts = np.bincount(train.classes, minlength=len(CLASSES)).astype(np.float64)
        wanted = np.where(counts > 0, np.maximum(counts, 1) ** (1.0 - self.settings.balance), 0.0)
        shares = np.round(np.cumsum(wanted) / wanted.sum() * len(train)).astype(int)
        rows = []
        for each, count in enumerate(np.diff(shares, prepend=0)):
            own = np.flatnonzero(train.classes == each)
            rounds = -(-int(count) // len(own)) if len(own) else 0
            rows.append(np.concatenate([own[:0], *(rng.permutation(own) for _ in range(rounds))])[:count])
        return rng.permutation(np.concatenate(rows))

    def batch(self, rows: EmotionSet, rng: np.random.Generator) -> Batch:
        """Changed pictures, and what people saw in them; where the settings adapt, strangers behind them, of
        whom nothing is known, and which ones these are: float32 [N]."""
        frames = self.settings.frames
        rows = rows.take(still(np.arange(len(rows)), frames))
        share = self.settings.votes
        targets = (share * rows.shares + (1.0 - share) * one_hot(rows.classes)).astype(np.float32)
        pixels = self._changed(rows.pictures, rng, frames)[0]
        if not self.settings.adapt or rows.strangers is None:
            return pixels, (targets,)
        others = rows.strangers.pictures
        assert isinstance(others, np.ndarray)
        count = max(1, round(len(rows) / frames * self.settings.adapt.strangers)) * frames
        chosen = still(rng.integers(len(others), size=count), frames)
        drawn = self._changed(others[chosen], rng, frames)[0]
        unknown = np.zeros((count, targets.shape[1]), np.float32)
        strange = np.repeat(np.array([0, 1], np.float32), (len(rows), count))
        return np.concatenate([pixels, drawn]), (np.concatenate([targets, unknown]), strange)

    def calibration(self, rows: EmotionSet, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Of the set alone."""
        return self._changed(rows.pictures, rng)[0]

    def guided(self, rows: EmotionSet, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[Any]]:
        """A batch, and where brows, eyes and mouth lie in it; labels say nothing of that, and the shipped
        landmark network finds them."""
        pixels, maps, mirrored = self._changed(rows.pictures, rng)
        points = to_crop(face_points(rows.pictures).astype(np.float32), maps, mirrored, POINTS_68.mirror)
        assert POINTS_68.inner is not None
        return pixels, points[:, list(POINTS_68.inner)]

    def _changed(
        self, pictures: Pictures, rng: np.random.Generator, frames: int = 1
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.bool_]]:
        """Changed pictures, the maps from each to the picture that it is of, and whether it is mirrored; so
        many of them, one behind the other, are one sequence."""
        spec, view = self.settings.augment, self.view
        sizes = np.array([[picture.shape[1], picture.shape[0]] for picture in pictures], np.float64)
        side = sizes.min(-1) * view.margin
        forward, mirrored, scale, shift = drawn_changes(len(pictures) // frames, spec, rng)
        if frames > 1:
            forward, scale, shift = moved(forward, scale, shift, frames, rng)
            mirrored = np.repeat(mirrored, frames)
        maps = np.empty((len(pictures), 2, 3))
        maps[:, :, :2] = inverse_of(forward) * (side * scale)[:, None, None]
        centre = sizes / 2 + shift * side[:, None]
        maps[:, :, 2] = centre - apply(maps[:, :, :2], np.full((len(pictures), 1, 2), 0.5))[:, 0]
        pixels = warp(tuple(pictures), maps, view.width)
        photograph(pixels, spec, rng)
        return pixels, maps, mirrored

    def loss(self, targets: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """The mean cross entropy of those of whom something is known, and what strangers add."""
        import tensorflow as tf

        each = tf.nn.softmax_cross_entropy_with_logits(targets[0], outputs[0])
        if len(targets) == 1:
            return tf.reduce_mean(each)
        taught, strange = targets
        adapt, known = self.settings.adapt, 1.0 - strange
        total = tf.reduce_sum(known * each) / tf.maximum(tf.reduce_sum(known), 1.0)
        if adapt.match:
            total += adapt.match * apart(outputs[0], strange)
        if adapt.pseudo:
            total += adapt.pseudo * surely(outputs[0], taught, strange, adapt.confident)
        return total

    def branches(self) -> tuple[Branch, ...]:
        """The features that are to be alike in both, where they are asked for."""
        return (branch_of_features(),) if self.settings.adapt.features else ()

    def loss_with(self, targets: Sequence[Any], outputs: Sequence[Any], told: Sequence[Any]) -> Any:
        """The same, and how far the features of strangers are apart from the others'."""
        apart_by = self.settings.adapt.features * apart(told[0], targets[1], means=True)
        return self.loss(targets, outputs) + apart_by

    def mixed(self, targets: Sequence[Any], answers: Sequence[Any], share: float) -> Sequence[Any]:
        """Of strangers the teacher's answers alone."""
        if len(targets) == 1:
            return super().mixed(targets, answers, share)
        labels, strange = targets
        (known,) = super().mixed((labels,), answers, share)
        unknown = strange[:, None]
        return [(1.0 - unknown) * known + unknown * answers[0], strange]

    def as_targets(self, outputs: Sequence[Any]) -> Sequence[Any]:
        """A teacher's probabilities."""
        import tensorflow as tf

        return [tf.nn.softmax(outputs[0])]

    def found(self, outputs: Sequence[NDArray[np.float32]], regions: Sequence[Region]) -> Sequence[Any]:
        """The logits of each picture."""
        return list(outputs[0].astype(np.float64))

    def card(self, outputs: Sequence[InputTensor]) -> dict[str, Any]:
        """All classes are told, the best first; what a step of their scores is."""
        return {
            "decoder": {"kind": "classes", "top": len(CLASSES)},
            "labels": list(CLASSES),
            "confidence": {"scale": outputs[0].scale},
        }


@register
@dataclass(frozen=True)
class Emotions(Task[EmotionSet]):
    """One of CLASSES.

    Attributes:
        scale: logits a step of an int8 score.
        temperature: that logits are divided by before they are called probabilities; None: chosen by what is
            measured.
    """

    scale: float = 1.0
    temperature: float | None = None

    NAME = "emotions"
    FIGURE = Figure("accuracy", "accuracy", "%", "faces in which it says what most people saw, percent", True)
    BESIDE = (Figure("balanced_accuracy", "balanced accuracy", "%", "mean recall of the classes", True),)
    SETTINGS = EmotionSettings
    BASELINE = "most frequent class"
    GIVEN = "tight crops"

    def of_card(self, card: Mapping[str, Any]) -> Emotions:
        """With the card's scale and temperature."""
        stated = card.get("confidence", {})
        return Emotions(float(stated.get("scale", 1.0)), stated.get("temperature"))

    def settled(self, program: dict[str, Any], score: Score) -> dict[str, Any]:
        """The temperature is the one that was chosen on the validation part."""
        (chosen,) = [other.value for other in score.further if other.key == "temperature"]
        return {**program, "confidence": {**program["confidence"], "temperature": round(chosen, 4)}}

    def measured(self, decoder: Decoder) -> Decoder:
        """All classes are let through."""
        return replace(decoder, top=len(CLASSES)) if isinstance(decoder, Classes) else decoder

    def region(self, samples: EmotionSet, row: int, view: View) -> Region:
        """The middle of the picture, a square."""
        height, width = samples.pictures[row].shape[:2]
        return centre_region(width, height, view.width, view.height)

    def understood(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """The logits: float64 [7]."""
        (item,) = items
        logits = np.zeros(len(CLASSES))
        logits[list(item[::2])] = np.array(item[1::2]) * self.scale
        return logits

    def score(self, found: Sequence[Any], samples: EmotionSet) -> Score:
        """Accuracy, and figures in which rare classes count as much as frequent ones."""
        logits, truth = np.stack(list(found)), samples.classes
        best = logits.argmax(1)
        table = confusion(best, truth, len(CLASSES))
        each = recalls(table)
        temperature = self.temperature or best_temperature(logits, truth)
        further = (
            Further(
                "balanced_accuracy",
                "balanced accuracy (mean recall of the classes)",
                float(np.nanmean(each)),
                "%",
            ),
            Further("macro_f1", "macro-F1", float(np.nanmean(f1_scores(table))), "%"),
            *(
                Further(f"recall_{name}", f"recall of {name} ({int(count):,})", float(value), "%")
                for name, value, count in zip(CLASSES, each, table.sum(1), strict=True)
                if count
            ),
            Further("temperature", "temperature of the confidence", temperature),
            Further(
                "ece", "calibration error", calibration_error(probabilities(logits, temperature), truth), "%"
            ),
        )
        return mean_score(self.FIGURE, np.where(best == truth, 100.0, 0.0), samples.identities, further)

    def sections(self, found: Sequence[Any], samples: EmotionSet) -> tuple[Section, ...]:
        """Each class by itself, confusion, calibration."""
        return told_of_classes(np.stack(list(found)), samples.classes, CLASSES, self.temperature)

    def explained(
        self, find: Callable[[EmotionSet], Sequence[Any]], found: Sequence[Any], samples: EmotionSet
    ) -> tuple[Section, ...]:
        """Which parts of faces its answers hang on, by what is hidden."""
        rows = chosen(samples.classes)
        some = samples.take(rows)
        answers = np.stack([found[int(row)] for row in rows])

        def ask(pictures: tuple[NDArray[np.uint8], ...]) -> NDArray[np.float64]:
            return np.stack(list(find(replace(some, pictures=pictures))))

        drops = sensitivity(tuple(some.pictures), answers, ask)
        return (maps_of(drops, some.classes, CLASSES),)

    def stressed(self) -> Mapping[str, Callable[[EmotionSet], EmotionSet]]:
        """Worse pictures, and those in which a mask or a bar hides what tells an expression."""
        return stresses(_whole, HIDDEN)

    def guesses(self, train: EmotionSet, samples: EmotionSet, view: View) -> Sequence[Any]:
        """The class that most training pictures are of."""
        most = int(np.bincount(train.classes, minlength=len(CLASSES)).argmax())
        return [one_hot(np.array([most]))[0].astype(np.float64)] * len(samples)

    def mended(self, train: EmotionSet, settings: EmotionSettings, root: Path | None) -> EmotionSet:
        """With the strangers beside it, where the settings adapt.

        Raises:
            DataError: there are none.
        """
        if not settings.adapt:
            return train
        if root is None:
            raise DataError(
                "nothing lies beside a set that this program makes", train.name, "Leave task.adapt out."
            )
        return replace(train, strangers=strangers(root))

    def told(self, samples: EmotionSet, view: View) -> dict[str, Any]:
        """How many strangers were learnt from, and their terms."""
        others = samples.strangers
        if others is None:
            return {}
        return {
            "strangers": {"images": len(others), "licence": others.licence, "contents": others.contents()}
        }

    def lesson(self, train: EmotionSet, settings: EmotionSettings, view: View) -> EmotionLesson:
        """Nothing of the training part but its pictures is needed.

        Raises:
            DataError: all are of one class.
        """
        if len(np.unique(train.classes)) < 2:
            raise DataError(
                "all training pictures are of one class", train.name, "Bring pictures of several classes."
            )
        return EmotionLesson(settings, view)

    def label_in_words(self, samples: EmotionSet, row: int) -> str:
        """The class."""
        return CLASSES[samples.classes[row]]

    def example(self) -> EmotionSet:
        """Drawn heads."""
        return drawn_moods.generate(people=8, seed=0)


def _whole(samples: EmotionSet) -> list[NDArray[np.float64]]:
    """The boxes of tight crops: all of each picture."""
    return [np.array([0.0, 0.0, picture.shape[1], picture.shape[0]]) for picture in samples.pictures]
