"""Which kernel computes a convolution, and what it is given: the one place that decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codegen.arithmetic import activation_range
from codegen.ops.base import ConstTable, KernelCall
from codegen.ops.weighted import bias_values, folded_bias, multipliers_of, requantization_tables

if TYPE_CHECKING:
    from typing import TypeAlias

    from codegen.graph import Graph
    from codegen.ops.conv_2d import Conv2D
    from codegen.ops.depthwise_conv_2d import DepthwiseConv2D

    Convolution: TypeAlias = Conv2D | DepthwiseConv2D


def convolution(op: Conv2D, graph: Graph) -> KernelCall:
    """CONV_2D: 1x1 reads the input where it lies, the rest goes through patches, groups are plain."""
    weights = graph.tensor(op.inputs[1]).data
    assert weights is not None
    return _dense(op, graph, weights) if op.groups == 1 else _plain_conv(op, graph, weights)


def convolution_scratch(op: Conv2D, graph: Graph) -> int:
    """Two patches where the kernel gathers them."""
    return _patch_bytes(op, graph, graph.tensor(op.inputs[0]).shape[3]) if op.groups == 1 else 0


def depthwise(op: DepthwiseConv2D, graph: Graph) -> KernelCall:
    """DEPTHWISE_CONV_2D: one input channel is a CONV_2D, 3x3 has a kernel of its own."""
    x = graph.tensor(op.inputs[0])
    weights = graph.tensor(op.inputs[1]).data
    assert weights is not None
    if x.shape[3] == 1:
        return _dense(op, graph, np.ascontiguousarray(np.transpose(weights, (3, 1, 2, 0))))
    function = "tfk_depthwise_conv_2d_reference_s8"
    if op.multiplier == 1:
        function = "tfk_depthwise_conv_2d_s8"
        if op.window.kernel == (3, 3) and op.window.dilation == (1, 1):
            function = "tfk_depthwise_conv_2d_3x3_s8"
    matrix = weights.reshape(-1, weights.shape[3]).T
    folded = function.endswith("3x3_s8")
    if folded:
        weights = np.ascontiguousarray(matrix).reshape(-1, 3, 3)
    return _call(
        op,
        graph,
        header="depthwise_conv_2d.h",
        function=function,
        struct="tfk_depthwise_conv_2d_params",
        weights=weights,
        bias=_bias(op, graph, matrix, folded),
        extra={"depth_multiplier": op.multiplier},
    )


def depthwise_scratch(op: DepthwiseConv2D, graph: Graph) -> int:
    """One pixel of zero points for the 3x3 kernel where windows reach outside the image."""
    x = graph.tensor(op.inputs[0])
    if x.shape[3] == 1:
        return _patch_bytes(op, graph, 1)
    three = op.multiplier == 1 and op.window.kernel == (3, 3) and op.window.dilation == (1, 1)
    return x.shape[3] if three else 0


def _is_pointwise(op: Convolution, graph: Graph) -> bool:
    x = graph.tensor(op.inputs[0])
    window = op.window
    return window.taps == 1 and window.stride == (1, 1) and not window.touches_padding(x.shape[1], x.shape[2])


def _patch_bytes(op: Convolution, graph: Graph, channels: int) -> int:
    return 0 if _is_pointwise(op, graph) else 2 * op.window.taps * channels


def _dense(op: Convolution, graph: Graph, weights: NDArray[Any]) -> KernelCall:
    """All input channels meet all output channels; weights [out, height, width, in]."""
    return _call(
        op,
        graph,
        header="conv_2d.h",
        function="tfk_conv_2d_1x1_s8" if _is_pointwise(op, graph) else "tfk_conv_2d_s8",
        struct="tfk_conv_2d_params",
        weights=weights,
        bias=_bias(op, graph, weights.reshape(weights.shape[0], -1), folded=True),
        extra={"groups": 1},
    )


def _plain_conv(op: Conv2D, graph: Graph, weights: NDArray[Any]) -> KernelCall:
    return _call(
        op,
        graph,
        header="conv_2d.h",
        function="tfk_conv_2d_reference_s8",
        struct="tfk_conv_2d_params",
        weights=weights,
        bias=_bias(op, graph, weights.reshape(weights.shape[0], -1), folded=False),
        extra={"groups": op.groups},
    )


def _bias(op: Convolution, graph: Graph, matrix: NDArray[Any], folded: bool) -> NDArray[np.int32]:
    """The bias table; `folded` has the input's zero point in it (matrix: [channels, taps])."""
    has_bias = len(op.inputs) > 2 and op.inputs[2] != -1
    bias = graph.tensor(op.inputs[2]).data if has_bias else None
    if folded:
        return folded_bias(bias, matrix, graph.tensor(op.inputs[0]).zero_point)
    return bias_values(bias, matrix.shape[0]).astype(np.int32)


def _call(
    op: Convolution,
    graph: Graph,
    *,
    header: str,
    function: str,
    struct: str,
    weights: NDArray[Any],
    bias: NDArray[np.int32],
    extra: dict[str, int],
) -> KernelCall:
    x, y = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
    multipliers, shifts = multipliers_of(x, graph.tensor(op.inputs[1]), y, y.shape[3])
    tables, down = requantization_tables(multipliers, shifts)
    low, high = activation_range(op.activation, y.scale, y.zero_point, op.kind)
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
        "activation_min": low,
        "activation_max": high,
        "down": down,
        **extra,
    }
    return KernelCall(
        header=header,
        function=function,
        struct=struct,
        params=params,
        tables=(ConstTable("weights", "int8_t", weights), ConstTable("bias", "int32_t", bias), *tables),
        inputs=(op.inputs[0],),
        outputs=op.outputs,
        weight_table=0,
    )
