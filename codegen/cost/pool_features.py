"""What pools by lanes are a sum of: codegen/kernels/average_pool_2d_lanes.h and max_pool_2d_lanes.h."""

from __future__ import annotations

from collections.abc import Mapping

POOL_FEATURES = (
    "lane_rows",
    "lane_pixels",
    "lane_groups",
    "lane_lines",
    "lane_taps",
    "lane_squares",
)

AVERAGE, MAX = "tfk_average_pool_2d_lanes_s8", "tfk_max_pool_2d_lanes_s8"
POOLS = (AVERAGE, MAX)


def pool_features(params: Mapping[str, int], function: str) -> dict[str, float]:
    """Of a pool by lanes, which has no others.

    lane_rows: lines of outputs; lane_pixels: output pixels; lane_groups: fours of their channels; lane_lines,
    lane_taps: lines and pixels that the windows of these see, where lines that fill the image are one;
    lane_squares: fours of channels in windows of two by two without an activation, which the kernel of the
    largest value makes otherwise.

    Args:
        function: one of POOLS.
    """
    rows, columns = (_seen(params, axis, pad) for axis, pad in (("height", "top"), ("width", "left")))
    clamped = (params["activation_min"], params["activation_max"]) != (-128, 127)
    groups = params["batches"] * params["channels"] // 4
    squares = 0 if clamped or function == AVERAGE else rows.count(2) * columns.count(2)
    whole = columns.count(params["input_width"])
    lines = len(rows) * whole + sum(rows) * (len(columns) - whole)
    pixels = len(rows) * len(columns)
    square_lines = squares * (1 if params["input_width"] == 2 else 2)
    return {
        "lane_rows": params["batches"] * len(rows),
        "lane_pixels": params["batches"] * pixels,
        "lane_groups": groups * (pixels - squares),
        "lane_lines": groups * (lines - square_lines),
        "lane_taps": groups * (sum(rows) * sum(columns) - 4 * squares),
        "lane_squares": groups * squares,
    }


def _seen(params: Mapping[str, int], axis: str, before: str) -> list[int]:
    """For each output row (or column) the places inside the image that its window has."""
    size, window = params[f"input_{axis}"], params[f"window_{axis}"]
    starts = (
        at * params[f"stride_{axis}"] - params[f"pad_{before}"] for at in range(params[f"output_{axis}"])
    )
    return [min(start + window, size) - max(start, 0) for start in starts]
