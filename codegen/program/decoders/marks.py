"""Landmarks of a thing and whether it is there at all: a box around the points, its score, and the points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.program.decoders import Decoder, Item, register
from codegen.program.decoders.boxes import MOST_LENGTH, SCORE_ONE
from codegen.program.decoders.points import Points
from codegen.program.facts import Facts
from codegen.program.picture import Region
from codegen.program.records import BOX_VALUES, Kind
from codegen.program.spec import InputSpec, InputTensor

MOST_SCORE_SCALE_Q16 = 1 << 30
FOREHEAD = 0.25
"""By so much of its height the box of a face's landmarks is raised: they end at the brows."""
NO_OUTPUT = -1


@register
@dataclass(frozen=True)
class Marks(Decoder):
    """One item a run: the box of the points, the presence as its score, class 0, all points as key points.

    Attributes:
        shape: how an output becomes points.
        output: index of the one with the points.
        presence: index of the one with the presence's logit, a single value; NO_OUTPUT: none, the score is 0.
        score_scale_q16, score_zero: a score is (q - score_zero) * score_scale_q16 / 65536, rounded, in
            1/SCORE_ONE.
        forehead_q8: by so much of its height, in 1/256, the box is higher than its points.
    """

    shape: Points
    output: int = 0
    presence: int = NO_OUTPUT
    score_scale_q16: int = 0
    score_zero: int = 0
    forehead_q8: int = round(FOREHEAD * 256)

    NAME = "marks"
    KIND = Kind.BOXES

    def __post_init__(self) -> None:
        fits = (
            self.output >= 0
            and self.presence >= NO_OUTPUT
            and 0 <= self.score_scale_q16 < MOST_SCORE_SCALE_Q16
            and -128 <= self.score_zero <= 127
            and 0 <= self.forehead_q8 <= 256
        )
        if not fits:
            raise ModelError("a field of the decoder is out of range", "marks", "Write the card again.")

    @classmethod
    def from_facts(cls, facts: Facts, outputs: Sequence[InputTensor]) -> Marks:
        """`points` (index of the output with them, by default 0), `mean` as of the decoder "points",
        `presence` (index of the output with the logit; without it each score is 0) and `forehead`.

        Raises:
            ModelError: as Decoder.from_facts, or an output has no scale.
        """
        output = facts.integer("points", 0)
        stated = "presence" in facts
        presence = facts.integer("presence") if stated else NO_OUTPUT
        named = {"points": output, **({"presence": presence} if stated else {})}
        for key, index in named.items():
            if not (0 <= index < len(outputs) and outputs[index].scale > 0):
                raise facts.wrong(f"{key} is {index}, no output with a scale", key)
        answer = outputs[presence]
        return cls(
            shape=Points.from_facts(facts, outputs[output:]),
            output=output,
            presence=presence,
            score_scale_q16=round(answer.scale * SCORE_ONE * 65536) if stated else 0,
            score_zero=answer.zero_point if stated else 0,
            forehead_q8=round(facts.number("forehead", FOREHEAD, (0, 1)) * 256),
        )

    @property
    def width(self) -> int:
        """A box and x, y of each point."""
        return BOX_VALUES + self.shape.width

    @property
    def parameters(self) -> tuple[int, ...]:
        """As firmware/src/decode_marks.c names them."""
        s = self.shape
        return (
            self.output, self.presence, s.width // 2, s.scale_q24, s.zero_point, self.score_scale_q16,
            self.score_zero, self.forehead_q8, *s.mean_q24,
        )  # fmt: skip

    def check(self, outputs: Sequence[InputTensor], where: str) -> None:
        """Wants one int8 value for each x and y, and a single one for the presence.

        Raises:
            ModelError: there are others.
        """
        wanted = {self.output: self.shape.width}
        if self.presence != NO_OUTPUT:
            wanted[self.presence] = 1
        for index, values in wanted.items():
            there = outputs[index] if index < len(outputs) else None
            if there is None or there.dtype != "int8" or math.prod(there.shape) != values:
                raise ModelError(
                    f"the decoder reads int8 of {values} values, output {index} is another tensor",
                    where,
                    "Use the card that belongs to this model.",
                )

    def decode(self, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec) -> Sequence[Item]:
        """One item, also where nothing is there: its score says so."""
        xy = self.shape.xy(outputs[self.output], region)
        left, top = xy.min(axis=0).tolist()
        right, bottom = xy.max(axis=0).tolist()
        wide, high = min(right - left, MOST_LENGTH), min(bottom - top, MOST_LENGTH)
        raised = high * self.forehead_q8 + 128 >> 8
        score = 0
        if self.presence != NO_OUTPUT:
            answer = int(np.ravel(outputs[self.presence])[0])
            score = (answer - self.score_zero) * self.score_scale_q16 + 32768 >> 16
        return [(left, top - raised, wide, high + raised, score, 0, *xy.reshape(-1).tolist())]
