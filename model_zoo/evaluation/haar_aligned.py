"""How papers of expressions prepare a face: a Haar cascade finds it, another one its eyes, and it is turned.

It stands beside a program's own detector and crop, on the same frames and with the same network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ToolError
from codegen.program.picture import Region
from codegen.program.reference import region_around
from codegen.program.stages import MARGIN_ONE
from codegen.program.turned import turn_of
from model_zoo.evaluation.haar import brought, detected, face_cascade, fit_map
from model_zoo.evaluation.recall import Detections

EYES = "haarcascade_eye.xml"
UPPER = 0.6
"""Share of a box's height, from above, in which eyes are looked for."""
STEP, NEIGHBOURS = 1.05, 3
"""Of their pyramid, and of windows that must agree."""
STEEPEST = 1.0
"""Rise of the eyes' line over its length beyond which two finds are no pair of eyes."""

Framed = tuple[NDArray[np.uint8], NDArray[np.float64]]
"""A frame, uint8 [H, W], and where a picture lies in it: left, top, width, height, px."""


@dataclass(frozen=True)
class Aligned:
    """The method, ready.

    Attributes:
        faces, eyes: cascades.
        shift, stretch: from a found box to one that crops as the network's training pictures do.
    """

    faces: Any
    eyes: Any
    shift: NDArray[np.float64]
    stretch: NDArray[np.float64]

    def look(self, frame: NDArray[np.uint8]) -> Detections:
        """All that is found in a frame, uint8 [H, W], as boxes that crop."""
        return brought(detected(self.faces, frame), self.shift, self.stretch)

    def region(self, frame: NDArray[np.uint8], box: NDArray[np.float64], width: int, height: int) -> Region:
        """What a network sees of one: a square around it, turned so that its eyes lie level where both are
        found.

        Args:
            box: of `look`: left, top, width, height, px.
            width, height: of the network's input.
        """
        left, top, across, down = (int(v) for v in np.round(box * 256))
        return region_around(
            (left - 128, top - 128, across, down), MARGIN_ONE, width, height, self._turn(frame, box)
        )

    def _turn(self, frame: NDArray[np.uint8], box: NDArray[np.float64]) -> int:
        """In 1/65536 of a full turn; 0 where no pair of eyes is found."""
        x, y = (max(0, int(v)) for v in box[:2])
        upper = frame[y : y + max(1, int(box[3] * UPPER)), x : x + max(1, int(box[2]))]
        least = max(8, int(box[2] / 8))
        found = self.eyes.detectMultiScale(
            np.ascontiguousarray(upper), scaleFactor=STEP, minNeighbors=NEIGHBOURS, minSize=(least, least)
        )
        middles = [(ex + ew / 2, ey + eh / 2) for ex, ey, ew, eh in found]
        sides = [[m for m in middles if (m[0] < box[2] / 2) == left] for left in (True, False)]
        if not all(sides):
            return 0
        (x0, y0), (x1, y1) = (side[0] for side in sides)
        if abs(y1 - y0) > STEEPEST * (x1 - x0):
            return 0
        return turn_of(round((x1 - x0) * 256), round((y1 - y0) * 256))


def aligned(shown: Sequence[Framed]) -> Aligned:
    """The method, its boxes brought to where pictures lie in frames like those that it will see.

    Args:
        shown: frames with training pictures.
    Raises:
        ToolError: OpenCV is not installed.
    """
    faces = face_cascade()
    import cv2
    from cv2.data import haarcascades

    eyes = cv2.CascadeClassifier(f"{haarcascades}{EYES}")
    if eyes.empty():
        raise ToolError("OpenCV lacks its cascade of eyes", EYES, "Install opencv-python-headless again.")
    pairs = [(detected(faces, frame), box[None]) for frame, box in shown]
    return Aligned(faces, eyes, *fit_map(pairs))
