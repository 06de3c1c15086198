"""A data set with parts of its own: as a column or as folders, whole, and no person in two of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError
from model_zoo.datasets import synthetic
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.split import SPLIT_RULE, split_by_identity
from tests.model_zoo.test_own_data import FACES, refusal, rows, state, tabulate, write_pts
from tests.model_zoo.test_own_points import tinyface

WORDS = ("Training", "Training", "PublicTest", "PublicTest", "PrivateTest", "PrivateTest")
"""Of the six faces, two of each of three people."""


def stated(folder: Path, words: Any, **changes: Any) -> Path:
    """The six faces with a column `Usage`."""
    state(folder, **changes)
    toml = folder / "dataset.toml"
    toml.write_text(
        toml.read_text() + 'parts = "Usage"\npart_names = {PublicTest = "validation", PrivateTest = "test"}\n'
    )
    (folder / "images").mkdir()
    for k, pixels in enumerate(FACES.pictures):
        Image.fromarray(pixels).save(folder / "images" / f"f{k}.png")
    tabulate(folder, [row | {"Usage": word} for row, word in zip(rows(), words, strict=True)])
    return folder


def test_a_column_states_the_parts(tmp_path: Path) -> None:
    folder = stated(tmp_path, WORDS)
    split = split_by_identity(open_samples("landmarks", folder))
    assert split.train.files == ("f0.png", "f1.png")
    assert split.validation.files == ("f2.png", "f3.png")
    assert split.test.files == ("f4.png", "f5.png")
    assert split.rule == "as the data set states it"
    told = json.loads(tinyface("data", "check", folder, "--json").stdout)
    assert told["split_rule"] == split.rule
    assert told["split"]["test"] == {"pictures": 2, "people": 1, "face_free": 0}
    assert "Split: as the data set states it." in tinyface("data", "check", folder).stderr


def test_a_person_in_two_parts_is_told_with_both_lines(tmp_path: Path) -> None:
    said = refusal(stated(tmp_path, (*WORDS[:5], "Training")))
    assert "person 2 is in the train part here and in the test part in" in said.cause
    assert "line 6" in said.cause
    assert said.where.endswith("labels.csv, line 7")


def test_an_unknown_word_and_a_missing_column_are_told(tmp_path: Path) -> None:
    said = refusal(stated(tmp_path / "a", (*WORDS[:5], "holdout")))
    assert "usage is 'holdout', which is no part" in said.cause
    assert said.where.endswith("line 7")
    folder = stated(tmp_path / "b", WORDS)
    tabulate(folder, rows())
    assert "the column 'usage' is missing" in refusal(folder).cause


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("parts = 3", "the name of a column"),
        ('part_names = {a = "test"}', "without parts"),
        ('parts = "usage"\npart_names = {a = "holdout"}', "part_names is"),
        ('parts = "usage"\nlabels = "faces.json"', 'it may be "folders"'),
    ],
)
def test_a_statement_that_can_not_be_is_refused(tmp_path: Path, lines: str, words: str) -> None:
    folder = stated(tmp_path, WORDS)
    toml = folder / "dataset.toml"
    toml.write_text("\n".join(toml.read_text().splitlines()[:5]) + f"\n{lines}\n")
    said = refusal(folder)
    assert words in said.cause
    assert ", line " in said.where


def test_an_empty_part_is_told(tmp_path: Path) -> None:
    folder = stated(tmp_path, ("Training",) * 6)
    told = tinyface("data", "check", folder, "--json")
    assert told.exit_code == 2
    assert "part that the data set states is empty" in json.loads(told.stdout)["faults"][0]["cause"]


def test_folders_state_the_parts_and_validation_is_cut_from_the_training(tmp_path: Path) -> None:
    folder = state(tmp_path, labels="*/*.pts", pictures=".", people="pictures", parts="folders")
    faces = synthetic.generate(people=6, pictures_each=2, seed=3)
    for k, pixels in enumerate(faces.pictures):
        place = folder / ("train" if k < 10 else "test")
        place.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(place / f"f{k:02d}.png")
        write_pts(place / f"f{k:02d}.pts", faces.points[k] + 1)
    data = open_samples("landmarks", folder)
    split = split_by_identity(data)
    assert [len(split.train), len(split.validation), len(split.test)] == [9, 1, 2]
    assert split.test.files == ("test/f10.png", "test/f11.png")
    assert split.rule.endswith("validation = identity % 8 == 1 of its training part")
    assert set(split.people("train")).isdisjoint(split.people("validation"))
    np.testing.assert_allclose(data.take(np.arange(2)).points, faces.points[10:], atol=1e-3)


def test_parts_are_part_of_no_digest_where_none_are_stated(tmp_path: Path) -> None:
    data = synthetic.generate(people=3, pictures_each=1, seed=4)
    assert data.parts is None
    assert "parts" not in data.columns()
    assert split_by_identity(data).rule == SPLIT_RULE
    parted = replace(data, parts=("test", "validation", "train"))
    assert parted.contents() != data.contents()
    assert parted.take(np.array([2, 0])).parts == ("train", "test")


def test_a_set_in_memory_is_checked_too() -> None:
    data = synthetic.generate(people=3, pictures_each=2, seed=4)
    mixed = replace(data, parts=("train", "train", "validation", "validation", "test", "train"))
    with pytest.raises(DataError, match="person 2 is in the train part and in the test part"):
        split_by_identity(mixed)
    with pytest.raises(DataError, match="the test part"):
        split_by_identity(replace(data, parts=("train",) * 6))
