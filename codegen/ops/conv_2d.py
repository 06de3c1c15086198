"""CONV_2D: int8 convolution, weights [out, height, width, in], per-tensor or per-channel scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.numerics.arithmetic import activation_range, exact_matmul
from codegen.ops import checks
from codegen.ops.convolution import Convolution
from codegen.ops.registry import REGISTRY
from codegen.ops.weighted import (
    bias_input,
    bias_values,
    check_overflow,
    finish,
    multipliers_of,
    weight_input,
)
from codegen.ops.window import window_of
from codegen.tensor import Tensor
from codegen.tflite_operator import WINDOW, Field, RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Conv2D(Convolution):
    """Convolution of [N, H, W, C] with a fused activation.

    Attributes:
        groups: input channels divided by the weights' input channels.
    """

    kind = "CONV_2D"
    tflite_options = TfliteOptions(
        1,
        {
            **WINDOW,
            "fused_activation_function": Field(3, "activation"),
            "dilation_w_factor": Field(4, "int", 1),
            "dilation_h_factor": Field(5, "int", 1),
        },
    )
    constraints = (
        "int8 [N, H, W, C], int8 weights (one scale or one a channel), int32 bias or none, any stride, "
        "dilation, SAME or VALID, groups; activation NONE, RELU, RELU6, RELU_N1_TO_1"
    )

    groups: int

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2, 3), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        weights = weight_input(raw, tensors, 0, where)
        checks.check_rank(x, (4,), "input", where)
        checks.check_rank(weights, (4,), "weight tensor", where)
        channels, kernel_h, kernel_w, depth = weights.shape
        groups = x.shape[3] // depth
        if groups * depth != x.shape[3] or groups == 0 or channels % groups:
            checks.refuse(f"its weights {list(weights.shape)} do not fit {x.shape[3]} input channels", where)
        window = window_of(raw.options, (x.shape[1], x.shape[2]), (kernel_h, kernel_w), where)
        checks.check_shape(y, (x.shape[0], *window.output, channels), "output", where)
        activation = raw.options["fused_activation_function"]
        activation_range(activation, y.scale, y.zero_point, where)
        bias = bias_input(raw, tensors, channels, where)
        multipliers, shifts = multipliers_of(x, weights, y, channels)
        assert weights.data is not None
        check_overflow(weights.data.reshape(channels, -1), bias, multipliers, shifts, where)
        return cls(raw.inputs, raw.outputs, window, activation, groups)

    @property
    def channel_groups(self) -> int:
        return self.groups

    def macs(self, graph: Graph) -> int:
        weights = graph.tensor(self.inputs[1]).shape
        return self.output_elements(graph) * weights[1] * weights[2] * weights[3]

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        x, weights = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        y = graph.tensor(self.outputs[0])
        channels, per_group = weights.shape[0], weights.shape[0] // self.groups
        depth = weights.shape[3]
        padded = self.window.pad_image(inputs[0].astype(np.float64) - x.zero_point)
        rows = np.moveaxis(
            np.stack(
                [
                    self.window.tap(padded, ky, kx)
                    for ky in range(self.window.kernel[0])
                    for kx in range(self.window.kernel[1])
                ]
            ),
            0,
            3,
        )  # [N, out height, out width, taps, C]
        accumulators = np.empty((*rows.shape[:3], channels), np.int64)
        for group in range(self.groups):
            patch = rows[..., group * depth : (group + 1) * depth].reshape(-1, self.window.taps * depth)
            part = slice(group * per_group, (group + 1) * per_group)
            products = exact_matmul(patch, inputs[1][part].reshape(per_group, -1))
            accumulators[..., part] = products.reshape(*rows.shape[:3], per_group)
        accumulators += bias_values(inputs[2] if len(inputs) > 2 else None, channels)
        multipliers, shifts = multipliers_of(x, weights, y, channels)
        bounds = activation_range(self.activation, y.scale, y.zero_point, self.kind)
        return (finish(accumulators, multipliers, shifts, y.zero_point, bounds),)

    def filters(self, weights: NDArray[Any]) -> NDArray[Any]:
        return weights.reshape(len(weights), -1)
