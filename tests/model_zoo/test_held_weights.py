"""Zeros and shared values of weights: the schedule, the masks, the clusters; without TensorFlow."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from model_zoo.training.clusters import clustered
from model_zoo.training.held_weights import Held, mask_of, ramp_epochs, share_at


@pytest.mark.parametrize("epochs", [1, 2, 3, 8])
def test_a_sparse_phase_comes_to_its_share_at_half_time_and_stays(epochs: int) -> None:
    shares = [share_at(epoch, epochs, 0.6) for epoch in range(epochs)]
    assert shares[ramp_epochs(epochs) - 1 :] == [0.6] * (epochs - ramp_epochs(epochs) + 1)
    assert all(0 < a < b for a, b in pairwise(shares[: ramp_epochs(epochs)]))
    held = Held(zeros=True, share=0.6, epochs=epochs)
    assert [held.done(epoch) for epoch in range(epochs)] == [share == 0.6 for share in shares]


def test_the_smallest_weights_are_masked() -> None:
    values = np.array([[0.5, -0.1], [0.0, -3.0], [0.2, 0.1]], np.float32)
    assert mask_of(values, 0.5).tolist() == [[1, 0], [0, 1], [1, 0]]
    assert mask_of(values, 0.0).tolist() == [[1, 1]] * 3


def test_weights_that_are_zero_are_the_first_to_be_masked_again() -> None:
    values = np.random.default_rng(1).normal(size=(7, 9)).astype(np.float32)
    first = mask_of(values, 0.3)
    again = mask_of(values * first, 0.5)
    assert (again[first == 0] == 0).all()
    assert int((again == 0).sum()) == round(0.5 * 63)


@pytest.mark.parametrize("count", [2, 5, 16])
def test_few_values_are_left_each_the_mean_of_its_own(count: int) -> None:
    values = np.random.default_rng(2).normal(size=(3, 3, 8, 4)).astype(np.float32)
    few = clustered(values, count, keep_zeros=False)
    assert few.shape == values.shape
    different = np.unique(few)
    assert 1 < len(different) <= count
    for value in different:
        assert np.float32(values[few == value].mean(dtype=np.float64)) == value


def test_zeros_are_a_value_of_their_own() -> None:
    values = np.random.default_rng(3).normal(size=(64,)).astype(np.float32)
    values[::2] = 0
    few = clustered(values, 4, keep_zeros=True)
    assert ((few == 0) == (values == 0)).all()
    assert len(np.unique(few)) <= 4
    assert (clustered(np.zeros(5, np.float32), 4, keep_zeros=True) == 0).all()


def test_values_that_are_few_already_stay() -> None:
    values = np.array([1.0, -2.0, 1.0, 0.25], np.float32)
    assert (clustered(values, 8, keep_zeros=False) == values).all()
