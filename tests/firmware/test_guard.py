"""The guard on the simulated board over TCP: what changes the board needs the seal of its token."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest

from host_tools.boards import load_board
from host_tools.simulator import run_board
from host_tools.wire.framing import encode
from host_tools.wire.messages import (
    GUARDED,
    Ack,
    Challenge,
    ChallengeRequest,
    Configure,
    Error,
    ErrorCode,
    Flags,
    Guard,
    Hello,
    HelloRequest,
    InferTensor,
    LedMode,
    Message,
    ModelRequest,
    Restart,
    Result,
    Settings,
    SettingsRequest,
    StatsRequest,
    Stream,
    TokenFault,
    Update,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateRequest,
    UpdateTarget,
)
from host_tools.wire.token import SEAL_BYTES, VARIABLE, seal_of
from tests.firmware.test_text_mode import lines
from tests.firmware.wire_client import WireClient

TOKEN = "correct horse battery staple"
NETWORK, LOOPBACK = "0.0.0.0:0", "127.0.0.1:0"
DATA = bytes(range(64))
SET = Configure(0, 250, -128, LedMode.OFF, 0, -1, -1, 0, 0, 0, 0)
CHANGES: list[Message] = [
    SET,
    Restart(),
    UpdateBegin(UpdateTarget.MODEL, 5000, bytes(32)),
    UpdateData(0, b"x"),
    UpdateEnd(),
    UpdateRequest(),
]


@contextlib.contextmanager
def board(
    flashed, monkeypatch, tcp: str | None = NETWORK, token: str = TOKEN, its_token: str = TOKEN
) -> Iterator[WireClient]:
    """A running board. token: with which the simulator is started; its_token: what the firmware finds."""
    monkeypatch.setenv(VARIABLE, token)
    with run_board(load_board("sim"), flashed("sim", sanitize=True), tcp=tcp, on=False) as running:
        monkeypatch.setenv(VARIABLE, its_token)
        with WireClient(running.port) as client:
            running.switch_on()
            client.ask(HelloRequest(), timeout_s=20)
            yield client
        assert running.stderr_tail() == ""


def sealed(message: Message, nonce: bytes, sequence: int, token: str = TOKEN) -> bytes:
    """The frame of a request with its seal."""
    payload = message.pack()
    seal = seal_of(token.encode(), nonce, message.CODE, sequence, payload)
    return encode(message.CODE, sequence, payload + seal, Flags.SEALED)


def challenged(client: WireClient) -> bytes:
    (challenge,) = client.ask(ChallengeRequest())
    assert isinstance(challenge, Challenge)
    assert challenge.guard == Guard.SEALED
    return challenge.nonce


def answer(client: WireClient, frame: bytes) -> Message:
    client.send_raw(frame)
    return client.message()[1]


def refused(message: Message, fault: TokenFault) -> bool:
    return isinstance(message, Error) and (message.code, message.detail) == (ErrorCode.TOKEN, fault)


def period_of(client: WireClient) -> int:
    (settings,) = client.ask(SettingsRequest())
    assert isinstance(settings, Settings)
    return settings.period_ms


def test_the_changes_are_the_guarded_requests():
    assert sorted(change.CODE for change in CHANGES) == sorted(GUARDED)


def test_what_changes_nothing_is_served_without(flashed, monkeypatch):
    with board(flashed, monkeypatch) as client:
        for request in (HelloRequest(), StatsRequest(), SettingsRequest(), ModelRequest()):
            (reply,) = client.ask(request)
            assert not isinstance(reply, Error)
        assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)
        assert isinstance(client.ask(Stream(0, 0, 0))[0], Ack)


@pytest.mark.parametrize("change", CHANGES, ids=lambda m: type(m).__name__)
def test_a_change_without_a_seal_is_refused(flashed, monkeypatch, change):
    with board(flashed, monkeypatch) as client:
        challenged(client)
        assert refused(client.ask(change)[0], TokenFault.MISSING)
        assert period_of(client) == 0
        assert client.ask(StatsRequest())[0].uptime_ms > 0


def test_a_sealed_change_is_made(flashed, monkeypatch):
    with board(flashed, monkeypatch) as client:
        nonce = challenged(client)
        assert answer(client, sealed(SET, nonce, 100)).period_ms == 250
        assert isinstance(answer(client, sealed(UpdateRequest(), nonce, 101)), Update)
        assert isinstance(answer(client, sealed(Restart(), nonce, 5000)), Ack)
        assert isinstance(client.boot(), Hello)


WRONG = {
    "another token": lambda nonce: sealed(SET, nonce, 9, "correct horse battery stapler"),
    "another nonce": lambda nonce: sealed(SET, bytes(16), 9),
    "another sequence": lambda nonce: encode(
        SET.CODE, 10, SET.pack() + seal_of(TOKEN.encode(), nonce, SET.CODE, 9, SET.pack()), Flags.SEALED
    ),
    "another type": lambda nonce: encode(
        UpdateEnd.CODE, 9, seal_of(TOKEN.encode(), nonce, Restart.CODE, 9, b""), Flags.SEALED
    ),
    "another payload": lambda nonce: encode(
        SET.CODE,
        9,
        replace(SET, period_ms=251).pack() + seal_of(TOKEN.encode(), nonce, SET.CODE, 9, SET.pack()),
        Flags.SEALED,
    ),
    "no token at all": lambda nonce: encode(
        SET.CODE, 9, SET.pack() + seal_of(b"", nonce, SET.CODE, 9, SET.pack()), Flags.SEALED
    ),
    "zeros": lambda nonce: encode(SET.CODE, 9, SET.pack() + bytes(32), Flags.SEALED),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_seal_is_refused_and_the_right_one_still_counts(flashed, monkeypatch, how):
    with board(flashed, monkeypatch) as client:
        nonce = challenged(client)
        assert refused(answer(client, WRONG[how](nonce)), TokenFault.WRONG)
        assert period_of(client) == 0
        assert answer(client, sealed(SET, nonce, 9)).period_ms == 250


def test_every_bit_of_a_seal_counts(flashed, monkeypatch):
    with board(flashed, monkeypatch) as client:
        nonce = challenged(client)
        seal = seal_of(TOKEN.encode(), nonce, SET.CODE, 9, SET.pack())
        for bit in range(8 * SEAL_BYTES):
            spoilt = bytearray(seal)
            spoilt[bit // 8] ^= 1 << bit % 8
            frame = encode(SET.CODE, 9, SET.pack() + bytes(spoilt), Flags.SEALED)
            assert refused(answer(client, frame), TokenFault.WRONG)
        assert period_of(client) == 0


def test_a_replay_is_refused(flashed, monkeypatch):
    with board(flashed, monkeypatch) as client:
        nonce = challenged(client)
        first = sealed(SET, nonce, 9)
        assert answer(client, first).period_ms == 250
        assert answer(client, sealed(replace(SET, period_ms=7), nonce, 10)).period_ms == 7
        for _ in range(2):
            assert refused(answer(client, first), TokenFault.SPENT)
        assert period_of(client) == 7
        challenged(client)
        assert refused(answer(client, first), TokenFault.WRONG)  # made for another nonce
        assert period_of(client) == 7


def test_another_order_is_refused(flashed, monkeypatch):
    with board(flashed, monkeypatch) as client:
        nonce = challenged(client)
        frames = [sealed(replace(SET, period_ms=100 + n), nonce, n) for n in (1, 2, 3, 4)]
        assert answer(client, frames[2]).period_ms == 103
        assert refused(answer(client, frames[0]), TokenFault.SPENT)
        assert refused(answer(client, frames[1]), TokenFault.SPENT)
        assert answer(client, frames[3]).period_ms == 104


def test_a_restart_ends_a_nonce(flashed, monkeypatch):
    with board(flashed, monkeypatch) as client:
        nonce = challenged(client)
        restart = sealed(Restart(), nonce, 9)
        assert isinstance(answer(client, restart), Ack)
        client.boot()
        assert refused(answer(client, restart), TokenFault.SPENT)  # nobody has asked for a nonce yet
        assert challenged(client) != nonce
        assert refused(answer(client, restart), TokenFault.WRONG)
        assert isinstance(client.ask(HelloRequest())[0], Hello)


def test_no_nonce_comes_twice(flashed, monkeypatch):
    with board(flashed, monkeypatch) as client:
        nonces = [challenged(client) for _ in range(50)]
        assert len(set(nonces)) == 50
        assert bytes(16) not in nonces
        assert refused(answer(client, sealed(SET, nonces[0], 60000)), TokenFault.WRONG)


def test_a_seal_that_is_cut(flashed, monkeypatch):
    with board(flashed, monkeypatch) as client:
        challenged(client)
        for size in (0, 1, 31):
            error = answer(client, encode(Restart.CODE, 9, bytes(size), Flags.SEALED))
            assert (error.code, error.detail) == (ErrorCode.BAD_REQUEST, size)
        assert isinstance(answer(client, encode(HelloRequest.CODE, 9, bytes(32), Flags.SEALED)), Hello)


@pytest.mark.parametrize("its_token", ["", "fifteen letters", "x" * 129])
def test_without_a_token_nothing_is_changed(flashed, monkeypatch, its_token):
    """Nor with one that is none: the key of such a seal would be known to everybody."""
    with board(flashed, monkeypatch, its_token=its_token) as client:
        assert client.ask(ChallengeRequest())[0] == Challenge(Guard.CLOSED, bytes(16))
        for change in CHANGES:
            assert refused(client.ask(change)[0], TokenFault.NONE_HERE)
        for token in ("", its_token):
            assert refused(answer(client, sealed(SET, bytes(16), 900, token)), TokenFault.NONE_HERE)
        assert period_of(client) == 0


@pytest.mark.parametrize("tcp", [None, LOOPBACK])
@pytest.mark.parametrize("token", [TOKEN, ""])
def test_a_serial_port_and_loopback_need_none(flashed, monkeypatch, tcp, token):
    with board(flashed, monkeypatch, tcp=tcp, token=token, its_token=token) as client:
        assert client.ask(ChallengeRequest())[0] == Challenge(Guard.OPEN, bytes(16))
        assert client.ask(SET)[0].period_ms == 250
        assert answer(client, sealed(replace(SET, period_ms=7), bytes(16), 900)).period_ms == 7


def test_nobody_restarts_a_board_by_hand_over_a_network(flashed, monkeypatch):
    with board(flashed, monkeypatch) as client:
        client.send_raw(b"t\r")
        lines(client, b"letter and Enter")
        client.send_raw(b"r\r")
        (said,) = lines(client, b"token")
        assert "restart with tinyface" in said
        assert isinstance(client.ask(HelloRequest())[0], Hello)


def test_an_update_piece_by_piece(flashed, monkeypatch):
    """Pieces change places on the way: the second one is not taken before the first."""
    image = bytes(5000)
    with board(flashed, monkeypatch) as client:
        nonce = challenged(client)
        begin = UpdateBegin(UpdateTarget.MODEL, len(image), hashlib.sha256(image).digest())
        assert answer(client, sealed(begin, nonce, 1)).next == 0
        first, second = (sealed(UpdateData(4096 * n, image[4096 * n :][:4096]), nonce, 2 + n) for n in (0, 1))
        assert answer(client, second).next == 0  # admitted, and not what is expected next
        assert refused(answer(client, first), TokenFault.SPENT)
        again = sealed(UpdateData(0, image[:4096]), nonce, 4)
        assert answer(client, again).next == 4096
        assert asdict(answer(client, sealed(UpdateRequest(), nonce, 5)))["next"] == 4096
