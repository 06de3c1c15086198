"""Two classifiers, of which the larger is asked where the small one is not sure."""

from __future__ import annotations

import numpy as np
import pytest

from model_zoo.evaluation.cascade import THRESHOLDS, chosen, step, trade


def logits(answers: list[int], sureness: list[float]) -> np.ndarray:
    """Of three classes; the larger the number the surer."""
    return np.eye(3)[answers] * np.array(sureness)[:, None]


TRUTH = np.array([0, 1, 2, 0])
SMALL = logits([0, 1, 0, 1], [9.0, 9.0, 1.0, 0.5])  # wrong where it is unsure
LARGE = logits([0, 2, 2, 0], [9.0, 9.0, 9.0, 9.0])  # wrong once where the small one is right


def test_by_hand() -> None:
    """Sure of two: asked for the other two, all is right, for more than the small one alone takes."""
    found = step(SMALL, LARGE, TRUTH, 1.0, (10.0, 100.0), 0.9)
    assert (found.asked, found.accuracy, found.balanced_accuracy) == (50.0, 100.0, 100.0)
    assert found.instructions == 10.0 + 0.5 * 100.0
    hot = step(SMALL, LARGE, TRUTH, 100.0, (10.0, 100.0), 0.9)  # so doubtful that it is never believed
    assert (hot.asked, hot.accuracy) == (100.0, 75.0)


def test_the_ends_are_one_network_alone() -> None:
    steps = trade(SMALL, LARGE, TRUTH, 1.0, (10.0, 100.0))
    assert [one.threshold for one in steps] == list(THRESHOLDS)
    assert (steps[0].asked, steps[0].accuracy, steps[0].instructions) == (0.0, 50.0, 10.0)
    assert (steps[-1].asked, steps[-1].accuracy, steps[-1].instructions) == (100.0, 75.0, 110.0)
    assert [one.asked for one in steps] == sorted(one.asked for one in steps)


def test_the_cheapest_that_is_good_enough() -> None:
    steps = trade(SMALL, LARGE, TRUTH, 1.0, (10.0, 100.0))
    best = chosen(steps)
    assert best.accuracy >= 75.0 - 0.3
    assert best.instructions == pytest.approx(min(one.instructions for one in steps if one.accuracy >= 74.7))
    assert best.instructions < steps[-1].instructions
