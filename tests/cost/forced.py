"""Prices that make layers take kernels which they may have: so that each can be counted, chosen or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from codegen.cores import PLAIN
from codegen.lowering.kernel import kernels_of
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.target import Target, Work
from codegen.memory.options import PlanOptions
from codegen.ops.registry import REGISTRY


@dataclass(frozen=True)
class Forced:
    """The named kernels cost nothing, all others the same.

    Attributes:
        functions: C functions.
    """

    functions: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of no table."""
        return f"forced: {', '.join(self.functions)}"

    def price(self, call: KernelCall, work: Work) -> float:
        """See codegen.lowering.target.Prices."""
        return 0.0 if call.function in self.functions else 1.0

    def elapsed(self, call: KernelCall, work: Work) -> float:
        """The same: nothing is divided."""
        return self.price(call, work)

    def outside(self, moved: int) -> float:
        """No arena goes there: the kernels are what is counted."""
        return 0.0

    def options(self) -> PlanOptions:
        """Of a plan in which layers take them."""
        return PlanOptions(target=Target(prices=self))


NONE_FORCED = Forced(())
"""Layers take the plain kernels that stand first without any prices."""


@cache
def rounds_of(core: str) -> tuple[Forced, ...]:
    """What to force one after the other, so that each kernel that not every core has is counted: in each
    round the kernels of one place, which are those with about as much scratch. Of several that compute one
    layer the first stands before the others: where a place has kernels of one window size and such of any,
    those of one window follow by themselves.

    Args:
        core: one of CORES.
    """
    known = {kernel for kind in REGISTRY.classes for kernel in kernels_of(kind)}
    alone = [kernel for kernel in known if kernel.core != PLAIN and Target(core).runs(kernel.core)]
    places = sorted({kernel.place for kernel in alone})
    rounds = [[kernel for kernel in alone if kernel.place == place] for place in places]
    rounds += [
        windowed
        for kernels in rounds
        if 0 < len(windowed := [kernel for kernel in kernels if hasattr(kernel, "side")]) < len(kernels)
    ]
    return tuple(Forced(tuple(sorted(kernel.function for kernel in kernels))) for kernels in rounds)
