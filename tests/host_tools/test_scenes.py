"""Moving scenes: what is to be seen when, and that equal seeds give equal frames."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from host_tools.pictures import scenes
from host_tools.pictures.faces import scene_cast
from host_tools.pictures.scenes import PLAY, Actor, cut_out, scene

COUNT = 64


@pytest.fixture(scope="module")
def plain() -> list[Actor]:
    """Plain faces, one a colour."""
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    return [cut_out(Image.new("RGB", (160, 160), colour), (36, 36, 88, 88)) for colour in colours]


@pytest.fixture(scope="module")
def frames(plain: list[Actor]) -> list[np.ndarray]:
    return [shot.frame.astype(int) for shot in scene(plain, COUNT, 5)]


def covered(frame: np.ndarray, channel: int) -> int:
    """Pixels of the colour of one actor."""
    others = [c for c in range(3) if c != channel]
    return int(((frame[..., channel] > 215) & (frame[..., others] < 40).all(-1)).sum())


def test_none_one_and_three_faces_come_and_go(frames: list[np.ndarray]) -> None:
    seen = [tuple(covered(frame, c) > 300 for c in range(3)) for frame in frames]
    assert (frames[0].shape, seen[0], seen[-1]) == ((240, 320, 3), (False,) * 3, (False,) * 3)
    assert {(True, False, False), (True, True, True)} <= set(seen)
    assert (PLAY[0].at(0.05), PLAY[0].at(0.93)) == (None, None)


def test_two_cross_and_the_one_in_front_hides_the_other(frames: list[np.ndarray]) -> None:
    """The second is hardly to be seen while it goes behind the first, and on the other side afterwards."""

    def middle(frame: np.ndarray, channel: int) -> float:
        return float(np.nonzero(frame[..., channel] - frame.min(-1) > 180)[1].mean())

    before, hidden, after = (round(share * (COUNT - 1)) for share in (0.54, 0.65, 0.76))
    assert middle(frames[before], 0) < middle(frames[before], 1)
    assert middle(frames[after], 0) > middle(frames[after], 1)
    assert covered(frames[hidden], 1) < covered(frames[after], 1) / 5


def test_equal_seeds_give_equal_frames_and_the_camera_is_never_still(plain: list[Actor]) -> None:
    one, same, other = (scene(plain, 3, seed) for seed in (1, 1, 2))
    assert all((a.frame == b.frame).all() for a, b in zip(one, same, strict=True))
    assert any((a.frame != b.frame).any() for a, b in zip(one, other, strict=True))
    empty = [shot.frame.astype(float) for shot in scene([], 2, 1)]
    noise = (empty[0] - empty[1]).std() / np.sqrt(2)
    assert scenes.NOISE * 0.8 < noise < scenes.NOISE * 1.3


def test_a_room_without_actors_is_empty() -> None:
    assert scene([], 4, 1)[2].name == "frame 2 of a scene, 0 faces on their way"


def test_without_data_the_portrait_plays_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("skimage", reason="scikit-image is not installed: pip install -e '.[demo]'")
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    told, actors = scene_cast(1)
    assert (told, len(actors)) == ("one portrait (skimage.data.astronaut)", 1)
    assert actors[0].mask.max() == 255
    assert len(scene(actors, 2, 1)) == 2
