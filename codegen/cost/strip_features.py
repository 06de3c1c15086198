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
    "long_macs",
    "fewest_outputs",
    "expanded",
    "gathered",
    "gathered_bytes",
    "gathered_lines",
    "gathered_apart",
)
"""See strip_features."""

BAND_FEATURES = (
    "bands",
    "band_fills",
    "band_filters",
    "band_lines",
    "band_pixels",
    "band_twice",
    "band_bytes",
    "band_columns",
    "band_outputs",
    "plane",
)
"""See band_features."""

PLANE_FEATURES = (
    "plane_bands",
    "plane_lines",
    "plane_outside",
    "plane_fills",
    "plane_pairs",
    "plane_words",
    "plane_byte_lines",
    "plane_bytes",
    "plane_filters",
    "plane_rows",
    "plane_outputs",
)
"""See plane_features."""

LONG = 128
"""Values of the longest filter that is unrolled: TFK_SHORT_GROUPS of
codegen/kernels/strip_products_mac16.h."""


FEWEST = 12
"""Values of the longest filter that stays in registers: TFK_FEWEST_OPEN of
codegen/kernels/strip_fewest_mac16.h."""


def strip_features(params: Mapping[str, int]) -> dict[str, float]:
    """Of codegen/kernels/conv_2d_strips.h, which has no others.

    strips; strip_pixels: all pixels; strip_channels: filters that meet strips; strip_weights: values of
    filters expanded for all strips; strip_macs: products, of filters that are rounded up to fours;
    strip_outputs; long_outputs, long_macs: those whose filters are too long to be unrolled; fewest_outputs:
    those whose filters stay in registers; expanded: values of
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
        "long_macs": pixels * channels * depth if depth > LONG else 0,
        "fewest_outputs": pixels * channels if depth <= FEWEST else 0,
        "expanded": pixels * values if whole else 0,
        "gathered": gathered if inputs % 4 == 0 else 0,
        "gathered_bytes": gathered if inputs % 4 else 0,
        "gathered_lines": 0 if whole else pixels * height,
        "gathered_apart": 0 if whole else lines * apart * height * width,
    }


def band_features(params: Mapping[str, int]) -> dict[str, float]:
    """Of codegen/kernels/depthwise_conv_2d_padded.h, which has no others.

    bands; band_fills: how often planes are filled in all bands; band_filters: filters of all bands;
    band_lines, band_pixels: lines that are filled, and their pixels, where the words of four channels are
    split, band_twice: those that are stored twice; band_bytes: the same pixels where bytes are taken one by
    one, for each channel; band_columns: columns of all filters of all bands; band_outputs; plane: words that
    the zero point is written to.
    """
    stride, width, height = params["stride_width"], params["output_width"], params["output_height"]
    inputs, channels, batches = params["input_channels"], params["output_channels"], params["batches"]
    columns = (width - 1) * stride + 3
    starts = range(0, height, params["band"])
    words = filled = doubled = 0
    for start in starts:
        outputs = min(params["band"], height - start)
        top = start * stride - params["pad_top"]
        seen = range(max(top, 0), min(top + (outputs - 1) * stride + 3, params["input_height"]))
        words += 2 + outputs * (1 if stride == 1 else 3)
        filled += len(seen)
        doubled += sum((line - top) % 2 == 0 for line in seen) if stride == 2 else 0
    pixels = min(params["input_width"], columns - params["pad_left"])
    bands = batches * len(starts)
    groups, turns = (inputs + 3) // 4, 1 if inputs == 1 else 2 // params["planes"]
    fills = batches * groups * turns
    whole = inputs % 4 == params["input_step"] % 4 == 0
    return {
        "bands": bands,
        "band_fills": len(starts) * fills,
        "band_filters": bands * channels,
        "band_lines": fills * filled,
        "band_pixels": fills * filled * pixels if whole else 0,
        "band_twice": fills * doubled * pixels if whole else 0,
        "band_bytes": 0 if whole else batches * inputs * filled * pixels,
        "band_columns": bands * channels * width,
        "band_outputs": batches * height * channels * width,
        "plane": batches * params["planes"] * columns * words,
    }


def plane_features(params: Mapping[str, int]) -> dict[str, float]:
    """Of codegen/kernels/depthwise_conv_2d_bands.h, which has no others.

    plane_bands; plane_lines: lines of the planes of all bands, plane_outside: words of them that the zero
    point is written to; plane_fills: how often planes are filled in all bands; plane_pairs, plane_words:
    lines that are filled by words of four values, and these words; plane_byte_lines, plane_bytes: lines and
    values that are filled one by one, for each channel; plane_filters: filters of all bands, plane_rows:
    their lines of outputs; plane_outputs.
    """
    stride, width, height = params["stride_width"], params["output_width"], params["output_height"]
    inputs, channels, batches = params["input_channels"], params["output_channels"], params["batches"]
    planes, band, image = params["planes"], params["band"], params["input_height"]
    columns, starts = (width - 1) * stride + 3, range(0, height, band)
    pixels = min(params["input_width"], columns - params["pad_left"])
    one = inputs == params["input_step"] == 1 and params["input_width"] % 4 == 0 and pixels >= 4
    words = planes == 4 and inputs % 4 == params["input_step"] % 4 == 0
    turns, taken = (1, pixels // 4) if one else (inputs // 4, pixels) if words else (0, 0)
    pairs = together = apart = outside = 0
    for start in starts:
        top = start * stride - params["pad_top"]
        count = ((min(band, height - start) - 1) * stride + 4) // 2
        pairs += count
        for pair in range(count):
            inside = (0 <= top + 2 * pair < image) + (0 <= top + 2 * pair + 1 < image)
            together += inside == 2
            apart += inside == 1
            outside += columns - pixels if inside == 2 else columns
    byte_lines = inputs * (apart + 2 * together * (turns == 0))
    rest = 2 * together * (pixels % 4) if one else 0
    return {
        "plane_bands": batches * len(starts),
        "plane_lines": batches * planes * pairs,
        "plane_outside": batches * planes * outside,
        "plane_fills": batches * len(starts) * -(-inputs // planes),
        "plane_pairs": batches * together * turns,
        "plane_words": batches * together * turns * taken,
        "plane_byte_lines": batches * (byte_lines + 2 * together * (rest > 0)),
        "plane_bytes": batches * (byte_lines * pixels + rest),
        "plane_filters": batches * len(starts) * channels,
        "plane_rows": batches * height * channels,
        "plane_outputs": batches * height * channels * width,
    }
