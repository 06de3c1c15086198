"""What convolutions share: their kernels, which of them a layer takes, and what it is given.

The graph's goal is part of the choice: "speed" takes the kernel with the fewest instructions and the longer
rows of the table form, "size" one kernel an op and the shorter rows of the scaled form.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.lowering.lowered import Kept
from codegen.numerics.arithmetic import activation_range
from codegen.ops.weighted import (
    PACKED_MULTIPLE,
    Requantization,
    bias_values,
    multipliers_of,
    output_rows,
    packed_filters,
    reachable,
    requantization_tables,
    settled,
    usual,
)
from codegen.ops.window import Window

PLAIN_CONV = "tfk_conv_2d_reference_s8"
PLAIN_DEPTHWISE = "tfk_depthwise_conv_2d_reference_s8"
POINTWISE = "tfk_conv_2d_1x1_s8"
GATHERED = "tfk_conv_2d_s8"
DEPTHWISE_3X3 = "tfk_depthwise_conv_2d_3x3_s8"
DEPTHWISE = "tfk_depthwise_conv_2d_s8"
PACKED = (POINTWISE, GATHERED)


@dataclass(frozen=True)
class Convolution(Op):
    """Slides weights over [N, H, W, C], with a fused activation.

    Attributes:
        window: geometry.
        activation: fused activation.
    """

    window: Window
    activation: str

    @abstractmethod
    def kernel(self, graph: Graph) -> str:
        """The kernel function that computes it."""

    @abstractmethod
    def filters(self, weights: NDArray[Any]) -> NDArray[Any]:
        """One row an output channel.

        Args:
            weights: int8, as they lie in the file.
        Returns:
            int8 [output channels, taps].
        """

    def is_usual(self, graph: Graph) -> bool:
        """The fast kernels may compute it."""
        return _constants(self, graph).usual

    def dense_kernel(self, graph: Graph) -> str:
        """All input channels meet all output channels: 1x1 takes pixels as patches, the rest gathers them."""
        x, window = graph.tensor(self.inputs[0]), self.window
        pointwise = window.taps == 1 and window.stride == (1, 1)
        inside = not window.touches_padding(x.shape[1], x.shape[2])
        return POINTWISE if pointwise and inside and graph.goal == "speed" else GATHERED

    def render(self, graph: Graph) -> KernelCall:
        return _call(self, graph, self.kernel(graph))

    def scratch_bytes(self, graph: Graph) -> int:
        """Two packed patches, or the lines of the pixels that are made at once; other kernels need none."""
        call, channels = graph.call(self), graph.tensor(self.inputs[0]).shape[3]
        depth = self.window.taps * channels
        packed = 2 * (depth + -depth % PACKED_MULTIPLE)
        four = self.window.stride[1] == 1 and self.window.output[1] >= 4
        needs = {POINTWISE: packed, GATHERED: packed, DEPTHWISE_3X3: 3 * (6 if four else 3) * channels}
        return needs.get(call.function, 0) if call else 0


@dataclass(frozen=True, eq=False)
class _Constants:
    """What the constants of a layer are to the kernels, whichever rows of its picture it computes.

    Attributes:
        weights: as they lie in the file.
        matrix: the same, int8 [output channels, taps].
        layer: how accumulators become outputs.
        usual: the fast kernels may compute it.
        input_zero_point: of the input.
        tables: (kernel, goal) -> constant arrays of the call, the weights first.
    """

    weights: NDArray[Any]
    matrix: NDArray[Any]
    layer: Requantization
    usual: bool
    input_zero_point: int
    tables: dict[tuple[str, str], tuple[ConstTable, ...]] = field(default_factory=dict)


_CONSTANTS: Kept[_Constants] = Kept()


def _constants(op: Convolution, graph: Graph) -> _Constants:
    """Made once for all layers with these weights, bias, scales and activation: all bands of a picture."""
    x, y = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
    weights = graph.tensor(op.inputs[1])
    bias = graph.tensor(op.inputs[2]) if len(op.inputs) > 2 and op.inputs[2] != -1 else None

    def make() -> _Constants:
        channels, values = y.shape[3], weights.data
        assert values is not None
        matrix = op.filters(values)
        multipliers, shifts = multipliers_of(x, weights, y, channels)
        limits = activation_range(op.activation, y.scale, y.zero_point, op.kind)
        added = bias_values(None if bias is None else bias.data, channels)
        layer = settled(Requantization(added, multipliers, shifts, y.zero_point, limits), matrix)
        return _Constants(values, matrix, layer, usual(layer, matrix), x.zero_point)

    return _CONSTANTS.get(weights, (op.kind, bias, x.quant, y.quant, op.activation), make)


def _tables(constants: _Constants, function: str, goal: str) -> tuple[ConstTable, ...]:
    """The constant arrays of a kernel, made once."""
    if (function, goal) not in constants.tables:
        constants.tables[function, goal] = (
            _weight_table(constants, function),
            *_output_tables(constants, function, goal),
        )
    return constants.tables[function, goal]


def _weight_table(constants: _Constants, function: str) -> ConstTable:
    """The weights in the kernel's order."""
    if function in PACKED:
        return ConstTable("weights", "uint8_t", packed_filters(constants.matrix))
    values = constants.weights
    if function == DEPTHWISE_3X3:  # [1, height, width, out] -> [out, height, width, 1]
        values = np.ascontiguousarray(np.transpose(values, (3, 1, 2, 0)))
    return ConstTable("weights", "int8_t", values)


def _output_tables(constants: _Constants, function: str, goal: str) -> tuple[ConstTable, ...]:
    """What makes outputs of accumulators: rows, or the tables of a plain kernel."""
    layer, matrix, zero_point = constants.layer, constants.matrix, constants.input_zero_point
    if function in (PLAIN_CONV, PLAIN_DEPTHWISE):
        return (
            ConstTable("bias", "int32_t", layer.bias.astype(np.int32)),
            *requantization_tables(layer.multipliers, layer.shifts),
        )
    # The general depthwise kernel skips taps outside the image, so it subtracts the zero point itself.
    folded = {GATHERED: zero_point + 128, POINTWISE: zero_point + 128, DEPTHWISE_3X3: zero_point}
    reach = reachable(layer.bias, matrix, zero_point)
    started = layer.bias - folded.get(function, 0) * matrix.astype(np.int64).sum(axis=1)
    return (ConstTable("rows", "int32_t", output_rows(layer, started, reach, goal)),)


def _call(op: Convolution, graph: Graph, function: str) -> KernelCall:
    x, y = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
    constants = _constants(op, graph)
    tables = _tables(constants, function, graph.goal)
    row = 0 if function in (PLAIN_CONV, PLAIN_DEPTHWISE) else tables[1].values.shape[1]
    window = op.window
    params: dict[str, int | tuple[int, ...]] = {
        "batches": x.shape[0],
        "input_height": x.shape[1],
        "input_width": x.shape[2],
        "input_channels": x.shape[3],
        "output_height": y.shape[1],
        "output_width": y.shape[2],
        "output_channels": y.shape[3],
        "kernel_height": window.kernel[0],
        "kernel_width": window.kernel[1],
        "stride_height": window.stride[0],
        "stride_width": window.stride[1],
        "dilation_height": window.dilation[0],
        "dilation_width": window.dilation[1],
        "pad_top": window.pad_before[0],
        "pad_left": window.pad_before[1],
        "input_zero_point": x.zero_point,
        "output_zero_point": y.zero_point,
        "activation_min": constants.layer.limits[0],
        "activation_max": constants.layer.limits[1],
    }
    family = "conv_2d" if function.startswith("tfk_conv_2d") else "depthwise_conv_2d"
    if family == "conv_2d":
        params["groups"] = getattr(op, "groups", 1)
    else:
        params["depth_multiplier"] = getattr(op, "multiplier", 1)
    params["row"] = row
    return KernelCall(
        header=f"{family}.h",
        function=function,
        struct=f"tfk_{family}_params",
        params=params,
        tables=tables,
        inputs=(op.inputs[0],),
        outputs=op.outputs,
        weight_table=0,
    )
