"""Landmarks: crops around a face box in, offsets from the mean shape out, measured by NME.

How many points there are, which mirror each other and what errors are percent of are facts of the data set
(`LandmarkSet.scheme`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError
from codegen.program.decoders import Decoder, Item
from codegen.program.picture import Region
from codegen.program.spec import InputTensor
from model_zoo.datasets import landmarks, synthetic
from model_zoo.datasets.landmark_scheme import LandmarkScheme
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.mended_labels import mended
from model_zoo.datasets.points68 import SCHEME
from model_zoo.evaluation.board_boxes import unlike_a_boards
from model_zoo.evaluation.crops import in_picture, mean_shape
from model_zoo.evaluation.metrics import NME, score
from model_zoo.evaluation.preview import draw_box, draw_points, face_sheet
from model_zoo.evaluation.report.points import told_of_points
from model_zoo.evaluation.report.sections import Section
from model_zoo.evaluation.report.stress import TURNED, stresses, turned
from model_zoo.evaluation.robustness import BOX_ERRORS, box_error_costs, erring_boxes
from model_zoo.evaluation.score import Score, Strained
from model_zoo.tasks import register
from model_zoo.tasks.landmark_settings import LandmarkSettings
from model_zoo.tasks.task import Batch, Find, Lesson, Targets, Task, outputs_of
from model_zoo.training import point_maps, pose_branch
from model_zoo.training.augment import AugmentSpec, augment_batch
from model_zoo.training.branches import Branch
from model_zoo.training.distill import mirrored_teacher
from model_zoo.view import View

S = TypeVar("S", bound=LandmarkSet)


@dataclass(frozen=True, eq=False)
class LandmarkLesson(Lesson[S]):
    """Landmarks as offsets from the mean shape of one training part, the first one where weights go on.

    Attributes:
        settings: of the recipe.
        view: what the network sees: a square.
        scheme: which points they are.
        mean: float64 [P, 2], mean shape in crop sides.
    """

    settings: LandmarkSettings
    view: View
    scheme: LandmarkScheme
    mean: NDArray[np.float64]

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """x and y of each point."""
        return ((2 * len(self.mean),),)

    def in_words(self, shapes: Sequence[tuple[int, ...]]) -> str:
        """The number of points."""
        return counted(shapes[0][0] // 2, "point") if len(shapes) == 1 else super().in_words(shapes)

    def _augmented(self, rows: S, augment: AugmentSpec, rng: np.random.Generator) -> Batch:
        pixels, points = augment_batch(
            rows.pictures,
            rows.points,
            rows.boxes,
            self.view.width,
            self.view.margin,
            augment,
            rng,
            self.scheme.mirror,
        )
        return pixels, (points.reshape(len(rows), -1) - self.mean.reshape(1, -1).astype(np.float32),)

    def batch(self, rows: S, rng: np.random.Generator) -> Batch:
        """Crops and offsets from the mean shape in crop sides."""
        return self._augmented(rows, self.settings.augment, rng)

    def calibration(self, rows: S, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Crops without turns, noise and occlusion, which only widen the ranges (compared on validation)."""
        mild = replace(self.settings.augment, rotation_deg=0, noise=0, occlusion=0)
        return self._augmented(rows, mild, rng)[0]

    def loss(self, targets: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """That of the points."""
        return self.settings.point_loss(targets[0], outputs[0])

    def branches(self) -> tuple[Branch, ...]:
        """That of poses and that of heat maps, where settings ask for them."""
        poses = (pose_branch.branch(),) if self.settings.pose else ()
        return (*poses, point_maps.branch(len(self.mean))) if self.settings.heat_map else poses

    def loss_with(self, targets: Sequence[Any], outputs: Sequence[Any], told: Sequence[Any]) -> Any:
        """That of the points, more of pictures whose pose is told wrongly, and that of the heat maps."""
        return self._branched_loss(targets[0], outputs[0], told)

    def _branched_loss(
        self, target: Any, predicted: Any, told: Sequence[Any], faces: Any = True, weights: Any = 1.0
    ) -> Any:
        """The loss of points where there are branches.

        Args:
            target, predicted: float32 [B, 2 P], offsets from the mean shape.
            told: what the branches answer, in their order.
            faces: bool [B, 1], whose pictures show a face; True: all.
            weights: float32 [B, 1], of each picture in `point_loss`; 1: all weigh the same.
        """
        import tensorflow as tf

        settings, answers = self.settings, iter(told)
        points = tf.reshape(target, (-1, *self.mean.shape)) + tf.constant(self.mean, tf.float32)
        more = tf.ones((tf.shape(target)[0], 1))
        if settings.pose:
            wrong = pose_branch.wrongness(next(answers), pose_branch.angles_of(points))
            more += settings.pose * tf.where(faces, wrong, 0.0)
        # point_loss divides by the mean of what it is given
        loss = settings.point_loss(target, predicted, weights * more)
        loss *= tf.reduce_mean(weights * more) / tf.reduce_mean(weights)
        if settings.heat_map:
            loss += settings.heat_map * point_maps.map_loss(next(answers), points, faces)
        return loss

    def answers(self, network: Any) -> Callable[[Any], Sequence[Any]]:
        """The network, asked twice, the picture and its mirror, where mirror points are known."""
        if self.scheme.mirror is None:
            return super().answers(network)
        teacher = mirrored_teacher(network, self.scheme.mirror)
        return lambda pictures: outputs_of(teacher(pictures))

    def guides(self, targets: Targets) -> NDArray[np.floating[Any]] | None:
        """Brows, eyes and mouth, where the scheme says which points they are."""
        if self.scheme.inner is None:
            return None
        points: NDArray[np.float64] = targets[0].reshape(-1, *self.mean.shape) + self.mean
        return points[:, list(self.scheme.inner)]

    def teaches_the_same(self, card: Mapping[str, Any]) -> bool:
        """Offsets of the same points from one mean shape; older cards state no scheme, but have 68 points."""
        if card["decoder"].get("points") != len(self.mean):
            return False
        stated = card.get("scheme", SCHEME.facts())
        return bool(stated == self.scheme.facts() and card["decoder"].get("mean_q24") == self._mean_q24())

    def going_on_from(self, card: Mapping[str, Any]) -> LandmarkLesson[S]:
        """Offsets stay those from the card's mean shape, whatever the mean of the new training part is: from
        another one the weights would be off by the difference, in every picture."""
        stated = card["decoder"].get("mean_q24")
        if not isinstance(stated, list) or len(stated) != 2 * len(self.mean):
            return self  # whose outputs are other ones: see teaches_the_same
        return replace(self, mean=np.array(stated, np.float64).reshape(-1, 2) / 2**24)

    def from_another(self, other: Lesson[S], outputs: Sequence[Any]) -> Sequence[Any]:
        """Offsets from this mean shape, from those of a teacher from its own."""
        assert isinstance(other, LandmarkLesson)
        shift = (other.mean - self.mean).reshape(1, -1).astype(np.float32)
        return [outputs[0] + shift, *outputs[1:]] if shift.any() else outputs

    def found(self, outputs: Sequence[NDArray[np.float32]], regions: Sequence[Region]) -> Sequence[Any]:
        """Points in picture px: N of float64 [P, 2]."""
        offsets = outputs[0].reshape(len(regions), -1, 2)
        return list(in_picture(offsets + self.mean, list(regions)))

    def _mean_q24(self) -> list[int]:
        return [int(v) for v in np.round(self.mean.reshape(-1) * 2**24)]

    def card(self, outputs: Sequence[InputTensor]) -> dict[str, Any]:
        """Mean shape and output scale in fixed point, and the scheme."""
        return {
            "scheme": self.scheme.facts(),
            "decoder": {
                "kind": "landmarks",
                "points": len(self.mean),
                "mean_q24": self._mean_q24(),
                "scale_q24": round(outputs[0].scale * 2**24),
                "zero_point": outputs[0].zero_point,
            },
        }


def require_size(samples: LandmarkSet) -> None:
    """Refuses samples from which no shape can be learnt: they would make every target and the loss NaN."""
    finite = np.isfinite(samples.points).all((1, 2)) & np.isfinite(samples.boxes).all(1)
    with np.errstate(invalid="ignore"):
        spread = (np.ptp(samples.points, axis=1).max(1) > 0) | (samples.points.shape[1] == 1)
    sized = (samples.boxes[:, 2:] > 0).all(1)
    for sound, cause in (
        (finite, "holds a point or a box that is no finite number"),
        (spread, "has all its points on one spot"),
        (sized, "has a face box without size"),
        (samples.norms > 0, f"has nothing to measure errors by: {samples.scheme.norm} is 0"),
    ):
        if not sound.all():
            more = int(np.sum(~sound)) - 1
            raise DataError(
                f"{samples.files[int(np.argmin(sound))]} {cause}"
                + (f"; so have {more} more" if more else ""),
                samples.name,
                "Correct its labels, or take it out of the set.",
            )


def require_posed(samples: LandmarkSet, settings: LandmarkSettings) -> None:
    """Refuses points of which nobody knows where they lie on a head, where settings ask for its pose.

    Raises:
        DataError: they are not the usual 68.
    """
    if settings.pose and samples.scheme.facts() != SCHEME.facts():
        raise DataError(
            f"task.pose is {settings.pose:g}, and no pose is known of {samples.scheme.count} points "
            f"({samples.scheme.name})",
            samples.name,
            f"Leave task.pose at 0, or bring faces with the usual {SCHEME.count} points.",
        )


@register
class Landmarks(Task[LandmarkSet]):
    """The points of one face in a box."""

    NAME = "landmarks"
    FIGURE = NME
    SETTINGS = LandmarkSettings
    BASELINE = "mean shape"
    GIVEN = "labelled face boxes"
    ALSO = landmarks.ANY

    def region(self, samples: LandmarkSet, row: int, view: View) -> Region:
        """The square around the face box."""
        return samples.crop_box(row, view.margin)

    def understood(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """Points in picture px, multiples of 1/256: float64 [P, 2]."""
        return np.array(items[0], np.int32).reshape(-1, 2) / 256.0

    def score(self, found: Sequence[Any], samples: LandmarkSet) -> Score:
        """NME with failures and the area under the error curve."""
        return score(np.stack(list(found)), samples)

    def guesses(self, train: LandmarkSet, samples: LandmarkSet, view: View) -> Sequence[Any]:
        """The mean shape of the training part, placed in each crop."""
        regions = [self.region(samples, row, view) for row in range(len(samples))]
        mean = mean_shape(train, view.margin)
        return list(in_picture(np.broadcast_to(mean, (len(regions), *mean.shape)), regions))

    def mended(self, train: LandmarkSet, settings: LandmarkSettings, root: Path | None) -> LandmarkSet:
        """By the tables beside the labels, where settings ask for it."""
        return mended(train, settings.mend, settings.drop_suspect, root)

    def lesson(
        self, train: LandmarkSet, settings: LandmarkSettings, view: View
    ) -> LandmarkLesson[LandmarkSet]:
        """With the mean shape of the training part.

        Raises:
            DataError: names shapes without size, or with numbers that are not finite; or settings ask for
                poses of other points than the usual ones.
        """
        require_size(train)
        require_posed(train, settings)
        return LandmarkLesson(settings, view, train.scheme, mean_shape(train, view.margin))

    def example(self) -> LandmarkSet:
        """Rendered faces with 68 points."""
        return synthetic.generate(people=8, pictures_each=1, seed=0)

    def require_measurable(self, samples: LandmarkSet, part: str) -> None:
        """Each shape has a size to measure by.

        Raises:
            DataError: names those without.
        """
        require_size(samples)

    def check(self, name: str, decoder: Decoder, samples: LandmarkSet) -> None:
        """Model and labels must have the same points.

        Raises:
            DataError: they have not.
        """
        found, wanted = decoder.width // 2, samples.points.shape[1]
        if found != wanted:
            raise DataError(
                f"the model {name} finds {counted(found, 'point')}, the data set {samples.name} has {wanted}",
                "evaluate",
                "Name a data set of the model's own points with --data.",
            )

    def strains(
        self, samples: LandmarkSet, measure: Callable[[LandmarkSet], Score]
    ) -> dict[str, dict[str, float]]:
        """What a wrong face box costs."""
        return {"validation_nme_with_wrong_box": box_error_costs(samples, lambda s: measure(s).value)}

    def strained(self, samples: LandmarkSet, measure: Callable[[LandmarkSet], Score]) -> Strained:
        """With wrong face boxes."""
        return Strained("box errors", BOX_ERRORS, measure(erring_boxes(samples)))

    def sections(self, found: Sequence[Any], samples: LandmarkSet) -> tuple[Section, ...]:
        """Errors by part of the face, turn and size."""
        return told_of_points(np.stack(list(found)), samples)

    def stressed(self) -> Mapping[str, Callable[[LandmarkSet], LandmarkSet]]:
        """Worse pictures, and turned ones."""
        return {**stresses(lambda samples: tuple(samples.boxes)), TURNED: turned}

    def doubts(self, samples: LandmarkSet, view: View) -> tuple[str, ...]:
        """Boxes that lie otherwise around faces than those of boards."""
        told = unlike_a_boards(samples, view.margin)
        return (told,) if told else ()

    def told(self, samples: LandmarkSet, view: View) -> dict[str, Any]:
        """How face boxes came about, what of them is cut, and how labels were mended."""
        boxes = {"made": samples.boxes_made, "margin": view.margin}
        return {"boxes": boxes, **samples.told_of_labels()}

    def draw_label(self, picture: Any, samples: LandmarkSet, row: int, zoom: float) -> None:
        """Points, few ones with their numbers, and the face box."""
        draw_points(picture, samples.points[row], zoom)
        draw_box(picture, samples.boxes[row], zoom)

    def draw_found(self, picture: Any, found: NDArray[np.float64], zoom: float) -> None:
        """Points."""
        draw_points(picture, found, zoom)

    def sheet(self, find: Find, view: View) -> Any:
        """Eight faces that anybody may see."""
        return face_sheet(find, view.margin) if view.channels == 1 else None
