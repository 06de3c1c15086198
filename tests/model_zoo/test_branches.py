"""Branches in training: angles of a head, heat maps, what they do to the loss, and that nothing is left."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.architectures import NETWORKS
from model_zoo.datasets import live_faces, synthetic
from model_zoo.datasets.split import split_by_identity
from model_zoo.datasets.synthetic_shape import Expression, face_points, random_identity, rotation
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.fit import to_real
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe import Recipe
from model_zoo.training.recipe_file import changed, table_of
from model_zoo.view import View

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
WHY = "TensorFlow is not installed: pip install -e '.[train]'"
PICO, LIVE = "pfld-68-96-pico", "pfld-68-96-live-pico"
FACES = synthetic.generate(people=8, pictures_each=2, seed=4)


def recipe_with(network: str, *words: str) -> Recipe:
    return changed(recipe_for(network), table_of(words), "--set")


def test_by_default_there_are_none_and_nothing_is_stated() -> None:
    for network, task, samples in (
        (PICO, "landmarks", FACES),
        (LIVE, "marks", live_faces.generate(people=8, pictures_each=1, grounds=8, seed=0)),
    ):
        plain, posed = recipe_for(network), recipe_with(network, "task.pose=0.5")
        mapped = recipe_with(network, "task.heat_map=0.5")
        view = View(96, 96, 1, plain.margin)
        assert TASKS.get(task).lesson(samples, plain.task, view).branches() == ()
        assert len(TASKS.get(task).lesson(samples, posed.task, view).branches()) == 1
        assert len(TASKS.get(task).lesson(samples, mapped.task, view).branches()) == 1
        assert not {"pose", "heat_map"} & plain.to_json()["task"].keys()
        assert posed.to_json()["task"]["pose"] == 0.5


def test_no_pose_is_known_of_other_points() -> None:
    few = replace(FACES, scheme=replace(FACES.scheme, name="own", count=9), points=FACES.points[:, :9])
    settings = recipe_with(PICO, "task.pose=1").task
    with pytest.raises(DataError, match=r"task\.pose is 1, and no pose is known of 9 points \(own\)"):
        TASKS.get("landmarks").lesson(few, settings, View(96, 96, 1, 1.15))


@pytest.mark.slow
def test_angles_are_those_of_the_head() -> None:
    pytest.importorskip("tensorflow", reason=WHY)
    from model_zoo.training.pose_branch import _mean_face, angles_of

    calm = Expression(eyes=0.7, mouth=0.0, smile=0.0, brows=0.0)
    average = replace(random_identity(np.random.default_rng(0)), squareness=0.3, eye_tilt=0.0)
    average = replace(average, **dict.fromkeys(("width", "chin", "eye_distance", "eye_size"), 1.0))
    average = replace(average, **dict.fromkeys(("brow_height", "brow_arch", "nose_length"), 1.0))
    average = replace(average, **dict.fromkeys(("nose_width", "mouth_width", "lips"), 1.0))
    face = face_points(average, calm)
    rng = np.random.default_rng(1)
    true = rng.uniform(-0.7, 0.7, (20, 3))
    seen = [30.0 * (face @ rotation(*angles).T)[:, :2] + [80.0, 70.0] for angles in true]
    np.testing.assert_allclose(angles_of(np.array(seen, np.float32)), true, atol=1e-4)
    assert len(_mean_face()) == 19
    people = [face_points(random_identity(rng), calm) @ rotation(*angles).T for angles in true]
    others = np.array(people, np.float32)[..., :2]
    assert np.abs(angles_of(others) - true).mean() < 0.1  # 6 degrees: faces differ from the mean


@pytest.mark.slow
def test_a_pose_that_is_told_rightly_changes_nothing_and_a_wrong_one_weighs_more() -> None:
    tf = pytest.importorskip("tensorflow", reason=WHY)
    from model_zoo.training.pose_branch import angles_of, wrongness

    told = np.array([[0.0, 0.0, 0.0], [np.pi, 0.0, 0.0], [0.5, 0.5, 0.5]], np.float32)
    true = np.array([[0.0, 0.0, 2 * np.pi], [0.0, 0.0, 0.0], [0.5, 0.5, 0.0]], np.float32)
    np.testing.assert_allclose(wrongness(told, true)[:, 0], [0.0, 2.0, 1 - np.cos(0.5)], atol=1e-6)
    live = live_faces.generate(people=8, pictures_each=1, grounds=8, seed=0)
    for network, task, samples in ((PICO, "landmarks", FACES), (LIVE, "marks", live)):
        recipe = recipe_with(network, "task.pose=0.5")
        lesson = TASKS.get(task).lesson(samples, recipe.task, View(96, 96, 1, recipe.margin))
        rng = np.random.default_rng(2)
        targets = [tf.constant(t) for t in lesson.batch(samples, rng)[1]]
        outputs = [t + rng.normal(0, 0.05, t.shape).astype(np.float32) for t in targets]
        points = tf.reshape(targets[0], (len(samples), 68, 2)) + lesson.mean.astype(np.float32)
        right = angles_of(points)
        assert np.isfinite(right).all()
        plain = float(lesson.loss(targets, outputs))
        assert float(lesson.loss_with(targets, outputs, [right])) == pytest.approx(plain, rel=1e-5)
        yaw = tf.constant(
            [[np.pi, 0.0, 0.0]], tf.float32
        )  # 1 - cos is 2: twice the loss of the points of faces
        wrong = float(lesson.loss_with(targets, outputs, [right + yaw]))
        if task == "landmarks":
            assert wrong == pytest.approx(2 * plain, rel=1e-5)
        else:
            assert plain < wrong < 2 * plain
            free = np.flatnonzero(~samples.faces())
            row = tf.one_hot(int(free[0]), len(samples))[:, None]
            spared = lesson.loss_with(targets, outputs, [right + row * yaw])
            assert float(spared) == pytest.approx(plain, rel=1e-5)


@pytest.mark.slow
def test_heat_maps_are_distributions_around_the_points() -> None:
    pytest.importorskip("tensorflow", reason=WHY)
    from model_zoo.training.point_maps import gaussians, map_loss

    points = np.array([[[0.3, 0.7], [0.05, 0.5], [1.2, 0.5]]], np.float32)
    maps = gaussians(points, 10, 20).numpy()
    assert maps.shape == (1, 10, 20, 3)
    np.testing.assert_allclose(maps.sum((1, 2)), 1.0, rtol=1e-5)
    for k, place in enumerate(([6, 5], [4, 0])):  # rows and columns; half of a cell lies before a middle
        found = np.unravel_index(maps[0, ..., k].argmax(), (10, 20))
        assert np.abs(np.array(found) - place).max() <= 1
    rows = (maps[0, ..., 0] * (np.arange(10) + 0.5)[:, None]).sum() / 10
    columns = (maps[0, ..., 0] * (np.arange(20) + 0.5)).sum() / 20
    np.testing.assert_allclose([columns, rows], points[0, 0], atol=0.01)
    right = np.log(np.maximum(maps, 1e-12))
    assert float(map_loss(right, points)) == pytest.approx(0.0, abs=1e-5)
    flat = np.zeros_like(right)
    even = (maps[..., :2] * np.log(np.maximum(maps[..., :2], 1e-12) * 200)).sum((1, 2)).mean()
    assert float(map_loss(flat, points)) == pytest.approx(
        even, rel=1e-4
    )  # the point outside counts for nothing
    both, twice = np.concatenate([right, flat]), np.concatenate([points, points])
    assert float(map_loss(both, twice, np.array([[True], [False]]))) == pytest.approx(0.0, abs=1e-5)
    assert float(map_loss(flat, points, np.array([[False]]))) == 0.0


@pytest.mark.slow
def test_both_branches_count_beside_each_other() -> None:
    tf = pytest.importorskip("tensorflow", reason=WHY)
    from model_zoo.training.point_maps import map_loss
    from model_zoo.training.pose_branch import angles_of

    live = live_faces.generate(people=8, pictures_each=1, grounds=8, seed=0)
    for network, task, samples in ((PICO, "landmarks", FACES), (LIVE, "marks", live)):
        recipe = recipe_with(network, "task.pose=1", "task.heat_map=0.25")
        lesson = TASKS.get(task).lesson(samples, recipe.task, View(96, 96, 1, recipe.margin))
        targets = [tf.constant(t) for t in lesson.batch(samples, np.random.default_rng(2))[1]]
        outputs = [t + 0.01 for t in targets]
        points = tf.reshape(targets[0], (len(samples), 68, 2)) + lesson.mean.astype(np.float32)
        told = [angles_of(points), tf.zeros((len(samples), 11, 11, 68))]
        faces = targets[1] > 0.5 if task == "marks" else True
        wanted = float(lesson.loss(targets, outputs)) + 0.25 * float(map_loss(told[1], points, faces))
        assert float(lesson.loss_with(targets, outputs, told)) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.slow
def test_a_branch_without_a_map_to_stand_on_is_refused() -> None:
    pytest.importorskip("tensorflow", reason=WHY)
    from model_zoo.training import pose_branch
    from model_zoo.training.branches import built, place_of

    model = NETWORKS.get(PICO).build(((136,),))
    branch = pose_branch.branch()
    assert place_of(branch, model, PICO).shape[1:3] == (11, 11)
    with pytest.raises(DataError, match=r"needs a map of 48x48 at least, and the maps .* 47x47, 23x23"):
        place_of(replace(branch, least_side=48), model, PICO)
    place = place_of(branch, model, PICO)
    same = [built(branch, place, (1, 0, 2, 0)).get_weights() for _ in range(2)]
    for one, other in zip(*same, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (built(branch, place, (2, 0, 2, 0)).get_weights()[0] != same[0][0]).any()


WORDS = ("phases.float.epochs=2", "phases.qat.epochs=1", "batch=4", "task.pose=1", "task.heat_map=0.2")


def weights_of(out: Path, stop: int | None, *words: str) -> tuple[Any, list[NDArray[Any]]]:
    """Course and weights after all phases; a training that ends after so many epochs raises
    KeyboardInterrupt."""
    from model_zoo.training.course import begin
    from model_zoo.training.progress import Progress

    class Stop(Progress):
        steps = 0

        def step(self, record: dict[str, float]) -> None:
            self.steps += 1
            if self.steps == stop:
                raise KeyboardInterrupt

    out.mkdir(exist_ok=True)
    options = TrainOptions(PICO, out, quiet=True, changes=(*WORDS, *words), dataset="synthetic", resume=True)
    with Stop(True) as progress:
        course = begin(options, read=split_by_identity(FACES))
        found: list[NDArray[Any]] = [*course.phases(progress)][-1].model.get_weights()
    return course, found


@pytest.mark.slow
def test_a_training_with_branches_goes_on_exactly_and_leaves_none(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow_model_optimization", reason=WHY)
    from model_zoo.training import checkpoint

    course, whole = weights_of(tmp_path / "whole", None)
    with pytest.raises(KeyboardInterrupt):
        weights_of(tmp_path / "parts", 1)
    _, parts = weights_of(tmp_path / "parts", None)
    for one, other in zip(whole, parts, strict=True):
        assert one.tobytes() == other.tobytes()
    model = course.network()
    for name in ("float", "qat"):
        path = tmp_path / "whole" / f"{name}.ckpt.npz"
        state = checkpoint.load(path, course.fingerprint(name))
        assert state is not None
        assert [value.shape for value in state.branches] == [
            (3, 3, 32, 32), (32,), (800, 32), (32,), (32, 3), (3,),
            (1, 1, 32, 68), (68,),
        ]  # fmt: skip
        if name == "float":
            assert [v.shape for v in state.best] == [v.shape for v in model.get_weights()]
            answer = model(to_real(course.lesson.batch(FACES, np.random.default_rng(0))[0]))
            assert answer.shape == (len(FACES), 136)
