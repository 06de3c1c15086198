"""Previews on the host: rows put together or given up, what no board says, recordings, what a page shows."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.view.seen import Seen
from host_tools.wire.messages import Preview
from host_tools.wire.plausible import is_plausible
from host_tools.wire.previews import Previews
from host_tools.wire.recording.purpose import Purpose
from host_tools.wire.recording.read import RecordedFrame, RecordedPreview, open_recording
from host_tools.wire.recording.stream import StreamRecorder
from host_tools.wire.recording.write import Recorder
from host_tools.wire.timing import Counters
from tests.host_tools.recorded import HELLO, MODEL, SETTINGS, inference

WIDTH, HEIGHT, ROWS = 8, 6, 2


def rows_of(number: int) -> list[Preview]:
    """A preview in three messages."""
    return [
        Preview(number, 40 * number, 320, 240, WIDTH, HEIGHT, row, bytes([number, row]) * (ROWS * WIDTH // 2))
        for row in range(0, HEIGHT, ROWS)
    ]


def whole(number: int) -> Preview:
    parts = rows_of(number)
    return replace(parts[0], pixels=b"".join(part.pixels for part in parts))


def test_rows_become_previews() -> None:
    previews = Previews()
    found = [previews.take(part) for part in (*rows_of(0), *rows_of(1))]
    assert found == [None, None, whole(0), None, None, whole(1)]
    assert previews.lost == 0


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_preview_that_lacks_rows_is_given_up(missing: int) -> None:
    previews, cut = Previews(), rows_of(0)
    del cut[missing]
    found = [previews.take(part) for part in (*cut, *rows_of(1))]
    assert [preview for preview in found if preview is not None] == [whole(1)]


def test_rows_of_two_previews_are_never_mixed() -> None:
    previews = Previews()
    mixed = (*rows_of(0)[:1], *rows_of(1)[1:])
    assert [previews.take(part) for part in mixed] == [None, None, None]
    assert previews.lost == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"height": 0},
        {"frame_width": 0},
        {"frame_height": 4096},
        {"row": HEIGHT - 1},
        {"pixels": b""},
        {"pixels": bytes(WIDTH + 1)},
    ],
)
def test_what_no_board_says(wrong: dict[str, int]) -> None:
    part = rows_of(0)[0]
    assert is_plausible(part)
    assert not is_plausible(replace(part, **wrong))  # type: ignore[arg-type]


def test_a_recording_of_previews_is_for_people(tmp_path: Path) -> None:
    clock = itertools.count(1000, 1000)
    file = tmp_path / "preview.rec"
    with Recorder(
        file, HELLO, MODEL, SETTINGS, Purpose.PREVIEW, started_us=0, clock_us=lambda: next(clock)
    ) as recorder:
        stream = StreamRecorder(recorder, Counters())
        stream.preview(whole(0))
        stream.take(replace(inference(0), picture=None))
        stream.preview(whole(1))
        assert stream.told.startswith("2 previews and 1 results, not for validation, recorded in ")
        assert stream.left_out == 0
    recording = open_recording(file)
    first, result, second = recording.events()
    assert recording.damage == ""
    assert first == RecordedPreview(1000, whole(0))
    assert isinstance(result, RecordedFrame)
    assert result.inference == replace(inference(0), picture=None)
    assert second == RecordedPreview(3000, whole(1))


def test_a_preview_that_is_not_whole_ends_a_recording(tmp_path: Path) -> None:
    file = tmp_path / "cut.rec"
    with Recorder(file, HELLO, MODEL, SETTINGS, Purpose.PREVIEW) as recorder:
        recorder.preview(rows_of(0)[0])
    recording = open_recording(file)
    assert list(recording.events()) == []
    assert "a preview that is not whole" in recording.damage


def test_a_proof_leaves_out_what_has_no_picture(tmp_path: Path) -> None:
    with Recorder(tmp_path / "proof.rec", HELLO, MODEL, SETTINGS) as recorder:
        stream = StreamRecorder(recorder, Counters())
        stream.take(replace(inference(0), picture=None))
        assert (recorder.frames, stream.left_out) == (0, 1)


def test_the_newest_result_is_shown_over_the_newest_preview() -> None:
    """Positions stay those of the frame, whatever the preview's size is."""
    seen = Seen()
    told, gray = seen.preview(whole(0))
    assert (told["width"], told["height"], told["picture"]) == (320, 240, [WIDTH, HEIGHT])
    assert (told["fresh"], told["stages"], gray) == (False, [], whole(0).pixels)
    told, gray = seen.result({"kind": "frame", "frame": 7, "stages": ["one"]})
    assert (told["fresh"], told["frame"], told["width"], gray) == (True, 7, 320, whole(0).pixels)
    told, gray = seen.preview(whole(1))
    assert (told["fresh"], told["frame"], told["stages"], gray) == (False, 7, ["one"], whole(1).pixels)
