"""The losses of points: their curves, by hand, and that a recipe names one of them."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

from codegen.errors import DataError
from model_zoo.recipes import recipe_for
from model_zoo.tasks.landmark_settings import LandmarkSettings
from model_zoo.training.recipe_file import changed, table_of

os.environ["TF_USE_LEGACY_KERAS"] = "1"
NETWORK = "pfld-68-96-pico"


@pytest.mark.parametrize("name", ["wing", "adaptive_wing", "smooth_l1"])
def test_a_recipe_names_its_loss(name: str) -> None:
    recipe = changed(recipe_for(NETWORK), table_of([f"task.loss={name}"]), "--set")
    recipe.check(NETWORK)
    assert recipe.task.loss == name
    same = recipe.fingerprint("float") == recipe_for(NETWORK).fingerprint("float")
    assert same == (name == "wing")


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("task.loss=wingless", "the task.loss is 'wingless'; it may be wing, adaptive_wing, smooth_l1"),
        ("task.wing_power=0.5", "the task.wing_power is 0.5; it may be from 1 to 3"),
        ("task.smooth_width=0.0", "the task.smooth_width is 0.0; it may be from 0.0001 to 10"),
    ],
)
def test_what_is_no_loss_is_refused(word: str, cause: str) -> None:
    with pytest.raises(DataError) as caught:
        changed(recipe_for(NETWORK), table_of([word]), "--set").check(NETWORK)
    assert cause in caught.value.cause


def values(settings: LandmarkSettings, errors: list[float]) -> list[float]:
    """The loss of each error alone."""
    zero = np.zeros((1, 1), np.float32)
    return [float(settings.point_loss(zero, np.array([[e]], np.float32))) for e in errors]


@pytest.mark.slow
def test_the_curves_are_those_of_the_papers() -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    smooth = values(LandmarkSettings(loss="smooth_l1", smooth_width=0.5), [0.25, 0.5, -2.0])
    assert smooth == [0.0625 / 0.5, 0.25 / 0.5, 1.75 / 0.5]
    own = LandmarkSettings(loss="adaptive_wing", wing_width=0.5, wing_curvature=0.25, wing_power=2.0)
    edge = 4.0  # (0.5 / 0.25) ** 2
    slope, level = 2 * edge / (1 + edge), 0.5 * math.log(1 + edge)
    wanted = [math.log(2.0), level / 0.5, (level + slope * 0.5) / 0.5]
    assert values(own, [0.25, 0.5, -1.0]) == [float(np.float32(value)) for value in wanted]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wing", "adaptive_wing", "smooth_l1"])
def test_a_loss_and_its_slope_are_finite_everywhere(name: str) -> None:
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    errors = tf.Variable([[0.0, 1e-20, 0.02, 0.1, 0.1000001, 50.0]])
    with tf.GradientTape() as tape:
        loss = LandmarkSettings(loss=name).point_loss(tf.zeros((1, 6)), errors)
    slopes = tape.gradient(loss, errors).numpy()
    assert np.isfinite(loss.numpy())
    assert np.isfinite(slopes).all()
    assert (slopes[0, 2:] > 0).all()
