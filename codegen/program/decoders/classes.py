"""Classes: the highest values of the first output with their places; of equal ones the first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.program.decoders import Decoder, Item, as_integers, register
from codegen.program.facts import Facts
from codegen.program.picture import Region
from codegen.program.records import Kind
from codegen.program.spec import InputSpec, InputTensor

TOLD = 5
"""How many classes are told where nobody says it."""


@register
@dataclass(frozen=True)
class Classes(Decoder):
    """The best of a classifier's outputs.

    Attributes:
        top: how many are told.
    """

    top: int

    NAME = "classes"
    KIND = Kind.CLASSES

    def __post_init__(self) -> None:
        if not 1 <= self.top < 2**15:
            raise ModelError(f"{self.top} classes are to be told", "classes", "Use 1 or more.")

    @classmethod
    def from_facts(cls, facts: Facts, outputs: Sequence[InputTensor]) -> Classes:
        """`top`: how many are told, by default all up to TOLD.

        Raises:
            ModelError: as Decoder.from_facts.
        """
        values = math.prod(outputs[0].shape) if outputs else 0
        return cls(facts.integer("top", max(1, min(TOLD, values)), (1, 2**15 - 1)))

    @property
    def width(self) -> int:
        """Index and score of each that is told."""
        return 2 * self.top

    @property
    def parameters(self) -> tuple[int, ...]:
        """How many."""
        return (self.top,)

    def check(self, outputs: Sequence[InputTensor], where: str) -> None:
        """Wants as many values in the first output as are told.

        Raises:
            ModelError: it has fewer.
        """
        values = math.prod(outputs[0].shape) if outputs else 0
        if values < self.top:
            raise ModelError(
                f"{self.top} classes are to be told, output 0 has {values} values",
                where,
                f"Use at most {values}.",
            )

    def decode(self, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec) -> Sequence[Item]:
        """One item: index and score of each, the best first."""
        values = as_integers(outputs[0].reshape(-1))
        best = np.argsort(-values, kind="stable")[: self.top]
        return [tuple(int(v) for i in best for v in (i, values[i]))]
