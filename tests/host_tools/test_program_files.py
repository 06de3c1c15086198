"""A person's own detector as a program's file: boxes from camera to overlay on the simulated board."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from host_tools.cli import app
from tests.toys.layers import Net

PROGRAM = """\
name = "finder"

[[stage]]
name = "find"
model = "find.tflite"
picture = "gray"
source = "whole"
most = 40
[stage.decoder]
kind = "boxes"
threshold = 0.0
keep = 6
key_points = 1
[[stage.decoder.level]]
scores = 0
boxes = 1
columns = 8
rows = 6
unit = 40
"""


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finder")
    net = Net(3)
    x = net.input(1, 24, 32, 1, scale=1 / 255, zero_point=-128)
    y = net.conv(x, 6, (3, 3), stride=4)
    scores = net.conv(y, 1, (3, 3), activation="NONE", scale=0.002, zero_point=4)
    boxes = net.conv(y, 6, (3, 3), activation="NONE", scale=0.002, zero_point=-60)
    (folder / "find.tflite").write_bytes(net.model.finish([x], [scores, boxes]))
    (folder / "finder.toml").write_text(PROGRAM, encoding="utf-8")
    return folder / "finder.toml"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(2)
    for number in range(3):
        small = rng.integers(0, 256, (12, 16, 3)).astype(np.uint8)
        Image.fromarray(small).resize((320, 240)).save(folder / f"{number}.png")
    return folder


def test_boxes_from_camera_to_overlay(program: Path, pictures: Path, tmp_path: Path) -> None:
    done = run("flash", program)
    assert done.exit_code == 0, done.stderr
    assert f"tinyface validate {program} --board sim" in " ".join(done.stderr.split())
    proved = run("validate", program, "--count", 30, "--seed", 4, "--json")
    assert proved.exit_code == 0, proved.output
    verdict = json.loads(proved.stdout)
    assert (verdict["bytes_differing"], verdict["requests_differing"]) == (0, 0)
    assert verdict["items_compared"] > 10
    seen = run("monitor", "--pictures", pictures, "--frames", 3, "--json", "--save", tmp_path / "saved")
    frames = [json.loads(line) for line in seen.stdout.splitlines()]
    assert [frame["crop"] for frame in frames] == [[0, 0, 320, 240]] * 3
    records = [frame["record"] for frame in frames]
    assert {record["kind"] for record in records} == {"boxes"}
    assert any(record["count"] > 0 for record in records)
    assert all(len(item) == 8 for record in records for item in record["items"])
    assert all(len(frame["points"]) == frame["record"]["count"] for frame in frames)
    assert len(list((tmp_path / "saved").iterdir())) == 3
    line = run("monitor", "--pictures", pictures, "--frames", 1).stdout
    assert f"{records[0]['count']} boxes" in line


def test_programs_of_several_networks_are_not_taken_for_one(program: Path, tmp_path: Path) -> None:
    text = PROGRAM.replace('source = "whole"', 'source = "whole"\nscale = [{size = 1}, {size = 0.5}]')
    file = tmp_path / "two.toml"
    file.write_text(text.replace("find.tflite", str(program.with_name("find.tflite"))), encoding="utf-8")
    made = run("generate", file, "-o", tmp_path / "p")
    assert made.exit_code == 2
    assert "one network that runs once a frame" in " ".join(made.stderr.split())


def test_a_program_says_itself_what_its_pictures_are(program: Path, tmp_path: Path) -> None:
    made = run("generate", program, "--picture", "gray", "-o", tmp_path / "p")
    assert made.exit_code == 2
    assert "Leave --picture" in " ".join(made.stderr.split())
