"""What a page is told of a recording, frame by frame."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from host_tools.view.hub import Hub
from host_tools.view.replay import Replay, pause_s
from host_tools.view.told import frame_json
from host_tools.wire.messages import Record
from host_tools.wire.recording.read import open_recording
from host_tools.wire.recording.write import Recorder
from tests.host_tools.recorded import HEIGHT, STAGED, WIDTH, picture, staged_inference, write_small
from tests.host_tools.view.served import page, served


def replayed(file: Path, hub: Hub) -> Replay:
    return Replay(hub, open_recording(file), "host")


def test_a_recording_is_replayed(tmp_path: Path) -> None:
    hub = Hub()
    replay = replayed(write_small(tmp_path / "small.rec"), hub)
    with served(hub, replay.order) as server, page(server.host) as one:
        while not hub.pages:
            time.sleep(0.01)
        replay.start()
        try:
            board = one.told("board")
            assert board["facts"][0] == ["recorded", "2023-11-14 22:13:20 UTC, for validation"]
            facts = dict(board["facts"])
            assert facts["recording"] == str(tmp_path / "small.rec")
            assert "port" not in facts
            frames = [one.frame() for _ in range(4)]  # the third is followed by the first
            one.order(do="record")
            assert "nothing can be changed" in one.told("notice")["text"]
        finally:
            replay.close()
    first = frames[0]
    assert first["gray"] == picture(first["frame"]).pixels
    assert (first["width"], first["height"]) == (WIDTH, HEIGHT)
    assert {frame["frame"] for frame in frames} <= {0, 1, 2}


def test_every_stage_of_a_program_is_told(tmp_path: Path) -> None:
    file = tmp_path / "staged.rec"
    with Recorder(file, STAGED, None, None) as recorder:
        recorder.frame(staged_inference(0))
        recorder.log("Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.")
    hub = Hub()
    replay = replayed(file, hub)
    replay.start()
    try:
        with served(hub, replay.order) as server, page(server.host) as one:
            told = one.told("log", lambda line: line["finding"] is not None)
            frame = one.frame()
    finally:
        replay.close()
    assert told["finding"]["remedy"]
    find, mark = frame["stages"]
    assert (find["name"], find["runs"], find["boxes"], find["words"]) == (
        "find",
        1,
        [[1 / 256, 2 / 256, 3 / 256, 4 / 256]],
        ["0.00"],
    )
    assert (mark["name"], mark["points"], mark["ms"]) == ("mark", [[[1.0, 2.0]]], 0.005)


def test_times_that_the_board_does_not_tell() -> None:
    """Firmware from before sends no runs beside previews."""
    whole = staged_inference(0)
    records = tuple(part for part in whole.parts if isinstance(part, Record))
    for parts, times in ((whole.parts, [0.005, 0.005]), (records, [None, None])):
        told = frame_json(replace(whole, parts=parts), ["find", "mark"], None, True)
        stages = cast(list[dict[str, object]], told["stages"])
        assert [stage["ms"] for stage in stages] == times


@pytest.mark.parametrize(
    ("before_us", "time_us", "is_log", "pause"),
    [
        (None, 10**12, False, 0.0),
        (1_000_000, 1_066_000, False, 0.066),
        (1_000_000, 1_000_000, False, 0.005),
        (1_000_000, 1_000_000, True, 0.0),
        (1_000_000, 0, False, 0.005),
        (1_000_000, 0, True, 0.0),
        (0, 2**63, False, 2.0),
    ],
)
def test_whatever_times_say_frames_neither_rush_nor_stop(
    before_us: int | None, time_us: int, is_log: bool, pause: float
) -> None:
    assert pause_s(before_us, time_us, is_log) == pause


def test_a_fault_of_our_own_is_told_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub()
    replay = replayed(write_small(tmp_path / "small.rec"), hub)
    ended: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: ended.append(told.exc_value))
    monkeypatch.setattr(replay, "_show", lambda event, names: 1 // 0)
    with served(hub, replay.order) as server, page(server.host) as one:
        while not hub.pages:
            time.sleep(0.01)
        replay.start()
        try:
            assert one.state("fault")["cause"] == "tinyface itself has failed"
        finally:
            replay.close()
    assert [type(fault) for fault in ended] == [ZeroDivisionError]


def test_a_damaged_recording_tells_so(tmp_path: Path) -> None:
    file = write_small(tmp_path / "small.rec")
    file.write_bytes(file.read_bytes()[:-40])
    hub = Hub()
    replay = replayed(file, hub)
    replay.start()
    try:
        with served(hub, replay.order) as server, page(server.host) as one:
            assert "whole frame" in one.told("notice")["text"]
    finally:
        replay.close()


def test_text_of_a_board_shows_no_hidden_character(tmp_path: Path) -> None:
    file = tmp_path / "text.rec"
    with Recorder(file, STAGED, None, None) as recorder:
        recorder.log("\x1b[31m<b>\u202e")
        recorder.frame(staged_inference(0))
    hub = Hub()
    replay = replayed(file, hub)
    replay.start()
    try:
        with served(hub, replay.order) as server, page(server.host) as one:
            assert one.told("log")["text"] == r"\x1b[31m<b>\u202e"
    finally:
        replay.close()
