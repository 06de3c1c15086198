"""Films of known motion for whole programs: real faces at rest, and rendered heads that rest and turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.hand_held import hand_held
from model_zoo.datasets.live_set import LiveSet
from model_zoo.datasets.turning_heads import turning_head
from model_zoo.evaluation.scenes import HEIGHT, WIDTH, scenes

FRAMES_A_SECOND = 10
REST_FRAMES, SETTLED = 60, 15
"""Of a film at rest, and the first that counts."""
TURN_DEGREES, REACH_DEGREES = 30.0, 36.0
"""A turn's speed a second, and its end either way."""
REST_S = 2.0
"""Before a turn."""
REST_YAW = 0.1
"""Of a rendered head at rest, radians."""
STREAM = 43
WALL = 128
"""Level around a rendered head."""


@dataclass(frozen=True, eq=False)
class Film:
    """Frames and where the face is in them.

    Attributes:
        frames: uint8 [HEIGHT, WIDTH], FRAMES_A_SECOND of them.
        points: float64 [frames, 68, 2] px, without the camera's shake.
    """

    frames: list[NDArray[np.uint8]]
    points: NDArray[np.float64]


def resting_faces(samples: LiveSet, most: int) -> Iterator[Film]:
    """Real faces in real rooms, before a camera that shakes: of so many pictures, evenly drawn from all.

    Args:
        samples: faces, and face-free pictures that they are pasted into, as `scenes` does.
    """
    count = int(samples.faces().sum())
    chosen = set(np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist())
    for number, scene in enumerate(scenes(samples, 0.0)):
        if number in chosen:
            camera = np.random.default_rng((STREAM, number))
            frames = [hand_held(scene.picture, camera) for _ in range(REST_FRAMES)]
            yield Film(frames, np.repeat(scene.points[None], REST_FRAMES, 0))


def turn_yaws() -> NDArray[np.float64]:
    """Radians of each frame: REST_S of rest at one end, the turn to the other, half a second there."""
    end = 2 * REACH_DEGREES / TURN_DEGREES
    turn = np.arange(-REST_S, end + 0.5, 1 / FRAMES_A_SECOND) * TURN_DEGREES
    return np.asarray(np.radians(np.clip(turn - REACH_DEGREES, -REACH_DEGREES, REACH_DEGREES)))


def turning_frames() -> NDArray[np.integer]:
    """Which frames of `turn_yaws` lie well within the turn."""
    return np.arange(round(REST_S * FRAMES_A_SECOND) + 5, len(turn_yaws()) - 5)


def rendered_film(person: int, yaws: NDArray[np.float64]) -> Film:
    """A rendered head in the middle of a plain wall.

    Args:
        person: which head.
        yaws: of each frame, radians.
    """
    stills, points = turning_head(person, yaws.tolist())
    camera, frames = np.random.default_rng((STREAM, person, 1)), []
    side = stills[0].shape[0]
    left, top = (WIDTH - side) // 2, (HEIGHT - side) // 2
    for still in stills:
        picture = np.full((HEIGHT, WIDTH), WALL, np.uint8)
        picture[top : top + side, left : left + side] = still
        frames.append(hand_held(picture, camera))
    return Film(frames, points.astype(np.float64) + np.array([left, top]))
