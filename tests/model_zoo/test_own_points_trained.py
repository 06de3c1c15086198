"""Own points, from a table or COCO keypoints to a simulated board; another number of points is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from host_tools.models import resolve
from tests.model_zoo.test_own_points import FIVE, NINETY_EIGHT, SEVENTEEN, as_coco, tinyface, write_many

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")

SHORT = ("--epochs", 2, "--qat-epochs", 1, "--batch", 8, "--quiet")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty faces with five points."""
    return write_many(tmp_path_factory.mktemp("data") / "five", FIVE)


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training on them."""
    out = tmp_path_factory.mktemp("run")
    told = tinyface("train", "pfld-96-pico", "--data", data, "-o", out, *SHORT)
    assert told.exit_code == 0, told.stderr
    assert "Note: Face boxes (around the 5 points of each face) are about" in " ".join(told.stderr.split())
    return out


def test_the_card_knows_the_points(run: Path) -> None:
    card = json.loads((run / "card.json").read_text())
    assert (card["task"], card["decoder"]["kind"], card["decoder"]["points"]) == ("landmarks", "landmarks", 5)
    assert card["scheme"]["mirror"] == [[0, 1], [3, 4]]
    assert card["data"]["boxes"] == {"made": "around the 5 points of each face", "margin": 1.15}
    assert card["data"]["people"] == "as the labels name them"
    assert card["metrics"]["metric"] == "NME, percent of the inter-pupil distance"
    ref = resolve(str(run / "model.tflite"))
    assert ref.program.stages[0].decoder.width == 10


def test_every_verb_takes_the_model(data: Path, run: Path) -> None:
    model = run / "model.tflite"
    found = json.loads(tinyface("evaluate", model, "--data", data, "--json").stdout)
    assert found["part"] == "test"
    assert 0 < found["nme"] < 100
    generated = tinyface("generate", model, "--board", "sim", "-o", run / "project")
    assert generated.exit_code == 0, generated.stderr
    flashed = tinyface("flash", model, "--board", "sim")
    assert flashed.exit_code == 0, flashed.stderr
    verdict = json.loads(tinyface("validate", model, "--board", "sim", "--count", 6, "--json").stdout)
    assert verdict["passed"]
    assert (verdict["bytes_differing"], verdict["requests"]) == (0, 6)
    frames = tinyface("monitor", "--board", "sim", "--frames", 2, "--json")
    assert frames.exit_code == 0, frames.stderr
    record = json.loads(frames.stdout.splitlines()[0])["record"]
    assert record["kind"] == "points"
    assert len(record["items"][0]) == 10


@pytest.mark.thorough
@pytest.mark.parametrize("form", ["98 points", "COCO keypoints"])
def test_other_forms_are_trained_measured_and_computed_alike(tmp_path: Path, form: str) -> None:
    folder, run = tmp_path / "data", tmp_path / "run"
    points: list[Any]
    if form == "98 points":
        points = list(NINETY_EIGHT)
        write_many(folder, points)
    else:
        points = list(SEVENTEEN)
        as_coco(write_many(folder, points, pupils=[1, 2], people="pictures"))
    trained = tinyface("train", "pfld-96-pico", "--data", folder, "-o", run, *SHORT)
    assert trained.exit_code == 0, trained.stderr
    card = json.loads((run / "card.json").read_text())
    assert (card["data"]["name"], card["decoder"]["points"]) == ("lab", len(points))
    found = json.loads(tinyface("evaluate", run, "--data", folder, "--json").stdout)
    assert found["part"] == "test"
    assert 0 < found["nme"] < 100
    assert json.loads((run / "card.json").read_text())["metrics"]["primary"]["part"] == "test"
    assert tinyface("flash", run, "--board", "sim").exit_code == 0
    verdict = json.loads(tinyface("validate", run, "--board", "sim", "--count", 4, "--json").stdout)
    assert (verdict["bytes_differing"], verdict["requests"]) == (0, 4)


def told(*words: object) -> str:
    """What a refusal says, in one line."""
    refused = tinyface(*words)
    assert refused.exit_code == 2, refused.stdout + refused.stderr
    return " ".join(refused.stderr.split())


def test_other_points_than_the_networks_are_refused(data: Path, run: Path, tmp_path: Path) -> None:
    said = told("train", "pfld-68-96", "--data", data, "-o", tmp_path / "a", *SHORT)
    assert "pfld-68-96 is a network for 68 points, the data set lab has 5 points" in said
    assert "Use pfld-96 or pfld-96-pico for these data" in said
    more = write_many(tmp_path / "68", range(68))
    assert "evaluate" in told("evaluate", run / "model.tflite", "--data", more)
    said = told("train", "pfld-96-pico", "--data", more, "-o", run, "--resume", *SHORT)
    assert "another training part" in said
    said = told("train", "pfld-96-pico", "--data", more, "-o", tmp_path / "b", "--teacher", run, *SHORT)
    assert "the teacher pfld-96-pico answers with 5 points, the data have 68 points" in said
    said = told("train", "pfld-96-pico", "--data", more, "-o", tmp_path / "c", "--init", run, *SHORT)
    assert "pfld-96-pico has learnt 5 points, the data have 68 points" in said
