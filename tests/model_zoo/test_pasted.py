"""Expressions through a program's own crops: where pictures are pasted, and what the comparison counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from codegen.errors import DataError
from codegen.program.reference import Reference
from host_tools.models import resolve
from model_zoo.datasets import drawn_moods
from model_zoo.datasets.emotion_set import CLASSES
from model_zoo.evaluation import pasted
from model_zoo.evaluation.scenes import HEIGHT, WIDTH

GROUNDS = [np.full((120, 200), 40, np.uint8)]


def test_a_picture_lies_where_it_is_said_to() -> None:
    white = np.full((48, 48), 255, np.uint8)
    for seed in range(20):
        frame, box = pasted.frame_with(white, GROUNDS[0], np.random.default_rng(seed))
        assert frame.shape == (HEIGHT, WIDTH)
        left, top, width, height = box.astype(int)
        assert (frame[top : top + height, left : left + width] == 255).all()
        assert (frame == 255).sum() == width * height
        assert pasted.NARROWEST * WIDTH - 1 <= width == height <= pasted.WIDEST * WIDTH + 1


def test_only_what_was_classed_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third picture is lost, every second other one is taken for the next class."""
    samples = drawn_moods.generate(people=12, seed=2)
    lost = np.arange(len(samples)) % 3 == 0
    wrong = np.arange(len(samples)) % 2 == 1
    answers = iter(
        None if lost[row] else int((truth + wrong[row]) % len(CLASSES))
        for row, truth in enumerate(samples.classes)
    )
    monkeypatch.setattr(pasted, "classed", lambda *_: next(answers))
    monkeypatch.setattr(pasted, "classing_stage", lambda _: 0)
    reference = cast(Reference, SimpleNamespace(program=SimpleNamespace(name="toy")))
    seen: list[int] = []

    def given(some: Any) -> list[Any]:
        seen.append(len(some))
        return [np.eye(len(CLASSES))[truth] for truth in some.classes]

    found = pasted.measure(reference, samples, GROUNDS, given, "test")
    assert found is not None
    assert found.pictures == len(samples)
    assert found.lost == pytest.approx(100 * lost.mean())
    assert seen == [int((~lost).sum())]
    assert found.accuracy == pytest.approx(100 * (~wrong[~lost]).mean())
    assert (found.given_accuracy, found.given_balanced_accuracy) == (100.0, 100.0)


def test_where_nothing_is_named_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasted, "classed", lambda *_: None)
    monkeypatch.setattr(pasted, "classing_stage", lambda _: 0)
    reference = cast(Reference, SimpleNamespace(program=SimpleNamespace(name="toy")))
    assert (
        pasted.measure(reference, drawn_moods.generate(people=2, seed=2), GROUNDS, lambda _: [], "test")
        is None
    )


def test_a_program_that_names_nothing_is_refused() -> None:
    ref = resolve("faces")
    assert pasted.classing_stage(ref.program) is None
    reference = Reference(ref.program, [network.graph for network in ref.networks])
    with pytest.raises(DataError, match="none of its stages names these classes"):
        pasted.measure(reference, drawn_moods.generate(people=2, seed=2), GROUNDS, lambda _: [], "test")


@pytest.mark.parametrize(
    ("width", "height"), [(320, 240), (301, 226), (47, 800), (1023, 61), (7, 5), (333, 250)]
)
def test_grounds_of_any_size_cover_a_frame(width: int, height: int) -> None:
    for more in range(40):
        ground = np.full((height + more, width), 90, np.uint8)
        frame, _ = pasted.frame_with(np.zeros((48, 48), np.uint8), ground, np.random.default_rng(more))
        assert frame.shape == (HEIGHT, WIDTH)
        assert set(np.unique(frame)) <= {0, 90}
