"""Which kernel a layer takes: made once for a layer and a target, and read by planner, estimator and writer.

For speed that of the least price, for size that of the least place (`Kernel.place`). A kernel that no price
is known of stands behind all that are priced; among kernels without prices those for one core alone stand
behind plain C, so that nothing wins of which nobody knows what it costs. Where two cores are at
hand, each kernel that can be divided stands there whole and in halves, and the price of its end decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from codegen.cores import PLAIN
from codegen.lowering.candidate import Candidate
from codegen.lowering.kernel import Kernel, kernels_of
from codegen.lowering.target import Target, Work

L = TypeVar("L")
_Rank = tuple[bool, float, bool, int, str]


def candidates_of(kind: str, layer: L, work: Work, target: Target) -> tuple[Candidate, ...]:
    """The kernels that compute a layer on a target, the best first.

    Args:
        kind: the operator.
        layer: what it tells its kernels.
        work: what a price depends on besides the call.
    Raises:
        ValueError: there is none (a fault of codegen/kernels: some kernel takes every form).
    """
    accepting = [kernel for kernel in kernels_of(kind) if target.runs(kernel.core) and kernel.accepts(layer)]
    meant = [kernel for kernel in accepting if target.goal in kernel.goals and not kernel.last_resort]
    if not meant:
        meant = [kernel for kernel in accepting if kernel.last_resort]
    if not meant:
        raise ValueError(f"no kernel computes {kind} for {target.goal} on {target.core}")
    return tuple(candidate for _, candidate in sorted(_ranked(meant, layer, work, target), key=_rank))


def _ranked(
    kernels: Sequence[Kernel[L]], layer: L, work: Work, target: Target
) -> list[tuple[_Rank, Candidate]]:
    """Each kernel with what it is sorted by."""
    found = []
    asked = target.goal == "speed" and (len(kernels) > 1 or target.cores > 1)
    for kernel in kernels:
        call = kernel.call(layer, tables=target.cores > 1) if asked else None
        price = None if call is None else target.price(call, work)
        rank = (price is None, price or 0.0, kernel.core != PLAIN, kernel.place, kernel.function)
        found.append((rank, Candidate.of(kernel, layer)))
        if call is None or price is None or target.cores == 1:
            continue
        for halves in kernel.halves(layer):
            shared = target.price(replace(call, halves=halves), work)
            assert shared is not None  # the kernel has an entry
            divided = (False, shared, *rank[2:])
            found.append((divided, Candidate.of_halves(kernel, layer, halves)))
    return found


def _rank(pair: tuple[_Rank, Candidate]) -> _Rank:
    return pair[0]
