"""Points of a face in a box as a detector gives it, and whether there is a face at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError
from codegen.program.decoders import Decoder, Item
from codegen.program.decoders.boxes import SCORE_ONE
from codegen.program.decoders.marks import FOREHEAD
from codegen.program.picture import Region
from codegen.program.records import BOX_VALUES
from codegen.program.spec import InputTensor
from model_zoo.datasets import live_faces
from model_zoo.datasets.live_set import LiveSet, detector_boxes, eyes_of, only_faces
from model_zoo.datasets.mended_labels import mended
from model_zoo.evaluation.crops import in_picture, mean_shape
from model_zoo.evaluation.detector_errors import DETECTOR_ERRORS, like_a_detectors, worse_crops
from model_zoo.evaluation.marks import Mark, score
from model_zoo.evaluation.metrics import NME
from model_zoo.evaluation.preview import draw_box, draw_points, face_sheet
from model_zoo.evaluation.report.points import told_of_points
from model_zoo.evaluation.report.sections import Section
from model_zoo.evaluation.report.stress import TURNED, stresses, turned
from model_zoo.evaluation.score import Score, Strained
from model_zoo.tasks import register
from model_zoo.tasks.landmark_settings import LandmarkSettings
from model_zoo.tasks.landmarks import LandmarkLesson, require_posed, require_size
from model_zoo.tasks.task import Batch, Find, Targets, Task, outputs_of
from model_zoo.training.augment import AugmentSpec, photograph, to_crop
from model_zoo.training.distill import mirrored_teacher
from model_zoo.training.live_crops import LiveSpec, cut, face_maps, free_maps, lay_ground, lead_astray
from model_zoo.training.losses import presence_loss
from model_zoo.training.proportion import drawn
from model_zoo.training.ranges import outside
from model_zoo.view import View

RANGES = {"faces": (0.01, 0.99), "presence_weight": (0.0, 100.0), "calm": (0.0, 100.0)}
"""Of the settings below, beside those of landmarks."""


@dataclass(frozen=True)
class MarkSettings(LandmarkSettings):
    """The task's numbers in a recipe.

    Attributes:
        augment: how far pictures are changed; turns, scale and shift are a detector's and a head's.
        live: how crops err beyond that.
        faces: share of the crops that are cut around a face.
        presence_weight: of the loss of the face / no face answer against that of the points.
        calm: weight of the points in crops without a face, which learn the mean shape: what they say there
            would widen the ranges of int8 otherwise.
    """

    augment: AugmentSpec = field(default_factory=lambda: AugmentSpec(rotation_deg=45, scale=0.08, shift=0.06))
    live: LiveSpec = field(default_factory=LiveSpec)
    faces: float = 0.75
    presence_weight: float = 0.3
    calm: float = 0.05

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        return outside(self, RANGES) or self.live.senseless() or super().senseless()


@dataclass(frozen=True, eq=False)
class MarkLesson(LandmarkLesson[LiveSet]):
    """Offsets from the mean shape of level crops, and one logit, above 0 for a face."""

    settings: MarkSettings

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """x and y of each point; presence."""
        return (2 * len(self.mean),), (1,)

    def in_words(self, shapes: Sequence[tuple[int, ...]]) -> str:
        """The number of points."""
        if len(shapes) == 2 and shapes[1] == (1,):
            return f"{counted(shapes[0][0] // 2, 'point')} and presence"
        return super().in_words(shapes)

    def draw(self, train: LiveSet, rng: np.random.Generator) -> NDArray[np.integer[Any]]:
        """Faces and face-free pictures in the recipe's proportion, as many as the part has."""
        return drawn(train.faces(), self.settings.faces, rng)

    def _augmented(self, rows: LiveSet, augment: AugmentSpec, rng: np.random.Generator) -> Batch:
        live, margin, size = self.settings.live, self.view.margin, self.view.width
        seen, free = np.flatnonzero(rows.faces()), np.flatnonzero(~rows.faces())
        maps, mirrored = np.empty((len(rows), 2, 3)), np.zeros(len(rows), np.bool_)
        faces, others = rows.take(seen), rows.take(free)
        maps[seen], mirrored[seen] = face_maps(faces, margin, augment, live, rng)
        maps[free] = free_maps(others, margin, augment, live, rng)
        points = to_crop(rows.points, maps, mirrored, self.scheme.mirror).reshape(len(rows), -1)
        astray = seen[rng.random(len(seen)) < live.astray]
        maps[astray] = lead_astray(maps[astray], rng)
        pixels = cut(list(rows.pictures), maps, size, live, rng)
        if len(free):
            on = seen[rng.random(len(seen)) < live.ground]
            chosen = others.take(rng.integers(0, len(free), len(on)))
            grounds = cut(
                list(chosen.pictures), free_maps(chosen, margin, augment, live, rng), size, live, rng
            )
            crops = pixels[on]
            lay_ground(crops, [rows.pictures[k] for k in on], maps[on], grounds)
            pixels[on] = crops
        photograph(pixels, augment, rng)
        presence = rows.faces()
        presence[astray] = False
        offsets = np.where(presence[:, None], points - self.mean.reshape(1, -1), 0).astype(np.float32)
        return pixels, (offsets, presence[:, None].astype(np.float32))

    def loss(self, targets: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """The loss of the points and the cross entropy of presence."""
        import tensorflow as tf

        settings = self.settings
        weights = tf.where(targets[1] > 0.5, 1.0, settings.calm)
        points = settings.point_loss(targets[0], outputs[0], weights)
        return points + settings.presence_weight * presence_loss(targets[1], outputs[1])

    def loss_with(self, targets: Sequence[Any], outputs: Sequence[Any], told: Sequence[Any]) -> Any:
        """The same, more of faces whose pose is told wrongly, and the loss of heat maps of faces."""
        import tensorflow as tf

        settings, faces = self.settings, targets[1] > 0.5
        weights = tf.where(faces, 1.0, settings.calm)
        points = self._branched_loss(targets[0], outputs[0], told, faces, weights)
        return points + settings.presence_weight * presence_loss(targets[1], outputs[1])

    def guides(self, targets: Targets) -> NDArray[np.floating[Any]] | None:
        """Brows, eyes and mouth of the faces."""
        points = super().guides(targets)
        return None if points is None else np.where(targets[1][:, :, None] > 0.5, points, np.nan)

    def answers(self, network: Any) -> Callable[[Any], Sequence[Any]]:
        """The network, asked twice, the picture and its mirror."""
        assert self.scheme.mirror is not None
        teacher = mirrored_teacher(network, self.scheme.mirror)
        return lambda pictures: outputs_of(teacher(pictures))

    def mixed(self, targets: Sequence[Any], answers: Sequence[Any], share: float) -> Sequence[Any]:
        """The teacher has its share in the points of faces; presence is nothing but the labels'."""
        import tensorflow as tf

        points = share * answers[0] + (1.0 - share) * targets[0]
        return [tf.where(targets[1] > 0.5, points, targets[0]), targets[1]]

    def found(self, outputs: Sequence[NDArray[np.float32]], regions: Sequence[Region]) -> Sequence[Any]:
        """A Mark of each picture."""
        points = super().found(outputs[:1], regions)
        return [Mark(p, float(logit)) for p, logit in zip(points, outputs[1].reshape(-1), strict=True)]

    def card(self, outputs: Sequence[InputTensor]) -> dict[str, Any]:
        """Mean shape, which output is which, and the scheme."""
        return {
            "scheme": self.scheme.facts(),
            "decoder": {
                "kind": "marks",
                "points": 0,
                "presence": 1,
                "mean": [round(float(v), 8) for v in self.mean.reshape(-1)],
            },
        }

    def teaches_the_same(self, card: Mapping[str, Any]) -> bool:
        """Offsets of the same points from one mean shape."""
        stated = card["decoder"].get("mean")
        return bool(card.get("scheme") == self.scheme.facts() and stated == self.card(())["decoder"]["mean"])

    def going_on_from(self, card: Mapping[str, Any]) -> MarkLesson:
        """Offsets stay those from the card's mean shape."""
        stated = card["decoder"].get("mean")
        if not isinstance(stated, list) or len(stated) != 2 * len(self.mean):
            return self
        return replace(self, mean=np.array(stated, np.float64).reshape(-1, 2))


def leaning(faces: LiveSet) -> LiveSet:
    """Turned faces, found by a detector as they lie then."""
    changed = turned(faces)
    return replace(changed, boxes=detector_boxes(changed.points), eyes=eyes_of(changed.points))


def _boxes(samples: LiveSet) -> tuple[NDArray[np.float32], ...]:
    return tuple(samples.boxes)


def _of_faces(change: Callable[[LiveSet], LiveSet], samples: LiveSet) -> LiveSet:
    return change(only_faces(samples))


@register
@dataclass(frozen=True)
class Marks(Task[LiveSet]):
    """The points of the face in a detector's box, if there is one.

    Attributes:
        threshold: logit from which there is a face; None: chosen by what is measured.
    """

    threshold: float | None = None

    NAME = "marks"
    FIGURE = NME
    SETTINGS = MarkSettings
    BASELINE = "mean shape"
    GIVEN = "labelled face boxes"
    ALSO = live_faces.ALONE

    def of_card(self, card: Mapping[str, Any]) -> Marks:
        """With the card's threshold, where it has one."""
        stated = card.get("presence", {}).get("threshold")
        return self if stated is None else Marks(float(stated))

    def settled(self, program: dict[str, Any], shown: Score) -> dict[str, Any]:
        """The threshold is the one that was chosen on the validation part."""
        (threshold,) = [other.value for other in shown.further if other.key == "threshold"]
        return {**program, "presence": {"threshold": round(threshold, 4)}}

    def region(self, samples: LiveSet, row: int, view: View) -> Region:
        """The square around the box, turned by the eyes."""
        return samples.crop_box(row, view.margin)

    def understood(self, items: Sequence[Item]) -> Mark:
        """Points in picture px and the logit of presence."""
        (item,) = items
        points = np.array(item[BOX_VALUES:], np.int32).reshape(-1, 2) / 256.0
        return Mark(points, item[4] / SCORE_ONE)

    def score(self, found: Sequence[Any], samples: LiveSet) -> Score:
        """NME of the faces; which faces and which others are called none."""
        return score(found, samples, self.threshold)

    def guesses(self, train: LiveSet, samples: LiveSet, view: View) -> Sequence[Any]:
        """The mean shape of the training part, placed in each crop."""
        regions = [self.region(samples, row, view) for row in range(len(samples))]
        mean = mean_shape(only_faces(train), view.margin)
        return [
            Mark(points, 0.0)
            for points in in_picture(np.broadcast_to(mean, (len(regions), *mean.shape)), regions)
        ]

    def mended(self, train: LiveSet, settings: MarkSettings, root: Path | None) -> LiveSet:
        """As of landmarks."""
        return mended(train, settings.mend, settings.drop_suspect, root)

    def lesson(self, train: LiveSet, settings: MarkSettings, view: View) -> MarkLesson:
        """With the mean shape of the training part.

        Raises:
            DataError: there are no faces, no face-free pictures, or shapes without size.
        """
        faces = only_faces(train)
        if not 0 < len(faces) < len(train):
            raise DataError(
                f"of {counted(len(train), 'training picture')} {len(faces)} show a face, and both kinds are "
                "learnt from",
                train.name,
                "Bring faces with points and face-free pictures.",
            )
        require_size(faces)
        require_posed(faces, settings)
        return MarkLesson(settings, view, train.scheme, mean_shape(faces, view.margin))

    def example(self) -> LiveSet:
        """Rendered faces and textured grounds."""
        return live_faces.generate(people=8, pictures_each=1, grounds=8, seed=0)

    def require_measurable(self, samples: LiveSet, part: str) -> None:
        """There must be faces and face-free pictures: a threshold of presence is chosen between them.

        Raises:
            DataError: says how many there are, or names shapes without size.
        """
        faces = only_faces(samples)
        free = len(samples) - len(faces)
        if not len(faces) or not free:
            raise DataError(
                f"the {part} part has {counted(len(faces), 'face')} and "
                f"{counted(free, 'face-free picture')}, and a network is judged by both",
                samples.name,
                "Bring faces with points and face-free pictures for each part.",
            )
        require_size(faces)

    def check(self, name: str, decoder: Decoder, samples: LiveSet) -> None:
        """There must be faces, of the model's points.

        Raises:
            DataError: they are not there, or have others.
        """
        found, wanted = (decoder.width - BOX_VALUES) // 2, samples.points.shape[1]
        if found != wanted or not samples.faces().any():
            raise DataError(
                f"the model {name} finds {counted(found, 'point')}, and {samples.name} has "
                f"{counted(int(samples.faces().sum()), 'face')} of {wanted}",
                "evaluate",
                "Name a data set of the model's own points with --data.",
            )

    def strains(self, samples: LiveSet, measure: Callable[[LiveSet], Score]) -> dict[str, dict[str, float]]:
        """What wrong crops cost."""
        faces = only_faces(samples)
        costs = {name: round(measure(changed).value, 4) for name, changed in worse_crops(faces).items()}
        return {"validation_nme_with_wrong_crop": costs}

    def strained(self, samples: LiveSet, measure: Callable[[LiveSet], Score]) -> Strained:
        """With boxes that err as a detector's."""
        return Strained("detector's box errors", DETECTOR_ERRORS, measure(like_a_detectors(samples)))

    def sections(self, found: Sequence[Mark], samples: LiveSet) -> tuple[Section, ...]:
        """Errors of the faces by part of the face, turn and size."""
        seen = samples.faces()
        points = np.stack([mark.points for mark, face in zip(found, seen, strict=True) if face])
        return told_of_points(points, samples.take(np.flatnonzero(seen)))

    def stressed(self) -> Mapping[str, Callable[[LiveSet], LiveSet]]:
        """Worse pictures of faces, turned ones whose crops lie level as a detector's key points allow it, and
        boxes that err as a detector's."""
        worse: dict[str, Callable[[LiveSet], LiveSet]] = stresses(_boxes)
        changes = {**worse, TURNED: leaning, DETECTOR_ERRORS: like_a_detectors}
        return {name: partial(_of_faces, change) for name, change in changes.items()}

    def sheet(self, find: Find, view: View) -> Any:
        """Eight faces that anybody may see, in boxes of points alone, which are smaller than a detector's."""
        return face_sheet(find, view.margin * (1 + FOREHEAD), BOX_VALUES) if view.channels == 1 else None

    def told(self, samples: LiveSet, view: View) -> dict[str, Any]:
        """How boxes came about, what of them is cut, how labels were mended, and how many pictures show a
        face."""
        boxes = {"made": samples.boxes_made, "margin": view.margin}
        return {"boxes": boxes, **samples.told_of_labels(), "training_faces": int(samples.faces().sum())}

    def draw_label(self, picture: Any, samples: LiveSet, row: int, zoom: float) -> None:
        """Points of a face, and the box."""
        if samples.faces()[row]:
            draw_points(picture, samples.points[row], zoom)
        draw_box(picture, samples.boxes[row], zoom)

    def draw_found(self, picture: Any, found: Mark, zoom: float) -> None:
        """Points, where there is a face."""
        if found.presence > 0:
            draw_points(picture, found.points, zoom)
