"""Landmark metrics: NME, failure rate, area under the error curve, bootstrap by identity. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.points68 import inter_ocular

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


def bootstrap_interval(
    values: NDArray[np.float64],
    identities: NDArray[np.integer[Any]],
    rounds: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of the mean when people, not images, are drawn again with replacement.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3, with the person as the unit
    because the pictures of one person are strongly correlated.

    Args:
        values: float64 [N], one an image.
        identities: int [N], whose image it is.
    Returns:
        (low, high), in the unit of the values.
    """
    people, index = np.unique(identities, return_inverse=True)
    sums = np.bincount(index, weights=values, minlength=len(people))
    counts = np.bincount(index, minlength=len(people))
    drawn = np.random.default_rng(seed).integers(0, len(people), (rounds, len(people)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    tail = 50.0 * (1.0 - level)
    low, high = np.percentile(means, [tail, 100.0 - tail])
    return float(low), float(high)


@dataclass(frozen=True)
class Score:
    """What a set of predictions is worth.

    Attributes:
        nme: mean over images of the normalised mean error, percent of the inter-ocular distance.
        ci95: bootstrap interval of it by identity.
        failure_rate: percent of images above FAILURE_PERCENT.
        auc: area under the error curve up to FAILURE_PERCENT, 0..1.
        images, identities: how many were measured.
    """

    nme: float
    ci95: tuple[float, float]
    failure_rate: float
    auc: float
    images: int
    identities: int

    def to_json(self) -> dict[str, object]:
        """The score with figures rounded to 4 decimals, as a card holds it."""
        return {
            "nme": round(self.nme, 4),
            "ci95": [round(v, 4) for v in self.ci95],
            "failure_rate": round(self.failure_rate, 4),
            "auc": round(self.auc, 4),
            "images": self.images,
            "identities": self.identities,
        }


def score(
    predicted: NDArray[np.floating[Any]],
    truth: NDArray[np.floating[Any]],
    identities: NDArray[np.integer[Any]],
) -> Score:
    """All figures at once; arguments as in image_errors and bootstrap_interval."""
    errors = image_errors(predicted, truth)
    return Score(
        nme=float(errors.mean()),
        ci95=bootstrap_interval(errors, identities),
        failure_rate=failure_rate(errors),
        auc=area_under_curve(errors),
        images=len(errors),
        identities=len(np.unique(identities)),
    )
