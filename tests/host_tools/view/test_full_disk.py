"""A disk that fills while the page records: the recording ends at once, and says what is in it."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from codegen.errors import TinyfaceError
from host_tools.commands.view import _watched
from host_tools.view.hub import Hub
from host_tools.view.spoken import Spoken
from host_tools.view.watch import Watch
from host_tools.wire.messages import Settings
from host_tools.wire.recording.read import open_recording
from host_tools.wire.recording.write import Recorder
from host_tools.wire.timing import Counters
from tests.host_tools.recorded import HELLO, MODEL, SETTINGS, inference
from tests.host_tools.view.served import source_of


class Told(Hub):
    """Keeps all that pages are told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[dict[str, Any]] = []

    def publish(self, told: dict[str, object]) -> None:
        self.told.append(told)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.told if one["kind"] == kind]


class Quiet:
    """A session with a board that sends nothing by itself."""

    def __init__(self) -> None:
        self.board, self.counters = HELLO, Counters()

    def ask(self, *_: object) -> Settings:
        return SETTINGS

    def restart(self) -> None:
        """Has nothing to forget."""


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("host_tools.wire.recording.write.os.write", refused)


def recording(hub: Hub, folder: Path, said: list[TinyfaceError], monkeypatch: pytest.MonkeyPatch) -> Watch:
    monkeypatch.setattr("host_tools.view.watch.ask_model", lambda _: MODEL)
    watch = Watch(hub, source_of("a port", folder), Spoken(tell=said.append))
    watch._previews = False
    watch._begin_recording(Quiet())  # type: ignore[arg-type]
    return watch


def test_a_log_line_that_finds_no_room_ends_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, said = Told(), list[TinyfaceError]()
    watch = recording(hub, tmp_path, said, monkeypatch)
    watch._record(inference(0))
    fill_the_disk(monkeypatch)
    watch._log("a line")
    assert [one["file"] is None for one in hub.of("recording")] == [False, True]
    for number in range(1, 12):
        watch._record(inference(number))
    watch._end_recording()
    texts = [one["text"] for one in hub.of("notice")]
    assert len(texts) == 2  # that it began, and why it ended
    assert "1 frames of it are kept" in texts[1]
    assert [fault.cause in texts[1] for fault in said] == [True]
    (file,) = tmp_path.iterdir()
    assert len(list(open_recording(file).frames())) == 1


def test_only_what_is_in_the_file_is_counted(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.rec", HELLO, None, None)
    recorder.frame(inference(0))
    recorder.close()
    recorder.frame(inference(1))
    assert recorder.frames == 1


def test_a_board_that_finds_no_room_for_its_files_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as those of a simulated camera's film: it starts when there is room again."""
    tries, hub = threading.Semaphore(0), Told()

    def full(*_: object, **__: object) -> None:
        tries.release()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a folder")

    monkeypatch.setattr("host_tools.attach.open_board", full)
    monkeypatch.setattr("host_tools.view.watch.RETRY_S", 0.01)
    watch = _watched(hub, "sim", None, None, None, None, None, None, None, tmp_path)
    watch.start()
    assert all(tries.acquire(timeout=30) for _ in range(2))
    watch.close()
    fault = hub.of("state")[0]
    assert (fault["cause"], fault["where"]) == ("the system refuses it (No space left on device)", "a folder")
    assert "TMPDIR" in fault["remedy"]
