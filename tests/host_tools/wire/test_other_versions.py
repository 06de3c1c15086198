"""Boards of other wire versions are met with what they are and the command that helps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from host_tools.wire.framing import Decoder, Frame, encode
from host_tools.wire.messages import PROTOCOL_VERSION, Hello, HelloRequest, Runtime
from host_tools.wire.other_versions import AnotherProtocolError, another_protocol
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.host_tools.fake_board import HELLO, FakeBoard
from tests.host_tools.recorded_hello import HELLO_2

QUICK = Timing(boot_s=1.0, reply_s=0.5)
(FRAME,) = Decoder().feed(HELLO_2)
assert isinstance(FRAME, Frame)
PAYLOAD = FRAME.payload


def old_board(board: FakeBoard, frame: Frame) -> bool:
    """Answers as the recorded board did, and nothing but HELLO."""
    if frame.type == HelloRequest.CODE:
        board.send_bytes(encode(Hello.CODE, frame.sequence, PAYLOAD))
    return True


@pytest.mark.parametrize(
    ("port", "command"),
    [
        ("/dev/ttyUSB0", "`tinyface flash pfld-68-96 --board esp32cam --port /dev/ttyUSB0`"),
        ("COM3", "`tinyface flash pfld-68-96 --board esp32cam --port COM3`"),
        ("/dev/pts/3", "`tinyface flash pfld-68-96 --board esp32cam`"),
        ("socket://127.0.0.1:1", "`tinyface flash pfld-68-96 --board esp32cam`"),
        ("", "`tinyface flash pfld-68-96 --board esp32cam`"),
    ],
)
def test_the_recorded_board_is_flashed_again(port: str, command: str) -> None:
    """What it says that it is counts, not what the person called it."""
    fault = another_protocol(port, "sim", PAYLOAD)
    assert "board esp32cam, model pfld-68-96" in fault.cause
    assert f"version 2 of the wire protocol, this program version {PROTOCOL_VERSION}" in fault.cause
    assert command in fault.remedy
    assert "update" not in fault.remedy.lower()


def test_its_runtime_stays() -> None:
    payload = bytearray(PAYLOAD)
    payload[2] = Runtime.TFLM
    assert "--runtime tflm`" in another_protocol("COM3", "", bytes(payload)).remedy


@pytest.mark.parametrize(
    "payload",
    [
        PAYLOAD[:-1],
        PAYLOAD[:92],
        PAYLOAD[:3],
        PAYLOAD[:92] + b"\xff\xff\xff\xff" + PAYLOAD[96:],
        PAYLOAD[:96] + b"\x1b[2Jesp3" + PAYLOAD[104:],
        PAYLOAD[:96] + b"\xff" * 8 + PAYLOAD[104:],
        b"\x01\x00" + PAYLOAD[2:],  # a layout that nobody knows any more
        b"\x00",
        b"",
    ],
)
def test_names_that_cannot_be_read_are_left_to_the_person(payload: bytes) -> None:
    named = another_protocol("COM3", "esp32cam", payload)
    assert "`tinyface flash MODEL --board esp32cam --port COM3`" in named.remedy
    assert "--board BOARD" in another_protocol("COM3", "", payload).remedy


@pytest.mark.parametrize("version", [PROTOCOL_VERSION + 1, 77, 0xFFFF])
def test_a_newer_board_asks_for_a_newer_program(version: int) -> None:
    """Of a newer HELLO nothing but its version is read."""
    fault = another_protocol("/dev/ttyUSB0", "sim", version.to_bytes(2, "little") + b"\xff" * 30)
    assert "newer than this program" in fault.cause
    assert f"version {version} of" in fault.cause
    assert fault.remedy.startswith("Update tinyface")
    assert "`tinyface flash MODEL --board BOARD --port /dev/ttyUSB0`" in fault.remedy


def test_a_conversation_ends_with_it() -> None:
    with FakeBoard(old_board) as board, pytest.raises(AnotherProtocolError, match="older than this program"):
        Session(board.port, board_name="sim", timing=QUICK)
    with FakeBoard() as board:
        board.hello = replace(HELLO, protocol=PROTOCOL_VERSION + 1)
        with pytest.raises(AnotherProtocolError, match="newer than this program"):
            Session(board.port, timing=QUICK)


@pytest.mark.parametrize(
    "arguments",
    [
        ("monitor",),
        ("validate", "pfld-68-96"),
        ("settings",),
        ("settings", "--period", "100"),
        ("flash", "--model-only"),
        ("bench", "--calibrate"),
    ],
)
def test_verbs_say_it(arguments: tuple[str, ...]) -> None:
    with FakeBoard(old_board) as board:
        result = CliRunner().invoke(app, [*arguments, "--board", "esp32cam", "--port", board.port])
    said = " ".join(result.stderr.split())
    assert result.exit_code == 2, said
    assert "the board's firmware is older than this program (board esp32cam, model pfld-68-96)" in said
    assert "`tinyface flash pfld-68-96 --board esp32cam`" in said


@pytest.mark.parametrize("how", ["port", "log"])
def test_doctor_says_it(how: str, tmp_path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"ets Jul 29 2019 12:21:46\r\n" + HELLO_2)
    with FakeBoard(old_board) as board:
        where = ["--port", board.port] if how == "port" else [str(log)]
        result = CliRunner().invoke(app, ["doctor", *where])
    said = " ".join(result.stdout.split())
    assert result.exit_code == 1, said
    assert "older than this program (board esp32cam, model pfld-68-96)" in said
    assert "tinyface flash pfld-68-96 --board esp32cam" in said


def test_a_log_of_this_version_is_well(tmp_path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(HELLO_2 + encode(Hello.CODE, 0, HELLO.pack()))  # flashed in between
    result = CliRunner().invoke(app, ["doctor", str(log)])
    assert result.exit_code == 0, result.stdout
