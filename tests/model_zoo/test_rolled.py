"""Turned scenes of the detectors: pixels, points and boxes turn alike."""

from __future__ import annotations

import numpy as np
import pytest

from model_zoo.datasets.pasted_heads import generate
from model_zoo.tasks import TASKS
from model_zoo.tasks.faces import FaceSettings
from model_zoo.training.face_scene import drawn_scene
from model_zoo.training.rolled import OUTLINE, Roll
from model_zoo.training.scene import SceneSpec, cut, outside_of
from model_zoo.view import View

VIEW = View(128, 96, 1)
UNKNOWN = np.full((1, 4, 2), np.nan)


def a_face(angle: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The outline of a face of 100 px, its box and its eyes, turned by an angle about the origin."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[cos, sin], [-sin, cos]])
    outline, eyes = 100 * OUTLINE @ matrix, np.array([[[20.0, 25], [75, 25], [0, 0], [0, 0]]]) @ matrix
    low, high = outline.min(0), outline.max(0)
    raised = 0.25 * (high[1] - low[1])
    return outline, np.array([[low[0], low[1] - raised, *(high - low + [0, raised])]]), eyes


@pytest.mark.parametrize("before", [0.0, 0.3, -0.5])
@pytest.mark.parametrize("turn", [0.0, 0.4, -0.9])
def test_the_box_of_a_turned_face_is_that_of_its_outline(before: float, turn: float) -> None:
    _, box, eyes = a_face(before)
    _, wanted, _ = a_face(before + turn)
    found = Roll(turn, np.zeros(2)).turned_boxes(box, eyes)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_face_of_unknown_eyes_is_taken_for_upright() -> None:
    _, box, _ = a_face(0.0)
    _, wanted, _ = a_face(0.4)
    np.testing.assert_allclose(Roll(0.4, np.zeros(2)).turned_boxes(box, UNKNOWN), wanted, atol=1e-6)
    assert Roll(0.4, np.zeros(2)).turned_boxes(np.empty((0, 4)), np.empty((0, 4, 2))).shape == (0, 4)


def test_no_turn_cuts_as_without_one() -> None:
    rng = np.random.default_rng(0)
    picture = np.kron(rng.integers(0, 256, (15, 20)), np.ones((8, 8))).astype(np.uint8)
    window = np.array([-12.0, 10, 128, 96])
    scene, outside = Roll(0.0, np.array([60.0, 50])).cut(picture, window, 128, 96)
    np.testing.assert_array_equal(outside, outside_of(picture, window, 128, 96))
    np.testing.assert_array_equal(scene, cut(picture, window, 128, 96))


@pytest.mark.parametrize("zoom", [0.7, 1.0, 2.6])
@pytest.mark.parametrize("angle", [0.6, -1.4])
def test_a_spot_lies_where_its_point_says(zoom: float, angle: float) -> None:
    y, x = np.mgrid[0:240, 0:320] + 0.5
    spot = np.array([211.0, 95.0])
    picture = (255 * np.exp(-(((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / 50))).astype(np.uint8)
    roll = Roll(angle, np.array([180.0, 110.0]))
    window = np.array([150.0, 60.0, 128 * zoom, 96 * zoom])
    scene, _ = roll.cut(picture, window, 128, 96)
    at = (roll.turned(spot) - window[:2]) / zoom
    weights = scene.astype(np.float64)
    rows, columns = np.mgrid[0:96, 0:128] + 0.5
    found = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()
    np.testing.assert_allclose(found, at, atol=0.1)


def test_scenes_are_turned_as_often_as_asked() -> None:
    """Eyes tell the turn; the middle of the face that the scene is laid around lies inside."""
    heads = generate(24, seed=3)
    row = next(k for k in range(len(heads)) if len(heads.boxes[k]) == 1)
    still, wild = SceneSpec(rolled=0.0), SceneSpec(rolled=1.0, roll=40.0)
    turns: dict[str, list[float]] = {"still": [], "wild": []}
    for seed in range(30):
        for name, spec in (("still", still), ("wild", wild)):
            scene = drawn_scene(heads, row, spec, VIEW, np.random.default_rng(seed))
            across = scene.points[0, 1] - scene.points[0, 0]
            turns[name].append(float(np.rad2deg(np.arctan2(across[1], across[0]))))
            middle = scene.boxes[0, :2] + scene.boxes[0, 2:] / 2
            assert ((middle > 0) & (middle < [VIEW.width, VIEW.height])).all()
    assert len({round(abs(turn), 3) for turn in turns["still"]}) == 1  # mirrored or not
    spread = np.array(turns["wild"])
    assert spread.max() - spread.min() > 50
    assert np.abs(spread).max() < 40 + abs(turns["still"][0]) + 1e-6


def test_a_lesson_of_turned_scenes_repeats() -> None:
    heads = generate(24, seed=3)
    lesson = TASKS.get("faces").lesson(heads, FaceSettings(scene=SceneSpec(rolled=1.0)), VIEW)
    one, other = (lesson.batch(heads.take(np.arange(8)), np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    for a, b in zip(one[1], other[1], strict=True):
        np.testing.assert_array_equal(a, b)
