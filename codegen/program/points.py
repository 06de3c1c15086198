"""From an output tensor to points in integer NumPy.

firmware/src/pipeline.c computes the same bytes; the tests hold the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import CropBox

MAX_SCALE_Q24 = 2**24 - 1
"""Largest output scale of a landmark decoder, less than a crop side a step: px * 256 fit 32 bits."""


@dataclass(frozen=True)
class LandmarkDecoder:
    """Turns the int8 output into points, in fixed point (Q24 of the crop side).

    Attributes:
        mean_q24: mean shape, x0, y0, x1, y1 ... in crop sides times 2**24.
        scale_q24: output scale in crop sides times 2**24.
        zero_point: zero point of the output tensor.
    """

    mean_q24: tuple[int, ...]
    scale_q24: int
    zero_point: int

    def decode(self, output: NDArray[np.int8], box: CropBox) -> NDArray[np.int32]:
        """Points in frame pixels times 256, (0, 0) = centre of the top-left pixel.

        Args:
            output: int8 [..., 2 * points] with one image.
            box: the crop the image was cut from.
        Returns:
            int32 [points, 2], x then y.
        """
        q = output.reshape(-1).astype(np.int64)
        n_q24 = np.asarray(self.mean_q24, np.int64) + (q - self.zero_point) * self.scale_q24
        start = np.tile(np.array([box.x, box.y], np.int64) * 256 - 128, len(q) // 2)
        return (start + ((n_q24 * box.side + (1 << 15)) >> 16)).astype(np.int32).reshape(-1, 2)
