"""How far a kernel's output may lie over its input: from the order in which it reads and writes.

Each op registers the order of its kernels beside its code; a kernel without an order never overlaps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from codegen.lowering.kernel_call import KernelCall

Params: TypeAlias = Mapping[str, Any]
"""A kernel's constant parameters, the tables that its order asks for (flat tuples), and `input_bytes`."""
Facts: TypeAlias = tuple[tuple[str, Any], ...]
Times: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AccessOrder:
    """When a kernel touches each byte, in steps of its own; within a step all reads come before all writes.

    Attributes:
        written: int64 [output bytes], the step that writes the byte (each byte is written once).
        last_read: int64 [input bytes], the last step that reads the byte; -1 where none does.
    """

    written: Times
    last_read: Times

    def distance(self) -> int:
        """The least number of bytes by which the output's start must lie below the input's start.

        An output byte w destroys an input byte r that is read later where both have one address, that is
        where input - output = w - r. Everything above the largest such difference is safe. Negative: the
        output may start that far above the input's start. Never below minus the size of the input.
        """
        order = np.argsort(self.last_read, kind="stable")
        steps = self.last_read[order]
        lowest = np.minimum.accumulate(order[::-1])[::-1]  # lowest byte among those read at steps[i] or later
        later = np.searchsorted(steps, self.written, side="right")
        pending = later < len(steps)
        if not pending.any():
            return -len(self.last_read)
        worst = int((np.nonzero(pending)[0] - lowest[later[pending]]).max()) + 1
        return max(worst, -len(self.last_read))


Order: TypeAlias = Callable[[Params], AccessOrder]
"""Gives a call's order."""
_ORDERS: dict[str, Order] = {}
_TABLES: dict[str, tuple[str, ...]] = {}


def ordered(*functions: str, tables: tuple[str, ...] = ()) -> Callable[[Order], Order]:
    """Decorator of the function that gives the order of these kernels: their output may overlap their input.

    Args:
        tables: suffixes of the constant arrays that say where the kernels read.
    """

    def add(order: Order) -> Order:
        _ORDERS.update(dict.fromkeys(functions, order))
        _TABLES.update(dict.fromkeys(functions, tables))
        return order

    return add


def known_kernels() -> frozenset[str]:
    """The kernel functions whose output may overlap their input."""
    return frozenset(_ORDERS)


def order_of(call: KernelCall | None, input_bytes: int) -> AccessOrder | None:
    """The order of a call, or None for a kernel that is not known to leave unread input alone.

    Args:
        input_bytes: size of the call's input.
    """
    key = _key(call, input_bytes)
    return None if key is None else _order(*key)


def distance_of(call: KernelCall | None, input_bytes: int) -> int | None:
    """`AccessOrder.distance` of a call; None where it must not overlap."""
    key = _key(call, input_bytes)
    return None if key is None else _distance(*key)


def _key(call: KernelCall | None, input_bytes: int) -> tuple[str, Facts] | None:
    """The kernel and all that its order depends on."""
    if call is None or call.function not in _ORDERS or len(call.inputs) != 1 or len(call.outputs) != 1:
        return None
    if call.halves is not None:  # neither core knows how far the other one is
        return None
    tables = _TABLES[call.function]
    values = [(t.suffix, tuple(t.values.reshape(-1).tolist())) for t in call.tables if t.suffix in tables]
    return call.function, (*call.params.items(), *values, ("input_bytes", input_bytes))


@lru_cache(maxsize=16)
def _order(function: str, facts: Facts) -> AccessOrder:
    return _ORDERS[function](dict(facts))


@lru_cache(maxsize=1024)
def _distance(function: str, facts: Facts) -> int:
    return _order(function, facts).distance()
