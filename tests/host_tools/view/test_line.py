"""WebSockets that never become one, that never end, or whose other side does not read."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any, cast

import pytest
from uvicorn.server import ServerState

from host_tools.view import door
from host_tools.view.door import Door
from host_tools.view.guard import Guard
from host_tools.view.hub import Hub
from host_tools.view.line import MOST_PARTS, Line
from host_tools.view.orders import Order
from host_tools.view.serve import server_of
from host_tools.view.server import make_app
from tests.host_tools.view.served import served
from tests.host_tools.view.test_door import is_closed, mute

WITHIN_S = 30.0
TEXT, CONTINUED, CLOSE, PING = 1, 0, 8, 9


def part(kind: int, content: bytes = b"", last: bool = True) -> bytes:
    """A frame of a client, its mask 0; at most 125 bytes."""
    return bytes([kind | (0x80 if last else 0), 0x80 | len(content), 0, 0, 0, 0]) + content


def request(host: str, *more: str) -> bytes:
    lines = [f"GET /board HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket"]
    lines += [
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13"
    ]
    return "\r\n".join([*lines, *more, "", ""]).encode()


@pytest.mark.parametrize(
    "more", [["Content-Length: 5"], [f"X-{n}: y" for n in range(300)]], ids=["body", "many"]
)
def test_a_handshake_that_never_will_be_one_goes(more: list[str]) -> None:
    """It would hold a place for good: 64 of them kept everybody out."""
    with served(Hub()) as server, socket.create_connection(("127.0.0.1", server.port), WITHIN_S) as one:
        one.sendall(request(server.host, *more))
        assert is_closed(one)


def closes(server_host: str, sent: bytes) -> bool:
    """Whether the server ends a WebSocket that sends this."""
    with mute(server_host) as one:
        one.sendall(sent)
        while data := one.recv(4096):
            assert data
    return True


def test_damaged_text_before_a_farewell_fills_no_terminal(caplog: pytest.LogCaptureFixture) -> None:
    with served(Hub()) as server:
        assert closes(server.host, part(TEXT, b"\xff") + part(CLOSE))
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


class Wire:
    """A transport that keeps what it is given."""

    def __init__(self, unread: int = 0) -> None:
        self.written, self.unread, self.closing, self.aborted = list[bytes](), unread, unread > 0, False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def abort(self) -> None:
        self.closing, self.aborted, self.unread = True, True, 0

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return self.unread

    def get_extra_info(self, _: str) -> None:
        return None


def line(wire: Wire) -> Line:
    """One whose handshake is done."""
    config = server_of(make_app(Hub(), Guard("127.0.0.1", 1), print), print).config
    config.load()
    made = Line(config, ServerState(), {}, asyncio.get_running_loop())
    made.connection_made(cast(Any, wire))
    made.data_received(request("127.0.0.1:1"))
    return made


def test_parts_of_nothing_come_to_an_end() -> None:
    async def come(parts: int) -> bool:
        wire = Wire()
        line(wire).data_received(part(TEXT, last=False) + part(CONTINUED, last=False) * parts)
        return wire.aborted

    assert [asyncio.run(come(parts)) for parts in (MOST_PARTS - 1, MOST_PARTS)] == [False, True]


def test_who_reads_no_answers_gets_none() -> None:
    async def come() -> list[int]:
        wire, found = Wire(), list[int]()
        made = line(wire)
        for step in (lambda: None, made.pause_writing, made.resume_writing):
            step()
            before = sum(map(len, wire.written))
            made.data_received(part(PING, b"12345") * 3)
            found.append(sum(map(len, wire.written)) - before)
        return found

    assert asyncio.run(come()) == [21, 0, 21]


class Unread:
    """A connection that was closed while the other side had not read all of it."""

    def __init__(self) -> None:
        self.transport = Wire(unread=1)


def test_what_is_closed_and_never_read_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has its file until then, so it counts."""
    monkeypatch.setattr(door, "most_connections", lambda: 4)

    async def come() -> tuple[int, bool]:
        config, state = server_of(make_app(Hub(), Guard("127.0.0.1", 1), print), print).config, ServerState()
        config.load()
        gone, wire = [Unread() for _ in range(4)], Wire()
        state.connections.update(cast(Any, gone))
        one = Door(config, state, {}, asyncio.get_running_loop())
        one.connection_made(cast(Any, wire))
        told = sum(other.transport.aborted for other in gone), wire.aborted
        one.drop()
        return told

    assert asyncio.run(come()) == (1, False)


def test_a_flood_of_orders_that_came_at_once_lets_the_server_do_other_things() -> None:
    turns, at = [0], list[int]()

    def turn(loop: asyncio.AbstractEventLoop) -> None:
        turns[0] += 1
        loop.call_soon(turn, loop)

    def obey(_: Order) -> None:
        if not at:
            turn(asyncio.get_running_loop())
        at.append(turns[0])

    with served(Hub(), obey) as server:
        assert closes(server.host, part(TEXT, b'{"do":"stats"}') * 100 + part(CLOSE))
    assert len(at) > 10
    assert at == sorted({*at}), "one order a turn"
