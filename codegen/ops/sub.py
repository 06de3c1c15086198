"""SUB: as ADD on one fine scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.ops.add import Add
from codegen.ops.registry import REGISTRY
from codegen.tflite_operator import Field, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Sub(Add):
    """Difference of two tensors."""

    kind = "SUB"
    tflite_options = TfliteOptions(28, {"fused_activation_function": Field(0, "activation")})

    def total(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        return a - b
