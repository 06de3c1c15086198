"""The memory plan that TFLite-Micro's GreedyMemoryPlanner makes of a model's tensors and scratch buffers.

Restated from tensorflow/lite/micro (memory_planner/greedy_memory_planner.cc, micro_allocation_info.cc), so
that scratch which only the board's kernels ask for is added where it lies: beside its layer's tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.tensor import ITEM_BYTES
from codegen.tflite.model_file import FileGraph, FileTensor

ALIGNMENT = 16
"""MicroArenaBufferAlignment()."""


@dataclass(frozen=True)
class _Buffer:
    """Bytes that are needed from one step to another, both included; step 0 comes before the first layer."""

    bytes: int
    first: int
    last: int


def planned_bytes(graph: FileGraph, scratch: Sequence[int]) -> int:
    """Height of the plan.

    Args:
        graph: the model of the file.
        scratch: bytes that each operator asks for besides its tensors, 0 for none.
    """
    placed: list[tuple[int, _Buffer]] = []  # ascending offsets
    later_first = _buffers(graph, scratch)[::-1]  # of equal sizes the later is placed first
    for buffer in sorted(later_first, key=lambda b: -b.bytes):
        at = 0
        for offset, other in placed:
            if other.first > buffer.last or buffer.first > other.last:
                continue
            if offset - at >= buffer.bytes:
                break
            at = max(at, offset + other.bytes)
        placed.append((at, buffer))
        placed.sort(key=lambda item: item[0])  # behind those of the same offset: the sort is stable
    return max((offset + buffer.bytes for offset, buffer in placed), default=0)


def _buffers(graph: FileGraph, scratch: Sequence[int]) -> list[_Buffer]:
    """Tensors in the order of the file, then scratch in the order of the operators."""
    first = dict.fromkeys(graph.inputs, 0)
    last = dict.fromkeys(graph.inputs, 0)
    for step, operator in enumerate(graph.operators, 1):
        for tensor in operator.outputs:
            first.setdefault(tensor, step)
            last[tensor] = step
        for tensor in operator.inputs:
            last[tensor] = step
    for tensor in graph.outputs:
        last[tensor] = len(graph.operators)
    tensors = [
        _Buffer(_aligned(_bytes(graph.tensors[t])), first[t], last[t])
        for t in sorted(first)
        if not graph.tensors[t].is_constant
    ]
    return tensors + [_Buffer(_aligned(size), step, step) for step, size in enumerate(scratch, 1) if size]


def _bytes(tensor: FileTensor) -> int:
    return tensor.elements * ITEM_BYTES.get(tensor.dtype, 4)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
