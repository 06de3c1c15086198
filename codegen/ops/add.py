"""ADD: element by element with broadcasting; both inputs are brought to one fine scale first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codegen.arithmetic import activation_range, clamp, quantize_multiplier, requantize
from codegen.ops import checks
from codegen.ops.base import REGISTRY, ConstTable, KernelCall, Op, RawOp

if TYPE_CHECKING:
    from codegen.graph import Graph, Tensor

LEFT_SHIFT = 20
"""Bits that the inputs are shifted up before they are scaled."""
MAX_BROADCAST_AXES = 4


@REGISTRY.add
@dataclass(frozen=True)
class Add(Op):
    """Sum of two tensors, at most one of them constant.

    Attributes:
        activation: fused activation.
    """

    kind = "ADD"
    constraints = (
        "int8, two inputs (one may be constant), equal shapes or broadcasting in at most four places; "
        "activation NONE, RELU, RELU6, RELU_N1_TO_1"
    )

    activation: str

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        y = checks.int8_output(raw, tensors, where)
        terms = []
        for number in (0, 1):
            index = raw.inputs[number]
            if index != -1 and tensors[index].is_constant:
                term = checks.constant_input(raw, tensors, number, "int8", where)
                if term.quant is None or len(term.quant.scale) != 1:
                    checks.refuse("its constant input has no scale of its own", where)
            else:
                term = checks.activation_input(raw, tensors, number, where)
            terms.append(term)
        if terms[0].is_constant and terms[1].is_constant:
            checks.refuse(
                "both its inputs are constant", where, "Let the converter fold it, and export again."
            )
        try:
            shape = np.broadcast_shapes(terms[0].shape, terms[1].shape)
        except ValueError:
            shape = None
        if shape is None:
            checks.refuse(f"{list(terms[0].shape)} and {list(terms[1].shape)} do not broadcast", where)
        checks.check_shape(y, shape, "output", where)
        activation = raw.options["fused_activation_function"]
        activation_range(activation, y.scale, y.zero_point, where)
        op = cls(raw.inputs, raw.outputs, activation)
        if 2 * max(t.scale for t in terms) / ((1 << LEFT_SHIFT) * y.scale) >= 1:
            checks.refuse("its output scale is a millionth of its input scale", where, "Quantize it again.")
        if len(_merged_axes(terms[0].shape, terms[1].shape)) > MAX_BROADCAST_AXES:
            checks.refuse("it broadcasts in more than four places", where)
        return op

    def _scaling(
        self, a: Tensor, b: Tensor, y: Tensor
    ) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """Multiplier and shift of both inputs and of the sum; all shifts go right."""
        twice_largest = 2 * max(a.scale, b.scale)
        return (
            quantize_multiplier(a.scale / twice_largest),
            quantize_multiplier(b.scale / twice_largest),
            quantize_multiplier(twice_largest / ((1 << LEFT_SHIFT) * y.scale)),
        )

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        a, b = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        y = graph.tensor(self.outputs[0])
        scale_a, scale_b, scale_sum = self._scaling(a, b, y)
        fine_a = requantize((inputs[0].astype(np.int64) - a.zero_point) << LEFT_SHIFT, *scale_a)
        fine_b = requantize((inputs[1].astype(np.int64) - b.zero_point) << LEFT_SHIFT, *scale_b)
        bounds = activation_range(self.activation, y.scale, y.zero_point, self.kind)
        return (clamp(requantize(fine_a + fine_b, *scale_sum) + y.zero_point, *bounds),)

    def render(self, graph: Graph) -> KernelCall:
        first, second = self.inputs
        if graph.tensor(first).is_constant:
            first, second = second, first
        a, b, y = graph.tensor(first), graph.tensor(second), graph.tensor(self.outputs[0])
        scale_a, scale_b, scale_sum = self._scaling(a, b, y)
        low, high = activation_range(self.activation, y.scale, y.zero_point, self.kind)
        params: dict[str, int | tuple[int, ...]] = {
            "a_zero_point": a.zero_point,
            "a_multiplier": scale_a[0],
            "a_shift": -scale_a[1],
            "b_zero_point": b.zero_point,
            "b_multiplier": scale_b[0],
            "b_shift": -scale_b[1],
            "output_zero_point": y.zero_point,
            "output_multiplier": scale_sum[0],
            "output_shift": -scale_sum[1],
            "activation_min": low,
            "activation_max": high,
        }
        broadcast = a.shape != b.shape
        if broadcast:
            axes = _merged_axes(a.shape, b.shape)
            axes = ((1, 0, 0),) * (MAX_BROADCAST_AXES - len(axes)) + axes
            params["size"] = tuple(axis[0] for axis in axes)
            params["a_stride"] = tuple(axis[1] for axis in axes)
            params["b_stride"] = tuple(axis[2] for axis in axes)
        else:
            params["elements"] = y.elements
        return KernelCall(
            header="add.h",
            function="tfk_add_broadcast_s8" if broadcast else "tfk_add_s8",
            struct="tfk_add_broadcast_params" if broadcast else "tfk_add_params",
            params=params,
            tables=(ConstTable("term", "int8_t", b.data),) if b.data is not None else (),
            inputs=(first,) if b.is_constant else (first, second),
            outputs=self.outputs,
        )

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        y = graph.tensor(self.outputs[0])
        if any(graph.tensor(t).shape != y.shape for t in self.inputs):
            return ()
        return tuple(
            (self.outputs[0], t) for t in dict.fromkeys(self.inputs) if not graph.tensor(t).is_constant
        )


def _merged_axes(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[tuple[int, int, int], ...]:
    """Broadcasting as few nested loops: (size, stride in a, stride in b), outermost first.

    Neighbouring axes that both inputs walk in the same way become one; a stride of 0 repeats.
    """
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    merged: list[list[int]] = []  # size, a varies, b varies
    for size_a, size_b in zip(a, b, strict=True):
        size = max(size_a, size_b)
        if size == 1:
            continue
        kind = [int(size_a > 1), int(size_b > 1)]
        if merged and merged[-1][1:] == kind:
            merged[-1][0] *= size
        else:
            merged.append([size, *kind])
    axes, stride_a, stride_b = [], 1, 1
    for size, in_a, in_b in reversed(merged):
        axes.append((size, stride_a * in_a, stride_b * in_b))
        stride_a *= size if in_a else 1
        stride_b *= size if in_b else 1
    return tuple(reversed(axes))
