"""`tinyface evaluate` of a program: scenes of a data set, computed by the generated C and by TFLite-Micro."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from host_tools.commands.evaluate_program import tell
from model_zoo.cards import PRETRAINED
from model_zoo.datasets.emotion_set import CLASSES
from model_zoo.evaluation.end_to_end import EndToEnd
from model_zoo.evaluation.followed import Steadied, Stillness
from model_zoo.evaluation.pasted import Pasted
from tests.model_zoo.conftest import write_landmarks68
from tests.model_zoo.test_marks import write_face_free
from tests.toys.layers import Net
from tests.toys.programs import class_file

Cli = Callable[..., Result]
PROGRAM = """
[[stage]]
name = "find"
model = "net.tflite"
picture = "gray"
decoder = { kind = "points" }

[[stage]]
name = "mark"
model = "net.tflite"
picture = "gray"
of = "find"
source = "items"
margin = 1.2
decoder = { kind = "KIND" }
"""

SORTING = f"""
[[stage]]
name = "sort"
model = "sorts.tflite"
picture = "gray"
of = "mark"
source = "items"
decoder = {{ kind = "classes", top = {len(CLASSES)} }}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Two stages of a net that has learnt nothing."""
    net = Net(31)
    x = net.input(1, 24, 24, 1)
    y = net.pool(net.conv(x, 6, (3, 3), stride=4), (6, 6))
    content = net.model.finish([x], [net.dense(net.reshape(y, 1, 6), 136, scale=0.02, zero_point=-3)])
    (tmp_path / "net.tflite").write_bytes(content)
    (tmp_path / "toys.toml").write_text(PROGRAM.replace("KIND", "marks"))
    return tmp_path / "toys.toml"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = write_landmarks68(tmp_path / "set", people=9, pictures_each=1)
    write_face_free(root, 30)
    return root


def test_a_program_is_measured_on_scenes(cli: Cli, program: Path, data: Path) -> None:
    told = cli("evaluate", program, "--data", data, "--json")
    assert told.exit_code == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["program"], found["part"], found["scenes"]) == ("toys", "test", 2)
    assert [roll["roll_deg"] for roll in found["rolls"]] == [0, 45]
    assert all(0 <= roll["lost"] <= 100 for roll in found["rolls"])
    shown = cli("evaluate", program, "--data", data, "--limit", 1)
    assert shown.exit_code == 0, shown.stderr
    assert "faces lost" in shown.stdout
    if importlib.util.find_spec("tflite_micro"):
        assert (
            json.loads(cli("evaluate", program, "--data", data, "--json", "--engine", "tflm").stdout) == found
        )


@pytest.mark.parametrize(
    ("kind", "words", "cause"),
    [
        ("points", (), "none of its stages marks"),
        ("marks", ("--beside", "haar"), "nothing called 'haar' can stand beside it"),
        ("marks", ("--dataset", "live-faces-alone"), "0 face-free pictures"),
    ],
)
def test_what_can_not_be_measured(
    kind: str, words: tuple[str, ...], cause: str, cli: Cli, program: Path, data: Path
) -> None:
    program.write_text(PROGRAM.replace("KIND", kind))
    told = cli("evaluate", program, "--data", data, *words)
    assert told.exit_code == 2
    assert cause in " ".join(told.stderr.split())


@pytest.mark.parametrize("carded", [False, True])
def test_seven_classes_of_something_else_are_no_expressions(
    carded: bool, cli: Cli, program: Path, data: Path
) -> None:
    """Of a network without a card, or of one whose card is of another task: the rest is measured."""
    content = class_file(1, len(CLASSES))
    (program.parent / "sorts.tflite").write_bytes(content)
    if carded:
        card = json.loads((PRETRAINED / "emotion-48-small" / "card.json").read_text(encoding="utf-8"))
        card |= {"task": "faces", "sha256": hashlib.sha256(content).hexdigest(), "model_file": "sorts.tflite"}
        (program.parent / "card.json").write_text(json.dumps(card), encoding="utf-8")
    program.write_text(PROGRAM.replace("KIND", "marks") + SORTING, encoding="utf-8")
    told = cli("evaluate", program, "--data", data, "--limit", 1, "--json")
    assert told.exit_code == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["scenes"] == 1
    assert "expressions" not in found


def test_how_still_points_are_held_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = EndToEnd("toys", "heads", "test", 2, {0.0: None})
    own = Stillness("one-euro", (0.5, 0.2), None, (0.8, 0.0), 0.74)
    still = Steadied((own, Stillness("kalman", None, (0.0, 0.0), None, None)), films=5, followed=3)
    tell(found, still, None, as_json=True)
    told = json.loads(capsys.readouterr().out)["steadiness"]
    assert told["filters"][0] == {
        "name": "one-euro", "rest": [0.5, 0.2], "rest_rendered": None, "step": [0.8, 0.0], "lag_frames": 0.74,
    }  # fmt: skip
    tell(found, still, None, as_json=False)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["none", "0.50", "-", "0.80", "0"] in rows
    assert ["one-euro", "0.20", "(60", "%", "less)", "-", "0.00", "(100", "%", "less)", "0.7"] in rows
    assert ["kalman", "-", "0.00", "-", "-"] in rows


def test_expressions_through_a_programs_crops_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = EndToEnd("toys", "heads", "test", 2, {0.0: None})
    pasted = Pasted("toys", "moods", "test", 40, 12.5, 71.0, 60.5, 72.25, 61.0)
    tell(found, None, pasted, as_json=True)
    assert json.loads(capsys.readouterr().out)["expressions"]["given_accuracy"] == 72.25
    tell(found, None, pasted, as_json=False)
    told = capsys.readouterr()
    assert "40 pictures of moods in frames, test part" in told.out
    assert ["the", "program's", "own", "71.00", "%", "60.50", "%"] in [
        line.split() for line in told.out.splitlines()
    ]
    assert "it classed nothing where 12.50 % of them are" in " ".join(told.err.split())
