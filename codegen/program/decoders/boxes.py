"""Boxes from a grid of anchors over one or more levels, then greedy suppression of what overlaps.

Linear boxes are those of BlazeFace (Bazarevsky 2019, section 3.2: regressors relative to the anchor's
centre), sides those of FCOS (Tian 2019, eq. 1), exponential sizes those of SSD (Liu 2016, eq. 2); fixed ones
are for networks that find places and no sizes, such as FOMO (Moreau and Kelcey 2022).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.program.decoders import Decoder, Item, register
from codegen.program.facts import Facts, is_number
from codegen.program.picture import Region
from codegen.program.records import BOX_VALUES, Kind
from codegen.program.spec import InputSpec, InputTensor

MOST_SCALE_Q16 = 1 << 22
MOST_ANCHOR_Q8 = 1 << 14
MOST_LENGTH = 1 << 29
"""Limits within which no product of the C decoder leaves 64 bits."""
TABLE = 256
SCORE_ONE = 4096
SCORES = (-(2**31) / SCORE_ONE, (2**31 - 1) / SCORE_ONE)
SHARES = (0, 1)
"""Least and most of a key that states scores, or a share."""
"""A score of 1 in the unit of boxes that a program's file describes."""
FORMS = ("centre", "sides", "exponential", "fixed")


class Form(IntEnum):
    """What the four values of a box are."""

    CENTRE = 0
    """Middle relative to the cell's, width, height."""
    SIDES = 1
    """How far left, top, right and bottom are from the cell's middle."""
    EXPONENTIAL = 2
    """As CENTRE, with the logarithms of width and height."""
    FIXED = 3
    """There are none: each box is the anchor around its cell's middle, and has no key points."""


@dataclass(frozen=True)
class Level:
    """One grid of anchors: rows x columns cells over the input, each with the same anchors.

    Attributes:
        scores, boxes: index of the output with the scores, with the boxes and key points (FIXED has none).
        scores_at, boxes_at: where this level's values begin in it (several levels may share an output).
        columns, rows: cells along width and height of the input.
        anchors_q8: width and height of each anchor of a cell, in 1/256 of the unit of `scale_q16`.
        form: what the values of a box are.
        scale_q16, zero_point: a value q of the box output is (q - zero_point) * scale_q16 / 65536 anchors,
            and an anchor of 256 is one input px. With FIXED a box has scale_q16 / 65536 anchors.
        score_scale_q16, score_zero: a score is (q - score_zero) * score_scale_q16 / 65536, rounded: one unit
            for all levels.
        sizes_q16: with EXPONENTIAL the factor of each of the 256 values, from -128 on, times 65536.
    """

    scores: int
    boxes: int
    columns: int
    rows: int
    scale_q16: int
    zero_point: int
    score_scale_q16: int
    score_zero: int
    scores_at: int = 0
    boxes_at: int = 0
    anchors_q8: tuple[tuple[int, int], ...] = ((256, 256),)
    form: Form = Form.CENTRE
    sizes_q16: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """Anchors of the level."""
        return self.columns * self.rows * len(self.anchors_q8)

    def fits(self) -> bool:
        """Whether each field is one that the C decoder takes."""
        return (
            1 <= self.columns <= 4095
            and 1 <= self.rows <= 4095
            and 1 <= len(self.anchors_q8) <= 255
            and all(0 <= side <= MOST_ANCHOR_Q8 for anchor in self.anchors_q8 for side in anchor)
            and 0 <= self.scale_q16 <= MOST_SCALE_Q16
            and -128 <= self.zero_point <= 127
            and 0 <= self.score_scale_q16 < 1 << 30
            and -128 <= self.score_zero <= 127
            and min(self.scores, self.boxes, self.scores_at, self.boxes_at) >= 0
            and len(self.sizes_q16) == (TABLE if self.form == Form.EXPONENTIAL else 0)
            and all(0 <= factor < 2**31 for factor in self.sizes_q16)
        )


@register
@dataclass(frozen=True)
class Boxes(Decoder):
    """Boxes with a score, a class and key points.

    Attributes:
        levels: grids, in the order in which anchors count.
        threshold: lowest score of a box, in the unit of the levels.
        overlap_q8: a box goes where it shares more than this of its union with a better one of its class, in
            1/256.
        keep: most boxes that stay.
        key_points: of each box.
        classes: scores an anchor; the highest one's place is the box's class.
    """

    levels: tuple[Level, ...]
    threshold: int
    overlap_q8: int
    keep: int
    key_points: int = 0
    classes: int = 1

    NAME = "boxes"
    KIND = Kind.BOXES

    def __post_init__(self) -> None:
        fits = (
            1 <= len(self.levels) <= 255
            and all(level.fits() for level in self.levels)
            and not (self.key_points and any(level.form == Form.FIXED for level in self.levels))
            and -(2**31) <= self.threshold < 2**31
            and 0 <= self.overlap_q8 <= 256
            and 1 <= self.keep < 2**16
            and 0 <= self.key_points <= 255
            and 1 <= self.classes <= 255
        )
        if not fits:
            raise ModelError("a field of the decoder is out of range", "boxes", "Write the card again.")

    @classmethod
    def from_facts(cls, facts: Facts, outputs: Sequence[InputTensor]) -> Boxes:
        """`threshold` of the score's real value, `overlap` (0 to 1), `keep`, `key_points`, `classes`, and a
        table a level.

        Raises:
            ModelError: as Decoder.from_facts.
        """
        return cls(
            levels=tuple(_level(table, outputs) for table in facts.tables("level")),
            threshold=round(facts.number("threshold", None, SCORES) * SCORE_ONE),
            overlap_q8=round(facts.number("overlap", 0.3, SHARES) * 256),
            keep=facts.integer("keep", 8, (1, 2**16 - 1)),
            key_points=facts.integer("key_points", 0, (0, 255)),
            classes=facts.integer("classes", 1, (1, 255)),
        )

    def values(self, level: Level) -> int:
        """Values of a box and its key points in the output of a level."""
        return 0 if level.form == Form.FIXED else 4 + 2 * self.key_points

    @property
    def width(self) -> int:
        """Left, top, width, height, score, class, then x, y of each key point."""
        return BOX_VALUES + 2 * self.key_points

    @property
    def parameters(self) -> tuple[int, ...]:
        """Head, levels with their anchors, tables of sizes (firmware/src/decode_boxes.c)."""
        head = [self.key_points, self.classes, self.threshold, self.overlap_q8, self.keep, len(self.levels)]
        for level in self.levels:
            head += [
                level.scores, level.boxes, level.scores_at, level.boxes_at, level.columns, level.rows,
                len(level.anchors_q8), int(level.form), level.scale_q16, level.zero_point,
                level.score_scale_q16, level.score_zero,
            ]  # fmt: skip
            head += [side for anchor in level.anchors_q8 for side in anchor]
        return (*head, *(factor for level in self.levels for factor in level.sizes_q16))

    def check(self, outputs: Sequence[InputTensor], where: str) -> None:
        """Wants all anchors' values in int8 outputs.

        Raises:
            ModelError: an output is missing, of another type or too short.
        """
        for level in self.levels:
            for index, start, each in (
                (level.scores, level.scores_at, self.classes),
                (level.boxes, level.boxes_at, self.values(level)),
            ):
                if index >= len(outputs) or outputs[index].dtype != "int8":
                    raise ModelError(
                        f"the decoder reads int8 from output {index}, the model has no such one",
                        where,
                        "Use the card that belongs to this model.",
                    )
                needed, there = start + level.count * each, math.prod(outputs[index].shape)
                if needed > there:
                    raise ModelError(
                        f"the decoder reads {needed} values of output {index}, it has {there}",
                        where,
                        "Use the card that belongs to this model.",
                    )

    def check_room(self, most: int, where: str) -> None:
        """Candidates and what stays of them lie in the record.

        Raises:
            ModelError: it holds fewer than stay.
        """
        if most < self.keep:
            raise ModelError(
                f"the decoder keeps {self.keep} boxes, the stage's record holds {most}",
                where,
                "Raise `most`: candidates need room, too.",
            )

    def decode(self, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec) -> Sequence[Item]:
        """The boxes that reach the threshold, anchor after anchor."""
        return [item for level in self.levels for item in self._level(level, outputs, region, source)]

    def _level(
        self, level: Level, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec
    ) -> list[Item]:
        n, each = level.count, self.values(level)
        scores = outputs[level.scores].reshape(-1)[level.scores_at :][: n * self.classes]
        scores = scores.reshape(n, self.classes).astype(np.int64)
        values = outputs[level.boxes].reshape(-1)[level.boxes_at :][: n * each].reshape(n, each)
        kinds = scores.argmax(axis=1)
        best = ((scores.max(axis=1) - level.score_zero) * level.score_scale_q16 + 32768) >> 16
        anchors = len(level.anchors_q8)
        items = []
        for i in np.flatnonzero(best >= self.threshold).tolist():
            cell = i // anchors
            cx = ((2 * (cell % level.columns) + 1) * source.width << 15) // level.columns
            cy = ((2 * (cell // level.columns) + 1) * source.height << 15) // level.rows
            raw = values[i].tolist()
            anchor = level.anchors_q8[i % anchors]
            far = [(q - level.zero_point) * level.scale_q16 * anchor[k % 2] >> 8 for k, q in enumerate(raw)]
            left, top, width, height = self._box(level, raw, far, anchor, cx, cy)
            x, y = _Axis(region.x, region.width, source.width), _Axis(region.y, region.height, source.height)
            wide, high = x.length(max(width, 0)), y.length(max(height, 0))
            half = wide >> 1, high >> 1
            middle = region.turned(x.position(left) + half[0], y.position(top) + half[1])
            item = [middle[0] - half[0], middle[1] - half[1], wide, high, int(best[i]), int(kinds[i])]
            for k in range(4, each, 2):
                item += region.turned(x.position(cx + far[k]), y.position(cy + far[k + 1]))
            items.append(tuple(item))
        return items

    @staticmethod
    def _box(
        level: Level, raw: list[int], far: list[int], anchor: tuple[int, int], cx: int, cy: int
    ) -> tuple[int, int, int, int]:
        if level.form == Form.FIXED:
            width, height = (level.scale_q16 * side >> 8 for side in anchor)
            return cx - (width >> 1), cy - (height >> 1), width, height
        if level.form == Form.SIDES:
            return cx - far[0], cy - far[1], far[0] + far[2], far[1] + far[3]
        width, height = far[2], far[3]
        if level.form == Form.EXPONENTIAL:
            width = level.sizes_q16[raw[2] + 128] * anchor[0] >> 8
            height = level.sizes_q16[raw[3] + 128] * anchor[1] >> 8
        return cx + far[0] - (width >> 1), cy + far[1] - (height >> 1), width, height

    def gather(self, items: Sequence[Item], most: int) -> tuple[Item, ...]:
        """The best `most` candidates, highest first and of equal ones the first found, without those that
        overlap a better one, at most `keep`."""
        best = sorted(items, key=lambda item: -item[4])[:most]
        kept: list[Item] = []
        for item in best:
            if len(kept) == self.keep:
                break
            if not any(other[5] == item[5] and self._overlap(other, item) for other in kept):
                kept.append(item)
        return tuple(kept)

    def at_most(self, most: int) -> int:
        """No more than are kept."""
        return min(most, self.keep)

    def _overlap(self, a: Item, b: Item) -> bool:
        width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
        height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
        if width <= 0 or height <= 0:
            return False
        shared = (width >> 4) * (height >> 4)
        both = (a[2] >> 4) * (a[3] >> 4) + (b[2] >> 4) * (b[3] >> 4) - shared
        return shared * 256 > both * self.overlap_q8


def _level(facts: Facts, outputs: Sequence[InputTensor]) -> Level:
    """`scores` and `boxes` (outputs), `columns`, `rows`, and by default `scores_at`, `boxes_at` (where it
    begins in them), `unit` (input px of 1 in the boxes), `anchors` (width, height of each in units), `form`;
    fixed boxes have no output.

    Raises:
        ModelError: a key is wrong, or an output has no scale.
    """
    form = Form[facts.text("form", "centre", FORMS).upper()]
    told = {key: facts.integer(key) for key in ("scores", "columns", "rows")}
    told["boxes"] = told["scores"] if form == Form.FIXED else facts.integer("boxes")
    for key in ("scores", "boxes"):
        if not (0 <= told[key] < len(outputs) and outputs[told[key]].scale > 0):
            raise facts.wrong(f"{key} is {told[key]}, no output with a scale")
    scores, boxes = outputs[told["scores"]], outputs[told["boxes"]]
    unit = facts.number("unit", 1.0)
    step, zero_point = (1.0, 0) if form == Form.FIXED else (boxes.scale, boxes.zero_point)
    anchors = facts.take("anchors", [[1, 1]])
    if not isinstance(anchors, list) or not all(_is_pair(anchor) for anchor in anchors):
        raise facts.wrong("anchors is no list of widths and heights")
    steps = (np.arange(-128, 128) - boxes.zero_point) * boxes.scale
    sizes = np.minimum(np.round(np.exp(np.minimum(steps, 40)) * unit * 65536), 2**31 - 1)
    level = Level(
        **told,
        scale_q16=round(step * unit * 65536),
        zero_point=zero_point,
        score_scale_q16=round(scores.scale * SCORE_ONE * 65536),
        score_zero=scores.zero_point,
        scores_at=facts.integer("scores_at", 0),
        boxes_at=facts.integer("boxes_at", 0),
        anchors_q8=tuple((round(w * 256), round(h * 256)) for w, h in anchors),
        form=form,
        sizes_q16=tuple(sizes.astype(np.int64).tolist()) if form == Form.EXPONENTIAL else (),
    )
    facts.done()
    return level


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


class _Axis:
    """From input px times 65536 to frame px times 256 along one axis."""

    def __init__(self, start: int, size: int, cells: int) -> None:
        self.start, self.ratio_q16 = start * 256 - 128, (size << 16) // cells

    def length(self, q16: int) -> int:
        value = ((q16 + 128 >> 8) * self.ratio_q16 + 32768) >> 16
        return min(max(value, -MOST_LENGTH), MOST_LENGTH)

    def position(self, q16: int) -> int:
        return self.start + self.length(q16)
