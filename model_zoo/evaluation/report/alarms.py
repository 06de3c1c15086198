"""What a report tells of a detector: recall over false alarms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from model_zoo.evaluation.recall import Curve
from model_zoo.evaluation.report.sections import Line, Plot

LEAST, MOST, STEPS = 0.003, 3.0, 31
"""Rates of the curve, false alarms a face-free picture, in equal ratios."""


def told_of_alarms(curve: Curve) -> Plot:
    """The curve from few alarms to many.

    Raises:
        DataError: there is no face that counts, or no face-free picture.
    """
    rates = np.geomspace(LEAST, MOST, STEPS)
    points = tuple((float(rate), curve.recall(float(rate))) for rate in rates)
    return Plot(
        "Recall over false alarms",
        "false alarms a face-free picture",
        "faces found, %",
        (Line("faces", points),),
        f"{counted(len(curve.hits), 'face')}, {counted(curve.free, 'face-free picture')}.",
        logarithmic=True,
    )


def widest(boxes: NDArray[np.floating[Any]], picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The widest box of a picture; one of half of its shorter side where it has none: float64 [4]."""
    if len(boxes):
        box: NDArray[np.float64] = boxes[boxes[:, 2].argmax()].astype(np.float64)
        return box
    height, width = picture.shape[:2]
    side = min(height, width) / 2
    return np.array([(width - side) / 2, (height - side) / 2, side, side])
