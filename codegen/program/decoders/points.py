"""Landmarks: a mean shape and the network's deviation from it, in sides of the region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.program.decoders import Decoder, Item, register
from codegen.program.facts import Facts
from codegen.program.picture import Region
from codegen.program.records import Kind
from codegen.program.spec import InputSpec, InputTensor

MOST_SIDES = 128
"""Of a region: a mean point lies nearer."""
MAX_SCALE_Q24 = 2**24 - 1
"""Largest output scale, less than a region's side a step: px * 256 fit 32 bits."""


@register
@dataclass(frozen=True)
class Points(Decoder):
    """Turns the int8 output into points, in fixed point (Q24 of the region's sides).

    Attributes:
        mean_q24: mean shape, x0, y0, x1, y1 ... in sides of the region times 2**24.
        scale_q24: output scale in sides times 2**24.
        zero_point: of the output tensor.
    """

    mean_q24: tuple[int, ...]
    scale_q24: int
    zero_point: int

    NAME = "points"
    KIND = Kind.POINTS

    def __post_init__(self) -> None:
        fits = (
            0 < len(self.mean_q24) < 2**16
            and len(self.mean_q24) % 2 == 0
            and all(-(2**31) <= v < 2**31 for v in self.mean_q24)
            and 0 <= self.scale_q24 <= MAX_SCALE_Q24
            and -128 <= self.zero_point <= 127
        )
        if not fits:
            raise ModelError("a field of the decoder is out of range", "points", "Write the card again.")

    @classmethod
    def from_facts(cls, facts: Facts, outputs: Sequence[InputTensor]) -> Points:
        """`mean`: the mean shape, x0, y0, x1, y1 ... in sides of the region, to which the first output adds;
        without it the output is the shape itself.

        Raises:
            ModelError: as Decoder.from_facts, or the output has no scale.
        """
        if not outputs or not outputs[0].scale > 0:
            raise facts.wrong("points need a first output with a scale")
        first = outputs[0]
        mean = facts.numbers("mean", [0.0] * math.prod(first.shape))
        if not mean or len(mean) % 2 or not all(abs(value) < MOST_SIDES for value in mean):
            cause = f"mean is out of range: {len(mean)} numbers, of which two are x and y of a point"
            raise facts.wrong(f"{cause}, nearer than {MOST_SIDES} sides", "mean")
        return cls(tuple(round(v * 2**24) for v in mean), round(first.scale * 2**24), first.zero_point)

    @property
    def width(self) -> int:
        """x and y of each point."""
        return len(self.mean_q24)

    @property
    def parameters(self) -> tuple[int, ...]:
        """Points, scale, zero point, mean shape."""
        return (len(self.mean_q24) // 2, self.scale_q24, self.zero_point, *self.mean_q24)

    def check(self, outputs: Sequence[InputTensor], where: str) -> None:
        """Wants one value for each x and y in the first output, int8.

        Raises:
            ModelError: it has others.
        """
        first = outputs[0] if outputs else None
        if first is None or first.dtype != "int8" or math.prod(first.shape) != self.width:
            raise ModelError(
                f"the decoder reads int8 of {self.width} values, output 0 is another tensor",
                where,
                "Use the card that belongs to this model.",
            )

    def decode(self, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec) -> Sequence[Item]:
        """One item: x, y of each point in frame px times 256."""
        return [tuple(self.xy(outputs[0], region).reshape(-1).tolist())]

    def xy(self, output: NDArray[Any], region: Region) -> NDArray[np.int32]:
        """Points in frame px times 256, (0, 0) = centre of the top-left pixel.

        Args:
            output: int8 [..., 2 * points] of one picture.
            region: of the frame, that the picture was cut from.
        Returns:
            int32 [points, 2], x then y.
        """
        q = output.reshape(-1).astype(np.int64)
        n_q24 = np.asarray(self.mean_q24, np.int64) + (q - self.zero_point) * self.scale_q24
        start = np.array([region.x, region.y], np.int64) * 256 - 128
        sides = np.array([region.width, region.height], np.int64)
        level = start + ((n_q24.reshape(-1, 2) * sides + (1 << 15)) >> 16)
        return np.array([region.turned(x, y) for x, y in level.tolist()], np.int32)
