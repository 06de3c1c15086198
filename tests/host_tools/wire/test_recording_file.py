"""Recordings as files: what is written is read again, and a hostile file ends at its last whole frame."""

from __future__ import annotations

import itertools
import os
import signal
import stat
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.errors import RecordingError
from host_tools.wire.messages import Message, Picture
from host_tools.wire.recording.blocks import HEAD, Block, BlockKind, encode, file_head, pack_messages
from host_tools.wire.recording.purpose import BOARD_HEAD, Purpose
from host_tools.wire.recording.read import RecordedFrame, RecordedLog, open_recording
from host_tools.wire.recording.stream import StreamRecorder
from host_tools.wire.recording.write import Recorder, messages_of
from host_tools.wire.timing import Counters
from tests.host_tools.recorded import (
    HELLO,
    MODEL,
    SETTINGS,
    STAGED,
    STARTED_US,
    inference,
    staged_inference,
    write_small,
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_small(tmp_path / "small.rec")


def written(path: Path, blocks: list[tuple[int, bytes]]) -> Path:
    """A file of these blocks, every check sum of it right."""
    data, crc = file_head(), zlib.crc32(file_head())
    for kind, payload in blocks:
        made, crc = encode(Block(kind, 0, 5, payload), crc)
        data += made
    path.write_bytes(data)
    return path


def board_block(*facts: Message, purpose: int = 1, started_us: int = STARTED_US) -> tuple[int, bytes]:
    return BlockKind.BOARD, BOARD_HEAD.pack(purpose, started_us) + pack_messages(facts or (HELLO, MODEL))


def frame_block(number: int = 0) -> tuple[int, bytes]:
    return BlockKind.FRAME, pack_messages(messages_of(inference(number)))


def end_block(frames: int) -> tuple[int, bytes]:
    return BlockKind.END, struct.pack("<I", frames)


def test_what_is_written_is_read(small: Path) -> None:
    recording = open_recording(small)
    assert (recording.hello, recording.model, recording.settings) == (HELLO, MODEL, SETTINGS)
    assert recording.purpose == Purpose.PROOF
    assert recording.started.isoformat() == "2023-11-14T22:13:20+00:00"
    events = list(recording.events())
    assert recording.damage == ""
    assert events == [
        RecordedFrame(1000, inference(0), False),
        RecordedFrame(2000, inference(1), True),
        RecordedLog(3000, "I (12) camera: näher"),
        RecordedFrame(4000, inference(2), False),
    ]
    assert list(recording.events()) == events
    assert [frame.time_us for frame in recording.frames()] == [1000, 2000, 4000]


def test_replayed_it_is_the_same_file(small: Path, tmp_path: Path) -> None:
    recording, again = open_recording(small), tmp_path / "again.rec"
    times = iter([1000, 2000, 3000, 4000, 5000])
    with Recorder(
        again, HELLO, recording.model, SETTINGS, started_us=STARTED_US, clock_us=lambda: next(times)
    ) as recorder:
        for event in recording.events():
            if isinstance(event, RecordedFrame):
                recorder.frame(event.inference, after_gap=event.after_gap)
            else:
                recorder.log(event.text)
    assert again.read_bytes() == small.read_bytes()


def test_all_parts_of_a_program_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "staged.rec"
    with Recorder(file, STAGED, None, None) as recorder:
        recorder.frame(staged_inference(0))
    recording = open_recording(file)
    assert [frame.inference for frame in recording.frames()] == [staged_inference(0)]
    assert (recording.model, recording.settings, recording.damage) == (None, None, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_reads_it(small: Path) -> None:
    assert stat.S_IMODE(small.stat().st_mode) == 0o600


def test_nothing_is_overwritten(small: Path) -> None:
    before = small.read_bytes()
    with pytest.raises(RecordingError, match="already") as fault:
        Recorder(small, HELLO, None, None)
    assert fault.value.remedy
    assert small.read_bytes() == before
    with pytest.raises(RecordingError, match="can't be written"):
        Recorder(small / "below", HELLO, None, None)
    with pytest.raises(RecordingError, match="no file can have this name"):
        Recorder(small.with_name("a\0b"), HELLO, None, None)


def test_cut_at_every_byte(small: Path, tmp_path: Path) -> None:
    whole, cut = small.read_bytes(), tmp_path / "cut.rec"
    frames = list(open_recording(small).frames())
    counts = []
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        try:
            recording = open_recording(cut)
        except RecordingError:
            assert not counts, "a longer file than a readable one is readable"
            continue
        found = list(recording.frames())
        assert found == frames[: len(found)]
        assert f"after {len(found)} whole frame" in recording.damage
        counts.append(len(found))
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}


def test_every_byte_flipped(small: Path, tmp_path: Path) -> None:
    whole, flipped = bytearray(small.read_bytes()), tmp_path / "flipped.rec"
    frames = list(open_recording(small).frames())
    refused, counts = 0, []
    for place in range(len(whole)):
        whole[place] ^= 0x10
        flipped.write_bytes(whole)
        whole[place] ^= 0x10
        try:
            recording = open_recording(flipped)
        except RecordingError:
            refused += 1
            continue
        found = list(recording.frames())
        assert found == frames[: len(found)]
        assert recording.damage
        counts.append(len(found))
    assert refused > HEAD.size
    assert counts == sorted(counts)


@settings(max_examples=40)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_garbage_within(tmp_path_factory: pytest.TempPathFactory, garbage: bytes, place: int) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    whole = write_small(folder / "small.rec").read_bytes()
    frames = list(open_recording(folder / "small.rec").frames())
    file = folder / "garbage.rec"
    file.write_bytes(whole[:place] + garbage + whole[place:])
    try:
        recording = open_recording(file)
    except RecordingError:
        return
    found = list(recording.frames())
    assert found == frames[: len(found)]
    assert recording.damage or not garbage or place >= len(whole)


def test_what_follows_the_end_is_damage(small: Path) -> None:
    with small.open("ab") as file:
        file.write(b"\0")
    recording = open_recording(small)
    assert len(list(recording.frames())) == 3
    assert recording.damage


def test_a_block_that_is_missing_is_damage(small: Path, tmp_path: Path) -> None:
    """Each block is whole by itself; the CRC goes on from the one before."""
    whole, at, starts = small.read_bytes(), HEAD.size, []
    while at < len(whole):
        starts.append(at)
        at += 16 + int.from_bytes(whole[at + 4 : at + 8], "little") + 4
    assert len(starts) == 6
    file = tmp_path / "short.rec"
    file.write_bytes(whole[: starts[1]] + whole[starts[2] :])
    recording = open_recording(file)
    assert list(recording.frames()) == []
    assert recording.damage == "it is damaged after 0 whole frames"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "no recording"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "no recording"),
        (file_head(), "it is cut"),
        (file_head()[:-2] + struct.pack("<H", 2), "version 2"),
        (file_head() + b"\xff" * 64, "damaged"),
    ],
)
def test_no_recordings(content: bytes, cause: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(RecordingError, match=cause) as fault:
        open_recording(file)
    assert str(file) in fault.value.where
    assert fault.value.remedy


def test_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path, Path("a\0b"), tmp_path / ("x" * 300)):
        with pytest.raises(RecordingError):
            open_recording(path)


@pytest.mark.parametrize(
    "first",
    [
        frame_block(),
        (BlockKind.BOARD, b""),
        board_block(purpose=9),
        board_block(started_us=2**64 - 1),
        board_block(MODEL),
        board_block(SETTINGS, inference(0).result),
        board_block(replace(HELLO, stages=200)),
        board_block(replace(HELLO, board="x" * 300)),
        board_block(HELLO, replace(MODEL, input_layout=3)),
        (BlockKind.BOARD, BOARD_HEAD.pack(1, 0) + b"\x81\xff\xff\xff\xff"),
        (BlockKind.BOARD, BOARD_HEAD.pack(1, 0) + b"\x81\x02\0\0\0hi"),
    ],
)
def test_forged_boards(first: tuple[int, bytes], tmp_path: Path) -> None:
    """The check sums are right, what they hold is not."""
    with pytest.raises(RecordingError, match="nothing of the recording can be read"):
        open_recording(written(tmp_path / "forged.rec", [first]))


HUGE = Picture(0, 0, 1, 60000, 60000, b"")
RESULT = inference(0).result


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x82",
        b"\xee\0\0\0\0",
        pack_messages([HUGE, RESULT]),
        pack_messages([RESULT, RESULT]),
        pack_messages([HELLO, RESULT]),
        pack_messages([inference(0).picture or HUGE]),
        pack_messages([replace(RESULT, outputs=b"")]),
        pack_messages([replace(RESULT, stage=7)]),
        pack_messages([replace(RESULT, items=(1,))]),
        pack_messages([inference(0).picture or HUGE] * 80 + [RESULT]),
    ],
    ids=[
        "empty",
        "cut",
        "unknown",
        "huge picture",
        "two results",
        "hello",
        "no result",
        "no outputs",
        "no such stage",
        "half an item",
        "many",
    ],
)
def test_forged_frames(payload: bytes, tmp_path: Path) -> None:
    blocks = [board_block(), frame_block(0), (BlockKind.FRAME, payload), frame_block(1), end_block(3)]
    recording = open_recording(written(tmp_path / "forged.rec", blocks))
    assert [frame.inference for frame in recording.frames()] == [inference(0)]
    assert recording.damage.endswith("after 1 whole frame")


def test_blocks_of_later_versions_are_skipped(tmp_path: Path) -> None:
    blocks = [board_block(), (77, b"later"), frame_block(0), (78, b""), end_block(1)]
    recording = open_recording(written(tmp_path / "later.rec", blocks))
    assert [frame.inference for frame in recording.frames()] == [inference(0)]
    assert recording.damage == ""
    blocks = [board_block(), frame_block(0), end_block(2)]
    recording = open_recording(written(tmp_path / "count.rec", blocks))
    assert len(list(recording.frames())) == 1
    assert "counts other frames" in recording.damage


def fill(file: Path) -> None:
    with Recorder(file, HELLO, MODEL, SETTINGS) as recorder:
        for number in itertools.count():
            recorder.frame(inference(number))


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no limit of file sizes here")
def test_a_full_disk_leaves_whole_frames(tmp_path: Path) -> None:
    file = tmp_path / "full.rec"
    import resource

    old_limit, old_action = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, old_limit[1]))
    try:
        with pytest.raises(RecordingError, match="frames of it are kept") as fault:
            fill(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old_limit)
        signal.signal(signal.SIGXFSZ, old_action)
    recording = open_recording(file)
    found = [frame.inference for frame in recording.frames()]
    assert found == [inference(number) for number in range(len(found))]
    assert f"; {len(found)} frames" in fault.value.cause
    assert found
    assert "it is cut" in recording.damage


def test_gaps_are_marked(tmp_path: Path) -> None:
    counters = Counters()
    with Recorder(tmp_path / "gaps.rec", HELLO, MODEL, SETTINGS) as recorder:
        stream = StreamRecorder(recorder, counters)
        stream.take(inference(0))
        stream.take(inference(1))
        stream.take(inference(3))  # 2 was lost
        counters.reconnects += 1
        stream.take(inference(4))
        stream.take(replace(inference(5), picture=None))
        stream.take(inference(6))
        stream.take(inference(7))
    gaps = [frame.after_gap for frame in open_recording(tmp_path / "gaps.rec").frames()]
    assert gaps == [False, False, True, True, True, False]
    assert stream.told.endswith("gaps.rec; 1 were not whole and are left out")


def test_a_stream_that_was_disturbed_before_its_first_frame(tmp_path: Path) -> None:
    counters = Counters()
    with Recorder(tmp_path / "gap.rec", HELLO, MODEL, SETTINGS) as recorder:
        stream = StreamRecorder(recorder, counters)
        counters.repeats += 1
        stream.take(inference(0))
    assert [frame.after_gap for frame in open_recording(tmp_path / "gap.rec").frames()] == [True]
