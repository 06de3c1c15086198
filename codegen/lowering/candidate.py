"""One way to compute a layer in C: its scratch is known at once, its call is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from codegen.lowering.halves import Halves
from codegen.lowering.kernel import Kernel
from codegen.lowering.kernel_call import KernelCall

L = TypeVar("L")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A kernel for a layer.

    Attributes:
        function: the kernel.
        scratch_bytes: arena that it needs besides inputs and outputs.
        make: gives the call, with its tables.
        divided: two cores compute it.
    """

    function: str
    scratch_bytes: int
    make: Callable[[], KernelCall]
    divided: bool = False

    @classmethod
    def of(cls, kernel: Kernel[L], layer: L) -> Candidate:
        """A kernel of codegen/kernels."""
        return cls(kernel.function, kernel.scratch_bytes(layer), lambda: kernel.call(layer))

    @classmethod
    def of_halves(cls, kernel: Kernel[L], layer: L, halves: Halves) -> Candidate:
        """The same on two cores."""

        def make() -> KernelCall:
            return replace(kernel.call(layer), halves=halves)

        return cls(kernel.function, halves.scratch_bytes, make, divided=True)

    @classmethod
    def only(cls, call: KernelCall) -> Candidate:
        """The call that an op renders itself."""
        return cls(call.function, 0, lambda: call)

    @cached_property
    def call(self) -> KernelCall:
        """The call, made once."""
        return self.make()
