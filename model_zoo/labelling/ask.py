"""Asks networks for the points of a face: several slightly different crops, each with its mirror, two passes.

The mean of answers to changed pictures is better than one answer (test-time augmentation; Beyer et al.,
"Knowledge distillation: a good teacher is patient and consistent", 2022, for teachers). The second pass cuts
by the points of the first, so that a box that errs costs little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.program.picture import Region, to_input
from model_zoo.cards import Card
from model_zoo.datasets.landmark_scheme import distance
from model_zoo.datasets.points68 import MIRROR, OUTER_EYE_CORNERS, POINTS, SCHEME
from model_zoo.evaluation.deployed import Deployed
from model_zoo.evaluation.engines import Engine
from model_zoo.evaluation.marks import Mark
from model_zoo.labelling.pose import Pose, pose_of_points, square_maps
from model_zoo.tasks import TASKS
from model_zoo.training.augment import apply, warp

CROPS = 3
"""Of the second pass, the one that lies as the points say and others that err."""
SHIFT, SIZE, TURN_DEG, SEED = 0.03, 0.05, 3.0, 5
"""Deviations of these errors: of the crop's side, of the logarithm of the side, and the seed of all."""
DECODED = Region.square(0, 0, 1024)
"""What answers are decoded in: points come in 1/256 px, so in 1/262144 of the crop's side."""
TASKS_ASKED = ("landmarks", "marks")


@dataclass(frozen=True)
class Answer:
    """What one network says of a face.

    Attributes:
        straight, mirrored: float64 [68, 2], picture px, (0, 0) = centre of the top-left pixel: the means of
            its answers to the crops and to their mirror pictures.
        presence: mean logit over the threshold of its card, positive for a face; None: it was never asked to
            tell.
    """

    straight: NDArray[np.float64]
    mirrored: NDArray[np.float64]
    presence: float | None

    @property
    def points(self) -> NDArray[np.float64]:
        """The mean of both."""
        mean: NDArray[np.float64] = (self.straight + self.mirrored) / 2
        return mean


@dataclass(frozen=True)
class Network:
    """One that labels.

    Attributes:
        card: of it.
        deployed: with its program and what computes it.
        forehead: its crops are those of a detector's boxes.
        threshold: logit from which it sees a face.
    """

    card: Card
    deployed: Deployed
    forehead: bool
    threshold: float

    def answer(self, picture: NDArray[np.uint8], pose: Pose, crops: int = 1) -> Answer:
        """The mean of its answers to so many crops, of which the first is the pose's own.

        Args:
            picture: uint8 [H, W], gray.
        """
        view = self.deployed.view
        middle, side = pose.square(self.forehead, view.margin)
        drawn = np.random.default_rng(SEED).normal(0, 1, (crops, 4))
        drawn[0] = 0
        maps = square_maps(
            middle + SHIFT * side * drawn[:, :2],
            side * np.exp(SIZE * drawn[:, 2]),
            pose.turn + np.deg2rad(TURN_DEG) * drawn[:, 3],
        )
        pixels = warp((picture,) * crops, maps, view.width)
        straight, own = self._asked(pixels)
        mirrored, others = self._asked(pixels[:, :, ::-1])
        mirrored = mirrored[:, list(MIRROR)] * [-1.0, 1.0] + [1.0, 0.0]
        in_picture = [
            (apply(maps[:, :, :2], points) + maps[:, None, :, 2] - 0.5).mean(0)
            for points in (straight, mirrored)
        ]
        logits = [logit for logit in (*own, *others) if logit is not None]
        presence = float(np.mean(logits)) - self.threshold if logits else None
        return Answer(in_picture[0], in_picture[1], presence)

    def _asked(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float64], list[float | None]]:
        """Points in crop sides, float64 [N, 68, 2], and logits of crops, uint8 [N, H, W]."""
        stage, task = self.deployed.stage, self.deployed.task
        points, logits = [], list[float | None]()
        for crop in pixels:
            tensor = to_input(crop, stage.input.shift).reshape(stage.input.shape)
            outputs = self.deployed.engine.run(tensor)
            items = stage.decoder.gather(stage.decoder.decode(outputs, DECODED, stage.input), stage.most)
            found = task.understood(items)
            points.append(found.points if isinstance(found, Mark) else found)
            logits.append(found.presence if isinstance(found, Mark) else None)
        return (np.stack(points) + 0.5) / DECODED.width, logits


def network_of(card: Card, engine: Callable[[], Engine]) -> Network:
    """A model as one that labels.

    Args:
        card: of it.
        engine: makes what computes it, where nothing is to be refused.
    Raises:
        DataError: it finds no points, other ones than the usual 68, or does not see gray squares.
    """
    where = str(card.folder)
    remedy = f"Name networks that find the usual {POINTS} points with --by, such as pfld-68-96."
    if card.task not in TASKS_ASKED:
        raise DataError(f"{card.name} does {card.task}, which finds no points of a face", where, remedy)
    if card.facts.get("scheme", SCHEME.facts()) != SCHEME.facts():
        stated = card.facts["scheme"]
        points = f"{stated.get('points')} points ({stated.get('name')})"
        raise DataError(f"{card.name} finds {points}, not the usual {POINTS}", where, remedy)
    view = card.input.view
    if view.channels != 1 or view.width != view.height:
        raise DataError(f"{card.name} does not see gray squares", where, remedy)
    deployed = Deployed.of_card(TASKS.get(card.task), view, card.facts, engine())
    threshold = float(card.facts.get("presence", {}).get("threshold", 0.0))
    return Network(card, deployed, card.task == "marks", threshold)


@dataclass(frozen=True)
class Agreed:
    """What several networks say of a face together.

    Attributes:
        points: float64 [68, 2], picture px: the mean of all.
        answers: of each.
    """

    points: NDArray[np.float64]
    answers: tuple[Answer, ...]

    @property
    def inter_ocular(self) -> float:
        """Distance of the outer eye corners, px."""
        return float(distance(self.points, OUTER_EYE_CORNERS))

    @property
    def disagreement(self) -> float:
        """The greatest mean distance between two answers, of two networks or to picture and mirror, in
        percent of the inter-ocular distance."""
        sides = [side for answer in self.answers for side in (answer.straight, answer.mirrored)]
        apart = [np.linalg.norm(a - b, axis=-1).mean() for k, a in enumerate(sides) for b in sides[k + 1 :]]
        return 100.0 * float(max(apart)) / max(self.inter_ocular, 1e-9)

    @property
    def face(self) -> bool:
        """No network that tells says that there is none."""
        return all(answer.presence is None or answer.presence >= 0 for answer in self.answers)


def agreed(networks: Sequence[Network], picture: NDArray[np.uint8], start: Pose) -> Agreed:
    """Asks all networks in two passes; the first asks those that learnt from a detector's boxes, where there
    are some: they alone bear that a box errs.

    Args:
        picture: uint8 [H, W], gray.
        start: of the face, as a box says.
    """
    used_to_boxes = [network for network in networks if network.forehead] or networks
    first = [network.answer(picture, start).points for network in used_to_boxes]
    pose = pose_of_points(np.mean(first, 0))
    if not np.isfinite(pose.longer) or pose.longer < 1:
        pose = start
    answers = tuple(network.answer(picture, pose, CROPS) for network in networks)
    points: NDArray[np.float64] = np.mean([answer.points for answer in answers], 0)
    return Agreed(points, answers)
