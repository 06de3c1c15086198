"""Faces in which nobody named an expression: where they come from, how they stand in a batch, their loss."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError
from model_zoo.datasets import drawn_moods, face_boxes, ict_moods
from model_zoo.datasets.emotion_set import CLASSES
from model_zoo.datasets.ict.mesh import mesh_of
from model_zoo.datasets.samples import Samples
from model_zoo.datasets.split import split_by_identity
from model_zoo.datasets.stranger_faces import strangers
from model_zoo.recipes import recipe_for
from model_zoo.tasks.emotions import EmotionLesson, Emotions, EmotionSettings
from model_zoo.training.adaptation import Adaptation
from model_zoo.view import View
from tests.model_zoo.drawn_mesh import drawn_mesh
from tests.model_zoo.face_folder import write_faces

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

VIEW = View(48, 48, 1)
HEADS = drawn_moods.generate(people=8, seed=0)
ADAPT = EmotionSettings(adapt=Adaptation(match=1.0))


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data with faces of detection beside others."""
    folder = tmp_path_factory.mktemp("data")
    write_faces(folder / "detection_train", ignored=(3,))
    return folder


def test_a_recipe_without_adaptation_is_as_it_was() -> None:
    recipe = recipe_for("emotion-48-small")
    assert "adapt" not in recipe.to_json()["task"]
    stated = replace(recipe, task=ADAPT).to_json()["task"]["adapt"]
    assert stated == {"match": 1.0, "features": 0.0, "pseudo": 0.0, "confident": 0.8, "strangers": 0.5}


@pytest.mark.parametrize(
    ("adapt", "cause"),
    [
        (Adaptation(match=-1.0), "the task.adapt.match is -1.0"),
        (Adaptation(pseudo=1.0, confident=1.5), "the task.adapt.confident is 1.5"),
        (Adaptation(match=1.0, strangers=0.0), "the task.adapt.strangers is 0.0"),
    ],
)
def test_adaptation_without_sense_is_refused(adapt: Adaptation, cause: str) -> None:
    recipe = replace(recipe_for("emotion-48-small"), task=EmotionSettings(adapt=adapt))
    with pytest.raises(DataError, match=cause):
        recipe.check("here")


def test_strangers_are_faces_of_training_parts_beside_the_set(
    beside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = beside / "emotion_train.npz"
    file.touch()
    found = strangers(file)
    train = split_by_identity(face_boxes.load(beside / "detection_train")).train
    shown = [name for name in train.files if name != "scene03.png"]
    assert found.files == tuple(f"{name} 0" for name in shown)
    assert found.pictures.shape == (len(shown), 48, 48)
    assert found.licence == "CC0, the street"
    own = Emotions().mended(HEADS, ADAPT, file)
    assert own.strangers is found
    assert own.contents() != HEADS.contents()
    assert own.take(np.arange(3)).strangers is found
    assert Emotions().mended(HEADS, EmotionSettings(), file) is HEADS
    assert Emotions().told(own, VIEW)["strangers"]["images"] == len(shown)
    assert Emotions().told(HEADS, VIEW) == {}


def test_without_strangers_nothing_can_adapt(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no faces beside it whose expression nobody named"):
        Emotions().mended(HEADS, ADAPT, tmp_path)
    with pytest.raises(DataError, match="nothing lies beside a set that this program makes"):
        Emotions().mended(HEADS, ADAPT, None)


def strange(count: int = 5) -> Samples:
    return Samples(
        name="strange",
        licence="drawn",
        pictures=np.random.default_rng(9).integers(0, 256, (count, 48, 48), np.uint8),
        identities=np.arange(count, dtype=np.int32),
        files=tuple(map(str, range(count))),
    )


def test_strangers_stand_behind_the_pictures_that_a_batch_would_have_without_them() -> None:
    rows = replace(HEADS, strangers=strange())
    alone, (labels,) = EmotionLesson(EmotionSettings(), VIEW).batch(rows, np.random.default_rng(3))
    lesson = EmotionLesson(ADAPT, VIEW)
    pixels, (targets, unknown) = lesson.batch(rows, np.random.default_rng(3))
    count = len(HEADS)
    assert pixels.shape == (count + count // 2, 48, 48)
    np.testing.assert_array_equal(pixels[:count], alone)
    np.testing.assert_array_equal(targets[:count], labels)
    assert (targets[count:] == 0).all()
    np.testing.assert_array_equal(unknown, np.arange(len(pixels)) >= count)
    again, (same, _) = lesson.batch(rows, np.random.default_rng(3))
    np.testing.assert_array_equal(pixels, again)
    np.testing.assert_array_equal(targets, same)
    assert len(lesson.calibration(rows, np.random.default_rng(3))) == count


@pytest.mark.slow
def test_the_loss_is_what_the_papers_say() -> None:
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    from model_zoo.training.adaptation import apart, surely

    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (12, 7)).astype(np.float32)
    unknown = np.repeat(np.array([0, 1], np.float32), (8, 4))
    both = np.cov(logits[:8].T), np.cov(logits[8:].T)
    wanted = ((both[0] - both[1]) ** 2).sum() / (4 * 49)
    assert float(apart(tf.constant(logits), tf.constant(unknown))) == pytest.approx(wanted, rel=1e-4)
    assert float(apart(tf.constant(logits[:9]), tf.constant(unknown[:9]))) == 0

    probabilities = tf.nn.softmax(logits).numpy()
    none = np.zeros((12, 7), np.float32)
    best = probabilities[8:].max(1)
    own = -np.log(best[best >= 0.8]).sum() / 4
    assert 0 < (best >= 0.8).sum() < 4
    assert float(surely(logits, none, unknown, 0.8)) == pytest.approx(own, rel=1e-4)
    teacher = np.tile(np.float32([0.9, 0.1, 0, 0, 0, 0, 0]), (12, 1))
    taught = -np.log(probabilities[8:, 0]).mean()
    assert float(surely(logits, teacher, unknown, 0.8)) == pytest.approx(taught, rel=1e-4)
    assert float(surely(logits, teacher, unknown, 0.95)) == 0

    settings = EmotionSettings(adapt=Adaptation(match=0.5, pseudo=2.0, confident=0.8))
    lesson = EmotionLesson(settings, VIEW)
    labels = np.concatenate([np.eye(7, dtype=np.float32)[np.arange(8) % 7], none[8:]])
    known = -np.log(probabilities[np.arange(8), np.arange(8) % 7]).mean()
    total = float(lesson.loss((labels, unknown), [tf.constant(logits)]))
    assert total == pytest.approx(known + 0.5 * wanted + 2 * own, rel=1e-4)
    mixed, flags = lesson.mixed((tf.constant(labels), tf.constant(unknown)), [tf.constant(teacher)], 0.25)
    np.testing.assert_allclose(mixed[:8], 0.75 * labels[:8] + 0.25 * teacher[:8], rtol=1e-6)
    np.testing.assert_allclose(mixed[8:], teacher[8:])
    np.testing.assert_array_equal(flags, unknown)


@pytest.mark.slow
def test_features_of_strangers_are_drawn_to_the_others() -> None:
    """The loss of means and covariances, and that the gradient reaches the layers before the attended map."""
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    from model_zoo.architectures import NETWORKS
    from model_zoo.training.adaptation import apart
    from model_zoo.training.phase_loss import PhaseLoss

    features = np.random.default_rng(2).normal(0, 2, (9, 4)).astype(np.float32)
    unknown = np.repeat(np.array([0, 1], np.float32), (5, 4))
    one, other = np.cov(features[:5].T), np.cov(features[5:].T)
    means = ((features[:5].mean(0) - features[5:].mean(0)) ** 2).mean()
    wanted = ((one - other) ** 2).sum() / (4 * 16) + means
    assert float(apart(features, unknown, means=True)) == pytest.approx(wanted, rel=1e-4)

    recipe = recipe_for("emotion-48-attention")
    spec = NETWORKS.get("emotion-48-attention")
    assert spec.outputs is not None
    model = spec.build(spec.outputs)
    lesson = EmotionLesson(EmotionSettings(adapt=Adaptation(features=3.0)), VIEW)
    assert [len(EmotionLesson(one, VIEW).branches()) for one in (EmotionSettings(), ADAPT)] == [0, 0]
    loss = PhaseLoss(model, lesson, recipe.phases[0], None, None, (1, 2))
    assert loss.variables == [], "nothing is learnt beside the network"
    pictures = np.random.default_rng(3).normal(0, 0.5, (9, 48, 48, 1)).astype(np.float32)
    labels = np.eye(7, dtype=np.float32)[np.arange(9) % 7] * (1 - unknown[:, None])
    pooled = tf.keras.Model(model.inputs, model.get_layer("mean").output)(pictures)
    known = float(lesson.loss((labels, unknown), [model(pictures)]))
    with tf.GradientTape() as tape:
        found = loss(pictures, (labels, unknown), (), training=False)
    distance = float(apart(pooled, unknown, means=True))
    assert float(found) == pytest.approx(known + 3.0 * distance, rel=1e-4)
    assert distance > 0
    assert tape.gradient(found, model.get_layer("stem_conv").trainable_variables)[0] is not None


def test_rendered_moods_are_a_function_of_seed_person_and_class() -> None:
    mesh = mesh_of(drawn_mesh(), "drawn")
    columns = ict_moods.generate(mesh, (), people=2, seed=4)
    assert columns["pictures"].shape == (14, 96, 96)
    assert columns["classes"].tolist() == list(range(7)) * 2
    assert columns["identities"].tolist() == [0] * 7 + [1] * 7
    first = ict_moods.generate(mesh, (), people=1, seed=4)
    np.testing.assert_array_equal(first["pictures"], columns["pictures"][:7])
    assert len(np.unique(first["pictures"].reshape(7, -1), axis=0)) == 7


def test_each_class_moves_what_its_action_units_move() -> None:
    assert tuple(ict_moods.MOODS) == CLASSES
    rng = np.random.default_rng(0)
    for name in CLASSES:
        for _ in range(20):
            mood = ict_moods.mood_of(name, rng)
            assert all(0 <= weight <= 1 for weight in mood.values())
            ends = {shape.removesuffix("_L").removesuffix("_R") for shape in mood}
            assert ends == {shape for unit in ict_moods.MOODS[name] for shape in ict_moods.UNITS[unit]}
            assert all(mood[shape] > 0.05 for shape in mood)
    assert {"mouthSmile_L", "mouthSmile_R", "cheekSquint_L"} < set(ict_moods.mood_of("happy", rng))
    assert "jawOpen" in ict_moods.mood_of("surprise", rng)
