"""`tinyface evaluate` of a program: scenes of a data set, computed by the generated C and by TFLite-Micro."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.model_zoo.conftest import write_landmarks68
from tests.model_zoo.test_marks import write_face_free
from tests.toys.layers import Net

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
        ("marks", ("--beside", "haar"), "measured alone"),
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
