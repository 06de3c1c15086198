"""Find, follow, mark, steady with toy networks: sequences on the boards, re-flash, power cut, settings."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from codegen.errors import BoardError
from codegen.memory.options import DEFAULT_OPTIONS
from codegen.program.records import Kind
from codegen.program.reference import Reference, StageEnd
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.flashing.model_only import send_model
from host_tools.models import resolve
from host_tools.pictures.raw import frame_to_pixels
from host_tools.project.stages import stage_plans
from host_tools.proof.sequences import SCENE_FRAMES, follows, sequence
from host_tools.simulator.faults import Faults
from host_tools.simulator.flash import reseal
from host_tools.simulator.process import run_board
from host_tools.simulator.state import flash_file
from host_tools.wire.messages import InferPicture
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.emulated.needs import skip_without_tools
from tests.host_tools.followed import FOLLOWED, write_followed
from tests.host_tools.weight_flip import Flip, flip_in_flash, table_bytes, weighted_layers

FRAMES = SCENE_FRAMES + 8
"""A scene of which faces come, cross and go, the odd pictures behind it, and the next one's beginning."""
PAYLOAD = 200_000


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_followed(tmp_path_factory.mktemp("followed"))


def prove(program: Path, board: str, count: int = FRAMES) -> dict[str, Any]:
    proved = run("validate", program, "--board", board, "--count", count, "--seed", 4, "--json")
    assert proved.exit_code == 0, proved.output
    verdict: dict[str, Any] = json.loads(proved.stdout)
    assert (verdict["requests"], verdict["requests_differing"], verdict["bytes_differing"]) == (count, 0, 0)
    assert (verdict["first_frame"], verdict["first_stage"]) == (None, "")
    return verdict


def test_a_sequence_is_followed(followed: Path) -> None:
    """What `validate` sends: tracks come and go, detectors rest and are asked."""
    ref = resolve(str(followed))
    assert follows(ref.program)
    reference = Reference(ref.program, [network.graph for network in ref.networks])
    worked, counts = 0, list[int]()
    for stimulus in sequence(ref.program, FRAMES, 4, PAYLOAD):
        request = stimulus.request
        assert isinstance(request, InferPicture)
        pixels = frame_to_pixels(request.format, request.width, request.height, request.pixels)
        ends = [
            e for e in reference.frame(pixels, request.time_ms, stimulus.region) if isinstance(e, StageEnd)
        ]
        worked += ends[0].stage == 0
        assert ends[-1].record.kind == Kind.TRACKS
        counts.append(ends[-1].record.count)
    assert FRAMES / 7 < worked < FRAMES
    assert {0, 1, 2, 3} <= set(counts)


def test_a_sequence_is_repeated_by_its_seed(followed: Path) -> None:
    program = resolve(str(followed)).program
    sent = [[s.request for s in sequence(program, 5, seed, PAYLOAD)] for seed in (1, 1, 2)]
    assert sent[0] == sent[1]
    assert sent[0] != sent[2]
    small = list(sequence(program, 3, 1, 5000))
    assert all(isinstance(s.request, InferPicture) and len(s.request.pixels) <= 5000 for s in small)


@pytest.mark.slow
def test_two_scenes_on_the_simulated_board(followed: Path) -> None:
    done = run("flash", followed)
    assert done.exit_code == 0, done.stderr
    verdict = prove(followed, "sim")
    assert verdict["items_compared"] > 200
    assert verdict["same_plan"]
    seen = run("monitor", "--frames", 12).stdout
    frames = seen.split("frame ")[1:]
    assert len(frames) == 12
    assert all("  follow  " in frame and "  steady  " in frame for frame in frames)
    faces = [line for line in seen.splitlines() if line.strip().startswith("#")]
    assert all(line.endswith(", 5 points") for line in faces)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("board", ["qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa"])
def test_a_scene_on_the_emulated_boards(followed: Path, board: str) -> None:
    skip_without_tools(load_board(board))
    done = run("flash", followed, "--board", board)
    assert done.exit_code == 0, done.stderr
    assert prove(followed, board)["items_compared"] > 100


def another(place: Path) -> Path:
    """Other weights of the marks, and other numbers of what follows and holds steady: the same plan."""
    text = FOLLOWED.replace("patience = 3", "patience = 1").replace("presence = 0.0\n", "presence = 0.01\n")
    assert text.count("0.01") == 2
    return write_followed(place, text, marks_seed=5)


@pytest.mark.slow
def test_new_constants_and_settings(followed: Path, tmp_path: Path) -> None:
    """Over the wire, into the firmware that runs."""
    assert run("flash", followed).exit_code == 0
    other = another(tmp_path)
    sent = run("flash", other, "--model-only")
    assert sent.exit_code == 0, sent.stderr
    prove(other, "sim", 25)
    assert run("settings", "--period", 20).exit_code == 0
    prove(other, "sim", 8)
    assert run("settings", "--period", 0).exit_code == 0
    assert run("validate", followed, "--count", 1).exit_code == 2


@pytest.mark.slow
@pytest.mark.parametrize("cut", [1, 12, 30])
def test_a_power_cut_while_constants_are_written(followed: Path, tmp_path: Path, cut: int) -> None:
    """The board computes on with the old constants or the new ones, and takes the new ones then."""
    board, chip = load_board("sim"), flash_file(load_board("sim"))
    assert run("flash", followed).exit_code == 0
    old, new = resolve(str(followed)), resolve(str(another(tmp_path)))
    said: list[str] = []
    with (
        run_board(board, chip, faults=Faults(power_cut=cut)) as running,
        Session(running.port, timing=Timing(10, 10), on_log=said.append) as session,
    ):
        said.clear()
        with contextlib.suppress(BoardError):
            send_model(session, new, board)
        assert any("POWERON_RESET" in line for line in said)
        assert bytes(session.hello().model_hash) in (old.model_hash, new.model_hash)
        send_model(session, new, board)
    prove(Path(new.typed), "sim", 12)


@pytest.mark.slow
def test_the_first_frame_stage_and_layer_that_differ_are_named(followed: Path) -> None:
    """Some weights of the second network are others in flash: nothing differs before it runs."""
    assert run("flash", followed).exit_code == 0
    graph = stage_plans(resolve(str(followed)), load_board("sim"), DEFAULT_OPTIONS)[1].graph
    layer = weighted_layers(graph)[0]
    table, name = table_bytes(graph, layer), graph.layer_name(layer)
    chip = flash_file(load_board("sim"))
    for position in range(0, len(table), 3):
        before = chip.read_bytes()
        assert before.count(table) == 1
        flip_in_flash(chip, Flip(name, table, position, 7, 0))
        table = table[:position] + bytes([table[position] ^ 0x80]) + table[position + 1 :]
    reseal(chip)
    told = run("validate", followed, "--count", 24, "--seed", 4, "--json")
    assert told.exit_code == 1
    verdict = json.loads(told.stdout)
    assert (verdict["first_stage"], verdict["first_layer"]) == ("mark", f"marks {name}")
    first = verdict["first_frame"]
    assert all(int(d["request"].split(":")[0]) >= first for d in verdict["differences"])
    shown = run("validate", followed, "--count", 24, "--seed", 4)
    assert f"first to differ: frame {first}, stage mark, layer marks {name}" in shown.stdout
    assert run("validate", followed, "--count", first, "--seed", 4).exit_code == 0 or first == 0
