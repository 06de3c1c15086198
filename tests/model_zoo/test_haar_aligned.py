"""Haar's cascades in the place of a program's detector and crop: the turn by eyes, and what is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from model_zoo.datasets import drawn_moods
from model_zoo.datasets.emotion_set import CLASSES
from model_zoo.evaluation import haar_aligned, pasted
from model_zoo.evaluation.haar_aligned import Aligned
from model_zoo.evaluation.recall import Detections

FRAME = np.zeros((240, 320), np.uint8)
BOX = np.array([100.0, 60, 80, 80])


class Eyes:
    """A cascade that finds what it is told to, in px of what it is shown."""

    def __init__(self, *middles: tuple[float, float]) -> None:
        self.middles, self.shown = middles, (0, 0)

    def detectMultiScale(self, picture: np.ndarray, **_: Any) -> list[tuple[float, ...]]:  # noqa: N802
        self.shown = picture.shape
        return [(x - 5, y - 5, 10, 10) for x, y in self.middles]


def method(*middles: tuple[float, float]) -> Aligned:
    return Aligned(None, Eyes(*middles), np.zeros(2), np.ones(2))


def test_a_face_is_turned_until_its_eyes_lie_level() -> None:
    found = method((20, 20), (60, 30))
    region = found.region(FRAME, BOX, 48, 48)
    assert region.turn == pytest.approx(np.arctan2(10, 40) / (2 * np.pi) * 65536, abs=40)
    assert found.eyes.shown == (48, 80)
    assert (region.width, region.height) == (80, 80)
    assert abs(region.x - 100) <= 1
    assert abs(region.y - 60) <= 1


@pytest.mark.parametrize("middles", [(), ((20, 20),), ((60, 20), (70, 25)), ((30, 5), (50, 45))])
def test_what_is_no_pair_of_eyes_turns_nothing(middles: tuple[tuple[float, float], ...]) -> None:
    assert method(*middles).region(FRAME, BOX, 48, 48).turn == 0


def test_a_box_at_the_border_is_cropped_all_the_same() -> None:
    found = method((20, 20), (60, 20))
    region = found.region(FRAME, np.array([-30.0, -20, 80, 80]), 48, 48)
    assert (region.x, region.y, region.turn) == (-30, -20, 0)
    method().region(FRAME, np.array([310.0, 230, 80, 80]), 48, 48)


def test_only_what_lies_on_the_picture_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = drawn_moods.generate(people=8, seed=1)
    grounds = [np.full((120, 200), 40, np.uint8)]
    found = {True: Detections(BOX[None], np.ones(1)), False: Detections(np.empty((0, 4)), np.empty(0))}
    shown: list[Any] = []

    class Method:
        there = True

        def look(self, frame: np.ndarray) -> Detections:
            return found[self.there]

        def region(self, *given: Any) -> tuple[Any, ...]:
            return given

    def made(frames: Any) -> Method:
        shown.extend(frames)
        return Method()

    monkeypatch.setattr(haar_aligned, "aligned", made)
    logits = np.eye(len(CLASSES))[3]
    look = pasted.haar_eyes(samples, grounds, lambda frame, region: logits, 48, 48)
    assert len(shown) == min(pasted.FITTED_ON, len(samples))
    assert look(FRAME, BOX) == 3
    assert look(FRAME, BOX + np.array([60.0, 0, 0, 0])) is None
    Method.there = False
    assert look(FRAME, BOX) is None


def test_those_that_it_found_are_counted() -> None:
    truth = np.array([0, 1, 2, 3])
    told = pasted._other("another", [0, None, 1, 3], truth)
    assert (told.lost, told.accuracy) == (25.0, pytest.approx(200 / 3))
    nothing = pasted._other("another", [None] * 4, truth)
    assert nothing.lost == 100.0
    assert np.isnan(nothing.accuracy)


@pytest.mark.parametrize(("program", "beside"), [("faces", "haar"), ("feel", "mtcnn")])
def test_nothing_else_stands_beside_a_program(
    program: str, beside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    done = CliRunner().invoke(app, ["evaluate", program, "--beside", beside])
    assert done.exit_code == 2
    assert f"nothing called '{beside}' can stand beside it" in done.stderr


def test_opencv_finds_eyes_in_a_drawn_face(tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="OpenCV is not installed: pip install 'opencv-python-headless<5'")
    samples = drawn_moods.generate(people=8, seed=1)
    grounds = [np.full((120, 200), 90, np.uint8)]
    frames = [pasted.framed(samples, row, grounds) for row in range(20)]
    method = haar_aligned.aligned(frames)
    for frame, box in frames:
        method.look(frame)
        region = method.region(frame, box, 48, 48)
        assert abs(region.turn) < 65536 / 4
