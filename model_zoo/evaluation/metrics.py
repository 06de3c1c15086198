"""Landmark metrics: NME, failure rate, area under the error curve. NumPy only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.landmark_scheme import INTER_OCULAR
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.evaluation.score import Figure, Further, Score, mean_score

NME = Figure("nme", "NME", "%", f"NME, percent of {INTER_OCULAR}")
FAILURE_PERCENT = 10.0
"""An image with a larger error counts as failed (the 300-W and WFLW habit)."""


def image_errors(
    predicted: NDArray[np.floating[Any]], truth: NDArray[np.floating[Any]], norms: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Normalised mean error of each image, in percent of what the labels' scheme measures by.

    Sagonas et al., "300 Faces In-The-Wild Challenge", 2016, section 4.

    Args:
        predicted, truth: float [N, P, 2] in the same unit.
        norms: float64 [N] in that unit: the distance of the eyes, or the side of the face box.
    Returns:
        float64 [N]: 100 * mean over points of |predicted - truth| / norm.
    """
    difference = np.asarray(predicted, np.float64) - np.asarray(truth, np.float64)
    distance = np.sqrt((difference**2).sum(-1))  # [N, P]
    errors: NDArray[np.float64] = 100.0 * distance.mean(-1) / norms
    return errors


def failure_rate(errors: NDArray[np.float64], limit: float = FAILURE_PERCENT) -> float:
    """Share of images whose error is above `limit` percent, in percent."""
    return float(100.0 * np.mean(errors > limit))


def area_under_curve(errors: NDArray[np.float64], limit: float = FAILURE_PERCENT) -> float:
    """Area under the cumulative error curve from 0 to `limit` percent, divided by `limit` (1 is perfect).

    Equals the mean of max(0, 1 - error / limit), the integral of the step curve taken exactly.
    """
    return float(np.mean(np.maximum(0.0, 1.0 - errors / limit)))


def score(predicted: NDArray[np.floating[Any]], samples: LandmarkSet) -> Score:
    """All figures at once; the first states what its percent are of.

    Args:
        predicted: float [N, P, 2], picture px.
    """
    errors = image_errors(predicted, samples.points, samples.norms)
    limit = f"{FAILURE_PERCENT:g} %"
    further = (
        Further("failure_rate", f"pictures above {limit}", failure_rate(errors), "%"),
        Further("auc", f"area under the error curve to {limit}", area_under_curve(errors)),
    )
    figure = replace(NME, meaning=f"NME, percent of {samples.scheme.norm}")
    return mean_score(figure, errors, samples.identities, further)
