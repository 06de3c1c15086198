"""How steady landmarks are with a filter behind the network: jitter at rest, lag behind a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.decoders import Seen
from codegen.program.decoders.steady import Steady
from codegen.program.picture import picture_tensor
from codegen.program.records import BOX_VALUES, Kind, Record
from codegen.program.reference import box_of, region_around
from codegen.program.stages import MARGIN_ONE, Stage
from model_zoo.datasets.turning_heads import turning_head
from model_zoo.evaluation.engines import Engine

FRAMES_A_SECOND = 10
REST_FRAMES, SETTLED = 60, 15
TURN_DEGREES, REACH_DEGREES = 30.0, 36.0
"""A turn's speed a second, and its end either way."""
SURE = 1 << 14
"""Score of every mark: nothing goes out of sight here."""
STEPS = np.arange(-1, 5, 0.05)


@dataclass(frozen=True)
class Steadiness:
    """What a filter makes of a network's points, over some heads.

    Attributes:
        jitter: deviation of a coordinate at rest without a filter, in percent of the face's side.
        steady_jitter: with it.
        step, steady_step: deviation of its step from frame to frame likewise.
        lag_frames: by how many frames it is behind the network in a turn of TURN_DEGREES a second.
    """

    jitter: float
    steady_jitter: float
    step: float
    steady_step: float
    lag_frames: float


def found_points(
    engine: Engine, stage: Stage, margin: float, frames: Sequence[NDArray[np.uint8]], first: NDArray[Any]
) -> NDArray[np.float64]:
    """What a network finds in frames, each crop around its own points of the frame before.

    Args:
        stage: the network's, whose decoder finds points.
        margin: of the crop.
        first: points around which the first crop lies, px.
    Returns:
        float64 [frames, points, 2] px.
    """
    item = tuple(np.round(first * 256).astype(int).reshape(-1).tolist())
    found = []
    for frame in frames:
        box = box_of(Kind.POINTS, item)
        region = region_around(box, round(margin * MARGIN_ONE), stage.input.width, stage.input.height)
        outputs = engine.run(picture_tensor(frame, region, stage.input))
        (item,) = stage.decoder.decode(outputs, region, stage.input)
        found.append(np.array(item).reshape(-1, 2) / 256)
    return np.array(found)


def held(decoder: Steady, shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the filter makes of the points of each frame: both [frames, points, 2] px."""
    state: dict[str, Any] = {}
    steady = []
    for n, points in enumerate(shapes):
        values = np.round(points * 256).astype(int).reshape(-1).tolist()
        box = box_of(Kind.POINTS, tuple(values))
        mark = Record(Kind.BOXES, BOX_VALUES + len(values), ((*box, SURE, 0, *values),), n + 1)
        track = Record(Kind.TRACKS, BOX_VALUES, ((*box, SURE, 1),), n + 1)
        seen = Seen(mark, track, n + 1, 1000 * n // FRAMES_A_SECOND, (160, 160), 1)
        (item,) = decoder.work(seen, state).items
        steady.append(np.array(item[BOX_VALUES:]).reshape(-1, 2) / 256)
    return np.array(steady)


def lag_frames(truth: NDArray[Any], found: NDArray[Any], frames: NDArray[np.integer]) -> float:
    """By how many frames the truth must be moved to be nearest to what was found in some frames."""
    errors = []
    for delay in STEPS:
        at = frames - delay
        before = np.floor(at).astype(int)
        part = (at - before)[:, None, None]
        errors.append(((found[frames] - truth[before] * (1 - part) - truth[before + 1] * part) ** 2).mean())
    return float(STEPS[int(np.argmin(errors))])


def steadiness(
    engine: Engine, stage: Stage, margin: float, decoders: Sequence[Steady], people: int
) -> list[Steadiness]:
    """Of each filter, over rendered heads that rest and that turn from one side to the other.

    Args:
        engine, stage, margin: of a network of 68 landmarks, as `found_points` takes them.
        people: how many heads.
    """
    turn = np.arange(-1.0, 2 * REACH_DEGREES / TURN_DEGREES + 0.5, 1 / FRAMES_A_SECOND) * TURN_DEGREES
    yaws = np.radians(np.clip(turn - REACH_DEGREES, -REACH_DEGREES, REACH_DEGREES))
    turning = np.arange(FRAMES_A_SECOND + 5, len(yaws) - 5)
    figures = np.zeros((people, len(decoders), 5))
    for person in range(people):
        frames, truth = turning_head(person, [0.1] * REST_FRAMES)
        side = float(np.ptp(truth[0], axis=0).max())
        rest = found_points(engine, stage, margin, frames, truth[0])
        frames, truth = turning_head(person, yaws.tolist())
        turned = found_points(engine, stage, margin, frames, truth[0])
        for n, decoder in enumerate(decoders):
            lag = lag_frames(turned, held(decoder, turned), turning)
            figures[person, n] = *_restless(rest, side), *_restless(held(decoder, rest), side), lag
    return [
        Steadiness(jitter, steady_jitter, step, steady_step, lag)
        for jitter, step, steady_jitter, steady_step, lag in figures.mean(axis=0).tolist()
    ]


def _restless(shapes: NDArray[np.float64], side: float) -> tuple[float, float]:
    """Deviation of coordinates that should rest, and of their steps, in percent of the side."""
    settled = shapes[SETTLED:]
    return 100 * float(settled.std(0).mean()) / side, 100 * float(np.diff(settled, axis=0).std()) / side
