"""A teacher of another training: where its weights are read, and what its answers mean to its student."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.errors import DataError
from model_zoo.architectures import NETWORKS
from model_zoo.datasets import synthetic
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.fit import to_real
from model_zoo.training.float_weights import names_of
from model_zoo.training.teacher import mixed_in, read_teacher, teacher_card
from tests.model_zoo.test_init import MEAN, PICO, VIEW, WHY, other, write_run

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
tf = pytest.importorskip("tensorflow", reason=WHY)
SAMPLES = synthetic.generate(people=8, pictures_each=1, seed=0)
LESSON = TASKS.get("landmarks").lesson(SAMPLES, recipe_for(PICO).task, VIEW)


@pytest.fixture(scope="module")
def network() -> Any:
    tf.keras.backend.reset_uids()
    tf.keras.utils.set_random_seed(3)
    return NETWORKS.get(PICO).build(((136,),))


def run_of(folder: Path, network: Any, from_checkpoint: bool) -> Path:
    """A finished training that left this network."""
    weights = network.get_weights()
    run = write_run(folder, arrays=dict(zip(names_of(network), weights, strict=True)))
    if from_checkpoint:
        (run / "weights.safetensors").unlink()
        np.savez(run / "float.ckpt.npz", **{f"best_{k}": value for k, value in enumerate(weights)})
    return run


def test_a_teacher_of_another_mean_shape_says_the_same_points(network: Any, tmp_path: Path) -> None:
    mean = np.array(MEAN).reshape(-1, 2) / 2**24
    assert np.abs(LESSON.mean - mean).max() > 1e-3
    pictures = to_real(LESSON.batch(SAMPLES, np.random.default_rng(1))[0])
    told = set()
    for name, from_checkpoint in (("beside", False), ("checkpoint", True)):
        run = run_of(tmp_path / name, network, from_checkpoint)
        teacher = read_teacher(teacher_card(str(run), PICO, "landmarks", VIEW), LESSON)
        np.testing.assert_array_equal(teacher.lesson.mean, mean)
        own = LESSON.answers(network)(pictures)[0].numpy().reshape(8, -1, 2) + mean
        answers = mixed_in(LESSON, teacher.network, teacher.lesson)(pictures)[0].numpy()
        np.testing.assert_allclose(answers.reshape(8, -1, 2) + LESSON.mean, own, atol=1e-5)
        told.add(teacher.fingerprint)
    assert len(told) == 1  # the same weights, wherever they were read


def test_a_teacher_of_other_points_is_refused(tmp_path: Path) -> None:
    scheme = {**LESSON.scheme.facts(), "name": "other"}
    run = write_run(tmp_path / "run", other("scheme", scheme))
    with pytest.raises(DataError, match="mean something else") as caught:
        read_teacher(teacher_card(str(run), PICO, "landmarks", VIEW), LESSON)
    assert "labels of the same points" in caught.value.remedy
