"""A search over recipes: it judges by the validation part, and trials can be given up and go on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_zoo.datasets.open import open_samples
from model_zoo.datasets.split import split_by_identity
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe import Recipe
from model_zoo.view import View
from tests.model_zoo.averaged import averages
from tests.model_zoo.toys import stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")
assert stripes


def with_rate(rate: float) -> Recipe:
    recipe = recipe_for("stripes-wide")
    return replace(recipe, phases=(replace(recipe.phases[0], rate=rate, epochs=5),))


def test_a_search_judges_by_validation_and_can_not_see_the_test_part(tmp_path: Path) -> None:
    from model_zoo.training.search import objective

    hidden = "stripes-without-test"
    task, samples = TASKS.get("stripes"), open_samples("stripes", None, hidden)
    with pytest.raises(AttributeError):  # whoever looks there fails
        task.region(split_by_identity(samples).test, 0, View(32, 32, 1))
    reports: list[tuple[str, float]] = []
    values = {
        rate: objective(
            TrainOptions("stripes-wide", tmp_path / f"{rate}", dataset=hidden, quiet=True),
            with_rate(rate),
            lambda phase, value: reports.append((phase, value)),
        )
        for rate in (1e-5, 1e-2)
    }
    assert reports == [("coarse", value) for value in values.values()]
    assert task.FIGURE.direction == "maximize"
    assert values[1e-2] >= 90 > values[1e-5]


def test_a_trial_can_be_given_up_and_goes_on(tmp_path: Path) -> None:
    from model_zoo.training.search import objective

    class GivenUpError(Exception):
        pass

    def give_up(phase: str, value: float) -> None:
        raise GivenUpError(phase)

    options = TrainOptions("stripes-wide", tmp_path, quiet=True)
    with pytest.raises(GivenUpError, match="coarse"):
        objective(options, with_rate(1e-2), give_up)
    before = averages(tmp_path / "coarse.ckpt.npz")
    assert objective(options, with_rate(1e-2)) >= 90
    for old, new in zip(before, averages(tmp_path / "coarse.ckpt.npz"), strict=True):
        np.testing.assert_array_equal(old, new)
