"""ELU: TFLite-Micro fills a table with the C library's expf; so do we where every expf gives the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.ops import checks
from codegen.ops.lookup import INPUTS, Lookup
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor

MAX_STEPS = 2.0**30
"""Outputs beyond are no 32-bit integers any more."""
ULPS = 2
"""How far a C library's expf may be from the exact value, in units of the last place."""


@REGISTRY.add
@dataclass(frozen=True)
class Elu(Lookup):
    """x where x >= 0, exp(x) - 1 below."""

    kind = "ELU"
    constraints = (
        "int8, any scales but the few for which an error of 2 units in the last place of the C library's "
        "expf would change an output"
    )
    tflite_micro = "computes its table in floating point, with the C library's expf"

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            reals = [_steps(x, y, ulps) for ulps in (0, -ULPS, ULPS)]
        if not all(np.isfinite(r).all() and np.abs(r).max() < MAX_STEPS for r in reals):
            checks.refuse(f"its output scale {y.scale:g} is too small", where, "Quantize the model again.")
        if any((r != reals[0]).any() for r in reals):
            checks.refuse(
                "an output is so close to a tie that it depends on the C library's expf",
                where,
                "Quantize the model again with other samples.",
            )

    def outputs_of(self, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        return _steps(x, y, 0).astype(np.int64) + y.zero_point


def _steps(x: Tensor, y: Tensor, ulps: int) -> NDArray[np.float32]:
    """Outputs in steps from the zero point, all in float32, with expf that many units off."""
    real = np.float32(x.scale) * (INPUTS - x.zero_point).astype(np.float32)
    exponential = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32)
    moved = exponential.view(np.int32) + np.int32(ulps)
    exponential = np.maximum(moved, 0).astype(np.int32).view(np.float32)
    value = np.where(real < 0, exponential - np.float32(1), real).astype(np.float32)
    scaled = value * (np.float32(1) / np.float32(y.scale))
    # Half away from zero, exactly: the float32 values are exact in double precision.
    wide = scaled.astype(np.float64)
    rounded: NDArray[np.float32] = (np.sign(wide) * np.floor(np.abs(wide) + 0.5)).astype(np.float32)
    return rounded
