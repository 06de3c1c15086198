"""The camera in steps on a bare loop (loop_board.py): starts that fail or take turns, streams, text mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.wire.messages import (
    Ack,
    ErrorCode,
    Flags,
    Hello,
    HelloRequest,
    InferTensor,
    Log,
    StatsRequest,
    Stream,
)
from tests.firmware.fake_model import reference
from tests.firmware.loop_board import OVER, LoopBoard

PAUSE_MS = 200
"""Between two starts of the camera (camera.c)."""
DATA = bytes(range(64))
FOREVER = 0xFFFFFFFF


@pytest.fixture
def board(loop_program: Path) -> LoopBoard:
    return LoopBoard(loop_program)


@pytest.mark.slow
def test_a_camera_that_fails_twice_and_then_starts(board):
    """The answer to STREAM comes with the start; the board says how long it may be left alone until then."""
    board["failing_starts"] = 2
    board.take()
    sequence = board.send(Stream(0, 2, 0))
    late = board.send(StatsRequest())
    began = board.ms
    for start in (1, 2):
        assert board.settle() == PAUSE_MS
        assert (board["starts"], board["led"]) == (start, 0)
        board.pass_time(PAUSE_MS - 1)
        assert board.settle() == 1
        assert board["starts"] == start
        assert board.said == []
        board.pass_time(1)
    assert board.ms - began == 2 * PAUSE_MS
    assert board.settle() == 5  # no frame yet
    (ack, stats) = board.said
    assert [(frame.sequence, frame.flags) for frame, _ in board.said] == [(sequence, 0), (late, 0)]
    assert (type(ack[1]), stats[1].camera_failures, board["led"]) == (Ack, 2, 1)
    board.take()
    board["frames"] = 9
    board.pass_time(5)
    board.settle()
    assert [(f.sequence, f.flags, m.frame) for f, m in board.said] == [(sequence, 1, n) for n in (0, 1)]
    assert (board["frames"], board["held"]) == (7, 0)
    assert board.settle() == 1000  # the stream is over


@pytest.mark.slow
def test_a_camera_that_starts_in_several_turns(board):
    """A turn a step: no pause between turns, and only a try that ends counts as a failure."""
    board["start_turns"] = 3
    board["failing_starts"] = 1
    board.take()
    sequence = board.send(Stream(0, 1, 0))
    for turn in (1, 2, 3):
        assert board.step() == 0
        assert (board["starts"], board.said) == (turn, [])
    assert board.settle() == PAUSE_MS
    assert board["starts"] == 4
    board.pass_time(PAUSE_MS)
    assert board.settle() == 5  # it runs
    ((frame, ack),) = board.said
    assert (frame.sequence, type(ack), board["starts"]) == (sequence, Ack, 8)
    assert board.ask(StatsRequest()).camera_failures == 1


def test_a_camera_that_never_starts_is_refused_at_the_third_try(board):
    board["failing_starts"] = 9
    board.take()
    sequence = board.send(Stream(0, 1, 0))
    for _ in range(2):
        assert board.settle() == PAUSE_MS
        assert board.said == []
        board.pass_time(PAUSE_MS)
    board.settle()
    (_, log), (frame, error) = board.said
    assert isinstance(log, Log)
    assert (frame.sequence, error.code, error.detail) == (sequence, ErrorCode.CAMERA, 0x105)
    assert board.ask(Stream(0, 1, 0)) == error  # at once
    assert board["starts"] == 3
    assert board.ask(InferTensor(0, DATA)).outputs == reference(DATA)[1].tobytes()


def test_a_host_that_takes_nothing_while_the_camera_starts(board):
    board["failing_starts"] = 1
    board.take()
    board.send(Stream(0, FOREVER, 0))
    assert board.settle() == PAUSE_MS
    board["deaf"] = 1
    board.pass_time(PAUSE_MS)
    board.settle()
    board["deaf"] = 0
    board.pass_time(60)
    assert board.settle() == 1000
    assert board.said == []
    board.send(HelloRequest())
    board.settle()
    gone, hello = board.take()
    assert (gone.code, type(hello)) == (ErrorCode.HOST_GONE, Hello)
    assert board.settle() == 1000


def test_a_stream_keeps_its_period_and_requests_come_between(board):
    board.take()
    board["frames"] = 1000
    sequence = board.send(Stream(0, FOREVER, 40))
    waits = []
    for _ in range(10):
        waits.append(board.settle())
        board.pass_time(waits[-1])
    assert waits == [40] * 10
    results = [m for f, m in board.said if (f.sequence, f.flags) == (sequence, Flags.UNASKED)]
    assert [r.frame for r in results] == list(range(10))


def test_requests_do_not_hold_up_a_stream_nor_a_stream_requests(board):
    """Both always have something to do: they take turns."""
    board["frames"] = 1000
    board.send(Stream(0, FOREVER, 0))
    board.step()
    board.take()
    asked = [board.send(InferTensor(0, DATA)) for _ in range(20)]
    for _ in range(41):
        assert board.step() == 0
    answered = [frame.sequence for frame, _ in board.said if not frame.flags]
    assert answered == asked
    assert len(board.said) == 41


def test_text_mode_waits_for_a_camera_too(board):
    board["failing_starts"] = 1
    board.take()
    board.give(b"t\r")
    board.settle()
    assert b"letter and Enter" in board.text()
    board.give(b"c\r")
    assert board.settle() == PAUSE_MS
    board.pass_time(PAUSE_MS)
    board["frames"] = 1
    board.settle()
    assert board.text().startswith(b"frame 0: ")
    board.give(b"c\r")
    board.settle()
    assert board.text() == b"camera off\r\n"
    board.give(b"r\r")
    assert board.settle() == OVER
