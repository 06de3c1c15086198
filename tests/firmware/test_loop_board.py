"""The application in steps on a bare loop (loop_board.py): requests, settings, updates, the token."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest

from host_tools.wire.framing import encode
from host_tools.wire.messages import (
    Ack,
    Challenge,
    ChallengeRequest,
    Configure,
    ErrorCode,
    Flags,
    Guard,
    Hello,
    HelloRequest,
    InferTensor,
    LedMode,
    Restart,
    Result,
    Settings,
    SettingsRequest,
    TokenFault,
    Update,
    UpdateTarget,
)
from host_tools.wire.token import seal_of
from tests.firmware.fake_model import reference
from tests.firmware.loop_board import OVER, TOKEN, LoopBoard
from tests.firmware.test_update import constants_image, requests_for

NETWORK = 2
DATA = bytes(range(64))


@pytest.fixture
def board(loop_program: Path) -> LoopBoard:
    return LoopBoard(loop_program)


def output(constant: int = 0, data: bytes = DATA) -> bytes:
    return reference(data, constant=constant)[1].tobytes()


def test_it_says_hello_and_rests(board):
    ((frame, hello),) = board.said
    assert isinstance(hello, Hello)
    assert (frame.flags, hello.board, hello.cores, hello.has_camera) == (Flags.UNASKED, "loop", 1, 1)
    board.take()
    assert board.settle() == 1000
    assert board.take() == []
    assert board.ask(HelloRequest()) == hello


def test_inferences(board):
    board.take()
    for seed in range(5):
        data = bytes((seed * 31 + i) % 256 for i in range(64))
        result = board.ask(InferTensor(0, data))
        assert isinstance(result, Result)
        assert (result.frame, result.outputs) == (seed, output(data=data))


def test_each_of_many_requests_has_a_step_of_its_own(board):
    """They come at once, more of them than the receive buffer takes; step() counts the inferences."""
    board.take()
    sequences = [board.send(InferTensor(0, DATA)) for _ in range(400)]
    board.settle()
    assert [frame.sequence for frame, _ in board.said] == sequences
    assert {message.outputs for _, message in board.said} == {output()}


def test_bytes_come_one_by_one_and_a_cut_frame_is_given_up(board):
    board.take()
    for byte in encode(InferTensor.CODE, 9, InferTensor(0, DATA).pack()):
        assert board.take() == []
        board.give(bytes([byte]))
        assert board.settle() <= 1000
        board.pass_time(10)
    assert board.take()[0].outputs == output()
    board.give(encode(InferTensor.CODE, 10, InferTensor(0, DATA).pack())[:40])
    assert board.settle() == 500
    board.pass_time(499)
    board.settle()
    assert board.take() == []
    board.pass_time(1)
    board.settle()
    ((frame, error),) = board.said
    assert (frame.sequence, error.code) == (10, ErrorCode.BAD_FRAME)


def test_settings_are_kept_over_a_restart(board):
    mine = Configure(1, 250, 12, LedMode.BUSY, 0, 300, 5, -1, 2, 1, 0)
    wanted = Settings(*astuple(mine)[1:], refused=0)
    assert board.ask(mine) == wanted
    assert board["led"] == 0
    board.send(Restart())
    board.take()
    assert board.settle() == OVER
    assert [type(message) for message in board.take()] == [Ack]
    assert board["restarted"] == 1
    assert board.step() == OVER
    again = board.reboot()
    assert isinstance(again.take()[0], Hello)
    assert again.ask(SettingsRequest()) == wanted


def put(board: LoopBoard, target: UpdateTarget, image: bytes) -> None:
    for request in requests_for(target, image):
        assert isinstance(board.ask(request), Update)
    board.send(Restart())
    assert board.settle() == OVER


def test_a_new_model_runs_after_the_restart(board):
    assert board.ask(InferTensor(0, DATA)).outputs == output()
    put(board, UpdateTarget.MODEL, constants_image(5))
    again = board.reboot()
    assert again.take()[0].model_source == 1
    assert again.ask(InferTensor(0, DATA)).outputs == output(5)


def test_a_new_firmware_that_nobody_confirms_restarts_by_itself(board):
    put(board, UpdateTarget.FIRMWARE, b"\xe9" + bytes(9000))
    again = board.reboot()
    assert again.take()[0].slot == 1
    assert again.settle() == 1000
    again.pass_time(59_999)
    assert again.settle() == 1000
    again.pass_time(1)
    assert again.settle() == OVER
    assert again["restarted"] == 1
    assert again.reboot().take()[0].slot == 0


def test_on_a_network_the_token_is_the_one_compiled_in(board):
    board["link"], board["randoms"] = NETWORK, 1
    assert board.ask(Restart()).detail == TokenFault.MISSING
    challenge = board.ask(ChallengeRequest())
    assert challenge == Challenge(Guard.SEALED, b"\x01" * 16)
    board.take()
    for token in ("another one than compiled in", TOKEN):
        assert board["restarted"] == 0
        board.give(
            encode(Restart.CODE, 99, seal_of(token.encode(), challenge.nonce, Restart.CODE, 99, b""), 2)
        )
        board.settle()
    assert [getattr(m, "detail", None) for m in board.take()] == [TokenFault.WRONG, None]
    assert board["restarted"] == 1


def test_a_board_without_random_bytes_serves_no_change_on_a_network(board):
    board["link"], board["randoms"] = NETWORK, 1
    nonce = board.ask(ChallengeRequest()).nonce
    assert board.ask(ChallengeRequest()) == Challenge(Guard.CLOSED, bytes(16))
    for old in (nonce, bytes(16)):
        seal = seal_of(TOKEN.encode(), old, Restart.CODE, 99, b"")
        board.give(encode(Restart.CODE, 99, seal, Flags.SEALED))
    assert board.settle() == 1000
    assert [(m.code, m.detail) for m in board.take()] == 2 * [(ErrorCode.TOKEN, TokenFault.NONE_HERE)]
    board["randoms"] = 1
    assert board.ask(ChallengeRequest()).guard == Guard.CLOSED
