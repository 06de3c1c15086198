"""Pictures with any number of faces, and pictures without one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.samples import WHOLE, Samples

KEY_POINTS = ("left eye", "right eye", "nose", "mouth")
"""Of each face, left as in the picture."""


@dataclass(frozen=True)
class FaceSet(Samples):
    """Scenes with the boxes of their faces; a picture without boxes shows no face.

    Attributes:
        boxes: N of float32 [faces, 4], left and top edge, width, height in px, pixel k covering k to k + 1.
        ignore: N of bool [faces]; neither face nor background, such as one that nobody labelled.
        points: N of float32 [faces, 4, 2], KEY_POINTS in px, (0, 0) = centre of the top-left pixel; NaN where
            they are not known.
        sources: where pictures come from, as their files' names begin; alarms are told for each.
    """

    boxes: tuple[NDArray[np.float32], ...]
    ignore: tuple[NDArray[np.bool_], ...]
    points: tuple[NDArray[np.float32], ...]
    sources: tuple[str, ...] = field(default=(), kw_only=True, metadata=WHOLE)

    def face_free(self) -> NDArray[np.bool_]:
        """Bool [N]: whose pictures show no face, not even one to ignore."""
        return np.array([len(boxes) == 0 for boxes in self.boxes], np.bool_)

    def peopled(self) -> NDArray[np.bool_]:
        """Those with a face, be it one to ignore."""
        return ~self.face_free()
