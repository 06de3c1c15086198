"""Landmark metrics: NME, failure rate, area under the error curve. NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.points68 import inter_ocular
from model_zoo.evaluation.score import Figure, Further, Score, mean_score

NME = Figure("nme", "NME", "%", "NME, percent of the inter-ocular distance")
FAILURE_PERCENT = 10.0
"""An image with a larger error counts as failed (the 300-W and WFLW habit)."""


def image_errors(
    predicted: NDArray[np.floating[Any]], truth: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """Normalised mean error of each image, in percent of the true inter-ocular distance.

    Sagonas et al., "300 Faces In-The-Wild Challenge", 2016, section 4 (outer eye corners, points 36 and 45).

    Args:
        predicted, truth: float [N, 68, 2] in the same unit.
    Returns:
        float64 [N]: 100 * mean over points of |predicted - truth| / |truth 36 - truth 45|.
    """
    difference = np.asarray(predicted, np.float64) - np.asarray(truth, np.float64)
    distance = np.sqrt((difference**2).sum(-1))  # [N, 68]
    errors: NDArray[np.float64] = 100.0 * distance.mean(-1) / inter_ocular(truth)
    return errors


def failure_rate(errors: NDArray[np.float64], limit: float = FAILURE_PERCENT) -> float:
    """Share of images whose error is above `limit` percent, in percent."""
    return float(100.0 * np.mean(errors > limit))


def area_under_curve(errors: NDArray[np.float64], limit: float = FAILURE_PERCENT) -> float:
    """Area under the cumulative error curve from 0 to `limit` percent, divided by `limit` (1 is perfect).

    Equals the mean of max(0, 1 - error / limit), the integral of the step curve taken exactly.
    """
    return float(np.mean(np.maximum(0.0, 1.0 - errors / limit)))


def score(
    predicted: NDArray[np.floating[Any]],
    truth: NDArray[np.floating[Any]],
    identities: NDArray[np.integer[Any]],
) -> Score:
    """All figures at once; arguments as in image_errors and bootstrap_interval."""
    errors = image_errors(predicted, truth)
    limit = f"{FAILURE_PERCENT:g} %"
    further = (
        Further("failure_rate", f"pictures above {limit}", failure_rate(errors), "%"),
        Further("auc", f"area under the error curve to {limit}", area_under_curve(errors)),
    )
    return mean_score(NME, errors, identities, further)
