"""Flash, validate, monitor, simulate and demo on the simulated ESP32-CAM, as people use them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from codegen.errors import BoardError
from codegen.memory.options import DEFAULT_OPTIONS
from host_tools.attach import Film, open_board
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.commands.filmed import filmed
from host_tools.flashing import simulated
from host_tools.models import ModelRef, resolve, usual_margin
from host_tools.pictures.faces import portrait, portrait_views
from host_tools.pictures.files import write_frames
from host_tools.pictures.film import centred, film
from host_tools.pictures.raw import rgb_to_rgb565
from host_tools.project.write import plan_of
from host_tools.proof.demo import stream_and_compare
from host_tools.proof.stimuli import stimuli
from host_tools.proof.validate import Validator
from host_tools.simulator import Faults, run_board
from host_tools.simulator.flash import reseal
from host_tools.simulator.link import PtyLink
from host_tools.simulator.state import flash_file
from host_tools.wire.messages import Stats, StatsRequest, Want
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.host_tools.toy_folder import write_landmark_toy, write_toy
from tests.host_tools.weight_flip import find_flip, flip_in_flash, weighted_layers

Cli = Callable[..., Result]
SIM = load_board("sim")
QUICK = Timing(boot_s=8.0, reply_s=2.0)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_landmark_toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def chip(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A flash file with the toy; tests copy it."""
    folder = tmp_path_factory.mktemp("chip")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(folder))
        simulated.flash(resolve(str(toy)), SIM, "aot")
        yield flash_file(SIM)


@pytest.fixture
def flashed(chip: Path) -> Path:
    """The board `sim` of this test, with the toy on it."""
    target = flash_file(SIM)
    target.parent.mkdir(parents=True)
    shutil.copy(chip, target)
    return target


def validate(port: str, ref: ModelRef, count: int, most_bytes: int = 20_000) -> Validator:
    with Session(port, timing=QUICK) as session:
        validator = Validator(session, ref, SIM, 5)
        validator.run(stimuli(validator.graph, validator.program, count, 5, most_bytes))
        return validator


def test_flash_says_what_the_board_says(cli: Cli, toy: Path) -> None:
    result = cli("flash", "--model", toy, "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["model_hash"] == resolve(str(toy)).model_hash.hex()
    assert report["arena_bytes"] > 0
    assert Path(report["file"]) == flash_file(SIM)
    assert [p.name for p in flash_file(SIM).parent.iterdir()] == ["flash.bin"]
    result = cli("validate", toy, "--count", 6)
    assert result.exit_code == 0, result.output
    assert "0 differing bytes over 6 distinct inputs" in result.stdout


def test_a_firmware_that_does_not_answer_well_is_not_kept(
    flashed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = flashed.read_bytes()

    def refuse(*_: object) -> None:
        raise BoardError("it says something else", "test", "none")

    monkeypatch.setattr(simulated, "check_identity", refuse)
    with pytest.raises(BoardError, match="something else"):
        simulated.flash(resolve(str(write_toy("mini_mobilenet", tmp_path))), SIM, "aot")
    assert flashed.read_bytes() == before
    assert [p.name for p in flashed.parent.iterdir()] == ["flash.bin"]


def test_validate_repeats_itself_by_its_seed(cli: Cli, toy: Path, flashed: Path) -> None:
    first = cli("validate", toy, "--count", 4, "--json")
    again = cli("validate", toy, "--count", 4, "--json")
    assert first.exit_code == again.exit_code == 0
    assert json.loads(first.stdout)["seed"] != json.loads(again.stdout)["seed"]
    assert f"--seed {json.loads(first.stdout)['seed']}" in first.stderr


def test_validate_takes_pictures(cli: Cli, toy: Path, flashed: Path, tmp_path: Path) -> None:
    write_frames(portrait_views(2, 1.3, 0), tmp_path)
    result = cli("validate", toy, "--count", 6, "--pictures", tmp_path, "--box", "60,20,200,200", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["points_compared"] == 20


@pytest.mark.slow
def test_a_noisy_line_costs_repeats_and_not_one_byte(toy: Path, flashed: Path) -> None:
    """Short requests: one of 20,000 bytes would be damaged six times in a row for one pattern in six, and
    which bytes the pattern hits depends on how often HELLO was asked for."""
    ref = resolve(str(toy))
    with run_board(SIM, flashed, faults=Faults(drop=4e-5, corrupt=4e-5, seed=18)) as running:
        validator = validate(running.port, ref, count=60, most_bytes=4000)
    assert validator.verdict.passed, validator.verdict.differences
    assert validator.verdict.repeats > 0


@pytest.mark.slow
def test_a_board_that_hangs_keeps_what_was_compared(toy: Path, flashed: Path) -> None:
    with run_board(SIM, flashed, faults=Faults(hang_after=6000)) as running:
        with Session(running.port, timing=Timing(boot_s=4.0, reply_s=1.0)) as session:
            validator = Validator(session, resolve(str(toy)), SIM, 5)
            requests = stimuli(validator.graph, validator.program, 500, 5, 20_000)
            with pytest.raises(BoardError):
                validator.run(requests)
        assert validator.verdict.requests > 0
        assert validator.verdict.bytes_differing == 0


def test_a_board_that_is_unplugged_is_gone(toy: Path, flashed: Path) -> None:
    with run_board(SIM, flashed, faults=Faults(unplug_after=6000)) as running:
        with pytest.raises(BoardError) as caught:
            validate(running.port, resolve(str(toy)), count=500)
        assert caught.value.where == running.port


def test_an_unplugged_link_is_closed_once(tmp_path: Path) -> None:
    """Its descriptors' numbers belong to others afterwards."""
    link = PtyLink()
    link.close()
    others = [(tmp_path / str(n)).open("w") for n in range(3)]
    link.close()
    for other in others:
        other.write("still open")
        other.close()


def test_the_name_of_an_unplugged_port_is_nobody_elses() -> None:
    """The host opens it again, and must not talk to a stranger."""
    link = PtyLink()
    link.unplug()
    others = [PtyLink() for _ in range(3)]
    assert link.port not in [other.port for other in others]
    assert not Path(link.port).exists()
    for one in (link, *others):
        one.close()


def test_a_simulated_board_is_heard_from_its_first_byte(flashed: Path) -> None:
    said: list[str] = []
    with open_board(load_board("sim"), on_log=said.append):
        assert sum("POWERON_RESET" in line for line in said) == 1


def test_monitor_prints_a_line_an_inference(cli: Cli, flashed: Path) -> None:
    result = cli("monitor", "--frames", 3)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["frame", "0"], ["frame", "1"], ["frame", "2"]]
    assert all("10 points" in line for line in lines)


def test_a_program_that_looks_into_the_middle_sees_a_face_there(flashed: Path, tmp_path: Path) -> None:
    (shot,) = film(portrait(), centred(usual_margin()), 1)
    with open_board(SIM, pictures=filmed(tmp_path)) as session:
        (inference,) = session.stream(1, want=Want.PICTURE)
        assert inference.picture is not None
        assert bytes(inference.picture.pixels) == rgb_to_rgb565(shot.frame)


def test_the_pictures_of_a_film_have_its_own_times(flashed: Path, tmp_path: Path) -> None:
    """However late they are taken: who follows a person sees one speed. Others have the clock's time."""
    files = write_frames(portrait_views(4, 1.3, 0), tmp_path)
    with open_board(SIM, pictures=Film(lambda _: files, 66)) as session:
        fast = [(i.result.input_crc, i.result.time_ms) for i in session.stream(6)]
        slow = [(i.result.input_crc, i.result.time_ms) for i in session.stream(3, period_ms=150)]
    assert [time - fast[0][1] for _, time in fast] == [66 * n for n in range(6)]
    assert [time - slow[0][1] for _, time in slow] == [66 * n for n in range(3)]
    pictures = [crc for crc, _ in fast[:4]]
    assert len(set(pictures)) == 4
    begins = (slow[0][1] - fast[0][1]) // 66
    assert pictures[begins % 4] == slow[0][0]
    with open_board(SIM, pictures=files) as session:
        before = session.ask(StatsRequest(), Stats).uptime_ms
        times = [i.result.time_ms for i in session.stream(3, period_ms=150)]
        assert before <= times[0] < times[2] <= session.ask(StatsRequest(), Stats).uptime_ms


def test_monitor_json_and_saved_frames(cli: Cli, flashed: Path, tmp_path: Path) -> None:
    pictures, saved = tmp_path / "pictures", tmp_path / "saved"
    pictures.mkdir()
    write_frames(portrait_views(2, 1.3, 0), pictures)
    result = cli("monitor", "--frames", 4, "--json", "--save", saved, "--pictures", pictures)
    assert result.exit_code == 0, result.stderr
    frames = [json.loads(line) for line in result.stdout.splitlines()]
    assert [frame["frame"] for frame in frames] == [0, 1, 2, 3]
    assert frames[0]["input_crc"] == frames[2]["input_crc"] != frames[1]["input_crc"]
    assert len(frames[0]["points"]) == 10
    names = sorted(p.name for p in saved.iterdir())
    assert names == [f"frame-{k:06d}.png" for k in range(4)]
    assert Image.open(saved / names[0]).size == (640, 480)


def test_demo_compares_every_frame_and_draws(cli: Cli, toy: Path, tmp_path: Path) -> None:
    result = cli("demo", "--model", toy, "--count", 14, "-o", tmp_path / "demo.png", "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["frames"], report["mismatches"], report["distinct_inputs"]) == (14, 0, 14)
    assert report["points_compared"] == 140
    assert len(report["layers"]) > 8
    assert report["arena_bytes"] > 0
    assert report["flash_bytes"] > 0
    assert Image.open(tmp_path / "demo.png").size == (4 * 640, 3 * 480)


@pytest.mark.slow
def test_demo_shows_tables(cli: Cli, toy: Path, tmp_path: Path) -> None:
    result = cli("demo", "--model", toy, "--count", 2, "-o", tmp_path / "demo.png")
    assert result.exit_code == 0, result.stderr
    assert "2 (2 distinct)" in result.stdout
    assert "00 CONV_2D" in result.stdout


def test_a_streamed_mismatch_is_found(toy: Path, flashed: Path, tmp_path: Path) -> None:
    ref = resolve(str(toy))
    graph = plan_of(ref, SIM).graph
    layer = weighted_layers(graph)[-1]
    flip = find_flip(graph, layer, list(stimuli(graph, ref.program, 6, 1, 20_000)))
    flip_in_flash(flashed, flip)
    reseal(flashed)
    stage = stream_and_compare(ref, SIM, portrait_views(6, ref.margin, 0), tmp_path, DEFAULT_OPTIONS)
    assert not stage.verdict.passed
    assert stage.verdict.first_layer == flip.layer


def hear_ctrl_c() -> None:
    """In the child: a shell that runs the tests in the background has made them deaf to SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


TELLING = """
import sys
from host_tools import cli
from host_tools.proof.validate import Validator
run = Validator.run

def telling(self, requests, progress):
    compared = []

    def told(name):
        compared.append(name)
        if len(compared) == 20:
            print("compared", file=sys.stderr, flush=True)
        progress(name)

    return run(self, requests, told)

Validator.run = telling
cli.main()
"""
"""`tinyface` that says when some requests were compared."""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_keeps_what_was_compared(toy: Path, flashed: Path, repository: Path) -> None:
    command = [sys.executable, "-c", TELLING, "validate", str(toy), "-n", "1000000", "--json"]
    process = subprocess.Popen(
        command,
        cwd=repository,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("seed ")
        assert process.stderr.readline() == "compared\n"
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=120)
        assert process.returncode == 130, said
        verdict = json.loads(out)
        assert 0 < verdict["requests"] < 1_000_000
        assert verdict["bytes_differing"] == 0
        assert f"Stopped after {verdict['requests']} of 1000000 requests." in said
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.parametrize("tcp", [True, False], ids=["tcp", "pty"])
def test_simulate_runs_until_ctrl_c(tcp: bool, toy: Path, flashed: Path, repository: Path) -> None:
    command = [sys.executable, "-m", "host_tools.cli", "simulate", *(["--tcp", "127.0.0.1:0"] if tcp else [])]
    process = subprocess.Popen(
        command,
        cwd=repository,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.startswith("socket://127.0.0.1:" if tcp else "/dev/")
        result = CliRunner().invoke(app, ["validate", str(toy), "--port", port, "--count", "5"])
        assert result.exit_code == 0, result.output
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "camera sees nothing" in said
        assert "Stopped." in said
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_simulate_leaves_nothing_at_a_signal(
    name: str, flashed: Path, repository: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "host_tools.cli", "simulate", "--tcp", "127.0.0.1:0"],
        cwd=repository,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("socket://")
        assert list(tmp_path.glob(".tinyface-*"))
        process.send_signal(getattr(signal, name))
        _, said = process.communicate(timeout=30)
        assert process.returncode == 128 + getattr(signal, name)
        assert "Traceback" not in said
        assert not list(tmp_path.iterdir())
    finally:
        process.kill()
        process.wait()
