"""`tinyface evaluate`: the generated C and the TFLite-Micro interpreter measure the same figures."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from codegen.plain_text import parse_json
from tests.host_tools.toy_folder import landmark_card, write_landmark_toy
from tests.model_zoo.test_emotions import columns
from tests.toys.layers import Net

Cli = Callable[..., Result]
PICTURES = 8


@pytest.fixture
def untrained(tmp_path: Path) -> Path:
    """A net with 68 points that has learnt nothing."""
    net = Net(31)
    x = net.input(1, 24, 24, 1)
    y = net.pool(net.conv(x, 6, (3, 3), stride=4), (6, 6))
    content = net.model.finish([x], [net.dense(net.reshape(y, 1, 6), 136, scale=0.02, zero_point=-3)])
    (tmp_path / "model.tflite").write_bytes(content)
    (tmp_path / "card.json").write_text(json.dumps(landmark_card(content)))
    return tmp_path / "model.tflite"


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A data set of three people, PICTURES pictures each, of 68 points."""
    rng = np.random.default_rng(1)
    folder = tmp_path / "faces"
    (folder / "images").mkdir(parents=True)
    columns = [f"{axis}{k}" for k in range(68) for axis in "xy"]
    rows = [",".join(["file", "identity", *columns])]
    for person in range(3):
        for number in range(PICTURES):
            name = f"id{person:03d}_{number:02d}.jpg"
            pixels = rng.integers(0, 256, (160, 160, 3), np.uint8)
            Image.fromarray(pixels).save(folder / "images" / name)
            rows.append(",".join([name, str(person), *(f"{v:.2f}" for v in rng.uniform(40, 120, 136))]))
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    (folder / "dataset.toml").write_text(
        'name = "three people"\nlicence = "none"\npoints = 68\nsizes = [160, 160]\nboxes = "points"\n'
    )
    return folder


def evaluate(cli: Cli, model: Path, faces: Path, engine: str, *words: str) -> dict[str, object]:
    result = cli("evaluate", model, "--engine", engine, "--data", faces, "--json", *words)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.skipif(importlib.util.find_spec("tflite_micro") is None, reason="the interpreter is not here")
def test_both_engines_give_the_same_figures(cli: Cli, untrained: Path, faces: Path) -> None:
    compiled = evaluate(cli, untrained, faces, "c")
    interpreted = evaluate(cli, untrained, faces, "tflm")
    assert compiled.pop("engine") == "c"
    assert interpreted.pop("engine") == "tflm"
    assert compiled == interpreted
    assert compiled["images"] == PICTURES
    assert compiled["part"] == "test"


def test_evaluate_prints_a_table(cli: Cli, untrained: Path, faces: Path) -> None:
    result = cli("evaluate", untrained, "--data", faces, "--limit", 4, "--part", "validation")
    assert result.exit_code == 0, result.stderr
    assert "validation part" in result.stdout
    assert "4 of 1 person" in result.stdout
    assert "none, from fewer than 5 people" in result.stdout
    assert "NME of the mean shape, without a look" in result.stdout
    assert "NME with labelled face boxes" in result.stdout
    assert "NME with box errors" in result.stdout
    assert "Box errors: face boxes moved by 3, 6, 10 %" in " ".join(result.stderr.split())


def test_the_mean_shape_stands_beside_the_figure(cli: Cli, untrained: Path, faces: Path) -> None:
    with_labels = {part: evaluate(cli, untrained, faces, "c", "--part", part) for part in ("train", "all")}
    for found in with_labels.values():
        guess = found["baseline"]
        assert isinstance(guess, dict)
        assert (guess["name"], guess["unit"]) == ("mean shape", "%")
        assert guess["value"] > 0
        assert guess["interval"] is None  # of three people
    assert with_labels["train"]["baseline"] != with_labels["all"]["baseline"]


def test_another_data_set_than_the_cards_is_said(cli: Cli, untrained: Path, faces: Path) -> None:
    file = untrained.parent / "card.json"
    card = json.loads(file.read_text())
    card["metrics"]["qat"]["nme"] = 3.21
    said = {}
    for name in ("three people", "other faces"):
        file.write_text(json.dumps(card | {"data": {**card["data"], "name": name}}))
        result = cli("evaluate", untrained, "--data", faces, "--json")
        assert result.exit_code == 0, result.stderr
        json.loads(result.stdout)
        said[name] = result.stderr
    assert said["three people"] == ""
    told = " ".join(said["other faces"].split())
    assert "NME of 3.21 % in the model's card was measured on other faces, and this is three people" in told


def test_a_set_of_other_points_is_refused_before_it_is_made(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("model_zoo.datasets.synthetic._generate", lambda *_: pytest.fail("it was rendered"))
    result = cli("evaluate", write_landmark_toy(tmp_path / "toy"), "--dataset", "synthetic")
    assert result.exit_code == 2
    assert "finds 10 points, the data set synthetic has 68" in result.stderr


def test_a_data_set_of_other_points_is_refused(cli: Cli, faces: Path, tmp_path: Path) -> None:
    result = cli("evaluate", write_landmark_toy(tmp_path / "toy"), "--data", faces)
    assert result.exit_code == 2
    assert "finds 10 points, the data set three people has 68" in result.stderr
    assert "--data" in result.stderr


def test_a_report_is_written_and_tells_the_same_figures(
    cli: Cli, untrained: Path, faces: Path, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    found = evaluate(cli, untrained, faces, "c", "--part", "all", "--report", str(file))
    told = json.loads(file.with_suffix(".json").read_text())
    assert told["figures"] == found
    tables = {table["title"]: table for table in told["tables"]}
    error, worse = tables["Error"]["rows"], tables["In worse pictures"]["rows"]
    assert round(error[0][1], 4) == found["nme"]
    assert round(worse[0][1], 4) == found["nme"]
    assert len(worse) == 8
    assert len(tables["Parts of the face"]["rows"]) == 9
    assert [row[0] for row in tables["Cost on AI-Thinker ESP32-CAM"]["rows"]][:3] == [
        "multiply-accumulates",
        "weights in flash",
        "arena",
    ]
    page = file.read_text()
    assert page.startswith("<!doctype html>")
    assert "Cumulative error distribution" in page


def test_a_report_of_pictures_that_lack_a_class(cli: Cli, tmp_path: Path) -> None:
    """What can't be told of a class without a picture is null, and empty on the page."""
    np.savez(tmp_path / "emotion_train.npz", **columns())
    file = tmp_path / "report.html"
    result = cli("evaluate", "emotion-48-small", "--data", tmp_path, "--limit", 2, "--report", file)
    assert result.exit_code == 0, result.stderr
    told = parse_json(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert any(None in row for table in told["tables"] for row in table["rows"])
    assert "nan" not in file.read_text(encoding="utf-8").lower().split()


@pytest.mark.parametrize(
    ("name", "cause"),
    [("report.pdf", "a report is an HTML file"), ("none/report.html", "no file can be written there")],
)
def test_a_report_that_can_be_no_file_is_refused_before_anything_is_measured(
    cli: Cli, untrained: Path, faces: Path, tmp_path: Path, name: str, cause: str
) -> None:
    result = cli("evaluate", untrained, "--data", faces, "--report", tmp_path / name)
    assert result.exit_code == 2
    assert cause in result.stderr
    assert [path.name for path in tmp_path.glob("*report*")] == []


def test_groups_of_people(cli: Cli, untrained: Path, faces: Path, tmp_path: Path) -> None:
    names = [f"id{person:03d}_{number:02d}.jpg" for person in range(3) for number in range(PICTURES)]
    groups = tmp_path / "groups.csv"
    groups.write_text(
        "file,group\n" + "".join(f"{name},{'ab'[n % 2]}\n" for n, name in enumerate(names[:-1]))
    )
    told = evaluate(cli, untrained, faces, "c", "--part", "all", "--groups", str(groups))
    found = told["groups"]
    assert isinstance(found, list)
    assert [(group["group"], group["images"]) for group in found] == [
        ("a", 12),
        ("b", 11),
        ("not in the table", 1),
    ]
    assert told["largest_gap"] is None  # three people are too few for an interval
    shown = cli("evaluate", untrained, "--data", faces, "--part", "all", "--groups", groups)
    assert "NME of a (12 pictures)" in shown.stdout
    assert "No gap is stated" in shown.stderr
    groups.write_text("file;class\nx;y\n")
    wrong = cli("evaluate", untrained, "--data", faces, "--part", "all", "--groups", groups)
    assert wrong.exit_code == 2
    assert "the column 'group' is missing" in wrong.stderr


@pytest.mark.parametrize(
    ("larger", "cause"),
    [("nobody-made-it", "the zoo has no model"), ("faces", "faces is a program of several stages")],
)
def test_what_can_not_be_asked_is_told_with_its_option(
    larger: str, cause: str, cli: Cli, untrained: Path
) -> None:
    result = cli("evaluate", untrained, "--unsure", larger)
    assert result.exit_code == 2
    assert cause in " ".join(result.stderr.split())
    assert "where: --unsure" in result.stderr
