"""One tensor: its shape, its type, its quantization, and its values where it is a constant."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

ITEM_BYTES = {"int8": 1, "uint8": 1, "bool": 1, "int16": 2, "int32": 4, "float32": 4, "int64": 8}


@dataclass(frozen=True)
class Quantization:
    """Affine quantization: real = scale * (q - zero_point).

    Attributes:
        scale: one float (per tensor) or one a channel; exact float32 values held as Python floats.
        zero_point: as many integers as scales.
        axis: the channel axis where there is more than one scale.
    """

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int = 0


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor: a constant where `data` is given, otherwise an activation.

    Attributes:
        name: name in the .tflite file.
        shape: static shape; () for a scalar.
        dtype: a key of ITEM_BYTES.
        quant: None where the file gives none (int32 indices and shapes).
        data: read-only array of `shape` and `dtype`, or None.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    quant: Quantization | None = None
    data: NDArray[np.generic] | None = field(default=None, repr=False)

    @cached_property
    def elements(self) -> int:
        """Number of elements (1 for a scalar)."""
        return math.prod(self.shape)

    @cached_property
    def bytes(self) -> int:
        """Size in bytes."""
        return self.elements * ITEM_BYTES[self.dtype]

    @property
    def is_constant(self) -> bool:
        """True where the file holds the values."""
        return self.data is not None

    @property
    def scale(self) -> float:
        """The per-tensor scale.

        Raises:
            ValueError: the tensor has no quantization or a scale a channel (readers check before).
        """
        if self.quant is None or len(self.quant.scale) != 1:
            raise ValueError(f"{self.name} has no per-tensor scale")
        return self.quant.scale[0]

    @property
    def zero_point(self) -> int:
        """The per-tensor zero point (0 where the tensor has no quantization)."""
        return 0 if self.quant is None else self.quant.zero_point[0]
