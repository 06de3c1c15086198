"""Layer -> its call in C, made once: planner, estimator, report and writer all read the same one.

A call depends on the layer, its tensors and the graph's goal alone, so that all graphs that share them (other
orders, layers in bands) share the call, too. It is forgotten with the tensor that it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

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
        call: its call, None where it only renames bytes.
        input_bytes: size of its first input.
    """

    call: KernelCall | None
    input_bytes: int

    @cached_property
    def distance(self) -> int | None:
        """How far the output must start below the input (AccessOrder.distance); None: they lie apart."""
        return distance_of(self.call, self.input_bytes)
