"""MINIMUM and MAXIMUM of two tensors of one scale and zero point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.ops import checks
from codegen.ops.elementwise import SHAPES, Elementwise
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor


@dataclass(frozen=True)
class _Choice(Elementwise):
    """Picks one of the two values: they must have one scale, TFLite-Micro compares them as they are."""

    constraints = SHAPES + "; inputs and output of one scale and zero point"
    tflite_micro = "compares the bytes, whatever their scales"

    def check(self, a: Tensor, b: Tensor, y: Tensor, where: str) -> None:
        if not (checks.same_quantization(a, y) and checks.same_quantization(b, y)):
            checks.refuse("its inputs and output have different scales", where, "Quantize the model again.")


@REGISTRY.add
@dataclass(frozen=True)
class Minimum(_Choice):
    """The smaller value."""

    kind = "MINIMUM"

    def combine(
        self, values: tuple[NDArray[Any], NDArray[Any]], a: Tensor, b: Tensor, y: Tensor
    ) -> NDArray[np.int64]:
        return np.minimum(values[0].astype(np.int64), values[1].astype(np.int64))


@REGISTRY.add
@dataclass(frozen=True)
class Maximum(_Choice):
    """The larger value."""

    kind = "MAXIMUM"

    def combine(
        self, values: tuple[NDArray[Any], NDArray[Any]], a: Tensor, b: Tensor, y: Tensor
    ) -> NDArray[np.int64]:
        return np.maximum(values[0].astype(np.int64), values[1].astype(np.int64))
