"""PAD and PADV2: an image in a frame of one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.overlap import AccessOrder, Params, ordered
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp, TfliteOptions

MAX_AXES = 4


@REGISTRY.add
@dataclass(frozen=True)
class Pad(Op):
    """Padding with the output's zero point.

    Attributes:
        pads: (before, after) of every axis.
        value: what the frame is filled with.
    """

    kind = "PAD"
    tflite_options = TfliteOptions(22)
    kernels = ("tfk_pad_s8",)
    constraints = "int8, at most 4 axes, constant paddings that are not negative"

    pads: tuple[tuple[int, int], ...]
    value: int

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        return cls(raw.inputs, raw.outputs, *cls._checked(raw, tensors, (2,), where))

    @classmethod
    def _checked(
        cls, raw: RawOp, tensors: Sequence[Tensor], inputs: tuple[int, ...], where: str
    ) -> tuple[tuple[tuple[int, int], ...], int]:
        checks.check_counts(raw, inputs, where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        table = checks.constant_input(raw, tensors, 1, "int32", where)
        checks.check_rank(x, range(1, MAX_AXES + 1), "input", where)
        assert table.data is not None
        before_after = [int(p) for p in table.data.reshape(-1)[: 2 * MAX_AXES + 1]]
        if len(before_after) != 2 * len(x.shape) or min(before_after) < 0:
            checks.refuse("its paddings are negative or do not fit its input", where)
        pads = tuple(zip(before_after[::2], before_after[1::2], strict=True))
        expected = [a + d + b for d, (a, b) in zip(x.shape, pads, strict=True)]
        checks.check_shape(y, expected, "output", where)
        return pads, y.zero_point

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (np.pad(inputs[0], self.pads, constant_values=np.int8(self.value)),)

    def render(self, graph: Graph) -> KernelCall:
        x = graph.tensor(self.inputs[0])
        missing = MAX_AXES - len(x.shape)
        pads = ((0, 0),) * missing + self.pads
        return KernelCall(
            header="pad.h",
            function="tfk_pad_s8",
            struct="tfk_pad_params",
            params={
                "size": (1,) * missing + x.shape,
                "before": tuple(p[0] for p in pads),
                "after": tuple(p[1] for p in pads),
                "value": self.value,
            },
            inputs=(self.inputs[0],),
            outputs=self.outputs,
        )


@REGISTRY.add
@dataclass(frozen=True)
class PadV2(Pad):
    """Padding with a constant of the model."""

    kind = "PADV2"
    tflite_options = TfliteOptions(43)
    constraints = "as PAD, filled with a constant int8 value of the output's scale"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        pads, _ = cls._checked(raw, tensors, (3,), where)
        value, y = checks.constant_input(raw, tensors, 2, "int8", where), tensors[raw.outputs[0]]
        if value.data is None or value.elements != 1 or value.quant is None or len(value.quant.scale) != 1:
            checks.refuse("its fill value is not one quantized number", where)
        if not checks.same_quantization(value, y):
            checks.refuse("its fill value has another scale than its output", where)
        return cls(raw.inputs, raw.outputs, pads, int(value.data.reshape(-1)[0]))


@ordered("tfk_pad_s8")
def _pad(p: Params) -> AccessOrder:
    """The output from its first byte to its last; the frame is filled where it comes, between two runs."""
    size = tuple(p["size"])
    runs = np.arange(size[0] * size[1] * size[2], dtype=np.int64) * 2 + 1
    read = np.repeat(runs, size[3])
    copied = np.pad(read.reshape(size), tuple(zip(p["before"], p["after"], strict=True)), constant_values=-1)
    flat = copied.reshape(-1)
    return AccessOrder(np.where(flat >= 0, flat, np.maximum.accumulate(flat) + 1), read)
