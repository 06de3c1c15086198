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
from model_zoo.datasets.turning_heads import filmed_head
from model_zoo.evaluation.engines import Engine
from model_zoo.evaluation.films import (
    FRAMES_A_SECOND,
    REST_FRAMES,
    REST_YAW,
    SETTLED,
    turn_yaws,
    turning_frames,
)

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
    yaws, turning = turn_yaws(), turning_frames()
    figures = np.zeros((people, len(decoders), 5))
    for person in range(people):
        frames, truth = filmed_head(person, [REST_YAW] * REST_FRAMES)
        side = float(np.ptp(truth[0], axis=0).max())
        rest = found_points(engine, stage, margin, frames, truth[0])
        frames, truth = filmed_head(person, yaws.tolist())
        turned = found_points(engine, stage, margin, frames, truth[0])
        for n, decoder in enumerate(decoders):
            lag = lag_frames(turned, held(decoder, turned), turning)
            pair = (restless(shapes[SETTLED:], side) for shapes in (rest, held(decoder, rest)))
            figures[person, n] = *(value for figure in pair for value in figure), lag
    return [
        Steadiness(jitter, steady_jitter, step, steady_step, lag)
        for jitter, step, steady_jitter, steady_step, lag in figures.mean(axis=0).tolist()
    ]


def restless(shapes: NDArray[np.float64], side: float) -> tuple[float, float]:
    """Deviation of coordinates that should rest, and of their steps, in percent of the side."""
    return 100 * float(shapes.std(0).mean()) / side, 100 * float(np.diff(shapes, axis=0).std()) / side
