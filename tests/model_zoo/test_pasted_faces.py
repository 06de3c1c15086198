"""Faces that a detector's training takes out of their pictures and pastes into face-free ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_zoo.datasets.face_set import FaceSet
from model_zoo.datasets.pasted_heads import generate
from model_zoo.training.face_scene import drawn_scene
from model_zoo.training.scene import SceneSpec, surroundings
from model_zoo.view import View

VIEW = View(width=128, height=96, channels=1)
STILL = SceneSpec(
    ground=0.0, mirror=0.0, rolled=0.0, gamma=0.0, contrast=0.0, brightness=0.0, noise=0.0, blur=0.0
)


def pictures() -> FaceSet:
    """Scenes of rendered heads, some without one."""
    return generate(24, seed=3)


def test_surroundings_hold_the_face_and_keep_to_the_picture() -> None:
    rng = np.random.default_rng(1)
    box = np.array([3.5, 40.25, 60.0, 70.0])
    for _ in range(50):
        left, top, right, bottom = surroundings(box, (120, 115), SceneSpec(hem=0.5), rng)
        assert 0 <= left <= 3
        assert 10 <= top <= 40  # half of the face's width higher at most
        assert 64 <= right <= 94
        assert 111 <= bottom <= 115


def test_a_pasted_face_stands_in_a_face_free_picture_and_all_around_it_is_gone() -> None:
    """Where the scene is neither the face's part nor the ground, something else was drawn."""
    heads = pictures()
    row = next(k for k in range(len(heads)) if len(heads.boxes[k]) == 1)
    flat = heads.take(np.arange(len(heads)))
    for k in np.flatnonzero(flat.face_free()):
        flat.pictures[k][:] = 7
    spec = replace(STILL, pasted=1.0, hem=0.2, least=0.2, most=0.3)
    for seed in range(10):
        scene = drawn_scene(flat, row, spec, VIEW, np.random.default_rng(seed))
        x, y, width, height = scene.boxes[0]
        rows, columns = np.mgrid[0 : VIEW.height, 0 : VIEW.width] + 0.5
        reach = 0.2 * width + 2
        far = (columns < x - reach) | (columns > x + width + reach)
        far |= (rows < y - reach) | (rows > y + height + reach)
        assert set(scene.pixels[far].tolist()) <= {0, 6, 7}  # the ground, or black beside it
        near = scene.pixels[(np.abs(columns - x - width / 2) < 3) & (np.abs(rows - y - height / 2) < 3)]
        assert (near > 7).any()
        assert not scene.ignore.any()


def test_further_faces_that_a_part_touches_are_not_learnt_and_others_are_gone() -> None:
    heads = pictures()
    row = next(k for k in range(len(heads)) if len(heads.boxes[k]) >= 2)
    spec = replace(STILL, pasted=1.0)
    seen = set()
    for seed in range(40):
        scene = drawn_scene(heads, row, spec, VIEW, np.random.default_rng(seed))
        assert len(scene.boxes) == len(scene.points) == len(scene.ignore) <= len(heads.boxes[row])
        assert int((~scene.ignore).sum()) == 1
        seen.add(len(scene.boxes))
    assert 1 in seen


def test_without_pasting_nothing_is_drawn_for_it() -> None:
    """Recipes of before give the batches of before."""
    heads = pictures()
    for row in range(len(heads)):
        one, other = (
            drawn_scene(heads, row, SceneSpec(hem=hem), VIEW, np.random.default_rng(row))
            for hem in (0.1, 3.0)
        )
        np.testing.assert_array_equal(one.pixels, other.pixels)
        np.testing.assert_array_equal(one.ignore, heads.ignore[row])


def test_a_face_that_its_picture_does_not_show_is_not_pasted() -> None:
    """A label may lie outside, such as that of a picture that was cut later."""
    heads = pictures()
    row = next(k for k in range(len(heads)) if len(heads.boxes[k]) == 1)
    outside = replace(
        heads,
        boxes=tuple(
            boxes + np.float32([9999, 0, 0, 0]) if k == row else boxes for k, boxes in enumerate(heads.boxes)
        ),
    )
    given, pasted = (
        drawn_scene(outside, row, replace(STILL, pasted=share), VIEW, np.random.default_rng(4))
        for share in (0.0, 1.0)
    )
    assert len(given.boxes) == len(pasted.boxes) == 1
    assert not given.ignore.any()
    assert not pasted.ignore.any()
