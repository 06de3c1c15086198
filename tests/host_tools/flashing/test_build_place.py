"""Paths that PlatformIO refuses: white space in the state folder, in a project's, in the user's name."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from codegen.errors import ToolError
from host_tools.flashing import build_place, esptool, platformio
from host_tools.flashing.program import Outcome
from host_tools.flashing.serial_board import built_project, write_and_check
from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort
from tests.host_tools.flashing.conftest import Built, FlashByHand
from tests.host_tools.flashing.esp_board import boot, esp32cam
from tests.host_tools.toy_folder import write_landmark_toy
from tests.platformio.core import pio

Tinyface = Callable[..., subprocess.CompletedProcess[str]]
posix = pytest.mark.skipif(sys.platform == "win32", reason="makes folders of POSIX systems")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a user without any variable of ours; its name has white space in it."""
    folder = tmp_path / "Ada Lovelace"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("TINYFACE_STATE", "XDG_STATE_HOME", "PLATFORMIO_CORE_DIR", "PLATFORMIO_PACKAGES_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(build_place, "SHARED", (str(tmp_path / "var"), str(tmp_path / "tmp")))
    return folder


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("my camera", "white space"),
        ("a\tb", "white space"),
        ("a\u00a0b", "white space"),
        ("a$b", "dollar sign"),
        ("камера-(1)", ""),
    ],
)
def test_what_is_refused(name: str, found: str) -> None:
    assert build_place.refused_in(Path("/home/ada") / name / "project") == found


def test_windows_refuses_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert build_place.refused_in(Path("/C/(x86)")) == "parenthesis"
    assert build_place.refused_in(Path("/C/Jörg")) == "character outside ASCII"
    assert build_place.refused_in(Path("/C/ada")) == ""


def test_a_relative_folder_lies_where_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my work").mkdir()
    monkeypatch.chdir(tmp_path / "my work")
    assert build_place.refused_in(Path("project")) == "white space"


def test_no_path_is_an_option_of_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-x").mkdir()
    Path("-x/firmware.bin").write_bytes(b"\xe9")
    called: list[str] = []

    def run(command: Sequence[str], *_: object, **__: object) -> Outcome:
        called.extend(command)
        return Outcome(0, ())

    for module in (esptool, platformio):
        monkeypatch.setattr(module, "run_program", run)
        monkeypatch.setattr(module, "command_of", lambda *_: ["program"])
    board = esp32cam()
    esptool.write_parts(
        board, "port", [esptool.Part(0x10000, Path("-x/firmware.bin"))], resets=True, baud=9600
    )
    platformio.build(Path("-x"), board)
    platformio.upload(Path("-x"), board, "port")
    named = [word for word in called if "-x" in word]
    assert named == [str(tmp_path / "-x" / "firmware.bin"), *[str(tmp_path / "-x")] * 2]


@posix
def test_the_state_folder_is_taken_where_it_can(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = home.parent / "state"
    monkeypatch.setenv("TINYFACE_STATE", str(state))
    assert build_place.build_root() == state


@posix
def test_a_mac_builds_in_the_home_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = home.parent / "ada"
    ada.mkdir()
    monkeypatch.setenv("HOME", str(ada))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert build_place.build_root() == ada / ".tinyface"


@posix
def test_a_home_folder_with_white_space(home: Path) -> None:
    """A folder of this user's alone in one that all may write to."""
    place = build_place.build_root()
    assert place.parent == home.parent / "var"
    assert place.stat().st_mode & 0o777 == 0o700
    variables = build_place.platformio_variables(place / "esp32cam" / "project")
    assert variables["PLATFORMIO_CORE_DIR"] == str(place / "platformio")


@posix
def test_a_folder_that_others_may_write_to_is_not_taken(home: Path) -> None:
    taken = home.parent / "var" / f"tinyface-{os.getuid()}"
    taken.mkdir(parents=True)
    taken.chmod(0o777)
    assert build_place.build_root().parent == home.parent / "tmp"
    shutil.rmtree(home.parent / "tmp")
    (home.parent / "tmp").mkdir()
    (home.parent / "tmp" / taken.name).symlink_to(home)
    with pytest.raises(ToolError, match=r"white space.*TINYFACE_STATE"):
        build_place.build_root()


def test_a_packages_folder_of_ones_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(home / "core"))
    with pytest.raises(ToolError, match="white space") as error:
        build_place.platformio_variables(Path("/project"))
    assert error.value.where == f"PLATFORMIO_CORE_DIR={home / 'core'}"


def test_a_home_folder_without_white_space_keeps_its_packages(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home.parent))
    assert "PLATFORMIO_CORE_DIR" not in build_place.platformio_variables(Path("/project"))


@pytest.mark.slow
def test_the_stand_in_refuses_what_the_real_platform_refuses(built: Built, tmp_path: Path) -> None:
    folder = tmp_path / "my camera"
    shutil.copytree(built.project.folder, folder)
    done = pio("run", "-d", folder, env=built.env, cwd=tmp_path)
    assert done.returncode != 0
    assert "Detected a whitespace character in project paths" in done.stderr


@pytest.mark.slow
def test_a_state_folder_with_white_space(
    built: Built, flash_by_hand: FlashByHand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way, built beside the state folder: the board boots from what was made there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    chip, model = FakeChip(CHIPS["esp32"], boot=boot), write_landmark_toy(tmp_path / "my model")
    state = tmp_path / "Application Support" / "tinyface"
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, "--model", model, state=state)
    assert status == 0, said
    place = tmp_path / ".tinyface" / "esp32cam"
    assert f"build in {place}: PlatformIO takes no white space" in said
    content = (place / "project" / ".pio" / "build" / "esp32cam" / "firmware.bin").read_bytes()
    assert bytes(chip.flash[0x10000 : 0x10000 + len(content)]) == content


@pytest.mark.slow
def test_a_project_in_a_folder_with_white_space(built: Built, tmp_path: Path) -> None:
    folder = tmp_path / "my camera"
    shutil.copytree(built.project.folder, folder)
    with pytest.raises(ToolError, match="white space") as error:
        write_and_check(built_project(folder, esp32cam()), esp32cam(), "no-port", direct=False)
    assert error.value.where == str(folder)
    assert "--esptool" in error.value.remedy


@pytest.mark.slow
def test_what_is_built_in_such_a_folder_goes_by_esptool(
    built: Built, flash_by_hand: FlashByHand, tmp_path: Path
) -> None:
    folder = tmp_path / "my camera"
    shutil.copytree(built.project.folder, folder)
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, "--project", folder, "--esptool")
    assert status == 0, said


@pytest.mark.parametrize(("name", "said"), [("my camera", "takes no white space"), ("camera", "run -d")])
def test_generate_says_it_before_anything_is_built(
    name: str, said: str, tinyface: Tinyface, tmp_path: Path
) -> None:
    place = tmp_path / name
    done = tinyface("generate", write_landmark_toy(tmp_path), "--board", "esp32cam", "-o", place)
    assert done.returncode == 0, done.stderr
    assert said in done.stderr.splitlines()[-1]
    assert said in tinyface("build", place).stderr


@pytest.mark.slow
def test_a_simulated_board_and_its_project_take_white_space(tinyface: Tinyface, tmp_path: Path) -> None:
    model, state = write_landmark_toy(tmp_path / "my model"), {"TINYFACE_STATE": str(tmp_path / "my state")}
    for arguments in (
        ("flash", "--model", model),
        ("validate", model, "--count", "3"),
        ("generate", model, "-o", tmp_path / "my project"),
    ):
        done = tinyface(*arguments, **state)
        assert done.returncode == 0, done.stdout + done.stderr
    last = done.stderr.splitlines()[-1]
    assert last == f"Next: `tinyface build '{tmp_path / 'my project'}'`"
    assert tinyface(*shlex.split(last.split("`")[1])[1:]).returncode == 0
    made = subprocess.run(["make"], cwd=tmp_path / "my project", capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
