"""A loss that is no finite number, and shapes that nothing can be learnt from: named at once."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from codegen.errors import DataError
from host_tools.cli import app
from model_zoo.datasets import SOURCES, synthetic
from model_zoo.recipes import RECIPES, recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.options import TrainOptions
from model_zoo.view import View
from tests.model_zoo.toys import patch, stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
assert stripes  # known once it is imported


@pytest.mark.parametrize(
    ("harm", "cause"),
    [
        (("points", np.nan), "no finite number"),
        (("points", np.inf), "no finite number"),
        (("points", 7.0), "all its points on one spot"),
        (("boxes", 0.0), "a face box without size"),
    ],
)
def test_shapes_that_teach_nothing_are_named(harm: tuple[str, float], cause: str) -> None:
    faces, task = synthetic.generate(people=6, pictures_each=2, seed=3), TASKS.get("landmarks")
    column, value = harm
    spoilt = getattr(faces, column).copy()
    spoilt[[4, 9]] = value
    with pytest.raises(DataError, match=cause) as caught:
        task.lesson(replace(faces, **{column: spoilt}), task.SETTINGS(), View(96, 96, 1, 1.2))
    assert faces.files[4] in caught.value.cause
    assert "1 more" in caught.value.cause


def test_a_sample_that_can_not_be_measured_is_named() -> None:
    task, samples = TASKS.get("patch"), patch.data.drawn().take(np.arange(4))
    score = task.score(list(samples.boxes), samples)
    score.require_finite(samples.files, samples.name)
    spoilt = replace(score, each=(*score.each[:2], float("nan"), float("inf")))
    with pytest.raises(DataError, match=f"the IoU of {samples.files[2]} and of 1 more is no number"):
        spoilt.require_finite(samples.files, samples.name)


def spoil(monkeypatch: pytest.MonkeyPatch, value: float) -> list[str]:
    """Puts `value` into the labels of three training samples of the patches; their names."""
    drawn = patch.data.drawn()
    rows = np.flatnonzero(drawn.identities % 8 > 1)[[5, 40, 77]]
    boxes = drawn.boxes.copy()
    boxes[rows, 2] = value
    source = next(source for source in SOURCES.entries() if source.name == "patch")
    monkeypatch.setitem(SOURCES._entries, "patch", replace(source, load=lambda: replace(drawn, boxes=boxes)))
    return [drawn.files[row] for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: float
) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    names = spoil(monkeypatch, value)
    words = ["train", "patch-net", "-o", str(tmp_path), "--quiet"]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert told.exit_code == 2
    text = " ".join(told.stderr.split())
    assert "the loss is no finite number" in text
    assert "epoch 1, batch" in text
    named = set(text.replace(",", " ").split()) & set(patch.data.drawn().files)
    assert named
    assert named <= set(names)
    assert not list(tmp_path.glob("*.npz"))
    assert not (tmp_path / "card.json").exists()


@pytest.mark.slow
def test_a_training_that_diverges_blames_no_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    from model_zoo.training.train import train

    recipe = recipe_for("stripes-narrow")
    phase = replace(recipe.phases[0], rate=1e37, teacher=0.0, warm_up=0)
    monkeypatch.setitem(RECIPES._entries, "stripes-narrow", lambda: replace(recipe, phases=(phase,)))
    with pytest.raises(DataError, match="the training diverges") as caught:
        train(TrainOptions("stripes-narrow", tmp_path, quiet=True))
    assert "lower rate" in caught.value.remedy
