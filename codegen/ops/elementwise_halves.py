"""Layers that go over elements one after the other, in two halves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from codegen.lowering.halves import Half, Halves, larger_first
from codegen.lowering.kernel_call import ConstTable


def by_elements(
    params: Mapping[str, int | tuple[int, ...]], inputs: int, tables: Sequence[ConstTable], walked: bool
) -> tuple[Halves, ...]:
    """The first and the last elements; none where there is one.

    Args:
        params: of the whole layer, with "elements"; input, output element n is the n-th byte.
        inputs: how many there are.
        tables: of the call.
        walked: each output meets the element of its own place there; False: each half reads all of them.
    """
    count = params["elements"]
    assert isinstance(count, int)
    if count < 2:
        return ()
    middle = larger_first(count)
    found = []
    for first, end in ((0, middle), (middle, count)):
        read = tuple((first, end) if walked else (0, table.values.size) for table in tables)
        mine = {**params, "elements": end - first}
        found.append(Half(mine, (end - first,), 0, (first,) * inputs, first, read))
    return (Halves("elements", *found),)
