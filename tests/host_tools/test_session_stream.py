"""Streams of a session: what is lost is asked for again, and what ends them says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codegen.errors import BoardError
from host_tools.wire.framing import Frame
from host_tools.wire.messages import (
    Ack,
    Error,
    ErrorCode,
    Flags,
    InferTensor,
    Layers,
    Stream,
    Want,
)
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.host_tools.fake_board import HELLO, FakeBoard

QUICK = Timing(boot_s=2.0, reply_s=0.5)


def test_a_restart_in_the_middle_of_a_stream_is_told() -> None:
    def crash(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == Stream.CODE:
            board.send(Ack(), frame.sequence)
            board.send(replace(board.result(b"abcd"), frame=0), frame.sequence, Flags.UNASKED)
            board.send(HELLO, 0, Flags.UNASKED)
        return frame.type == Stream.CODE

    got = []
    with FakeBoard(crash) as board, Session(board.port, timing=QUICK) as session:
        frames = (got.append(inference.result.frame) for inference in session.stream(3))
        with pytest.raises(BoardError, match="restarted"):
            list(frames)
    assert got == [0]


def test_a_stream_goes_on_after_the_port_came_back() -> None:
    def unplugged_once(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == Stream.CODE and board.connections == 1:
            board.send(Ack(), frame.sequence)
            board.send(replace(board.result(b"0001"), frame=0), frame.sequence, Flags.UNASKED)
            board.hang_up()
            return True
        return False

    with FakeBoard(unplugged_once) as board, Session(board.port, timing=QUICK) as session:
        assert len(list(session.stream(4))) == 4
        assert session.counters.reconnects == 1


def test_stream_yields_what_was_asked_for() -> None:
    with FakeBoard() as board, Session(board.port, timing=QUICK) as session:
        frames = [inference.result.frame for inference in session.stream(5)]
    assert frames == [0, 1, 2, 3, 4]


def test_lost_stream_frames_are_asked_for_again() -> None:
    with FakeBoard() as board:
        board.lose = {2, 3, 8}
        with Session(board.port, timing=QUICK) as session:
            outputs = [int(inference.result.outputs) for inference in session.stream(8)]
            assert session.counters.lost_frames == 3
    assert outputs == [1, 4, 5, 6, 7, 9, 10, 11]


def test_a_camera_that_fails_now_and_then_does_not_end_a_stream() -> None:
    def hiccup(board: FakeBoard, frame: Frame) -> bool:
        if frame.type != Stream.CODE:
            return False
        board.send(Ack(), frame.sequence)
        for number in range(3):
            board.send(Error(ErrorCode.CAMERA, 0x105, "no frame"), frame.sequence, Flags.UNASKED)
            board.send(Error(ErrorCode.CAMERA, 0x105, "no frame"), frame.sequence, Flags.UNASKED)
            board.send(replace(board.result(b"abcd"), frame=number), frame.sequence, Flags.UNASKED)
        return True

    with FakeBoard(hiccup) as board, Session(board.port, timing=QUICK) as session:
        assert len(list(session.stream(3))) == 3


def test_a_camera_that_fails_for_good_ends_it() -> None:
    def broken(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == Stream.CODE:
            board.send(Ack(), frame.sequence)
            for _ in range(3):
                board.send(Error(ErrorCode.CAMERA, 0x105, "no frame"), frame.sequence, Flags.UNASKED)
        return frame.type == Stream.CODE

    with FakeBoard(broken) as board, Session(board.port, timing=QUICK) as session:
        with pytest.raises(BoardError, match="no frame") as caught:
            list(session.stream(3))
        assert "ribbon" in caught.value.remedy


def test_layers_of_a_lost_frame_are_not_taken_for_the_next_ones() -> None:
    def two_losses(board: FakeBoard, frame: Frame) -> bool:
        if frame.type != Stream.CODE:
            return False
        board.send(Ack(), frame.sequence)
        board.send(Layers((1,), (), ()), frame.sequence, Flags.UNASKED)
        board.send(replace(board.result(b"abcd"), frame=1), frame.sequence, Flags.UNASKED)
        return True

    with FakeBoard(two_losses) as board, Session(board.port, timing=QUICK) as session:
        assert next(session.stream(2)).layers is None


def test_layers_that_were_asked_for_and_lost_are_asked_for_again() -> None:
    def layers_second_time(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == InferTensor.CODE and board.count(InferTensor) == 2:
            board.send(Layers((7,), (), ()), frame.sequence)
        return False

    with FakeBoard(layers_second_time) as board, Session(board.port, timing=QUICK) as session:
        assert session.infer_tensor(b"wxyz", Want.LAYER_CRC).layers == Layers((7,), (), ())


def test_a_stream_that_falls_silent_keeps_what_came_before() -> None:
    got = []
    with FakeBoard() as board:
        board.stream_limit = 3
        with Session(board.port, timing=QUICK) as session:
            frames = (got.append(int(inference.result.outputs)) for inference in session.stream(10))
            with pytest.raises(BoardError, match="stopped answering"):
                list(frames)
            assert session.counters.reconnects == 1
    assert got == [1, 2, 3]


def test_closing_a_stream_stops_the_board() -> None:
    with FakeBoard() as board, Session(board.port, timing=QUICK) as session:
        stream = session.stream()
        assert next(stream).result.frame == 0
        stream.close()
        stops = [f for f in board.frames if f.type == Stream.CODE and Stream.unpack(f.payload).frames == 0]
        assert len(stops) == 1
        assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"


def test_a_stream_that_nobody_wants_any_more_ends_while_the_board_is_silent() -> None:
    """Long before the board would count as silent, and the board is told to stop."""
    asked = []

    def wanted() -> bool:
        asked.append(1)
        return len(asked) < 4

    with FakeBoard() as board:
        board.stream_limit = 2
        with Session(board.port, timing=Timing(boot_s=2.0, reply_s=60.0)) as session:
            assert len(list(session.stream(wanted=wanted))) == 2
        assert Stream.unpack(board.frames[-1].payload).frames == 0
