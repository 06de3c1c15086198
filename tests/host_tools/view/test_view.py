"""`tinyface view` as a program, with the simulated board: live, settings, recording, re-flash, unplug."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from codegen.errors import RecordingError
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.commands.view import check_folder
from host_tools.simulator.process import RunningBoard, run_board
from host_tools.simulator.state import flash_file
from host_tools.view.addresses import own_address
from host_tools.view.free_file import free_file
from host_tools.view.hub import Hub
from host_tools.view.watch import Watch
from host_tools.wire.messages import Want
from host_tools.wire.recording.write import Recorder
from host_tools.wire.session import Session
from tests.host_tools.followed import write_followed
from tests.host_tools.recorded import HELLO, write_pictures, write_small
from tests.host_tools.toy_folder import write_landmark_toy
from tests.host_tools.view.served import get, host_of, page, program, served, source_of, viewing
from tests.host_tools.view.soak import children_of


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_landmark_toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def board(toy: Path, pictures: Path, request: pytest.FixtureRequest) -> Iterator[RunningBoard]:
    """A simulated board at a port, as a real one is, with the toy or another model."""
    assert run("flash", getattr(request, "param", toy)).exit_code == 0
    with run_board(
        load_board("sim"), flash_file(load_board("sim")), pictures=sorted(pictures.iterdir())
    ) as it:
        yield it


def fact(board: dict[str, Any], name: str) -> str:
    found: str = dict(board["facts"])[name]
    return found


@pytest.mark.slow
def test_live_settings_and_a_recording(
    toy: Path, pictures: Path, board: RunningBoard, tmp_path: Path
) -> None:
    with viewing("--port", board.port, "--folder", tmp_path) as url, page(host_of(url)) as one:
        assert "#" not in url
        told = one.told("board")
        assert fact(told, "board") == "sim"
        one.state("live")
        first = one.frame()
        assert len(first["gray"]) == first["width"] * first["height"] == 160 * 120
        assert first["stages"][0]["points"][0]
        assert len(set(first["gray"])) > 10

        one.order(do="settings", values={"flash_led": True, "brightness": 1})
        settings = one.told("settings", lambda now: now["values"]["brightness"] == 1)
        assert settings["values"]["flash_led"] is True

        one.order(do="record")
        file = Path(one.told("recording", lambda now: now["file"] is not None)["file"])
        one.order(do="settings", values={"gain": 3})
        assert "stay as they are" in one.told("notice", lambda now: "stay as" in now["text"])["text"]
        for _ in range(5):
            one.frame()
        one.order(do="stop")
        assert one.told("recording", lambda now: now["file"] is None)
        one.frame()
    assert file.parent == tmp_path
    assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o600
    proved = run("validate", toy, "--recording", file, "--json")
    assert proved.exit_code == 0, proved.output
    assert json.loads(proved.stdout)["requests"] >= 5
    with Session(board.port) as session:  # given back
        assert session.board.board == "sim"


@pytest.mark.slow
def test_previews_and_a_recording_of_them(toy: Path, board: RunningBoard, tmp_path: Path) -> None:
    with viewing("--port", board.port, "--preview", "--folder", tmp_path) as url, page(host_of(url)) as one:
        one.state("live")
        shown = one.told("frame", lambda now: now["stages"] and not now["fresh"])
        assert (shown["picture"], shown["width"], shown["height"]) == ([96, 72], 160, 120)
        assert len(shown["gray"]) == 96 * 72
        assert shown["pictures"] >= 0
        one.told("frame", lambda now: now["fresh"])
        one.order(do="record")
        assert "not for validation" in one.told("notice")["text"]
        one.told("frame", lambda now: not now["fresh"])
        one.told("frame", lambda now: not now["fresh"])
        one.order(do="stop")
        assert "tinyface view --replay" in one.told("notice")["remedy"]
    (file,) = tmp_path.iterdir()
    refused = run("validate", toy, "--recording", file)
    assert refused.exit_code == 2
    assert "not for validation" in " ".join(refused.stderr.split())
    with viewing("--replay", file) as url, page(host_of(url)) as one:
        assert "not for validation" in fact(one.told("board"), "recorded")
        assert len(one.told("frame", lambda now: now["picture"] == [96, 72])["gray"]) == 96 * 72


@pytest.mark.slow
def test_recordings_of_one_second_and_a_folder_that_is_gone(board: RunningBoard, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    with viewing("--port", board.port, "--preview", "--folder", folder) as url, page(host_of(url)) as one:
        one.state("live")
        files = []
        for _ in range(3):
            one.order(do="record")
            files.append(one.told("recording", lambda now: now["file"] is not None)["file"])
            one.order(do="stop")
            one.told("recording", lambda now: now["file"] is None)
        assert len(set(files)) == 3
        shutil.rmtree(folder)
        one.order(do="record")
        refused = one.told("notice", lambda now: "can't be written" in now["text"])
        assert str(folder) in refused["text"]
        assert refused["remedy"]
        one.frame()


def test_two_recordings_of_one_second_have_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.strftime", lambda text: text.partition("%")[0] + "now")
    for name in ("tinyface-now.rec", "tinyface-now-2.rec", "tinyface-now-3.rec"):
        assert free_file(tmp_path) == tmp_path / name
        (tmp_path / name).touch()


@pytest.mark.parametrize("name", ["a" * 300, "none", "file/below"])
def test_a_folder_that_nobody_can_look_into(name: str, tmp_path: Path) -> None:
    """The recording says why it can't be written; the board's thread goes on."""
    (tmp_path / "file").touch()
    file = free_file(tmp_path / name)
    assert file.parent == tmp_path / name
    with pytest.raises(RecordingError, match="can't be written"):
        Recorder(file, HELLO, None, None)


def test_a_folder_for_recordings_is_looked_at_before_the_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for name in ("none", "a" * 300, "nul\0"):
        with pytest.raises(RecordingError, match="no such folder"):
            check_folder(tmp_path / name)
    with pytest.raises(RecordingError, match="into a folder, and this is none"):
        check_folder(tmp_path / "file")
    refused = run("view", "--listen", "127.0.0.1:0", "--folder", tmp_path / "none")
    assert refused.exit_code == 2
    assert "no such folder" in refused.stderr
    check_folder(tmp_path)
    monkeypatch.setattr("os.access", lambda *_: False)  # an administrator may write everywhere
    with pytest.raises(RecordingError, match="nothing can be written"):
        check_folder(tmp_path)


@pytest.mark.slow
def test_every_stage_has_its_time_beside_previews(pictures: Path, tmp_path: Path) -> None:
    assert run("flash", write_followed(tmp_path)).exit_code == 0
    with viewing("--pictures", pictures, "--preview") as url, page(host_of(url)) as one:
        shown = one.told("frame", lambda now: now["fresh"] and all(s["runs"] for s in now["stages"][::2]))
        assert [stage["name"] for stage in shown["stages"]] == ["find", "follow", "mark", "steady"]
        times = [stage["ms"] for stage in shown["stages"]]
        assert times[0] > 0 < times[2]
        assert sum(times) == pytest.approx(shown["ms"])


@pytest.mark.slow
def test_firmware_that_knows_no_previews(
    board: RunningBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not look at the wish for them: whole pictures are shown, and why."""
    stream = Session.stream

    def without(session: Session, frames: int, period_ms: int, want: int, *more: Any) -> Any:
        return stream(session, frames, period_ms, want & ~Want.PREVIEW, *more)

    monkeypatch.setattr(Session, "stream", without)
    hub = Hub()
    source = source_of(board.port, tmp_path)
    watch = Watch(hub, source)
    with served(hub) as server, page(server.host) as one:
        watch.start()
        try:
            assert "no previews" in one.told("notice")["text"]
            assert one.told("frame", lambda now: now["picture"] == [160, 120])["fresh"]
        finally:
            watch.close()


@pytest.mark.slow
def test_another_program_takes_its_turn(board: RunningBoard) -> None:
    with viewing("--port", board.port) as url, page(host_of(url)) as one:
        one.state("live")
        busy = run("settings", "--port", board.port, "--gain", 5)
        assert busy.exit_code == 2
        assert "another program" in " ".join(busy.stderr.split())
        one.order(do="release")
        one.state("released")
        assert run("settings", "--port", board.port, "--gain", 5).exit_code == 0
        one.order(do="record")
        assert "not there" in one.told("notice")["text"]
        one.order(do="connect")
        assert one.told("settings", lambda now: now["values"]["gain"] == 5)
        one.state("live")


@pytest.mark.slow
def test_unplugged_and_plugged_in_again(toy: Path, pictures: Path) -> None:
    """The same TCP port, which is gone for a while."""
    assert run("flash", toy).exit_code == 0
    sim, files = load_board("sim"), sorted(pictures.iterdir())
    with run_board(sim, flash_file(sim), pictures=files, tcp="127.0.0.1:0") as running:
        port = running.port
    with viewing("--port", port) as url, page(host_of(url)) as one:
        fault = one.state("fault")
        assert fault["where"] == port
        assert fault["remedy"]
        for _ in range(2):
            with run_board(sim, flash_file(sim), pictures=files, tcp=port.removeprefix("socket://")):
                one.state("live")
                one.frame()
            assert one.state("fault")["remedy"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the firmware's process in /proc")
def test_a_crash_of_the_firmware(toy: Path, pictures: Path) -> None:
    assert run("flash", toy).exit_code == 0
    with (
        program("simulate", "--tcp", "127.0.0.1:0", "--pictures", pictures) as (port, simulator),
        viewing("--port", port) as url,
        page(host_of(url)) as one,
    ):
        one.state("live")
        one.frame()
        for _ in range(2):
            (firmware,) = children_of(simulator.pid)
            os.kill(firmware, signal.SIGSEGV)
            one.state("live")  # again
            one.frame()
            assert children_of(simulator.pid) not in ([], [firmware])


@pytest.mark.slow
def test_a_board_is_flashed_while_the_page_is_open(toy: Path, pictures: Path, tmp_path: Path) -> None:
    with viewing("--pictures", pictures) as url, page(host_of(url)) as one:
        fault = one.state("fault")
        assert "the board has no firmware" in fault["cause"]
        assert "`tinyface flash faces --board sim`" in fault["remedy"]
        assert run("flash", toy).exit_code == 0
        name = fact(one.told("board"), "program")
        one.state("live")
        assert run("flash", write_followed(tmp_path)).exit_code == 0
        told = one.told("board", lambda now: fact(now, "program") != name)
        assert told["stages"] == ["find", "follow", "mark", "steady"]
        frame = one.told("frame", lambda now: len(now["stages"]) == 4)
        assert frame["stages"][0]["runs"] == 1


@pytest.mark.slow
def test_a_threshold_that_nothing_reaches_and_back(board: RunningBoard) -> None:
    with viewing("--port", board.port) as url, page(host_of(url)) as one:
        one.frame()
        one.order(do="settings", values={"threshold": 127, "period_ms": 10_000})
        assert one.told("settings", lambda now: now["values"]["threshold"] == 127)
        one.order(do="record")
        one.order(do="settings", values={"threshold": -128, "period_ms": 0})
        assert one.told("settings", lambda now: now["values"]["threshold"] == -128)
        one.frame()


@pytest.mark.slow
def test_an_open_address_has_a_token() -> None:
    with viewing("--listen", "0.0.0.0:0") as url:
        assert host_of(url).partition(":")[0] != "0.0.0.0" or not own_address("0.0.0.0")
        host = host_of(url).replace("0.0.0.0", "127.0.0.1")
        token = url.partition("#token=")[2]
        assert len(token) >= 32
        assert token.encode() not in get(host, "/")[2]
        with page(host, token) as one:
            assert one.state("fault")["cause"]


def test_what_cannot_be_viewed(tmp_path: Path) -> None:
    for arguments, cause in (
        (["--board", "esp32cam"], "is a real board and no port is given"),
        (["--port", "socket://127.0.0.1:93440"], "this is no socket address"),
        (["--port", "socket://127.0.0.1"], "this is no socket address"),
        (["--port", "rfc2217://[::1:4000"], "this is no socket address"),
        (["--port", ""], "no port can have this name"),
        (["--listen", "nowhere"], "no address to listen on"),
        (["--listen", "127.0.0.1:99999"], "no address to listen on"),
        (["--listen", "127.0.0.1:" + "9" * 5000], "no address to listen on"),
        (["--listen", "\u00e4..b:0"], "can't listen there"),
        (["--replay", tmp_path / "none.rec"], "there is no such recording"),
        (["--replay", write_small(tmp_path / "small.rec"), "--port", "COM1"], "a recording holds"),
    ):
        refused = run("view", "--listen", "127.0.0.1:0", *arguments)
        assert refused.exit_code == 2, arguments
        assert cause in " ".join(refused.stderr.split())
