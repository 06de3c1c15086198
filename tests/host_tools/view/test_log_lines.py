"""A board's log on the page: the faults that the doctor finds in it, at a price that no log can raise."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from host_tools.doctor import consult
from host_tools.doctor.rule import Finding
from host_tools.view.hub import LOG_LINES, Hub
from host_tools.view.log_lines import AT_ONCE, MOST_LETTERS, LogLines
from host_tools.view.replay import Replay
from host_tools.view.watch import Watch
from host_tools.wire.log_findings import WINDOW_LINES, LogFindings
from host_tools.wire.recording.read import open_recording
from host_tools.wire.recording.write import Recorder
from tests.host_tools.doctor.test_whole_logs import LOGS
from tests.host_tools.recorded import HELLO, MODEL, SETTINGS, inference
from tests.host_tools.view.served import page, served, source_of

PANIC = "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled."
SHORT = [(name, text) for name, _, _, text in LOGS if 2 < text.count("\n") <= LOG_LINES]


class Shown(Hub):
    """Keeps all lines that pages are told."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []  # text, cause

    def publish(self, told: dict[str, Any]) -> None:
        assert told["kind"] == "log"
        self.lines.append((told["text"], (told["finding"] or {"cause": ""})["cause"]))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """Of each look of the doctor's: bytes, and in which thread."""
    found, of_board = list[tuple[int, int]](), consult.of_board

    def counted(heard: bytes) -> Finding | None:
        found.append((len(heard), threading.get_ident()))
        return of_board(heard)

    monkeypatch.setattr(consult, "of_board", counted)
    return found


def shown(lines: Sequence[str]) -> list[tuple[str, str]]:
    hub = Shown()
    log = LogLines(hub)
    for line in lines:
        log.add(line)
    while log.step():
        pass
    return hub.lines


@pytest.mark.parametrize(("name", "text"), SHORT, ids=[name for name, _ in SHORT])
def test_faults_are_those_of_each_line_looked_at_by_itself(name: str, text: str) -> None:
    lines = [line for line in text.splitlines() if line.isprintable()]
    findings = LogFindings()
    singly = [(line, findings.take(line)) for line in lines]
    assert shown(lines) == [(line, "" if found is None else found.cause) for line, found in singly]


def test_a_look_is_at_many_lines_and_never_at_much(looks: list[tuple[int, int]]) -> None:
    told = shown(["I (1) main: error fail count 0 " * 10_000] * LOG_LINES)
    assert len(told) == LOG_LINES
    assert all(MOST_LETTERS < len(text) < MOST_LETTERS + 40 and "characters more" in text for text, _ in told)
    assert len(looks) <= LOG_LINES / AT_ONCE + 2
    assert max(size for size, _ in looks) <= WINDOW_LINES * (MOST_LETTERS + 1)


def test_a_flood_is_told_and_its_end_is_shown() -> None:
    told = shown([f"I ({number}) main: a line" for number in range(LOG_LINES + 50)] + [PANIC])
    assert "51 lines are left out here" in told[0][1]
    assert told[1][0] == "I (51) main: a line"
    assert told[-1][0] == PANIC
    assert told[-1][1]
    assert len(told) == LOG_LINES + 1


def test_a_fault_is_news_again_after_a_start() -> None:
    hub = Shown()
    log = LogLines(hub)
    for line in (PANIC, PANIC, "", PANIC):
        if line:
            log.add(line)
        else:
            log.forget()
    while log.step():
        pass
    assert [bool(cause) for _, cause in hub.lines] == [True, False, True]


def test_the_thread_of_the_board_looks_at_nothing(looks: list[tuple[int, int]], tmp_path: Path) -> None:
    hub = Hub()
    watch = Watch(hub, source_of("a port", tmp_path))
    watch._lines.start()
    with served(hub) as server, page(server.host) as one:
        for _ in range(100):
            watch._log("I (1) main: a line")
        watch._log(PANIC)
        assert one.told("log", lambda line: line["finding"] is not None)["text"] == PANIC
    watch._lines.close()
    assert looks
    assert threading.get_ident() not in {thread for _, thread in looks}


def test_a_long_line_of_a_recording(looks: list[tuple[int, int]], tmp_path: Path) -> None:
    with Recorder(tmp_path / "long.rec", HELLO, MODEL, SETTINGS) as recorder:
        recorder.log("Guru Meditation " * 200_000)
        recorder.frame(inference(0))
    hub = Hub()
    replay = Replay(hub, open_recording(tmp_path / "long.rec"), "host")
    replay.start()
    try:
        with served(hub) as server, page(server.host) as one:
            assert "3,199,600 characters more" in one.told("log")["text"]
            one.frame()
    finally:
        replay.close()
    assert 0 < max(size for size, _ in looks) <= WINDOW_LINES * (MOST_LETTERS + 1)


def test_a_camera_that_does_not_start_is_found() -> None:
    """All that the simulated board says of it."""
    (told,) = shown(["three camera starts failed: from now on frames come from the host"])
    assert "did not start" in told[1]
