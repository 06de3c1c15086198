"""What lies outside the integer core at its inputs and outputs: the types that the .tflite file itself takes.

A model whose file takes uint8 or float32 runs here as its int8 core; an Edge says how one tensor of the core
relates to the file's own, and the functions here convert in NumPy exactly as TFLite-Micro's QUANTIZE and
DEQUANTIZE do. kernels/edge.h computes the same in C.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.tensor import Tensor

UINT8_SHIFT = 128
"""A uint8 value less this is the int8 value of the core: the same byte with its highest bit turned."""


@dataclass(frozen=True)
class Edge:
    """The file's own side of one input or output of the core; shapes are equal on both sides.

    Attributes:
        outer: position among the inputs or outputs of the file, and then its variables (State). One float32
            input that the file quantizes in two ways feeds two inputs of the core.
        name: of the file's tensor.
        dtype: of the file's tensor: "float32", "uint8", or the core's own type.
        scale, zero_point: real value = scale * (q - zero_point), where q is in the file's own type, or in the
            core's where that is float32; scale 0 where the tensor holds numbers without a scale.
        layers: layers of the file that the edge stands for, e.g. ("00 QUANTIZE",).
    """

    outer: int
    name: str
    dtype: str
    scale: float
    zero_point: int
    layers: tuple[str, ...] = ()

    @classmethod
    def same(cls, outer: int, tensor: Tensor) -> Edge:
        """The edge of a tensor that is the file's own."""
        one = tensor.quant is not None and len(tensor.quant.scale) == 1
        return cls(outer, tensor.name, tensor.dtype, tensor.scale if one else 0.0, tensor.zero_point)


@dataclass(frozen=True)
class State:
    """A variable that the file keeps between inferences: what the core gives is what it takes next.

    Attributes:
        name: in the file.
        input, output: positions among the inputs and outputs of the core.
        initial: bytes of that input for the first inference.
    """

    name: str
    input: int
    output: int
    initial: bytes


def quantize(values: NDArray[np.float32], scale: float, zero_point: int, dtype: str) -> NDArray[Any]:
    """TFLite-Micro's QUANTIZE: value / scale in float32, rounded half away from zero, plus the zero point.

    Where the quotient leaves int32, which C leaves open, the result is the nearest limit, as everywhere else.

    Args:
        values: float32, any shape, no NaN.
        dtype: "int8", "uint8" or "int16".
    Returns:
        the same shape, of `dtype`.
    Raises:
        ModelError: a value is NaN.
    """
    if np.isnan(values).any():
        raise ModelError("a value is NaN, which no integer stands for", "input", "Pass finite numbers.")
    info = np.iinfo(dtype)
    with np.errstate(over="ignore"):
        steps = values.astype(np.float32) / np.float32(scale)
    whole = np.trunc(steps)
    with np.errstate(invalid="ignore"):  # infinity less itself: not away from zero, it is clamped anyway
        rounded = whole + np.copysign(np.abs(steps - whole) >= 0.5, steps)
    clipped = np.clip(rounded, -(2.0**30), 2.0**30).astype(np.int64) + zero_point
    codes: NDArray[Any] = np.clip(clipped, info.min, info.max).astype(dtype)
    return codes


def dequantize(codes: NDArray[Any], scale: float, zero_point: int) -> NDArray[np.float32]:
    """TFLite-Micro's DEQUANTIZE: scale * (code - zero point), rounded to float32 once.

    Args:
        codes: int8, uint8 or int16, any shape.
    """
    real: NDArray[np.float32] = (
        np.float64(np.float32(scale)) * (codes.astype(np.int64) - zero_point)
    ).astype(np.float32)
    return real
