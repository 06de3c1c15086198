"""Sets that anybody may use for anything, and what networks of them are worth on photographs."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from model_zoo.cards import Card, read_card
from model_zoo.datasets import face_boxes, ict_facekit, ict_scenes
from model_zoo.datasets.face_boxes import FREE_TO_USE, identity_of
from model_zoo.datasets.ict.mesh import mesh_of
from model_zoo.datasets.open import open_named
from model_zoo.evaluation.evaluate import Evaluation
from model_zoo.evaluation.keep import is_of_photographs, keep_photographed, kept_before
from model_zoo.evaluation.score import Figure, Score
from model_zoo.training.write_card import write_card
from tests.model_zoo.drawn_mesh import drawn_mesh, write_mesh
from tests.model_zoo.test_measurable import card_facts, heads  # noqa: F401

MESH = mesh_of(drawn_mesh(), "drawn")


@pytest.mark.parametrize("terms", ["CC BY 4.0 (a record)", "CC0, the street", "MIT", "Public domain"])
def test_terms_that_ask_for_a_name_at_most_are_free(terms: str) -> None:
    assert FREE_TO_USE.match(terms)


@pytest.mark.parametrize(
    "terms",
    [
        "CC BY-NC 4.0",
        "CC BY-SA 3.0",
        "CC BY-ND 2.0",
        "not stated",
        "COCO: mixed Creative Commons",
        "MITRE only",
    ],
)
def test_other_terms_are_not(terms: str) -> None:
    assert not FREE_TO_USE.match(terms)


def _named(face_free: bool, learnt: bool, start: str) -> str:
    """A file whose name puts it into the training part, or into the test part."""
    return next(
        name
        for name in (f"{start}{k}.png" for k in count())
        if (identity_of(name, face_free) % 8 > 1) == learnt and identity_of(name, face_free) % 8 != 1
    )


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The drawn mesh beside photographs with terms of their own, and small sets of commands."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(ict_scenes, "GROUPS", 2)
    monkeypatch.setattr(ict_scenes, "SCENES_EACH", 2)
    monkeypatch.setattr(ict_facekit, "PEOPLE", 2)
    monkeypatch.setattr(ict_facekit, "PICTURES_EACH", 1)
    monkeypatch.setattr(ict_facekit, "GROUNDS", 3)
    data = tmp_path / "root" / "data"
    write_mesh(data)
    beside = data / "detection_train"
    (beside / "images").mkdir(parents=True)
    rows = [
        (_named(True, True, "free"), "CC BY 4.0 (one)", 200),
        (_named(True, False, "test"), "CC0 (two)", 90),
        (_named(True, True, "closed"), "research only", 20),
        (_named(False, True, "face"), "CC BY 4.0 (one)", 120),
    ]
    for name, _, level in rows:
        Image.new("L", (120, 60), level).save(beside / "images" / name)
    table = [f"{name},120,60,{terms}" for name, terms, _ in rows]
    (beside / "images.csv").write_text("\n".join(["file,width,height,licence", *table, ""]))
    (beside / "boxes.csv").write_text(f"file,x,y,w,h,ignore\n{rows[3][0]},20,10,30,40,0\n")
    (beside / "dataset.toml").write_text('name = "street"\nlicence = "research only"\n')
    return tmp_path / "root"


def test_photographs_are_chosen_by_their_own_terms(root: Path) -> None:
    free = face_boxes.load_free_to_use(root / "data" / "detection_train")
    assert sorted(int(picture.max()) for picture in free.pictures) == [90, 120, 200]
    assert free.licence == "CC BY 4.0 (one); CC0 (two)"
    all_of_them, behind = ict_facekit.free_photographs_in(root / "data")
    assert all_of_them is not None
    assert len(all_of_them) == 3
    assert [int(picture.max()) for picture in behind] == [200]  # neither one of the test part nor a face


def test_a_set_that_states_terms_as_a_whole_is_taken_by_these(root: Path) -> None:
    folder = root / "data" / "detection_train"
    table = (folder / "images.csv").read_text().splitlines()
    (folder / "images.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in table) + "\n")
    assert len(face_boxes.load_free_to_use(folder)) == 0
    assert ict_facekit.free_terms(root / "data") == ict_facekit.MIT
    (folder / "dataset.toml").write_text('name = "street"\nlicence = "CC0, the street"\n')
    assert len(face_boxes.load_free_to_use(folder)) == 4


def test_marks_learn_before_free_photographs_alone(root: Path) -> None:
    samples = open_named("marks", root, "ict_facekit_free")[1]
    assert len(samples) == 5
    assert "CC BY 4.0 (one)" in samples.licence
    assert "research" not in samples.licence
    again = open_named("marks", root, "ict_facekit_free")[1]
    assert (again.contents(), again.licence) == (samples.contents(), samples.licence)


def test_a_detector_learns_scenes_and_photographs_of_its_own_part(root: Path) -> None:
    samples = open_named("faces", root, "ict_scenes_free")[1]
    assert len(samples) == 4 + 3
    assert {picture.shape for picture in samples.pictures} == {(180, 240)}
    face = next(row for row in range(4, 7) if len(samples.boxes[row]))
    np.testing.assert_allclose(
        samples.boxes[face][0], [41, 51, 60, 80], atol=1e-4
    )  # doubled, below 30 px of black
    assert samples.pictures[face][:30].max() == 0
    assert samples.identities[face] % 8 > 1
    again = open_named("faces", root, "ict_scenes_free")[1]
    assert again.contents() == samples.contents()


def test_heads_lie_in_their_boxes_and_nothing_else_changes() -> None:
    columns = ict_scenes.generate(MESH, (), groups=6, scenes_each=2, seed=3)
    counts = [len(boxes) for boxes in columns["boxes"]]
    assert max(counts) >= 2
    assert min(counts) == 0
    for boxes, points in zip(columns["boxes"], columns["points"], strict=True):
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, :2] + boxes[:, 2:] <= [240, 180]).all()
        low, high = boxes[:, None, :2], boxes[:, None, :2] + boxes[:, None, 2:]
        assert ((points > low - 1) & (points < high)).all()
    fewer = ict_scenes.generate(MESH, (), groups=1, scenes_each=2, seed=3)
    np.testing.assert_array_equal(fewer["pictures"], columns["pictures"][:2])


def test_a_pasted_head_leaves_the_ground_around_it_alone() -> None:
    model = ict_scenes.random_model(ict_scenes.anatomy_of(MESH), np.random.default_rng(2))
    ground = np.full((180, 240), 128, np.float32)
    changed = 0
    for seed in range(4):
        drawn = ict_scenes._put(ground, model, np.random.default_rng(seed))
        if drawn is None:
            continue
        whole, points = drawn
        differs = whole != ground
        middle = points.mean(0)
        reach = 1.2 * float(np.ptp(points, axis=0).max())
        y, x = np.nonzero(differs)
        assert np.abs(x - middle[0]).max() < reach
        assert np.abs(y - middle[1]).max() < reach
        assert differs.sum() > 0.05 * reach**2
        changed += 1
    assert changed
    assert (ground == 128).all()


def _found(card: Card, **changes: Any) -> Evaluation:
    figure = Figure("nme", "NME", "%", "error", False)
    score = Score(figure, 9.5, (9.0, 10.0), (), (9.5,) * 12, 4)
    guess = {"name": "mean shape", "value": 20.0, "interval": [19.0, 21.0], "unit": "%"}
    known = {
        "sha256": card.sha256, "made": "", "part": "test", "whole": True,
        "dataset": "live-faces", "score": score,
        "baseline": SimpleNamespace(to_json=lambda: guess),
        "strained": SimpleNamespace(to_json=lambda: {"name": "box errors", "nme": 9.9}),
    }  # fmt: skip
    return cast(Evaluation, SimpleNamespace(**{**known, **changes}))


def test_a_card_learnt_from_rendered_faces_states_what_photographs_say(heads: Any, tmp_path: Path) -> None:  # noqa: F811
    card = write_card(tmp_path / "card.json", card_facts(heads))
    assert card.known_by == card.primary
    found = _found(card)
    assert is_of_photographs(card, found)
    for change in (
        {"made": "rendered heads"},
        {"part": "validation"},
        {"whole": False},
        {"sha256": "0" * 64},
    ):
        assert not is_of_photographs(card, _found(card, **change))
    photographed = copy.deepcopy(card.facts)
    del photographed["data"]["made"]
    assert not is_of_photographs(replace(card, facts=photographed), found)
    kept = keep_photographed(card, found)
    assert kept == read_card(tmp_path)
    assert kept.primary == card.primary
    assert str(kept.known_by) == "NME 9.50 % (9.00 to 10.00) on live-faces, learnt from rendered faces"
    assert kept.strained["nme"] == 9.9
    assert kept.guessed is not None
    assert kept.guessed.value == 20.0
    assert card.guessed == card.baseline
    assert is_of_photographs(kept, found)
    assert not is_of_photographs(kept, _found(card, dataset="three friends"))
    assert kept_before({**kept.facts, "metrics": {}}, tmp_path) == {}
    tested = copy.deepcopy(kept.facts)
    tested["metrics"]["primary"]["part"] = "test"
    tested["metrics"]["test"] = tested["metrics"]["validation"]
    (tmp_path / "card.json").write_text(json.dumps(tested))
    assert "photographs" in kept_before(tested, tmp_path)
