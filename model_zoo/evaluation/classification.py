"""What classes that were found are worth: accuracy, balanced accuracy, F1, AUROC, calibration. NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of confidence, in the calibration error."""
TEMPERATURES = np.geomspace(0.25, 8.0, 101)


def confusion(
    found: NDArray[np.integer[Any]], truth: NDArray[np.integer[Any]], count: int
) -> NDArray[np.int64]:
    """How often class i (row) was found as class j (column): int64 [count, count]."""
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (truth, found), 1)
    return table


def recalls(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Percent of each class that was found as it; NaN where there is none."""
    totals = table.sum(1)
    return np.where(totals > 0, 100.0 * np.diag(table) / np.maximum(totals, 1), np.nan)


def precisions(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Percent of what was found as each class that is it; 0 where nothing was."""
    found = table.sum(0)
    return np.where(found > 0, 100.0 * np.diag(table) / np.maximum(found, 1), 0.0)


def f1_scores(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Harmonic mean of precision and recall of each class, percent; NaN where there is none."""
    both = table.sum(0) + table.sum(1)
    return np.where(table.sum(1) > 0, 200.0 * np.diag(table) / np.maximum(both, 1), np.nan)


def probabilities(logits: NDArray[np.floating[Any]], temperature: float = 1.0) -> NDArray[np.float64]:
    """Softmax of logits over a temperature: float64 [N, classes]."""
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(-1, keepdims=True)
    return shares


def calibration_error(shares: NDArray[np.float64], truth: NDArray[np.integer[Any]]) -> float:
    """Expected calibration error in percent: how far confidence is from accuracy, mean over BINS equal bins
    of confidence, weighted by what lies in them.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.
    """
    return float(
        sum(abs(accuracy - confidence) * share for confidence, accuracy, share in reliability(shares, truth))
    )


def reliability(
    shares: NDArray[np.float64], truth: NDArray[np.integer[Any]]
) -> list[tuple[float, float, float]]:
    """Mean confidence and accuracy in percent of each bin with pictures, and its share of them."""
    confidence = shares.max(1)
    right = shares.argmax(1) == truth
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    told = []
    for k in range(BINS):
        inside = bins == k
        if inside.any():
            told.append(
                (
                    100.0 * float(confidence[inside].mean()),
                    100.0 * float(right[inside].mean()),
                    float(inside.mean()),
                )
            )
    return told


def best_temperature(logits: NDArray[np.floating[Any]], truth: NDArray[np.integer[Any]]) -> float:
    """The one of TEMPERATURES at which the labels are likeliest (Guo et al. 2017, section 4.2)."""
    rows = np.arange(len(truth))
    losses = [
        -np.log(np.maximum(probabilities(logits, float(t))[rows, truth], 1e-12)).mean() for t in TEMPERATURES
    ]
    return float(TEMPERATURES[int(np.argmin(losses))])


def area_under_roc(scores: NDArray[np.floating[Any]], positive: NDArray[np.bool_]) -> float:
    """The chance that a positive scores above a negative, ties half: the rank sum of Mann and Whitney (1947);
    NaN without either."""
    from scipy.stats import rankdata

    ones, zeros = int(positive.sum()), int((~positive).sum())
    if not ones or not zeros:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))
