"""The task of marking, trained: its loss, its teacher, its card, and what evaluate says of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_zoo.cards import read_card
from model_zoo.datasets import live_faces
from model_zoo.evaluation.evaluate import EvaluateOptions, evaluate
from model_zoo.tasks import TASKS
from model_zoo.tasks.marks import MarkSettings
from model_zoo.training.options import TrainOptions, TrainResult
from model_zoo.view import View
from tests.model_zoo.conftest import write_landmarks68
from tests.model_zoo.test_marks import write_face_free

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")

TASK = TASKS.get("marks")
OPTIONS = {"epochs": 2, "qat_epochs": 1, "batch": 16, "quiet": True}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_landmarks68(tmp_path_factory.mktemp("live"), 16, 2)
    write_face_free(root, 40)
    return root


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    from model_zoo.training.train import train

    folder = tmp_path_factory.mktemp("run")
    return train(TrainOptions("pfld-68-96-live-pico", folder, data=data, **OPTIONS))


def test_the_card_states_presence_and_its_threshold(trained: TrainResult) -> None:
    card = read_card(trained.card_path)
    assert card == trained.card
    assert {"float", "ptq", "qat"} == set(card.metrics["validation"])
    shipped = card.shipped_metrics
    assert card.facts["presence"] == {"threshold": shipped["threshold"]}
    assert 0 <= shipped["faces_called_none"] <= 100
    assert 0 <= shipped["face_free_called_none"] <= 100
    assert card.facts["decoder"]["kind"] == "marks"
    assert "not turned" in card.metrics["validation_nme_with_wrong_crop"]
    assert card.facts["data"]["boxes"]["margin"] == card.input.margin
    assert trained.preview_path is not None
    data = card.facts["data"]
    assert data["split"]["train"] == [i for i in range(16) if i % 8 > 1]
    assert (
        data["face_free"]["train"]
        == data["images"]["train"] - data["training_faces"]
        == 40 - sum(data["face_free"][part] for part in ("validation", "test"))
    )


@pytest.mark.parametrize("part", ["validation", "test"])
def test_evaluate_measures_at_the_cards_threshold(trained: TrainResult, data: Path, part: str) -> None:
    card = trained.card
    found = evaluate(EvaluateOptions(card, data=data, part=part)).to_json()
    assert found["threshold"] == card.facts["presence"]["threshold"]
    assert found["strained"]["nme"] > 0
    assert found["given"] == "labelled face boxes"
    if part == "validation":
        stated = card.metrics["validation"][trained.shipped]
        assert {key: found[key] for key in stated} == stated


def test_a_training_goes_on_from_another(trained: TrainResult, data: Path, tmp_path: Path) -> None:
    from model_zoo.training.course import begin

    options = TrainOptions("pfld-68-96-live-pico", tmp_path / "on", data=data, limit=20, **OPTIONS)
    afresh, onwards = begin(options), begin(replace(options, init=(str(trained.card_path.parent),)))
    stated = np.array(trained.card.facts["decoder"]["mean"]).reshape(-1, 2)
    np.testing.assert_array_equal(onwards.lesson.mean, stated)
    assert np.abs(afresh.lesson.mean - stated).max() > 1e-4


def test_what_the_loss_counts() -> None:
    import tensorflow as tf

    samples = live_faces.generate(people=8, pictures_each=2, grounds=10, seed=2)
    lesson = TASK.lesson(samples, MarkSettings(calm=0.0, presence_weight=0.0), View(96, 96, 1, 1.1))
    targets = [tf.zeros((2, 136)), tf.constant([[1.0], [0.0]])]
    right, wrong = tf.zeros((2, 1)), tf.constant([[0.0] * 136, [9.0] * 136])
    assert float(lesson.loss(targets, [wrong, right])) == 0  # points of what is no face
    assert float(lesson.loss(targets, [tf.reverse(wrong, [0]), right])) > 50
    asks = replace(lesson, settings=MarkSettings(presence_weight=1.0))
    sure, mistaken = tf.constant([[9.0], [-9.0]]), tf.constant([[-9.0], [9.0]])
    assert float(asks.loss(targets, [targets[0], sure])) < 0.01
    assert float(asks.loss(targets, [targets[0], mistaken])) > 8
    answers = [tf.ones((2, 136)), tf.constant([[5.0], [5.0]])]
    points, presence = lesson.mixed(targets, answers, 1.0)
    np.testing.assert_array_equal(points.numpy(), [[1.0] * 136, [0.0] * 136])
    np.testing.assert_array_equal(presence.numpy(), targets[1].numpy())
