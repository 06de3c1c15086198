"""Layer -> its call in C, made once: planner, estimator, report and writer all read the same one.

A call depends on the layer, its tensors and the graph's target alone, so that all graphs that share them
(other orders, layers in bands) share the call, too. It is forgotten with the tensor that it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from codegen.lowering.candidate import Candidate
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.overlap import distance_of
from codegen.tensor import Tensor

T = TypeVar("T")


class Kept(Generic[T]):
    """What was made for a tensor, for as long as the tensor lives."""

    def __init__(self) -> None:
        self._made: WeakKeyDictionary[Tensor, dict[Hashable, T]] = WeakKeyDictionary()

    def get(self, tensor: Tensor, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave for this tensor and key when it was asked first.

        Args:
            key: all that the result depends on besides; it holds no reference to `tensor`.
        """
        made = self._made.setdefault(tensor, {})
        if key not in made:
            made[key] = make()
        return made[key]


@dataclass(frozen=True, eq=False)
class Lowered:
    """A layer as the C has it.

    Attributes:
        candidates: the ways to compute it, the best first; none where it only renames bytes.
        most_scratch: see `Op.most_scratch`.
        input_bytes: size of its first input.
    """

    candidates: tuple[Candidate, ...]
    most_scratch: int | None
    input_bytes: int

    @cached_property
    def chosen(self) -> Candidate | None:
        """The best one that keeps to the scratch allowed, or else the one that needs least."""
        allowed = self.most_scratch
        if allowed is None or not self.candidates:
            return next(iter(self.candidates), None)
        within = (candidate for candidate in self.candidates if candidate.scratch_bytes <= allowed)
        return next(within, None) or min(self.candidates, key=lambda candidate: candidate.scratch_bytes)

    @property
    def call(self) -> KernelCall | None:
        """Its call, None where it only renames bytes."""
        return None if self.chosen is None else self.chosen.call

    @property
    def scratch_bytes(self) -> int:
        """Of arena, besides inputs and outputs."""
        return 0 if self.chosen is None else self.chosen.scratch_bytes

    def call_of(self, function: str) -> KernelCall | None:
        """Its call of this kernel, None where that can't compute it on this target."""
        return next((one.call for one in self.candidates if one.function == function), None)

    @cached_property
    def distance(self) -> int | None:
        """How far the output must start below the input (AccessOrder.distance); None: they lie apart."""
        return distance_of(self.call, self.input_bytes)
