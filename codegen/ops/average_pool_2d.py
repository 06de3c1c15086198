"""AVERAGE_POOL_2D: mean of the pixels that lie inside the image, rounded half away from zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codegen.arithmetic import activation_range, clamp
from codegen.ops import checks
from codegen.ops.base import REGISTRY, KernelCall, Op, RawOp
from codegen.ops.window import Window, window_of

if TYPE_CHECKING:
    from codegen.graph import Graph, Tensor

MAX_WINDOW = 1 << 16
"""Pixels of a window: 128 times as many still fit 32 bits."""


@REGISTRY.add
@dataclass(frozen=True)
class AveragePool2D(Op):
    """Average pooling of [N, H, W, C].

    Attributes:
        window: geometry.
        activation: fused activation.
    """

    kind = "AVERAGE_POOL_2D"
    constraints = (
        "int8 [N, H, W, C], input and output of one scale and zero point, any window and stride, SAME or "
        "VALID; activation NONE, RELU, RELU6, RELU_N1_TO_1"
    )

    window: Window
    activation: str

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (1,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_rank(x, (4,), "input", where)
        kernel = raw.options["filter_height"], raw.options["filter_width"]
        window = window_of(raw.options, (x.shape[1], x.shape[2]), kernel, where)
        if window.taps > MAX_WINDOW:
            checks.refuse(f"its window {kernel} is too large", where)
        checks.check_shape(y, (x.shape[0], *window.output, x.shape[3]), "output", where)
        # TFLite-Micro ignores scales that differ by at most 1e-6 and refuses others.
        if abs(float(np.float32(x.scale) - np.float32(y.scale))) > 1e-6 or x.zero_point != y.zero_point:
            checks.refuse("its input and output have different scales", where, "Quantize the model again.")
        activation = raw.options["fused_activation_function"]
        activation_range(activation, y.scale, y.zero_point, where)
        return cls(raw.inputs, raw.outputs, window, activation)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        y = graph.tensor(self.outputs[0])
        padded = self.window.pad_image(inputs[0].astype(np.int64))
        inside = self.window.pad_image(np.ones_like(inputs[0][:1, :, :, :1], np.int64))
        total = np.zeros(y.shape, np.int64)
        count = np.zeros((1, *self.window.output, 1), np.int64)
        for ky in range(self.window.kernel[0]):
            for kx in range(self.window.kernel[1]):
                total += self.window.tap(padded, ky, kx)
                count += self.window.tap(inside, ky, kx)
        mean = np.sign(total) * ((np.abs(total) + count // 2) // count)
        return (clamp(mean, *activation_range(self.activation, y.scale, y.zero_point, self.kind)),)

    def render(self, graph: Graph) -> KernelCall:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        low, high = activation_range(self.activation, y.scale, y.zero_point, self.kind)
        window = self.window
        params = {
            "batches": x.shape[0],
            "input_height": x.shape[1],
            "input_width": x.shape[2],
            "channels": x.shape[3],
            "output_height": y.shape[1],
            "output_width": y.shape[2],
            "window_height": window.kernel[0],
            "window_width": window.kernel[1],
            "stride_height": window.stride[0],
            "stride_width": window.stride[1],
            "pad_top": window.pad_before[0],
            "pad_left": window.pad_before[1],
            "activation_min": low,
            "activation_max": high,
        }
        clipped = window.touches_padding(x.shape[1], x.shape[2])
        return KernelCall(
            header="average_pool_2d.h",
            function="tfk_average_pool_2d_s8" if clipped else "tfk_average_pool_2d_inside_s8",
            struct="tfk_average_pool_2d_params",
            params=params,
            inputs=self.inputs,
            outputs=self.outputs,
        )
