"""No decoder: the outputs speak for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from codegen.program.decoders import Decoder, Item, register
from codegen.program.facts import Facts
from codegen.program.picture import Region
from codegen.program.records import Kind
from codegen.program.spec import InputSpec, InputTensor


@register
@dataclass(frozen=True)
class Raw(Decoder):
    """Finds nothing, fits any network."""

    NAME = "raw"
    KIND = Kind.RAW

    @classmethod
    def from_facts(cls, facts: Facts, outputs: Sequence[InputTensor]) -> Raw:
        """No keys."""
        return cls()

    @property
    def width(self) -> int:
        """0: there are no items."""
        return 0

    @property
    def parameters(self) -> tuple[int, ...]:
        """None."""
        return ()

    def check(self, outputs: Sequence[InputTensor], where: str) -> None:
        """Takes all."""

    def decode(self, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec) -> Sequence[Item]:
        """No items."""
        return ()
