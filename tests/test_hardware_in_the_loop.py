"""`pytest tests/hil` as a person types it: at an ESP32-CAM's port, with a board that lies, and as a farm.

The ESP32-CAM is its own sources on the fake ESP-IDF, behind a PTY: a real board as far as the suite can tell.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

from codegen.tflite.model_file import read_file
from host_tools.models import ModelRef, resolve
from host_tools.project.build import build
from host_tools.project.write import plan_of, write_project
from host_tools.proof.stimuli import stimuli
from host_tools.simulator import Faults, run_board
from host_tools.simulator.flash import make_image, read_image, reseal, write_flash
from host_tools.simulator.link import Link
from host_tools.simulator.process import RunningBoard
from host_tools.wire.framing import MAX_PAYLOAD
from tests.effort import some_and_all
from tests.fakes.esp_rom import CHIPS, FakeChip, Rfc2217Port
from tests.firmware.esp_on_fakes import add_fakes, on_fakes
from tests.host_tools.followed import write_followed
from tests.host_tools.tflm_board import TflmBoard
from tests.host_tools.toy_folder import write_landmark_toy
from tests.host_tools.weight_flip import find_flip, flip_in_flash, weighted_layers
from tests.toys.real import real_numbers

pytest.importorskip("pytest_embedded_serial", reason="tests/hil runs through pytest-embedded")
NAME = "esp32cam"
EMULATED = ("qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa")


@dataclass(frozen=True)
class Report:
    """What a run of tests/hil said. cases: test name -> its properties and how it ended."""

    status: int
    text: str
    cases: dict[str, dict[str, str]]

    def ended(self, how: str) -> set[str]:
        """Names of the tests that ended so: passed, skipped, failure or error."""
        return {name for name, facts in self.cases.items() if facts["ended"] == how}


def run_suite(repository: Path, folder: Path, *options: object, **variables: str) -> Report:
    """Runs tests/hil in a process of its own, with these variables besides those of this one."""
    junit = folder / "junit.xml"
    command = [sys.executable, "-m", "pytest", "tests/hil", f"--junitxml={junit}", *map(str, options)]
    paths = [str(repository), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200", **variables}
    done = subprocess.run(
        command, cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    cases: dict[str, dict[str, str]] = {}
    if junit.is_file():
        for case in ET.parse(junit).getroot().iter("testcase"):
            facts = {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
            worst = [kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None]
            cases[case.attrib["name"]] = facts | {"ended": (worst or ["passed"])[0]}
    return Report(done.returncode, done.stdout + done.stderr, cases)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    return resolve(str(write_landmark_toy(tmp_path_factory.mktemp("toy"))))


@pytest.fixture(scope="module")
def flashed(toy: ModelRef, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ESP32-CAM's chip with the toy's firmware."""
    return flash_on_fakes(toy, tmp_path_factory.mktemp(NAME))


def flash_on_fakes(ref: ModelRef, folder: Path) -> Path:
    board = on_fakes(NAME)
    project = write_project(ref, board, "aot", folder / "project").folder
    add_fakes(project, board)
    chip = folder / "flash.bin"
    write_flash(board, build(project, board).path, chip)
    return chip


def damage(chip: Path, ref: ModelRef) -> None:
    """Flips one bit of one weight in a flashed image, and seals it again."""
    graph = plan_of(ref, on_fakes(NAME)).graph
    requests = list(stimuli(graph, ref.program, 6, 1, MAX_PAYLOAD))
    flip_in_flash(chip, find_flip(graph, weighted_layers(graph)[0], requests))
    reseal(chip)


@pytest.mark.slow
def test_an_esp32cam_at_a_port(repository: Path, flashed: Path, toy: ModelRef, tmp_path: Path) -> None:
    chip = tmp_path / "flash.bin"
    chip.write_bytes(flashed.read_bytes())
    image = tmp_path / "firmware.bin"
    image.write_bytes(make_image(on_fakes(NAME), read_image(chip).program))
    with run_board(on_fakes(NAME), chip) as board:
        where = ("--board", NAME, "--port", board.port)
        what = ("--model", toy.path, "--firmware", image, "--soak-s", 2)
        report = run_suite(repository, tmp_path, *where, *what)
        pair = f"[{NAME}@{board.port}]"
    assert report.status == 0, report.text
    assert not report.ended("failure") | report.ended("error")
    proof = report.cases[f"test_no_byte_differs{pair}"]
    assert (proof["board"], proof["model_sha256"]) == (NAME, toy.model_hash.hex())
    assert (proof["requests"], proof["bytes_differing"]) == ("200", "0")
    assert int(report.cases[f"test_soak{pair}"]["soak_inferences"]) > 20
    assert {
        f"test_boot{pair}",
        f"test_a_reset_in_mid_frame{pair}",
        f"test_new_constants_over_the_wire_and_the_old_ones_again{pair}",
        f"test_a_firmware_file_over_the_wire{pair}",
    } <= report.ended("passed")
    flashing = {"test_the_model_is_flashed_again", "test_a_firmware_with_another_model_over_the_wire"}
    cutting = {"test_one_write_later_nothing_is_left_to_cut"}  # the cuts themselves are slow: not chosen here
    assert report.ended("skipped") == {name + pair for name in flashing | cutting}
    assert "bytes compared" in report.text


@pytest.mark.slow
def test_an_esp32cam_with_a_program(repository: Path, tmp_path: Path) -> None:
    """Stages that keep faces from frame to frame: each answer hangs on the frames before it."""
    program = resolve(str(write_followed(tmp_path)))
    with run_board(on_fakes(NAME), flash_on_fakes(program, tmp_path / NAME)) as board:
        where = ("--board", NAME, "--port", board.port, "--model", program.path)
        report = run_suite(repository, tmp_path, *where, "--soak-s", 2, "--requests", 70)
        pair = f"[{NAME}@{board.port}]"
    assert report.status == 0, report.text
    proof = report.cases[f"test_no_byte_differs{pair}"]
    assert (proof["requests"], proof["bytes_differing"]) == ("70", "0")
    assert int(proof["layers_compared"]) > 70
    assert {
        f"test_a_reset_in_mid_frame{pair}",
        f"test_damaged_frames_are_counted_and_the_next_request_is_served{pair}",
        f"test_camera_frames_are_inferred_as_the_pipeline_says{pair}",
        f"test_new_constants_over_the_wire_and_the_old_ones_again{pair}",
        f"test_soak{pair}",
    } <= report.ended("passed")


@pytest.mark.slow
def test_an_esp32cam_behind_a_socket_whose_camera_does_not_answer(
    repository: Path, flashed: Path, toy: ModelRef, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in Espressif's emulator: the port is TCP, and what needs the camera is skipped with its words."""
    chip = tmp_path / "flash.bin"
    chip.write_bytes(flashed.read_bytes())
    monkeypatch.setenv("FAKE_CAMERA", "0x105")
    with run_board(on_fakes(NAME), chip, tcp="127.0.0.1:0") as board:
        assert board.port.startswith("socket://127.0.0.1:")
        where = ("--board", NAME, "--port", board.port, "--model", toy.path)
        report = run_suite(repository, tmp_path, *where, "--requests", 20, "--soak-s", 2, "-rs")
        pair = f"[{NAME}@{board.port}]"
    assert report.status == 0, report.text
    camera = f"test_camera_frames_are_inferred_as_the_pipeline_says{pair}"
    assert camera in report.ended("skipped")
    assert "its camera does not work: the board says: no camera answers" in report.text
    assert {f"test_soak{pair}", f"test_boot{pair}", f"test_no_byte_differs{pair}"} <= report.ended("passed")


@pytest.mark.slow
def test_a_board_that_computes_a_wrong_byte_fails(
    repository: Path, flashed: Path, toy: ModelRef, tmp_path: Path
) -> None:
    """One bit of one weight is flipped in its flash: everything else about the board is right."""
    chip = tmp_path / "flash.bin"
    chip.write_bytes(flashed.read_bytes())
    damage(chip, toy)
    with run_board(on_fakes(NAME), chip) as board:
        options = (
            "--board",
            NAME,
            "--port",
            board.port,
            "--model",
            toy.path,
            "--requests",
            20,
            "--soak-s",
            1,
        )
        report = run_suite(repository, tmp_path, *options, "-k", "test_hello or test_no_byte")
        pair = f"[{NAME}@{board.port}]"
    assert report.status == 1, report.text
    assert report.ended("failure") == {f"test_no_byte_differs{pair}"}
    assert report.ended("passed") == {f"test_hello_says_what_was_flashed{pair}"}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("tflite_micro") is None, reason="the interpreter is not here")
def test_a_board_whose_model_has_no_core(repository: Path, tmp_path: Path) -> None:
    """Under TFLite-Micro a model of floats runs too: its bytes are compared, the rest is skipped with why."""
    model = tmp_path / "floats.tflite"
    model.write_bytes(real_numbers())
    with TflmBoard(read_file(model.read_bytes(), "floats")) as board:
        where = ("--board", NAME, "--port", board.port, "--model", model, "--requests", 12)
        which = ("-rs", "-k", "(test_board.py or test_line) and not stats and not restart")
        honest = run_suite(repository, tmp_path, *where, "--soak-s", 1, *which)
        pair = f"[{NAME}@{board.port}]"
        board.lie = True
        lying = run_suite(repository, tmp_path, *where, "-k", "test_no_byte_differs")
    assert honest.status == 0, honest.text
    proof = honest.cases[f"test_no_byte_differs{pair}"]
    assert (proof["ended"], proof["requests"], proof["bytes_differing"]) == ("passed", "12", "0")
    assert {f"test_soak{pair}", f"test_the_same_input_gives_the_same_answer{pair}"} <= honest.ended("skipped")
    assert "without an integer core for a reference here" in honest.text
    assert lying.ended("failure") == {f"test_no_byte_differs{pair}"}


@pytest.mark.slow
def test_an_esp32cam_that_is_reset_by_its_lines(
    repository: Path, flashed: Path, toy: ModelRef, tmp_path: Path
) -> None:
    """As on the base board: RTS leads to EN, and the boot is read from the ROM's banner on."""

    def boot(flash: Path, link: Link) -> RunningBoard:
        running = RunningBoard(on_fakes(NAME), flash, (), link, Faults())
        running.switch_on()
        return running

    chip = FakeChip(CHIPS["esp32"], boot=boot, flash=flashed.read_bytes())
    with Rfc2217Port(chip) as port:
        where = ("--board", NAME, "--port", port.name, "--model", toy.path)
        report = run_suite(repository, tmp_path, *where, "-k", "test_boot.py or test_hello_says")
        pair = f"[{NAME}@{port.name}]"
    assert report.status == 0, report.text
    assert {f"test_boot{pair}", f"test_hello_says_what_was_flashed{pair}"} <= report.ended("passed")
    assert chip.resets == 2  # power, and the test's pulse on RTS
    assert not chip.loaders


@pytest.mark.slow
def test_two_boards_of_one_kind_and_a_simulated_one(
    repository: Path, flashed: Path, toy: ModelRef, tmp_path: Path
) -> None:
    """Each real board takes its port in the order of the command line; the second computes a wrong byte."""
    chips = [tmp_path / "first.bin", tmp_path / "second.bin"]
    for chip in chips:
        chip.write_bytes(flashed.read_bytes())
    damage(chips[1], toy)
    with run_board(on_fakes(NAME), chips[0]) as first, run_board(on_fakes(NAME), chips[1]) as second:
        boards = (
            "--board",
            NAME,
            "--port",
            first.port,
            "--board",
            "sim",
            "--board",
            NAME,
            "--port",
            second.port,
        )
        options = ("--model", toy.path, "--requests", 20, "-k", "test_no_byte or test_stats")
        report = run_suite(repository, tmp_path, *boards, *options)
        names = [f"{NAME}@{first.port}", "sim", f"{NAME}@{second.port}"]
    assert report.status == 1, report.text
    assert report.ended("failure") == {f"test_no_byte_differs[{names[2]}]"}
    stats = {f"test_stats_count_and_the_arena_is_fenced[{name}]" for name in names}
    assert report.ended("passed") == stats | {f"test_no_byte_differs[{name}]" for name in names[:2]}


@pytest.mark.slow
def test_a_folder_of_somebody_else_is_not_needed(repository: Path, tmp_path: Path) -> None:
    """pytest-embedded's usual folder can't be written where another user of the machine made it."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "pytest-embedded").touch()
        report = run_suite(repository, tmp_path, "-k", "test_hello_says", TMPDIR=place)
    assert report.status == 0, report.text
    assert report.ended("passed") == {"test_hello_says_what_was_flashed[sim]"}


@pytest.mark.slow
def test_what_does_not_go_together_is_one_line(repository: Path, tmp_path: Path) -> None:
    for options, said in (
        (("--board", NAME), "0 --port, but the real boards are: esp32cam; give each its own"),
        (("--board", "sim", "--port", "a", "--port", "b"), "2 --port, but the real boards are: none"),
        (("--board", "nonsense"), "nonsense"),
    ):
        report = run_suite(repository, tmp_path, *options)
        assert report.status == pytest.ExitCode.USAGE_ERROR
        assert said in report.text
        assert "Traceback" not in report.text


@pytest.mark.slow
def test_without_pytest_embedded_it_says_what_to_install(repository: Path, tmp_path: Path) -> None:
    """Where it is missing: one line for `pytest tests/hil`, a skip in a run of all tests."""
    hide = tmp_path / "sitecustomize.py"
    hide.write_text(
        "import importlib.util\nfind = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, p=None: None if n == 'pytest_embedded_serial' else find(n, p)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(repository)])}

    def run(*what: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", *what]
        return subprocess.run(
            command, cwd=repository, env=environment, capture_output=True, text=True, check=False
        )

    alone = run("tests/hil")
    assert alone.returncode == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: tests/hil runs through pytest-embedded: pip install" in alone.stderr
    assert "Traceback" not in alone.stderr
    whole = run("-k", "hil and test_hello_says", "--ignore-glob=tests/[a-gi-z]*", "--ignore=tests/host_tools")
    assert whole.returncode == 0, whole.stdout
    assert "1 skipped" in whole.stdout
    assert "pip install 'pytest-embedded-serial" in whole.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("soak_s", some_and_all(4, 20))
def test_a_farm_of_emulated_boards(soak_s: int, repository: Path, tmp_path: Path) -> None:
    """The whole suite on the simulated board and three emulators from one command, with a soak each."""
    boards = [part for name in ("sim", *EMULATED) for part in ("--board", name)]
    report = run_suite(repository, tmp_path, *boards, "--soak-s", soak_s)
    assert report.status == 0, report.text
    proofs = {name: report.cases[f"test_no_byte_differs[{name}]"] for name in EMULATED}
    here = {name: proof for name, proof in proofs.items() if proof["ended"] != "skipped"}
    if not here:
        pytest.skip("no emulated board runs here: apt install qemu-system-arm gcc-arm-none-eabi")
    for name, proof in here.items():
        assert (proof["requests"], proof["bytes_differing"]) == ("24", "0")
        assert int(report.cases[f"test_soak[{name}]"]["soak_inferences"]) > 20
        for test in ("test_boot", "test_a_reset_in_mid_frame", "test_the_model_is_flashed_again",
                     "test_a_firmware_with_another_model_over_the_wire"):  # fmt: skip
            assert report.cases[f"{test}[{name}]"]["ended"] == "passed"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("soak_s", some_and_all(4, 20))
def test_an_esp32cam_that_runs_the_zoos_model(soak_s: int, repository: Path, tmp_path: Path) -> None:
    """Without --model: the board says which one it runs."""
    ref = resolve("pfld-68-96")
    with run_board(on_fakes(NAME), flash_on_fakes(ref, tmp_path)) as board:
        where = ("--board", NAME, "--port", board.port)
        report = run_suite(repository, tmp_path, *where, "--requests", 24, "--soak-s", soak_s)
        proof = report.cases[f"test_no_byte_differs[{NAME}@{board.port}]"]
    assert report.status == 0, report.text
    assert (proof["model"], proof["requests"], proof["bytes_differing"]) == ("pfld-68-96", "24", "0")
