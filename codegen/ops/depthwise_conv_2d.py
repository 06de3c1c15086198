"""DEPTHWISE_CONV_2D: every input channel has its own filters, weights [1, height, width, out]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.numerics.arithmetic import activation_range
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
class DepthwiseConv2D(Convolution):
    """Depthwise convolution: output channel c * multiplier + m reads input channel c.

    Attributes:
        multiplier: output channels an input channel.
    """

    kind = "DEPTHWISE_CONV_2D"
    tflite_options = TfliteOptions(
        2,
        {
            **WINDOW,
            "depth_multiplier": Field(3),
            "fused_activation_function": Field(4, "activation"),
            "dilation_w_factor": Field(5, "int", 1),
            "dilation_h_factor": Field(6, "int", 1),
        },
    )
    constraints = (
        "int8 [N, H, W, C], any depth multiplier, int8 weights (one scale or one a channel), int32 bias or "
        "none, any stride, dilation, SAME or VALID; activation NONE, RELU, RELU6, RELU_N1_TO_1"
    )

    multiplier: int

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2, 3), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        weights = weight_input(raw, tensors, 3, where)
        checks.check_rank(x, (4,), "input", where)
        checks.check_rank(weights, (4,), "weight tensor", where)
        multiplier = raw.options["depth_multiplier"]
        channels = weights.shape[3]
        if weights.shape[0] != 1 or multiplier < 1 or channels != x.shape[3] * multiplier:
            checks.refuse(
                f"its weights {list(weights.shape)} do not fit {x.shape[3]} input channels with the depth "
                f"multiplier {multiplier}",
                where,
            )
        window = window_of(raw.options, (x.shape[1], x.shape[2]), (weights.shape[1], weights.shape[2]), where)
        checks.check_shape(y, (x.shape[0], *window.output, channels), "output", where)
        activation = raw.options["fused_activation_function"]
        activation_range(activation, y.scale, y.zero_point, where)
        bias = bias_input(raw, tensors, channels, where)
        multipliers, shifts = multipliers_of(x, weights, y, channels)
        assert weights.data is not None
        check_overflow(weights.data.reshape(-1, channels).T, bias, multipliers, shifts, where)
        return cls(raw.inputs, raw.outputs, window, activation, multiplier)

    @property
    def depth_multiplier(self) -> int:
        return self.multiplier

    def macs(self, graph: Graph) -> int:
        return self.output_elements(graph) * self.window.taps

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        x, weights = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        y = graph.tensor(self.outputs[0])
        channels = weights.shape[3]
        padded = self.window.pad_image(inputs[0].astype(np.int32) - np.int32(x.zero_point))
        filters = inputs[1].reshape(*self.window.kernel, x.shape[3], self.multiplier).astype(np.int32)
        accumulators = np.zeros((x.shape[0], *self.window.output, x.shape[3], self.multiplier), np.int32)
        for ky in range(self.window.kernel[0]):
            for kx in range(self.window.kernel[1]):
                accumulators += self.window.tap(padded, ky, kx)[..., None] * filters[ky, kx]
        summed = accumulators.reshape(*accumulators.shape[:3], channels)
        biased = summed + bias_values(inputs[2] if len(inputs) > 2 else None, channels)
        multipliers, shifts = multipliers_of(x, weights, y, channels)
        bounds = activation_range(self.activation, y.scale, y.zero_point, self.kind)
        return (finish(biased, multipliers, shifts, y.zero_point, bounds),)

    def filters(self, weights: NDArray[Any]) -> NDArray[Any]:
        matrix: NDArray[Any] = weights.reshape(-1, weights.shape[3]).T
        return matrix
