"""`tinyface data label`: networks label faces, through the compiled C."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from model_zoo.cards import load_card
from tests.host_tools.conftest import Cli
from tests.model_zoo.face_folder import FACES, write_faces
from tests.model_zoo.test_labelling import LEARNT


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_faces(tmp_path_factory.mktemp("street") / "faces")


def test_a_network_finds_the_points_of_rendered_faces(cli: Cli, street: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = cli("data", "label", street, "--by", "pfld-68-96-live", "-o", out, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    card = load_card("pfld-68-96-live")
    assert told["labelled_by"] == [{"name": card.name, "sha256": card.sha256}]
    assert told["faces"] == len(LEARNT) == told["kept"] + sum(told["left_out"].values())
    assert told["kept"] > len(LEARNT) / 2
    assert card.sha256 in (out / "dataset.toml").read_text()
    with (out / "labels.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == told["kept"]
    errors = []
    for row in rows:
        truth = FACES.points[int(row["source"][5:7])]
        found = np.array([[float(row[f"{axis}{k}"]) for axis in "xy"] for k in range(68)])
        off = (found - found.mean(0)) - (truth - truth.mean(0))  # crops begin anywhere
        errors.append(np.linalg.norm(off, axis=-1).mean() / np.linalg.norm(truth[36] - truth[45]))
    assert np.mean(errors) < 0.08
    checked = cli("data", "check", out)
    assert checked.exit_code == 0, checked.stderr
    assert "--also" in checked.stderr
    assert "pfld-68-96-live" in checked.stdout


def test_what_can_be_refused_is_refused_before_a_picture_is_read(
    cli: Cli, street: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for words, by, out in (
        ("there already", ["pfld-68-96"], there),
        ("named twice", ["pfld-68-96-live", "pfld-68-96-live"], tmp_path / "out"),
        ("finds no points", ["blazeface-128-large"], tmp_path / "out"),
        ("no network with a card", ["faces"], tmp_path / "out"),
    ):
        result = cli("data", "label", street, *(word for name in by for word in ("--by", name)), "-o", out)
        assert result.exit_code == 2
        assert words in result.stderr
        assert "remedy" in result.stderr
    assert list(tmp_path.iterdir()) == [there]


def test_a_folder_of_landmark_data_is_no_folder_of_boxes(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file\n")
    result = cli("data", "label", tmp_path, "--by", "pfld-68-96-live", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "images.csv" in result.stderr
    assert "whole pictures with face boxes" in result.stderr
