"""What a decoder found, as people and pictures see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.program.decoders.boxes import SCORE_ONE
from codegen.program.labels import MAX_LABEL
from codegen.program.records import BOXLIKE, VOTE_ONE, Kind, points_at
from host_tools.wire.messages import Model, Record, RecordKind, Result
from host_tools.wire.model_facts import stage_labels

SHOWN_CLASSIFIED = 8
"""Items whose classes the line of a frame lists."""
SHOWN_BOXES = 4
"""Boxes that the line of a whole frame lists."""
MOST_SURE = 0.99
"""Largest probability that is shown: of 100 % no network can be sure."""


def items_of(result: Result | Record) -> NDArray[np.int32]:
    """The items, int32 [count, values]."""
    return np.array(result.items, np.int32).reshape(-1, max(1, result.item_values))


def points_of(result: Result | Record) -> list[NDArray[np.int32]]:
    """Points and key points of each item, int32 [points, 2] in frame px times 256."""
    at = points_at(Kind(result.kind), result.item_values)
    return [item[at.start :].reshape(-1, 2) for item in items_of(result)] if at else []


def boxes_of(result: Result | Record) -> list[list[int]]:
    """Left, top, width and height of each box or track in frame px times 256."""
    if result.kind not in BOXLIKE or not result.items:
        return []
    return [[int(value) for value in item[:4]] for item in items_of(result)]


def classes_of(result: Result | Record) -> list[list[tuple[int, int]]]:
    """Index and score of each class that is told of each item, the best first."""
    if result.kind != RecordKind.CLASSES or not result.items:
        return []
    return [[(int(index), int(score)) for index, score in item.reshape(-1, 2)] for item in items_of(result)]


@dataclass(frozen=True)
class Vote:
    """A track and what it is called.

    Attributes:
        identity: of the track.
        box_q8: left, top, width and height in frame px times 256.
        score: of the track, 0 where it is out of sight.
        index: of the class, below 0 where none is sure.
        probability: of the class, smoothed; where none is sure, of the best one.
    """

    identity: int
    box_q8: list[int]
    score: int
    index: int
    probability: float

    @property
    def is_sure(self) -> bool:
        """Whether it is called anything."""
        return self.index >= 0


def votes_of(result: Result | Record) -> list[Vote]:
    """Of each track what it is called; none of other kinds."""
    if result.kind != RecordKind.VOTES or not result.items:
        return []
    return [
        Vote(item[5], item[:4], item[4], item[6], item[7] / VOTE_ONE) for item in items_of(result).tolist()
    ]


def record_json(result: Result | Record, model: Model | None) -> dict[str, object]:
    """Kind, count and items as plain values; of classes each with the item it is of, counted from 0; of votes
    each track, class and label null where nothing is sure."""
    kind = RecordKind(result.kind)
    found: dict[str, object] = {"kind": kind.name.lower(), "count": len(items_of(result))}
    if kind == RecordKind.CLASSES:
        found["items"] = [
            {"item": item, "class": index, "label": label_of(model, result.stage, index), "score": score}
            for item, classes in enumerate(classes_of(result))
            for index, score in classes
        ]
    elif kind == RecordKind.VOTES:
        found["items"] = [
            {"identity": vote.identity, "box": vote.box_q8, "score": vote.score}
            | {"class": vote.index if vote.is_sure else None}
            | {"label": label_of(model, result.stage, vote.index) if vote.is_sure else None}
            | {"probability": vote.probability}
            for vote in votes_of(result)
        ]
    else:
        found["items"] = items_of(result).tolist() if result.items else []
    return found


def record_line(result: Result | Record, model: Model | None, boxes_shown: int = SHOWN_BOXES) -> str:
    """One line of it, which lists so many boxes or tracks and counts all."""
    kind = RecordKind(result.kind)
    if kind == RecordKind.CLASSES:
        told = [
            "  ".join(f"{label_of(model, result.stage, index)} {score}" for index, score in classes)
            for classes in classes_of(result)[:SHOWN_CLASSIFIED]
        ]
        rest = len(classes_of(result)) - len(told)
        return (" | ".join(told) + (f" and of {rest} more" if rest else "")) or "no class"
    if Kind(kind) in BOXLIKE:
        tracks = kind != RecordKind.BOXES
        boxes = [_box(item, tracks) for item in items_of(result)] if result.items else []
        if kind == RecordKind.VOTES:
            boxes = [f"[{line}]" for line in vote_lines(result, model)]
        more = f" and {len(boxes) - boxes_shown} more" if len(boxes) > boxes_shown else ""
        count = counted(len(boxes), "track") if tracks else counted(len(boxes), "box", "boxes")
        return f"{count}  {'  '.join(boxes[:boxes_shown])}{more}".rstrip()
    if kind == RecordKind.RAW:
        return "no decoder"
    if not result.items:
        return "no points"
    xy = np.concatenate(points_of(result)).astype(np.float64) / 256
    (left, top), (right, bottom) = xy.min(axis=0), xy.max(axis=0)
    if len(xy) == 1:
        return f"1 point at {left:.1f}, {top:.1f}"
    return f"{len(xy)} points within x {left:.1f}..{right:.1f}, y {top:.1f}..{bottom:.1f}"


def track_lines(result: Result | Record) -> list[str]:
    """A line a track, none of other kinds: identity, box, how sure it is, how many points."""
    if result.kind != RecordKind.TRACKS or not result.items:
        return []
    points = len(points_at(Kind.TRACKS, result.item_values))
    return [f"{_box(item, named=True)[1:-1]}, {counted(points, 'point')}" for item in items_of(result)]


def vote_lines(result: Result | Record, model: Model | None) -> list[str]:
    """A line a track that was voted on, none of other kinds: identity, and what it is called, if that is
    sure, with its smoothed probability, at most MOST_SURE."""
    lines = []
    for vote in votes_of(result):
        share = min(vote.probability, MOST_SURE)
        called = f"{label_of(model, result.stage, vote.index)} {share:.0%}" if vote.is_sure else ""
        lines.append(f"#{vote.identity} {called if vote.score else 'out of sight'}".rstrip())
    return lines


def _box(item: NDArray[np.int32], named: bool = False) -> str:
    """A box, with its identity where it is a track's; a track's score of 0 says that it is out of sight."""
    left, top, width, height = (value / 256 for value in item[:4].tolist())
    who = f"#{item[5]} " if named else ""
    sure = "out of sight" if named and item[4] == 0 else f"score {score_shown(item[4])}"
    return f"[{who}{left:.1f},{top:.1f} {width:.1f}x{height:.1f} {sure}]"


def score_shown(score: int) -> str:
    """The score of a box or a track as a real value, in which programs state their thresholds."""
    return f"{score / SCORE_ONE:.2f}"


def label_of(model: Model | None, stage: int, index: int) -> str:
    """The name of a class of a stage as the board tells it, its number where it has none."""
    labels = stage_labels(model, stage) if model is not None else ()
    return labels[index][:MAX_LABEL] if 0 <= index < len(labels) else f"class {index}"
