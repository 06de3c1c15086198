"""From an output tensor to points in integer NumPy.

firmware/src/pipeline.c computes the same bytes; the tests hold the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import Region

MAX_SCALE_Q24 = 2**24 - 1
"""Largest output scale of a landmark decoder, less than a region's side a step: px * 256 fit 32 bits."""


@dataclass(frozen=True)
class LandmarkDecoder:
    """Turns the int8 output into points, in fixed point (Q24 of the region's width and height).

    Attributes:
        mean_q24: mean shape, x0, y0, x1, y1 ... in the region's widths and heights times 2**24.
        scale_q24: output scale in the same times 2**24.
        zero_point: zero point of the output tensor.
    """

    mean_q24: tuple[int, ...]
    scale_q24: int
    zero_point: int

    def decode(self, output: NDArray[np.int8], region: Region) -> NDArray[np.int32]:
        """Points in frame pixels times 256, (0, 0) = centre of the top-left pixel.

        Args:
            output: int8 [..., 2 * points] with one image.
            region: of the frame, that the image was cut from.
        Returns:
            int32 [points, 2], x then y.
        """
        q = output.reshape(-1).astype(np.int64)
        n_q24 = np.asarray(self.mean_q24, np.int64) + (q - self.zero_point) * self.scale_q24
        points = n_q24.reshape(-1, 2)
        start = np.array([region.x, region.y], np.int64) * 256 - 128
        sides = np.array([region.width, region.height], np.int64)
        return (start + ((points * sides + (1 << 15)) >> 16)).astype(np.int32)
