"""Where a face lies in a picture, upright in a frame of its own, and the squares that networks see of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.program.decoders.marks import FOREHEAD
from model_zoo.datasets.live_set import eyes_of
from model_zoo.training.augment import apply, rotations


@dataclass(frozen=True)
class Pose:
    """The box of a face's 68 points, along the line of its eyes.

    Attributes:
        middle: float64 [2], px, pixel k covering k to k + 1.
        width, height: px.
        turn: of the eyes' line, radians, clockwise in the picture.
    """

    middle: NDArray[np.float64]
    width: float
    height: float
    turn: float

    @property
    def longer(self) -> float:
        """Side of the square around the points, px."""
        return max(self.width, self.height)

    def square(self, forehead: bool, margin: float) -> tuple[NDArray[np.float64], float]:
        """Middle, float64 [2], and side in px of the level square that a network sees.

        Args:
            forehead: it learnt from a detector's boxes, which hold half of the forehead, else from those
                around the points.
            margin: side over the longer side of the box.
        """
        raised = FOREHEAD * self.height if forehead else 0.0
        up = rotations(np.array([self.turn]))[0] @ np.array([0.0, -raised / 2])
        return self.middle + up, margin * max(self.width, self.height + raised)


def pose_of_box(box: NDArray[np.floating], eyes: NDArray[np.floating] | None) -> Pose:
    """What a detector's box tells: half of the forehead is taken off again.

    Args:
        box: [4], left, top edge, width, height, px.
        eyes: [2, 2], their middles, left in the picture first; None where nobody knows them: the face is
            taken for upright.
    """
    left, top, width, height = (float(value) for value in box)
    turn = 0.0
    if eyes is not None:
        across = np.asarray(eyes[1] - eyes[0], np.float64)
        turn = float(np.arctan2(across[1], across[0]))
    own = height / (1 + FOREHEAD)
    down = rotations(np.array([turn]))[0] @ np.array([0.0, (height - own) / 2])
    return Pose(np.array([left + width / 2, top + height / 2]) + down, width, own, turn)


def pose_of_points(points: NDArray[np.floating]) -> Pose:
    """Of 68 points, [68, 2] px, (0, 0) = centre of the top-left pixel."""
    left, right = eyes_of(points[None])[0].astype(np.float64)
    turn = float(np.arctan2(right[1] - left[1], right[0] - left[0]))
    matrix = rotations(np.array([turn]))[0]
    upright = (np.asarray(points, np.float64) + 0.5) @ matrix  # by the transposed matrix: level
    low, high = upright.min(0), upright.max(0)
    width, height = (float(value) for value in high - low)
    return Pose(matrix @ ((low + high) / 2), width, height, turn)


def square_maps(
    middle: NDArray[np.float64], side: NDArray[np.float64], turn: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Maps from crop sides to picture px, float64 [N, 2, 3], as `augment` has them.

    Args:
        middle: float64 [N, 2], px edges.
        side, turn: float64 [N], px and radians.
    """
    maps = np.empty((len(side), 2, 3))
    maps[:, :, :2] = rotations(turn) * side[:, None, None]
    maps[:, :, 2] = middle - apply(maps[:, :, :2], np.full((len(side), 1, 2), 0.5))[:, 0]
    return maps
