"""Every verb of the README's table, run by an installed copy that has no checkout."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

from host_tools.boards import list_boards, load_board
from host_tools.project.toolchains import host_compiler
from tests.emulated.needs import skip_without_tools
from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort
from tests.host_tools.flashing.conftest import Person
from tests.host_tools.flashing.esp_board import boot
from tests.host_tools.toy_folder import write_landmark_toy
from tests.model_zoo.conftest import write_landmarks68
from tests.platformio.core import make_core, missing
from tests.wheel.conftest import Installed

LOGS = Path(__file__).resolve().parents[1] / "host_tools" / "doctor" / "logs"
PIO_BOARDS = [board.name for board in list_boards() if board.flash.method == "platformio"]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_landmark_toy(tmp_path_factory.mktemp("toy") / "my model")


@pytest.mark.slow
@pytest.mark.parametrize("board", [board.name for board in list_boards()])
def test_generate_for_every_board(board: str, installed: Installed) -> None:
    """pip has compiled a template of the project by then."""
    folder = installed.folder / f"for {board}"
    done = installed.run("generate", "pfld-68-96", "--board", board, "-o", folder)
    assert done.returncode == 0, done.stderr
    written = json.loads((folder / "tinyface.json").read_text())["files"]
    assert not [name for name in written if "pycache" in name]
    assert ("platformio.ini" in written) == (board in PIO_BOARDS)


@pytest.mark.slow
def test_the_verbs_that_need_no_board(installed: Installed, toy: Path, tmp_path: Path) -> None:
    assert installed.done("--version").startswith("tinyface ")
    assert "not installed" not in installed.done("--version")
    for verb in ("models", "boards", "ops"):
        assert json.loads(installed.done(verb, "--json"))
    assert json.loads(installed.done("analyze", toy, "--json"))
    refused = installed.run("data", "check", tmp_path)
    assert refused.returncode == 2
    assert "dataset.toml" in refused.stderr
    assert "brownout" in installed.run("doctor", "--log", LOGS / "brownout.log").stdout.lower()


@pytest.mark.slow
def test_the_page(installed: Installed, toy: Path, tmp_path: Path) -> None:
    """Its files are in the copy, and its server runs."""
    installed.done("flash", toy)
    installed.done("monitor", "--frames", "2", "--record", tmp_path / "toy.rec")
    command = [str(installed.scripts / "tinyface"), "view", "--listen", "127.0.0.1:0", "--replay"]
    with subprocess.Popen(
        [*command, str(tmp_path / "toy.rec")],
        cwd=installed.folder,
        env=installed.variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            assert program.stdout is not None
            url = program.stdout.readline().strip()
            for name in ("", "main.js", "draw.js", "style.css"):
                with urllib.request.urlopen(url + name, timeout=30) as answer:
                    assert answer.status == 200
        finally:
            program.terminate()


def test_a_simulated_board(installed: Installed, toy: Path) -> None:
    assert json.loads(installed.done("flash", "--model", toy, "--json"))["model"] == toy.stem
    assert json.loads(installed.done("validate", toy, "--count", "3", "--json"))["bytes_differing"] == 0
    assert len(installed.done("monitor", "--frames", "2", "--save", "frames", "--json").splitlines()) == 2
    assert len(list((installed.folder / "frames").glob("*.png"))) == 2
    assert json.loads(installed.done("settings", "--threshold", "7", "--json"))


@pytest.fixture(scope="module")
def flashed(complete: Installed) -> Installed:
    """The complete copy with the zoo's model on its simulated board."""
    complete.done("flash", "--model", "pfld-68-96")
    return complete


def verbs_of_the_table(repository: Path) -> set[str]:
    rows = re.findall(r"^\| (`[^|]+`) \|", (repository / "README.md").read_text(), re.MULTILINE)
    return {verb for cell in rows for verb in re.findall(r"`(\w+)`", cell)} - {"pfld"}


def test_every_verb_of_the_table_is_run_here(repository: Path) -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    verbs = verbs_of_the_table(repository)
    assert len(verbs) > 15
    assert not [verb for verb in verbs if f'"{verb}", ' not in text and f'"{verb}")' not in text]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_complete_copy_without_a_board(complete: Installed, toy: Path, tmp_path: Path) -> None:
    for verb in ("models", "boards", "ops"):
        assert complete.done(verb)
    assert "ESP32" in complete.done("analyze", "pfld-68-96", "--board", "esp32cam")
    complete.done("generate", "pfld-68-96", "--board", "esp32cam", "--runtime", "tflm", "-o", "for tflm")
    complete.done("generate", toy, "-o", "my project")
    complete.done("build", "my project")
    faces = write_landmarks68(tmp_path / "faces", 10, 1)
    assert json.loads(complete.done("evaluate", "pfld-68-96", "--limit", "4", "--data", faces, "--json"))


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_the_complete_copy_renders_a_data_set(complete: Installed) -> None:
    assert json.loads(
        complete.done("evaluate", "pfld-68-96", "--limit", "4", "--dataset", "synthetic", "--json")
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_complete_copy_with_its_simulated_board(flashed: Installed) -> None:
    assert (
        json.loads(flashed.done("validate", "pfld-68-96", "--count", "3", "--json"))["bytes_differing"] == 0
    )
    Image.new("RGB", (160, 120), "gray").save(flashed.folder / "gray.png")
    frames = flashed.done("monitor", "--frames", "2", "--pictures", "gray.png", "--json")
    assert len(frames.splitlines()) == 2
    assert json.loads(flashed.done("settings", "--json"))
    board = subprocess.Popen(
        [str(flashed.scripts / "tinyface"), *("simulate", "--tcp", "127.0.0.1:0", "--pictures", "gray.png")],
        cwd=flashed.folder,
        env=flashed.variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    with board:
        assert board.stdout is not None
        port = board.stdout.readline().strip()
        try:
            said = flashed.done("validate", "pfld-68-96", "--count", "2", "--port", port, "--json")
            assert json.loads(said)["passed"]
            flashed.done("doctor", "--board", "sim", "--port", port)
        finally:
            board.terminate()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_bench_of_the_complete_copy(complete: Installed, toy: Path) -> None:
    skip_without_tools(load_board("qemu-cortex-m4"))
    assert json.loads(complete.done("bench", toy, "--board", "qemu-cortex-m4", "--json"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_is_missing_comes_by_the_command_that_is_shown(complete: Installed) -> None:
    """`train` and `demo` need packages that the wheel alone does not bring."""
    refused = complete.run("train", "pfld-68-96", "--dataset", "synthetic")
    assert refused.returncode == 2
    assert f"{complete.scripts / 'python'} -m pip install " in refused.stderr
    assert "tensorflow-model-optimization" in refused.stderr
    refused = complete.run("search", "--trials", "1")
    assert refused.returncode == 2
    assert f"{complete.scripts / 'python'} -m pip install " in refused.stderr
    refused = complete.run("demo", "-o", "overlay.png")
    assert refused.returncode == 2
    (remedy,) = re.findall(r"Run `([^`]+)`", refused.stderr)
    subprocess.run(["sh", "-c", remedy], env=complete.variables, check=True, capture_output=True)
    report = json.loads(complete.done("demo", "--json", "-o", "overlay.png"))
    assert (report["frames"], report["mismatches"]) == (100, 0)
    assert (complete.folder / "overlay.png").stat().st_size > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="needs a PTY")
@pytest.mark.parametrize("way", ["platformio", "esptool"])
def test_flash_of_the_complete_copy(way: str, complete: Installed, toy: Path, tmp_path: Path) -> None:
    """Its own PlatformIO builds, it writes to the chip's ROM, and the board boots from what was written."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    core = make_core(tmp_path / "core") | {"STANDIN_DRIVERS": "esp_idf", "STANDIN_CC": host_compiler()}
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    with PtyPort(chip) as port:
        person = Person(chip, [])
        words = ["flash", "--board", "esp32cam", "--port", port.name, "--model", str(toy)]
        process = subprocess.Popen(
            [str(complete.scripts / "tinyface"), *words, *(["--esptool"] if way == "esptool" else [])],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=complete.folder,
            env=complete.variables | core,
        )
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                person(line.rstrip())
    assert process.returncode == 0, "\n".join(person.heard)
    assert f"written by {way}" in "\n".join(person.heard)
