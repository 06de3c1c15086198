"""OpenCV's Haar cascade as a detector of the task `faces`: an old, well-known one to stand beside ours.

Viola and Jones, "Robust Real-Time Face Detection", IJCV 2004; the cascade is the one that OpenCV ships for
frontal faces (Lienhart 2002).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ToolError
from model_zoo.datasets.face_set import FaceSet
from model_zoo.evaluation.recall import Detections, overlaps

CASCADE = "haarcascade_frontalface_default.xml"
STEP, NEIGHBOURS, SMALLEST_PX = 1.05, 2, 20
"""Of the pyramid, of windows that must agree, and the least width of a face."""
FITTED_ON = 600
"""Training pictures with one face from which the map between boxes is taken."""
MATCHES = 0.25
"""Overlap from which a box is taken for the labelled face's while the map is fitted."""


def haar_found(train: FaceSet, samples: FaceSet) -> Sequence[Detections]:
    """What the cascade finds in each picture, its boxes brought to the convention of the labels.

    Args:
        train: pictures from which the map between the two conventions is fitted.
        samples: those that are measured.
    Raises:
        ToolError: OpenCV is not installed.
    """
    cascade = face_cascade()
    single = [row for row, boxes in enumerate(train.boxes) if len(boxes) == 1][:FITTED_ON]
    pairs = [(detected(cascade, train.pictures[row]), train.boxes[row][:1]) for row in single]
    shift, stretch = fit_map(pairs)
    return [brought(detected(cascade, picture), shift, stretch) for picture in samples.pictures]


def fit_map(
    pairs: Sequence[tuple[Detections, NDArray[Any]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How labelled boxes lie to those that were found on the same faces: medians over the pairs.

    Args:
        pairs: what was found in a picture, and its one labelled box [1, 4].
    Returns:
        shift of the middle in sides of the found box, and factor of its sides: float64 [2] each; no change
        where nothing matches.
    """
    shifts, factors = [], []
    for found, face in pairs:
        shared = overlaps(found.boxes, face)[:, 0] if len(found.scores) else np.zeros(1)
        if shared.max() >= MATCHES:
            box, label = found.boxes[shared.argmax()], face[0]
            shifts.append((label[:2] + label[2:] / 2 - box[:2] - box[2:] / 2) / box[2:])
            factors.append(label[2:] / box[2:])
    if not shifts:
        return np.zeros(2), np.ones(2)
    return np.median(shifts, axis=0), np.median(factors, axis=0)


def brought(found: Detections, shift: NDArray[np.float64], stretch: NDArray[np.float64]) -> Detections:
    """Detections whose boxes went through the map."""
    middle = found.boxes[:, :2] + found.boxes[:, 2:] * (0.5 + shift)
    size = found.boxes[:, 2:] * stretch
    return Detections(np.concatenate([middle - size / 2, size], 1), found.scores)


def face_cascade() -> Any:
    try:
        import cv2
        from cv2.data import haarcascades
    except ImportError as error:
        raise ToolError(
            "OpenCV, whose Haar cascade stands beside, is not installed",
            "evaluate",
            "Install it: pip install 'opencv-python-headless<5'.",
        ) from error
    return cv2.CascadeClassifier(f"{haarcascades}{CASCADE}")


def detected(cascade: Any, picture: NDArray[np.uint8]) -> Detections:
    boxes, _, weights = cascade.detectMultiScale3(
        picture,
        scaleFactor=STEP,
        minNeighbors=NEIGHBOURS,
        minSize=(SMALLEST_PX, SMALLEST_PX),
        outputRejectLevels=True,
    )
    return Detections(
        np.asarray(boxes, np.float64).reshape(-1, 4), np.asarray(weights, np.float64).reshape(-1)
    )
