"""Weights of three values: which they are, and that learning goes to the full ones behind them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model_zoo.training.ternary import Ternary, ternary

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install -e '.[train]'")


def by_the_paper(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Equations 3 and 6 over all of an array."""
    size = np.abs(values)
    large = size > 0.7 * size.mean()
    return np.where(large, np.sign(values) * size[large].mean(), 0).astype(np.float32)


def test_a_convolution_has_a_magnitude_a_channel_and_a_dense_layer_one() -> None:
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(3, 3, 4, 5)).astype(np.float32) * np.arange(1, 6, dtype=np.float32)
    channels = np.stack([by_the_paper(kernel[..., c]) for c in range(5)], -1)
    np.testing.assert_allclose(ternary(tf.constant(kernel)).numpy(), channels, rtol=1e-6)
    assert len(np.unique(np.abs(channels[channels != 0]))) == 5
    dense = rng.normal(size=(7, 3)).astype(np.float32)
    np.testing.assert_allclose(ternary(tf.constant(dense)).numpy(), by_the_paper(dense), rtol=1e-6)


@pytest.mark.parametrize("values", [np.zeros((4, 2)), np.array([[0.5, 0.0], [-0.5, 0.5]])])
def test_what_has_three_values_stays(values: NDArray[Any]) -> None:
    given = values.astype(np.float32)
    assert ternary(tf.constant(given)).numpy().tolist() == given.tolist()


def test_small_steps_add_up_until_a_value_changes() -> None:
    layer = tf.keras.layers.Dense(1, use_bias=False)
    model = tf.keras.Sequential([tf.keras.Input((3,)), layer])
    layer.kernel.assign([[1.0], [-1.0], [0.3]])
    average = [tf.Variable(v) for v in model.get_weights()]
    keeper = Ternary()
    keeper.take(model)
    assert layer.kernel.numpy().tolist() == [[1.0], [-1.0], [0.0]]
    for _ in range(20):
        layer.kernel.assign_add([[0.0], [0.0], [0.02]])
        keeper.after_step(model.weights, average, 0.5)
    full, mean = (variable.numpy() for variable in keeper.variables)
    np.testing.assert_allclose(full, [[1.0], [-1.0], [0.7]], atol=1e-6)
    np.testing.assert_allclose(mean, [[1.0], [-1.0], [0.68]], atol=1e-3)
    np.testing.assert_allclose(layer.kernel.numpy(), by_the_paper(full), rtol=1e-6)
    np.testing.assert_allclose(average[0].numpy(), by_the_paper(mean), rtol=1e-6)
