"""Sizes that the loops of 5x5 depthwise layers run over: what those kernels fill, copy and make."""

from __future__ import annotations

from collections.abc import Mapping

PAIR_FEATURES = (
    "pair_bands",
    "pair_cleared",
    "pair_fills",
    "pair_strips",
    "pair_lines",
    "pair_pixels",
    "pair_byte_lines",
    "pair_bytes",
    "pair_copies",
    "pair_copied",
    "pair_filters",
    "pair_walks",
    "pair_rows",
    "pair_outputs",
)
"""See pair_features."""


def pair_features(params: Mapping[str, int]) -> dict[str, float]:
    """Of codegen/kernels/depthwise_conv_2d_5x5.h, which has no others.

    pair_bands; pair_cleared: columns that the zero point is written to; pair_fills: how often planes are
    filled in all bands, pair_strips: and how many strips of them; pair_lines, pair_pixels: pairs of lines
    that are filled, and their pixels, where the words of four channels are split; pair_byte_lines,
    pair_bytes: lines and values that are filled one by one, for each channel; pair_copies, pair_copied:
    strips of a channel that begin as a copy, and their columns; pair_filters: filters of all bands,
    pair_walks: their strips, pair_rows: their lines of outputs; pair_outputs.
    """
    stride, width, height = params["stride_width"], params["output_width"], params["output_height"]
    inputs, channels, batches = params["input_channels"], params["output_channels"], params["batches"]
    planes, band, image = params["planes"], params["band"], params["input_height"]
    columns, lines = (width - 1) * stride + 5, 2 if stride == 1 else 1
    pixels = min(params["input_width"], columns - params["pad_left"])
    groups, starts = -(-inputs // planes), range(0, height, band)
    whole = inputs if planes == 4 and inputs % 4 == params["input_step"] % 4 == 0 else 0
    strips = together = apart = 0
    for start in starts:
        count = -(-min(band, height - start) // lines)
        strips += count
        for pair in range(count + 2):
            top = start * stride - params["pad_top"] + 2 * pair
            inside = (0 <= top < image) + (0 <= top + 1 < image)
            together += inside == 2
            apart += inside == 1
    copies = batches * inputs * (strips - len(starts))
    byte_lines = apart * inputs + 2 * together * (inputs - whole)
    return {
        "pair_bands": batches * len(starts),
        "pair_cleared": batches * planes * strips * columns,
        "pair_fills": batches * groups * len(starts),
        "pair_strips": batches * groups * strips,
        "pair_lines": batches * (whole // 4) * together,
        "pair_pixels": batches * (whole // 4) * together * pixels,
        "pair_byte_lines": batches * byte_lines,
        "pair_bytes": batches * byte_lines * pixels,
        "pair_copies": copies,
        "pair_copied": copies * pixels,
        "pair_filters": batches * len(starts) * channels,
        "pair_walks": batches * strips * channels,
        "pair_rows": batches * height * channels,
        "pair_outputs": batches * height * channels * width,
    }
