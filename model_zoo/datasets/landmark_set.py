"""Faces with their points in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import Region, face_crop
from model_zoo.datasets.samples import Samples


@dataclass(frozen=True)
class LandmarkSet(Samples):
    """Pictures of one face each.

    Attributes:
        points: float32 [N, P, 2], picture px, (0, 0) = centre of the top-left pixel.
        boxes: float32 [N, 4], face box left, top edge, width, height in px, pixel k covering k to k + 1.
    """

    points: NDArray[np.float32]
    boxes: NDArray[np.float32]

    def crop_box(self, row: int, margin: float) -> Region:
        """The square that a board would cut out of picture `row`."""
        x, y, width, height = (float(v) for v in self.boxes[row])
        return face_crop(x, y, width, height, margin)
