"""Pictures without a face are nobody's: they count as no person, and a limit keeps their share."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from model_zoo.datasets import live_faces, pasted_heads
from model_zoo.datasets.live_set import LiveSet
from model_zoo.datasets.split import draw_any, draw_people, split_by_identity
from model_zoo.evaluation.keep import _is_the_part
from model_zoo.evaluation.marks import Mark
from model_zoo.tasks import TASKS


def live() -> LiveSet:
    """16 people with 2 pictures each, and 64 pictures without a face."""
    return live_faces.generate(people=16, pictures_each=2, grounds=64, seed=3)


def test_only_those_with_a_face_are_people() -> None:
    samples = live()
    assert samples.people() == list(range(16))
    split = split_by_identity(samples)
    assert split.people("train") == [i for i in range(16) if i % 8 > 1]
    assert (split.people("test"), split.people("validation")) == ([0, 8], [1, 9])
    parts = ("train", "validation", "test")
    assert [split.face_free(part) for part in parts] == [48, 8, 8]
    assert [split.pictures(part) for part in parts] == [24 + 48, 4 + 8, 4 + 8]
    heads = pasted_heads.generate(16, seed=7)
    shown = [int(i) for i, boxes in zip(heads.identities, heads.boxes, strict=True) if len(boxes)]
    assert 0 < len(shown) < len(heads)
    assert heads.people() == shown


def test_a_limit_counts_faces_and_keeps_the_share_of_the_others() -> None:
    train = split_by_identity(live()).train
    drawn = draw_people(train, 6, seed=1)
    assert (int(drawn.faces().sum()), len(drawn)) == (6, 18)
    assert len(drawn.people()) == 6
    assert drawn.files == draw_people(train, 6, seed=1).files != draw_people(train, 6, seed=2).files
    one = draw_people(train.take(np.flatnonzero(train.faces() | (train.identities % 37 == 20))), 1)
    assert list(one.faces()).count(False) == 1  # never none where there are some
    assert draw_people(train, 24) is train


def test_a_sheet_draws_no_more_than_it_has_place_for() -> None:
    assert len(draw_any(live(), 24)) == 24


def test_a_score_says_how_many_faces_it_rests_on() -> None:
    samples = live()
    found = [Mark(np.nan_to_num(points) + 1.0, 0.0) for points in samples.points]
    told = TASKS.get("marks").score(found, samples).to_json()
    assert (told["images"], told["faces"], told["identities"]) == (96, 32, 16)


def test_a_card_that_numbers_them_among_people_keeps_the_figure_of_its_test_part() -> None:
    test = split_by_identity(live()).test
    numbers = tuple(int(i) for i in np.unique(test.identities))
    found = SimpleNamespace(people=tuple(test.people()), identities=numbers, files=test.files)
    for stated, same in ((found.people, True), (numbers, True), ((), True), (numbers[:-1], False)):
        data = {"split": {"test": list(stated)}, "images": {"test": len(test)}}
        assert _is_the_part(SimpleNamespace(facts={"data": data}), found) is same
    fewer = {"split": {"test": []}, "images": {"test": len(test) + 1}}
    assert not _is_the_part(SimpleNamespace(facts={"data": fewer}), found)
