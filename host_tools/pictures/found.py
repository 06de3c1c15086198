"""What is drawn of a record: points, boxes, and the few words beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from codegen.plain_text import one_line
from codegen.program.records import BOXLIKE
from host_tools.pictures.records import (
    boxes_of,
    classes_of,
    items_of,
    label_of,
    points_of,
    score_shown,
    vote_lines,
)
from host_tools.wire.messages import Model, Record, RecordKind, Result


@dataclass(frozen=True)
class Found:
    """What a stage found in a frame.

    Attributes:
        name: of the stage, "" where there is but one.
        points_q8: int32 [points, 2] each, frame px times 256, (0, 0) = centre of the top-left pixel.
        boxes_q8: left, top, width and height each, in the same unit.
        beside: what stands beside each box, none or one a box.
        line: what stands behind the name.
        followed: whether it tells tracks.
        called: whether it tells what tracks are called.
    """

    name: str = ""
    points_q8: Sequence[NDArray[np.int32]] = ()
    boxes_q8: Sequence[Sequence[int]] = ()
    beside: Sequence[str] = ()
    line: str = ""
    followed: bool = False
    called: bool = False


def found_in(record: Result | Record | None, model: Model | None, name: str = "") -> Found:
    """What is drawn of a record; of none the name alone.

    Args:
        model: what the board tells of its model, with the names of classes.
    """
    if record is None:
        return Found(name)
    told = items_of(record)[:, 4:6].tolist() if record.kind in BOXLIKE and record.items else []
    named = record.kind == RecordKind.TRACKS
    beside = [_name(score, identity) if named else score_shown(score) for score, identity in told]
    called = record.kind == RecordKind.VOTES
    if called:
        beside = [one_line(line) for line in vote_lines(record, model)]
    points = points_of(record)
    if named and points:
        points = [of_track for of_track, (score, _) in zip(points, told, strict=True) if score]
    best = [classes[0] for classes in classes_of(record) if classes]
    line = " | ".join(f"{one_line(label_of(model, record.stage, index))} {score}" for index, score in best)
    return Found(name, points, boxes_of(record), beside, line, named, called)


def _name(score: int, identity: int) -> str:
    """Of a track; a score of 0 says that it is where it is expected alone, which no points mark."""
    return f"#{identity}" if score else f"#{identity} out of sight"


def shown(found: Sequence[Found]) -> list[bool]:
    """Which stages of a frame draw what they found: where the last one tells tracks, they are what all before
    it found, so that it alone does, and the last one that tells what tracks are called.

    Args:
        found: of each stage, in order.
    """
    last = _last(found, lambda of_stage: of_stage.followed or of_stage.called)
    if last != len(found) - 1:
        return [True] * len(found)
    both = _last(found, lambda of_stage: of_stage.followed), _last(found, lambda of_stage: of_stage.called)
    return [place in both for place in range(len(found))]


def said_once(found: Sequence[Found]) -> list[Found]:
    """The same; where a stage tells what tracks are called, boxes and words are its own: other tracks keep
    their points alone, and classifiers, whose single answers it smooths, no line.

    Args:
        found: of each stage, in order.
    """
    if not any(of_stage.called for of_stage in found):
        return list(found)
    return [
        replace(of_stage, boxes_q8=(), beside=()) if of_stage.followed else replace(of_stage, line="")
        for of_stage in found
    ]


def _last(found: Sequence[Found], is_one: Callable[[Found], bool]) -> int:
    """Place of the last one, -1 for none."""
    return max((place for place, of_stage in enumerate(found) if is_one(of_stage)), default=-1)
