"""Sizes that the loops of products of matrices by strips run over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from codegen.cost.strip_features import FEWEST, LONG


def matrix_features(params: Mapping[str, Any]) -> dict[str, float]:
    """Of codegen/kernels/batch_matmul_strips.h, under the names of STRIP_FEATURES: a column is a pixel, a row
    a filter.

    strips; strip_pixels: columns that are expanded; strip_channels, strip_weights: rows that are expanded,
    and their values; strip_macs: products, of depths that are rounded up to fours; strip_outputs;
    long_outputs, long_macs: those of depths that are too long to be unrolled; fewest_outputs: those whose
    rows stay in registers; gathered_bytes: values of columns.
    """
    rows, columns, depth = params["rows"], params["columns"], params["depth"]
    matrices = math.prod(params["batch"])
    strips = matrices * -(-columns // params["strip"])
    outputs, fours = matrices * rows * columns, depth + -depth % 4
    return {
        "strips": strips,
        "strip_pixels": matrices * columns,
        "strip_channels": strips * rows,
        "strip_weights": strips * rows * depth,
        "strip_macs": outputs * fours,
        "strip_outputs": outputs,
        "long_outputs": outputs if fours > LONG else 0,
        "long_macs": outputs * fours if fours > LONG else 0,
        "fewest_outputs": outputs if fours <= FEWEST else 0,
        "gathered_bytes": matrices * columns * depth,
    }
