"""A person's own detector as a program's file: boxes from camera to overlay on the simulated board."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from codegen.errors import ToolError
from host_tools.attach import open_board
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.commands.filmed import filmed
from host_tools.pictures.faces import portrait
from host_tools.pictures.film import IN_THE_ROOM, film
from host_tools.pictures.overlay import STAGE_COLOURS
from host_tools.pictures.raw import rgb_to_rgb565
from host_tools.project.toolchains import find_toolchain
from host_tools.wire.messages import Want
from tests.toys.layers import Net
from tests.toys.programs import anchor_file, landmark_file

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


def test_a_program_that_looks_around_sees_a_room(program: Path, tmp_path: Path) -> None:
    """Without --pictures, and a margin is none of its business."""
    assert run("flash", program).exit_code == 0
    (shot,) = film(portrait(), IN_THE_ROOM, 1)
    with open_board(load_board("sim"), pictures=filmed(tmp_path)) as session:
        (inference,) = session.stream(1, want=Want.PICTURE)
        assert inference.picture is not None
        assert bytes(inference.picture.pixels) == rgb_to_rgb565(shot.frame)
    refused = run("monitor", "--frames", 1, "--margin", 1.5)
    assert refused.exit_code == 2
    assert "--margin" in refused.stderr


CASCADE = """\
name = "cascade"

[[stage]]
name = "find"
model = "proposals.tflite"
picture = "gray"
mean = 128
std = 128
source = "whole"
scale = [{size = 1}, {size = 0.6, columns = 3, rows = 2}]
most = 30
[stage.decoder]
kind = "boxes"
threshold = 0.0
keep = 12
level = [{scores = 0, boxes = 1, columns = 8, rows = 6, unit = 40}]

[[stage]]
name = "look"
model = "second.tflite"
picture = "gray"
mean = 128
std = 128
source = "items"
of = "find"
margin = 1.5
most = 8
every = 2
[stage.decoder]
kind = "boxes"
threshold = 0.05
overlap = 0.6
keep = 4
key_points = 2
level = [{scores = 0, boxes = 1, columns = 1, rows = 1, unit = 30}]

[[stage]]
name = "mark"
model = "marks.tflite"
picture = "gray"
mean = 128
std = 128
source = "items"
of = "look"
margin = 1.2
upright = [0, 1]
most = 4
decoder = {kind = "points"}
"""


def write_cascade(folder: Path) -> Path:
    """The program's file, its networks beside it."""
    (folder / "proposals.tflite").write_bytes(anchor_file(24, 32, 4, 0, 9))
    (folder / "second.tflite").write_bytes(anchor_file(16, 16, 16, 2, 6))
    (folder / "marks.tflite").write_bytes(landmark_file())
    (folder / "cascade.toml").write_text(CASCADE, encoding="utf-8")
    return folder / "cascade.toml"


@pytest.fixture(scope="module")
def cascade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cascade(tmp_path_factory.mktemp("cascade"))


def prove(cascade: Path, board: str, count: int) -> dict[str, Any]:
    proved = run("validate", cascade, "--board", board, "--count", count, "--seed", 4, "--json")
    assert proved.exit_code == 0, proved.output
    verdict: dict[str, Any] = json.loads(proved.stdout)
    assert (verdict["requests"], verdict["requests_differing"], verdict["bytes_differing"]) == (count, 0, 0)
    return verdict


def test_a_cascade_of_three_networks(cascade: Path, pictures: Path, tmp_path: Path) -> None:
    """A pyramid, then each candidate, then each survivor: every run and record, and the camera's frames."""
    done = run("flash", cascade)
    assert done.exit_code == 0, done.stderr
    verdict = prove(cascade, "sim", 24)
    assert verdict["layers_compared"] > 24 * 7 * 3
    assert verdict["items_compared"] > 24 * 3
    assert verdict["points_compared"] > 0
    assert verdict["same_plan"]
    renamed = cascade.with_name("renamed.toml")
    renamed.write_text(CASCADE.replace('"look"', '"see"'), encoding="utf-8")
    refused = run("validate", renamed, "--count", 1)
    assert refused.exit_code == 2
    assert "another program of" in " ".join(refused.output.split())
    seen = run("monitor", "--pictures", pictures, "--frames", 4, "--json")
    frames = [json.loads(line) for line in seen.stdout.splitlines()]
    rested = [[part["name"] for part in frame["stages"] if part["rested"]] for frame in frames]
    assert rested == [[], ["look"]] * 2
    assert [part["kind"] for part in frames[0]["stages"]] == ["boxes", "boxes", "points"]
    assert frames[0]["record"]["kind"] == "points"
    shown = run("monitor", "--pictures", pictures, "--frames", 2, "--save", tmp_path / "saved").stdout
    first, *stages = shown.splitlines()[:4]
    items = [len(part["items"]) for part in frames[0]["stages"]]
    assert first.startswith("frame 0 ")
    assert first.endswith(f" {7 + items[0] + items[1]} runs")
    assert [line.split()[0] for line in stages] == ["find", "look", "mark"]
    assert [line.split()[1] for line in stages] == ["7", str(items[0]), str(items[1])]
    assert f"  {items[0]} boxes  [" in stages[0]
    assert f"  {items[1]} boxes  [" in stages[1]
    assert f"  {5 * items[2]} points within " in stages[2]
    assert [line.split()[1] for line in shown.splitlines()[5:]] == ["7", "rested", str(items[2])]
    pixels = np.asarray(Image.open(tmp_path / "saved" / "frame-000000.png"))
    below_names = pixels[100:].reshape(-1, 3)
    for colour in STAGE_COLOURS[:3]:
        assert (below_names == colour).all(axis=-1).sum() > 4


def test_other_constants_of_the_same_plan(cascade: Path, tmp_path: Path) -> None:
    """Over the wire, into the firmware that runs: weights of one network and the threshold of another."""
    assert run("flash", cascade).exit_code == 0
    for name in ("proposals.tflite", "marks.tflite"):
        (tmp_path / name).write_bytes(cascade.with_name(name).read_bytes())
    (tmp_path / "second.tflite").write_bytes(anchor_file(16, 16, 16, 2, 7))
    other = tmp_path / "cascade.toml"
    other.write_text(CASCADE.replace("threshold = 0.05", "threshold = -0.05"), encoding="utf-8")
    sent = run("flash", other, "--model-only")
    assert sent.exit_code == 0, sent.stderr
    assert prove(other, "sim", 6)["items_compared"] > 0
    assert run("validate", cascade, "--count", 1).exit_code == 2


def test_windows_of_one_network(program: Path, pictures: Path, tmp_path: Path) -> None:
    text = PROGRAM.replace("find.tflite", str(program.with_name("find.tflite")))
    text = text.replace(
        'source = "whole"', 'source = "whole"\nscale = [{size = 1}, {size = 0.5, columns = 2}]'
    )
    (tmp_path / "windows.toml").write_text(text, encoding="utf-8")
    done = run("flash", tmp_path / "windows.toml")
    assert done.exit_code == 0, done.stderr
    verdict = prove(tmp_path / "windows.toml", "sim", 6)
    assert verdict["layers_compared"] == 6 * 3 * 3
    seen = run("monitor", "--pictures", pictures, "--frames", 1, "--json")
    frame = json.loads(seen.stdout)
    assert [part["kind"] for part in frame["stages"]] == ["boxes"]
    assert frame["stages"][0]["items"] == frame["record"]["items"]


@pytest.mark.slow
@pytest.mark.parametrize("board", ["qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa"])
def test_a_cascade_on_the_emulated_boards(cascade: Path, board: str) -> None:
    try:
        find_toolchain(load_board(board).toolchain)
    except ToolError as error:
        pytest.skip(str(error))
    done = run("flash", cascade, "--board", board)
    assert done.exit_code == 0, done.stderr
    assert prove(cascade, board, 6)["items_compared"] > 0


def test_networks_of_one_name_are_told_apart(cascade: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a" / "net.tflite").write_bytes(cascade.with_name("second.tflite").read_bytes())
    (tmp_path / "b" / "net.tflite").write_bytes(cascade.with_name("marks.tflite").read_bytes())
    text = CASCADE.replace("proposals.tflite", str(cascade.with_name("proposals.tflite")))
    text = text.replace("second.tflite", "a/net.tflite").replace("marks.tflite", "b/net.tflite")
    (tmp_path / "two.toml").write_text(text, encoding="utf-8")
    made = run("generate", tmp_path / "two.toml", "-o", tmp_path / "p")
    assert made.exit_code == 2
    assert "two networks are named 'net'" in " ".join(made.stderr.split())


def test_several_stages_are_no_model_of_tflite_micro(cascade: Path, tmp_path: Path) -> None:
    made = run("generate", cascade, "--runtime", "tflm", "--board", "esp32cam", "-o", tmp_path / "p")
    assert made.exit_code == 2
    assert "generated as C" in " ".join(made.stderr.split())


def test_a_program_says_itself_what_its_pictures_are(program: Path, tmp_path: Path) -> None:
    made = run("generate", program, "--picture", "gray", "-o", tmp_path / "p")
    assert made.exit_code == 2
    assert "Leave --picture" in " ".join(made.stderr.split())
