"""Losses of detectors with TensorFlow: what they are worth, and a teacher's share in the targets."""

from __future__ import annotations

import os

import numpy as np
import pytest

from model_zoo.tasks import TASKS
from model_zoo.tasks.faces import FaceSettings
from model_zoo.view import View

pytestmark = pytest.mark.slow
os.environ["TF_USE_LEGACY_KERAS"] = "1"
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")


def test_the_focal_loss_is_the_papers_for_hard_targets() -> None:
    from model_zoo.training.detection_loss import focal_loss

    rng = np.random.default_rng(1)
    target = rng.integers(-1, 2, 200).astype(np.float32)
    logits = rng.normal(0, 3, 200).astype(np.float32)
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    right = np.where(target > 0.5, p, 1 - p)
    wanted = (-((1 - right) ** 2) * np.log(right))[target >= 0].sum()
    np.testing.assert_allclose(float(focal_loss(target, logits, 2.0)), wanted, rtol=1e-4)


def test_a_soft_target_is_best_met_exactly() -> None:
    from model_zoo.training.detection_loss import focal_loss

    at = [float(focal_loss(np.float32([0.7]), np.float32([x]), 2.0)) for x in (-2.0, 0.0, np.log(7 / 3), 3.0)]
    assert int(np.argmin(at)) == 2


def test_the_teacher_has_its_share_where_labels_say_something() -> None:
    task = TASKS.get("faces")
    lesson = task.lesson(task.example(), FaceSettings(), View(128, 96, 1))
    _, labels = lesson.batch(task.example(), np.random.default_rng(3))
    rng = np.random.default_rng(4)
    said = [rng.normal(0, 1, target.shape).astype(np.float32) for target in labels]
    answers = lesson.as_targets([tf.constant(out) for out in said])
    mixed = [np.asarray(t) for t in lesson.mixed([tf.constant(t) for t in labels], answers, 0.25)]
    for k in (0, 2):
        p = 1 / (1 + np.exp(-said[k]))
        wanted = np.where(labels[k] < 0, p, 0.25 * p + 0.75 * labels[k])
        np.testing.assert_allclose(mixed[k], wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(mixed[k + 1], 0.25 * said[k + 1] + 0.75 * labels[k + 1], rtol=1e-4)
    assert np.isfinite(float(lesson.loss(mixed, [tf.constant(out) for out in said])))


def test_the_mined_loss_counts_three_of_the_hardest_negatives_a_positive() -> None:
    from model_zoo.training.detection_loss import mined_loss

    rng = np.random.default_rng(1)
    target = np.array([1.0] * 5 + [0.0] * 60 + [-1.0] * 30, np.float32).reshape(5, 19)
    logits = rng.normal(0, 3, target.shape).astype(np.float32)
    entropy = np.logaddexp(0, np.where(target == 1, -logits, logits).astype(np.float64))
    hardest = np.sort(entropy[target == 0])[::-1]
    wanted = entropy[target == 1].sum() + hardest[:15].sum()
    np.testing.assert_allclose(float(mined_loss(target, logits)), wanted, rtol=1e-5)
    alone = np.where(target == 1, -1, target).astype(np.float32)
    np.testing.assert_allclose(float(mined_loss(alone, logits)), hardest[:3].sum(), rtol=1e-5)


def test_offsets_are_learnt_where_they_are_known() -> None:
    from model_zoo.training.detection_loss import offset_loss

    target = tf.constant([[0.0, 0.5, 0.0, 0.0, 1.0, np.nan], [np.nan] * 6], tf.float32)
    guess = tf.Variable([[0.05, 0.0, 0.0, 0.0, 0.0, 7.0], [3.0] * 6])
    with tf.GradientTape() as tape:
        boxes, points = offset_loss(target, guess, tf.constant([True, False]))
        both = boxes + points
    np.testing.assert_allclose([float(boxes), float(points)], [0.05**2 / 0.2 + 0.45, 0.95], rtol=1e-5)
    slopes = np.asarray(tape.gradient(both, guess))
    np.testing.assert_allclose(slopes, [[0.5, -1, 0, 0, -1, 0], [0] * 6], rtol=1e-5)
