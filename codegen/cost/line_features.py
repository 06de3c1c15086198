"""What a layer of codegen/kernels/conv_2d_lines.h is a sum of."""

from __future__ import annotations

from collections.abc import Mapping

LINE_FEATURES = (
    "line_bands",
    "line_seen",
    "line_values",
    "line_filters",
    "line_weights",
    "line_channels",
    "line_outputs",
    "line_parts",
    "line_groups",
)


def line_features(params: Mapping[str, int]) -> dict[str, float]:
    """Of a convolution by expanded lines, which has no others.

    line_bands; line_seen: lines that are expanded, line_values: values of them; line_filters: filters that
    are expanded for all bands, line_weights: groups of four weights of them; line_channels: lines of outputs,
    once for each channel; line_outputs; line_parts: lines of windows, once for each channel, line_groups:
    groups of four products of them.
    """
    channels, height = params["output_channels"], params["kernel_height"]
    values = params["kernel_width"] * params["input_channels"]
    groups = -(-values // 4)
    across = ((params["output_width"] - 1) * params["stride_width"] + params["kernel_width"]) * params[
        "input_channels"
    ]
    seen = bands = 0
    for first in range(0, params["output_height"], params["lines"]):
        lines = min(params["lines"], params["output_height"] - first)
        seen += (lines - 1) * params["stride_height"] + (height - 1) * params["dilation_height"] + 1
        bands += 1
    batches = params["batches"]
    outputs = batches * params["output_height"] * params["output_width"] * channels
    return {
        "line_bands": batches * bands,
        "line_seen": batches * seen,
        "line_values": batches * seen * (across + across % 2),
        "line_filters": batches * bands * channels,
        "line_weights": batches * bands * channels * height * groups,
        "line_channels": batches * params["output_height"] * channels,
        "line_outputs": outputs,
        "line_parts": outputs * height,
        "line_groups": outputs * height * groups,
    }
