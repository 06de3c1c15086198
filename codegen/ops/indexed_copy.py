"""What GATHER, MIRROR_PAD, BATCH_TO_SPACE_ND and others share: along each axis a list of places to read."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.access_order import runs
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.lowering.overlap import AccessOrder, Params, ordered
from codegen.ops.strided_copy import dense_strides

INDEXED_COPY = "tfk_indexed_copy_s8"
MAX_TABLES = 4
"""Axes with a table that the kernel loops over."""

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class IndexedCopy(Op):
    """Element (i, j, ...) of the output is element (positions_0[i], positions_1[j], ...) of the input."""

    kernels = (INDEXED_COPY,)

    @abstractmethod
    def positions(self, graph: Graph) -> tuple[Positions | None, ...]:
        """For each axis of the input the positions read, or None where all are, in their order."""

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        picked = inputs[0]
        for axis, positions in enumerate(self.positions(graph)):
            if positions is not None:
                picked = np.take(picked, positions, axis)
        return (picked.reshape(graph.tensor(self.outputs[0]).shape),)

    def render(self, graph: Graph) -> KernelCall:
        shape = graph.tensor(self.inputs[0]).shape
        strides, positions = dense_strides(shape), self.positions(graph)
        listed = [axis for axis, found in enumerate(positions) if found is not None]
        first, last = (listed[0], listed[-1] + 1) if listed else (len(shape), len(shape))
        tables = []
        for axis in range(first, last):
            found = positions[axis]
            tables.append((np.arange(shape[axis]) if found is None else found) * strides[axis])
        return indexed_call(
            math.prod(shape[:first]),
            math.prod(shape[first:]),
            tables,
            math.prod(shape[last:]),
            self.inputs[:1],
            self.outputs,
        )


def indexed_call(
    rows: int,
    row_bytes: int,
    tables: Sequence[Positions],
    run_bytes: int,
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
) -> KernelCall:
    """The kernel's call.

    Args:
        rows, row_bytes: of the input, one behind the other.
        tables: at most MAX_TABLES, outermost first: bytes from the start of a row, added up.
        run_bytes: copied from each place.
    """
    tables = [np.zeros(1, np.int64)] * (MAX_TABLES - len(tables)) + [*tables]
    return KernelCall(
        header="indexed_copy.h",
        function=INDEXED_COPY,
        struct="tfk_indexed_copy_params",
        params={
            "rows": rows,
            "row_bytes": row_bytes,
            "size": tuple(len(table) for table in tables),
            "run_bytes": run_bytes,
        },
        tables=(ConstTable("offsets", "int32_t", np.concatenate(tables).astype(np.int32)),),
        inputs=inputs,
        outputs=outputs,
    )


@ordered(INDEXED_COPY, tables=("offsets",))
def _indexed_copy(p: Params) -> AccessOrder:
    offsets, at = np.array(p["offsets"], np.int64), 0
    starts = np.arange(p["rows"], dtype=np.int64) * p["row_bytes"]
    for size in p["size"]:
        starts = (starts[:, None] + offsets[at : at + size]).reshape(-1)
        at += size
    return runs(starts, p["run_bytes"], p["input_bytes"])
