"""Find, follow, mark, steady, a classifier and votes with toy networks: sequences on the boards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from codegen.program.records import NO_CLASS, Kind
from codegen.program.reference import NetworkRun, Reference
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.models import resolve
from host_tools.pictures.raw import frame_to_pixels
from host_tools.proof.sequences import SCENE_FRAMES, follows, sequence
from host_tools.wire.messages import InferPicture
from tests.emulated.needs import skip_without_tools
from tests.host_tools.followed import FOLLOWED, write_followed
from tests.toys.programs import class_file, remembering_file

FRAMES = SCENE_FRAMES + 6
VOTED = (
    FOLLOWED.replace('name = "followed"', 'name = "voted"')
    + """
[[stage]]
name = "see"
model = "kinds.tflite"
picture = "gray"
mean = 128
std = 128
of = "steady"
upright = [0, 4]
every = 3
phase = 1
most = 3
labels = "kinds.txt"
[stage.decoder]
kind = "classes"
top = 5

[[stage]]
name = "vote"
of = "see"
beside = "steady"
most = 3
[stage.decoder]
kind = "votes"
sure = 0.25
temperature = 0.05
"""
)
NAMES = ("one", "two", "three", "four", "five")


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


def written(folder: Path, classifier: bytes) -> Path:
    (folder / "kinds.tflite").write_bytes(classifier)
    (folder / "kinds.txt").write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    return write_followed(folder, VOTED)


@pytest.fixture(scope="module")
def voted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("voted"), class_file(1, len(NAMES)))


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classifier has a variable, of which each track has its own."""
    return written(tmp_path_factory.mktemp("remembered"), remembering_file())


def test_a_sequence_is_voted_on(voted: Path) -> None:
    """What `validate` sends: some tracks are called something, others are not."""
    ref = resolve(str(voted))
    assert follows(ref.program)
    assert ref.program.labels == NAMES
    reference = Reference(ref.program, [network.graph for network in ref.networks])
    called = list[int]()
    for stimulus in sequence(ref.program, FRAMES, 4, 200_000):
        request = stimulus.request
        assert isinstance(request, InferPicture)
        pixels = frame_to_pixels(request.format, request.width, request.height, request.pixels)
        for _ in reference.frame(pixels, request.time_ms, stimulus.region):
            pass
        steady, votes = reference.records[3], reference.records[-1]
        assert votes.kind == Kind.VOTES
        assert [item[:6] for item in votes.items] == [item[:6] for item in steady.items]
        called += [item[6] for item in votes.items]
    assert NO_CLASS in called
    assert len(set(called)) > 1


def prove(program: Path, board: str) -> dict[str, Any]:
    done = run("flash", program, "--board", board)
    assert done.exit_code == 0, done.stderr
    proved = run("validate", program, "--board", board, "--count", FRAMES, "--seed", 4, "--json")
    assert proved.exit_code == 0, proved.output
    verdict: dict[str, Any] = json.loads(proved.stdout)
    assert (verdict["requests"], verdict["requests_differing"], verdict["bytes_differing"]) == (FRAMES, 0, 0)
    return verdict


@pytest.mark.slow
def test_a_scene_on_the_simulated_board(voted: Path) -> None:
    """The board names the classes; another temperature goes into the firmware that runs."""
    assert prove(voted, "sim")["items_compared"] > 200
    frames = [json.loads(line) for line in run("monitor", "--frames", 12, "--json").stdout.splitlines()]
    stages = [frame["stages"] for frame in frames if "stages" in frame]
    assert len(stages) == 12
    told = [item for stage in stages for item in stage[-1].get("items", [])]
    assert all(item["label"] in (None, *NAMES) for item in told)
    other = voted.with_name("other.toml")
    other.write_text(VOTED.replace("temperature = 0.05", "temperature = 0.4"), encoding="utf-8")
    sent = run("flash", other, "--model-only")
    assert sent.exit_code == 0, sent.stderr
    for program, differs in ((other, 0), (voted, 1)):
        proved = run("validate", program, "--board", "sim", "--count", FRAMES, "--seed", 4)
        assert proved.exit_code == differs, proved.output


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "board",
    [
        "qemu-cortex-m4",
        pytest.param("qemu-riscv32", marks=pytest.mark.thorough),
        pytest.param("qemu-xtensa", marks=pytest.mark.thorough),
    ],
)
def test_a_scene_on_the_emulated_boards(voted: Path, board: str) -> None:
    skip_without_tools(load_board(board))
    assert prove(voted, board)["items_compared"] > 100


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "board",
    [
        "sim",
        "qemu-cortex-m4",
        pytest.param("qemu-riscv32", marks=pytest.mark.thorough),
        pytest.param("qemu-xtensa", marks=pytest.mark.thorough),
    ],
)
def test_what_is_remembered_of_each_track_on_the_boards(remembered: Path, board: str) -> None:
    skip_without_tools(load_board(board))
    assert prove(remembered, board)["items_compared"] > 100


def test_a_reset_forgets_what_was_said(remembered: Path) -> None:
    """The same picture is answered otherwise, until all is forgotten."""
    ref = resolve(str(remembered))
    reference = Reference(ref.program, [network.graph for network in ref.networks])
    stimuli = list(sequence(ref.program, SCENE_FRAMES, 4, 200_000))
    said = []
    for again in range(3):
        if again == 2:
            reference.reset()
        told = b""
        for stimulus in stimuli:
            request = stimulus.request
            assert isinstance(request, InferPicture)
            pixels = frame_to_pixels(request.format, request.width, request.height, request.pixels)
            for event in reference.frame(pixels, request.time_ms, stimulus.region):
                if isinstance(event, NetworkRun) and ref.program.stages[event.stage].name == "see":
                    told += event.outputs[0].tobytes()
        said.append(told)
    assert said[0]
    assert said[2] == said[0]
    assert said[1] != said[0]
