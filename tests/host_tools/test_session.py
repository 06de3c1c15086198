"""The session against a board that loses, damages, repeats and forgets."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from codegen.errors import BoardError
from host_tools.wire.conversation import FLOOD_S
from host_tools.wire.framing import Frame, encode
from host_tools.wire.messages import (
    Ack,
    Error,
    ErrorCode,
    Flags,
    HelloRequest,
    InferTensor,
    Log,
    Restart,
    Stream,
)
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from host_tools.wire.transport import Transport, open_transport, open_when_back
from tests.host_tools.fake_board import HELLO, FakeBoard

QUICK = Timing(boot_s=2.0, reply_s=0.5)


def only_first(kind: type, action: str) -> object:
    """Drops, damages or hangs up on the first frame of a kind, then behaves."""
    done = []

    def handle(board: FakeBoard, frame: Frame) -> bool:
        if frame.type != kind.CODE or done:
            return False
        done.append(frame)
        if action == "damage":
            board.send(Error(ErrorCode.BAD_FRAME, 0, "payload CRC"), frame.sequence)
        elif action == "hang up":
            board.hang_up()
        return True

    return handle


def test_handshake_reads_through_boot_text_and_hands_it_on() -> None:
    heard: list[str] = []
    with FakeBoard() as board:
        board.greeting = b"rst:0x1 (POWERON_RESET)\r\nentry 0x400805f0\r\n\x00\xff\xa5garbage\n"
        with Session(board.port, timing=QUICK, on_log=heard.append) as session:
            assert session.board == HELLO
            assert session.dropped_bytes >= 40
    assert heard == ["rst:0x1 (POWERON_RESET)", "entry 0x400805f0"]


def test_log_frames_between_request_and_reply_go_to_the_callback() -> None:
    heard: list[str] = []

    def chatty(board: FakeBoard, frame: Frame) -> bool:
        board.log("camera warm")
        return False

    with FakeBoard(chatty) as board, Session(board.port, timing=QUICK, on_log=heard.append) as session:
        assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"
    assert heard == ["camera warm", "camera warm"]


@pytest.mark.parametrize("action", ["drop", "damage"])
def test_a_request_whose_reply_fails_is_sent_again(action: str) -> None:
    with FakeBoard(only_first(InferTensor, action)) as board, Session(board.port, timing=QUICK) as session:
        assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"
        assert session.counters.repeats == 1
        assert session.counters.reconnects == 0
        assert board.count(InferTensor) == 2


def test_damaged_requests_are_repeated_a_bounded_number_of_times() -> None:
    def damaged(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == InferTensor.CODE:
            board.send(Error(ErrorCode.BAD_FRAME, 0, "payload CRC"), frame.sequence)
        return frame.type == InferTensor.CODE

    with FakeBoard(damaged) as board, Session(board.port, timing=QUICK) as session:
        with pytest.raises(BoardError, match="damaged frames in a row"):
            session.infer_tensor(b"wxyz")
        assert board.count(InferTensor) == 6


def test_replies_to_older_requests_are_not_taken() -> None:
    def late(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == InferTensor.CODE:
            board.send(board.result(b"late"), frame.sequence - 1)
        return False

    with FakeBoard(late) as board, Session(board.port, timing=QUICK) as session:
        assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"
        assert session.counters.stale_replies == 1


def test_a_damaged_reply_is_asked_for_again() -> None:
    sent = []

    def cut(board: FakeBoard, frame: Frame) -> bool:
        if frame.type != InferTensor.CODE or sent:
            return False
        sent.append(frame)
        result = board.result(b"cut!")
        whole = bytearray(encode(result.CODE, frame.sequence, result.pack()))
        whole[20] ^= 0x40
        board.send_bytes(bytes(whole))
        return True

    with FakeBoard(cut) as board, Session(board.port, timing=QUICK) as session:
        assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"
        assert session.bad_frames == 1


def test_a_silent_board_is_connected_anew_once_and_then_answers() -> None:
    def deaf_at_first(board: FakeBoard, frame: Frame) -> bool:
        return frame.type == InferTensor.CODE and board.connections == 1

    with FakeBoard(deaf_at_first) as board, Session(board.port, timing=QUICK) as session:
        assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"
        assert session.counters.reconnects == 1
        assert board.connections == 2


def test_a_board_that_stays_silent_is_given_up() -> None:
    with (
        FakeBoard(lambda board, frame: frame.type == InferTensor.CODE) as board,
        Session(board.port, board_name="sim", timing=QUICK) as session,
    ):
        with pytest.raises(BoardError, match="stopped answering") as caught:
            session.infer_tensor(b"wxyz")
        assert caught.value.where == board.port
        assert "tinyface flash MODEL --board sim" in caught.value.remedy
        assert board.connections == 2


def test_a_connection_that_breaks_is_opened_again_once() -> None:
    with FakeBoard(only_first(InferTensor, "hang up")) as board, Session(board.port, timing=QUICK) as session:
        assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"
        assert session.counters.reconnects == 1


@pytest.mark.parametrize(("crashes", "answered"), [(1, True), (2, False)])
def test_a_board_that_restarts_instead_of_answering(crashes: int, answered: bool) -> None:
    def crash(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == InferTensor.CODE and board.count(InferTensor) <= crashes:
            board.send(HELLO, 0, Flags.UNASKED)
            return True
        return False

    with FakeBoard(crash) as board, Session(board.port, timing=QUICK) as session:
        if answered:
            assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"
        else:
            with pytest.raises(BoardError, match="restarted"):
                session.infer_tensor(b"wxyz")


def test_another_firmware_after_reconnecting_is_refused() -> None:
    def swap(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == InferTensor.CODE:
            board.as_model(bytes(32))
            board.hang_up()
            return True
        return False

    with (
        FakeBoard(swap) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError, match="another firmware"),
    ):
        session.infer_tensor(b"wxyz")


def test_a_board_without_firmware_says_how_to_flash() -> None:
    def empty(board: FakeBoard, frame: Frame) -> bool:
        board.send(Error(ErrorCode.NO_FIRMWARE, 0, "flash is empty"), frame.sequence)
        return True

    with FakeBoard(empty) as board:
        with pytest.raises(BoardError, match="no firmware") as caught:
            Session(board.port, board_name="sim", timing=QUICK)
        assert "tinyface flash MODEL --board sim" in caught.value.remedy


@pytest.mark.parametrize(("text", "cause"), [(b"", "nothing answered"), (b"plain text\n" * 3, "only text")])
def test_nobody_says_hello(text: bytes, cause: str) -> None:
    def chatter(board: FakeBoard, frame: Frame) -> bool:
        board.send_bytes(text)
        return frame.type == HelloRequest.CODE

    with FakeBoard(chatter) as board, pytest.raises(BoardError, match=cause):
        Session(board.port, timing=Timing(boot_s=0.8, reply_s=0.2))


def test_stats_and_hello_again() -> None:
    with FakeBoard() as board, Session(board.port, timing=QUICK) as session:
        assert session.stats().arena_guard_intact == 1
        assert session.hello() == HELLO


def test_restart_shakes_hands_again() -> None:
    with FakeBoard() as board, Session(board.port, timing=QUICK) as session:
        board.as_model(bytes(32))
        assert session.restart().model_hash == bytes(32)


@pytest.mark.parametrize("away_s", [0.0, 3.0])
def test_a_port_that_leaves_with_the_reset_is_waited_for(away_s: float) -> None:
    """As a chip with a USB port of its own may do."""
    tries: list[int] = []

    def restart(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == Restart.CODE:
            board.send(Ack(), frame.sequence)
            board.hang_up()
            return True
        return False

    with FakeBoard(restart) as board:

        def connect() -> Transport:
            tries.append(len(tries))
            if tries[-1] in (1, 2):  # away
                raise BoardError("there is no such port", board.port, "Plug the board in.")
            return open_transport(board.port)

        timing = replace(QUICK, port_away_s=away_s)
        with Session(board.port, timing=timing, connect=connect) as session:
            if not away_s:
                with pytest.raises(BoardError, match="the port is gone"):
                    session.restart()
                return
            assert session.restart().board == "fake"
            assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"
        assert len(tries) == 4


def test_a_port_that_stays_away_is_told() -> None:
    def connect() -> Transport:
        raise BoardError("there is no such port", "/dev/ttyACM0", "Plug the board in.")

    with pytest.raises(BoardError, match="no such port"):
        open_when_back(connect, 0.3)


def test_ack_is_no_result() -> None:
    """A reply of another type than the one awaited does not end the request."""

    def acks_first(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == InferTensor.CODE:
            board.send(Ack(), frame.sequence)
        return False

    with FakeBoard(acks_first) as board, Session(board.port, timing=QUICK) as session:
        assert session.infer_tensor(b"wxyz").result.outputs == b"wxyz"


def test_what_is_looked_at_late_counts() -> None:
    """Reading a log takes its time on a busy computer; the HELLO behind it says that the board restarted."""
    log, hello = Log(1, "rst:0xc (SW_CPU_RESET)"), encode(HELLO.CODE, 0, HELLO.pack(), Flags.UNASKED)

    def restarts(board: FakeBoard, frame: Frame) -> bool:
        if frame.type != Stream.CODE:
            return False
        board.send(Ack(), frame.sequence)
        board.send(replace(board.result(b"0001"), frame=0), frame.sequence, Flags.UNASKED)
        board.send_bytes(encode(log.CODE, 0, log.pack(), Flags.UNASKED) + hello)
        return True

    patient = Timing(boot_s=2.0, reply_s=20.0)
    with FakeBoard(restarts) as board:
        slow = lambda _: time.sleep(FLOOD_S + 0.5)  # noqa: E731
        with Session(board.port, timing=patient, on_log=slow) as session:
            frames = session.stream()
            assert next(frames).result.frame == 0
            with pytest.raises(BoardError, match="restarted"):
                next(frames)
