"""Sizes that the loops of strips and bands run over: what those kernels expand, and how often."""

from __future__ import annotations

from collections.abc import Mapping

STRIP_FEATURES = (
    "strips",
    "strip_pixels",
    "strip_channels",
    "strip_weights",
    "strip_macs",
    "strip_outputs",
    "long_outputs",
    "expanded",
    "gathered",
    "gathered_bytes",
    "gathered_lines",
    "gathered_apart",
)
"""See strip_features."""

BAND_FEATURES = (
    "bands",
    "band_channels",
    "band_filters",
    "band_lines",
    "band_values",
    "band_columns",
    "band_outputs",
    "band_odd_lines",
    "plane",
)
"""See band_features."""

LONG = 128
"""Values of the longest filter that is unrolled: TFK_SHORT_GROUPS of
codegen/kernels/strip_products_mac16.h."""


def strip_features(params: Mapping[str, int]) -> dict[str, float]:
    """Of codegen/kernels/conv_2d_strips.h, which has no others.

    strips; strip_pixels: all pixels; strip_channels: filters that meet strips; strip_weights: values of
    filters expanded for all strips; strip_macs: products, of filters that are rounded up to fours;
    strip_outputs, and long_outputs, those whose filters are too long to be unrolled; expanded: values of
    pixels that are taken as they lie; gathered: values of windows that are copied in fours, gathered_bytes:
    one by one; gathered_lines: lines of windows; gathered_apart: taps of windows that leave the image on the
    left or right.
    """
    channels, inputs = params["output_channels"], params["input_channels"]
    lines = params["batches"] * params["output_height"]
    pixels = lines * params["output_width"]
    height, width = params["kernel_height"], params["kernel_width"]
    values = height * width * inputs
    depth = values + -values % 4
    strips = -(-pixels // params["strip"])
    whole = height == width == params["stride_height"] == params["stride_width"] == 1 and values == depth
    lefts = (x * params["stride_width"] - params["pad_left"] for x in range(params["output_width"]))
    reach = width * params["dilation_width"] - params["dilation_width"] + 1
    apart = sum(left < 0 or left + reach > params["input_width"] for left in lefts)
    apart = params["output_width"] if params["dilation_width"] > 1 else apart
    gathered = 0 if whole else pixels * values
    return {
        "strips": strips,
        "strip_pixels": pixels,
        "strip_channels": strips * channels,
        "strip_weights": strips * channels * depth,
        "strip_macs": pixels * channels * depth,
        "strip_outputs": pixels * channels,
        "long_outputs": pixels * channels if depth > LONG else 0,
        "expanded": pixels * values if whole else 0,
        "gathered": gathered if inputs % 4 == 0 else 0,
        "gathered_bytes": gathered if inputs % 4 else 0,
        "gathered_lines": 0 if whole else pixels * height,
        "gathered_apart": 0 if whole else lines * apart * height * width,
    }


def band_features(params: Mapping[str, int]) -> dict[str, float]:
    """Of codegen/kernels/depthwise_conv_2d_bands.h, which has no others.

    bands; band_channels, band_filters: input and output channels of all bands; band_lines, band_values:
    lines that are filled for each channel, and their values, band_odd_lines: those that start in the upper
    half of a word; band_columns: columns, or pairs of them at
    stride 1, of all filters of all bands; band_outputs: outputs where pairs are always whole; plane: words
    that the zero point is written to.
    """
    stride, width, height = params["stride_width"], params["output_width"], params["output_height"]
    inputs, channels, batches = params["input_channels"], params["output_channels"], params["batches"]
    steps = (width + 1) // 2 if stride == 1 else width
    pairs = steps + 1
    starts = range(0, height, params["band"])
    lines = filled = 0
    for start in starts:
        outputs = min(params["band"], height - start)
        seen = (outputs - 1) * stride + 3
        top = start * stride - params["pad_top"]
        lines += seen
        filled += min(top + seen, params["input_height"]) - max(top, 0)
    inside = min(params["input_width"], 2 * pairs - params["pad_left"])
    bands = batches * len(starts)
    return {
        "bands": bands,
        "band_channels": bands * inputs,
        "band_filters": bands * channels,
        "band_lines": batches * inputs * filled,
        "band_values": batches * inputs * filled * inside,
        "band_odd_lines": batches * inputs * filled * (params["pad_left"] % 2),
        "band_columns": bands * channels * steps,
        "band_outputs": batches * height * channels * steps * (3 - stride),
        "plane": batches * pairs * lines,
    }
