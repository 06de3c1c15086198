"""What monitor, validate and flash receive instead of an answer goes through the doctor's rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.errors import BoardError
from host_tools.flashing import esptool, platformio
from host_tools.flashing.program import Outcome
from host_tools.wire.faults import NoAnswerError
from host_tools.wire.framing import Frame
from host_tools.wire.messages import Flags, InferTensor, Stream
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.host_tools.fake_board import FakeBoard
from tests.host_tools.flashing.esp_board import esp32cam

QUICK = Timing(boot_s=0.4, reply_s=0.3)
BROWNOUT = b"\r\nBrownout detector was triggered\r\n\r\nets Jul 29 2019 12:21:46\r\n"
PANIC = b"Guru Meditation Error: Core  1 panic'ed (LoadProhibited). Exception was unhandled.\r\n"


def deaf(board: FakeBoard, frame: Frame) -> bool:
    return True


def test_boot_text_instead_of_hello_is_understood() -> None:
    with FakeBoard(deaf) as board:
        board.greeting = BROWNOUT
        with pytest.raises(NoAnswerError) as caught:
            Session(board.port, timing=QUICK)
    assert "brownout" in caught.value.cause
    assert "5V pin" in caught.value.remedy
    assert caught.value.heard == BROWNOUT


def test_unknown_text_instead_of_hello_leads_to_doctor() -> None:
    with FakeBoard(deaf) as board:
        board.greeting = b"my own firmware 1.2\r\n"
        with pytest.raises(NoAnswerError) as caught:
            Session(board.port, timing=QUICK)
    assert "only text that is no frame" in caught.value.cause
    assert f"tinyface doctor --port {caught.value.where}" in caught.value.remedy


def test_a_board_that_panics_in_an_inference_is_understood() -> None:
    def panics(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == InferTensor.CODE:
            board.send_bytes(PANIC)
            return True
        return False

    with (
        FakeBoard(panics) as board,
        Session(board.port, timing=QUICK) as session,
        pytest.raises(BoardError) as caught,
    ):
        session.infer_tensor(b"wxyz")
    assert "stopped answering: the firmware crashed (LoadProhibited)" in caught.value.cause


def test_a_board_that_restarts_in_a_stream_says_why() -> None:
    def restarts(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == Stream.CODE:
            board.answer(frame)
            board.send_bytes(BROWNOUT)
            board.send(board.hello, 0, flags=Flags.UNASKED)
            return True
        return False

    with FakeBoard(restarts) as board, Session(board.port, timing=QUICK) as session:
        board.stream_limit = 1
        with pytest.raises(BoardError) as caught:
            for _ in session.stream(3):
                pass
    assert "restarted in the middle of its work: the supply voltage collapses" in caught.value.cause


def test_what_esptool_and_platformio_say_goes_through_the_same_rules(tmp_path: Path) -> None:
    said = "Changing baud rate to 460800\nA fatal error occurred: No serial data received."
    fault = esptool.fault_of(Outcome(2, tuple(said.split("\n"))), "/dev/ttyUSB0", esp32cam())
    assert "460800 baud" in fault.cause
    assert "115200" in fault.remedy
    built = platformio._build_fault(Outcome(1, ("ModuleNotFoundError: No module named 'serial'",)), tmp_path)
    assert "serial" in built.cause
