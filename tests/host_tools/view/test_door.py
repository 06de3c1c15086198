"""Connections that ask for nothing, for less than a whole request, or that are too many."""

from __future__ import annotations

import asyncio
import errno
import inspect
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from uvicorn.server import ServerState

from host_tools.view import door
from host_tools.view.door import GONE, MOST_CONNECTIONS, SAID_EVERY_S, Complaints, Door, most_connections
from host_tools.view.guard import Guard, new_token
from host_tools.view.hub import Hub
from host_tools.view.serve import server_of
from host_tools.view.server import MOST_STRANGERS, make_app
from tests.host_tools.view.served import get, page, served

WITHIN_S = 30.0


def is_closed(one: socket.socket) -> bool:
    """Waits until the server has closed it."""
    try:
        return one.recv(1) == b""
    except ConnectionResetError:
        return True


def test_silent_connections_keep_nobody_out() -> None:
    with served(Hub()) as server, ExitStack() as stack, page(server.host) as one:
        silent = []
        for _ in range(3 * MOST_CONNECTIONS):
            silent.append(stack.enter_context(socket.create_connection(("127.0.0.1", server.port), WITHIN_S)))
            if len(silent) % MOST_CONNECTIONS == 0:
                assert get(server.host, "/")[0] == 200
        assert all(is_closed(one) for one in silent[: 2 * MOST_CONNECTIONS])
        server.hub.publish({"kind": "notice", "text": "still here", "remedy": ""})
        assert one.told("notice")["text"] == "still here"


def test_where_nobody_can_be_dropped_a_new_connection_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "most_connections", lambda: 2)
    with served(Hub()) as server, page(server.host), page(server.host):
        third = socket.create_connection(("127.0.0.1", server.port), WITHIN_S)
        with third:
            assert is_closed(third)


def test_strangers_without_the_token_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are let in to say it, say nothing, and do not go when they are told to."""
    monkeypatch.setattr(door, "most_connections", lambda: 2 * MOST_STRANGERS)
    hub, token = Hub(), new_token()
    hub.publish({"kind": "notice", "text": "secret", "remedy": ""})
    with served(hub, token=token, address="0.0.0.0") as server, ExitStack() as stack:
        for _ in range(4 * MOST_STRANGERS):
            stack.enter_context(mute(server.host))
        with page(server.host, token) as one:
            assert one.told("notice")["text"] == "secret"


@contextmanager
def mute(host: str) -> Iterator[socket.socket]:
    """A WebSocket that was accepted and that nobody reads."""
    name, _, port = host.partition(":")
    lines = [f"GET /board HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket"]
    lines += [
        "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
    ]
    with socket.create_connection((name, int(port)), WITHIN_S) as one:
        one.sendall("\r\n".join([*lines, "", ""]).encode())
        assert b"101 Switching" in one.recv(64)
        yield one


class Line:
    """A transport that is closed at the loop's next turn, as asyncio's are."""

    def __init__(self) -> None:
        self.aborted = 0

    def abort(self) -> None:
        self.aborted += 1

    def is_closing(self) -> bool:
        return self.aborted > 0

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, _: str) -> None:
        return None


class ToldToGo:
    """A WebSocket that was closed from here, and whose other side does not go."""

    def __init__(self) -> None:
        self.transport, self.close_sent = Line(), True


def test_each_new_connection_of_one_turn_takes_the_place_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "most_connections", lambda: 4)

    async def come() -> tuple[list[int], list[int]]:
        config, state = server_of(make_app(Hub(), Guard("127.0.0.1", 1), print), print).config, ServerState()
        config.load()
        gone = [ToldToGo() for _ in range(4)]
        state.connections.update(gone)  # type: ignore[arg-type]
        lines = [Line() for _ in range(4)]
        for line in lines:
            one = Door(config, state, {}, asyncio.get_running_loop())
            one.connection_made(line)  # type: ignore[arg-type]
        for held in [one for one in state.connections if isinstance(one, Door)]:
            held.drop()
        return [one.transport.aborted for one in gone], [line.aborted for line in lines]

    assert asyncio.run(come()) == ([1, 1, 1, 1], [1, 1, 1, 1])


def test_strangers_fill_no_terminal(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio says so of all that is sent to who is gone, and of nothing else."""
    with served(Hub()) as server, page(server.host):
        log = logging.getLogger("asyncio")
        log.warning(GONE)
        log.warning("another thing")
    assert [record.message for record in caplog.records if record.name == "asyncio"] == ["another thing"]
    assert f"'{GONE}'" in inspect.getsource(asyncio.selector_events)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x", b"POST / HTTP/1.1\r\nHost: x\r\n"])
def test_who_does_not_ask_in_time_goes(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "ASKS_WITHIN_S", 0.05)
    with served(Hub()) as server, socket.create_connection(("127.0.0.1", server.port), WITHIN_S) as one:
        one.sendall(sent)
        assert is_closed(one)


def test_a_page_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "ASKS_WITHIN_S", 0.05)
    hub = Hub()
    with served(hub) as server, page(server.host) as one:
        with socket.create_connection(("127.0.0.1", server.port), WITHIN_S) as other:
            assert is_closed(other)  # it came later
        hub.publish({"kind": "notice", "text": "still here", "remedy": ""})
        assert one.told("notice")["text"] == "still here"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="limits of POSIX")
def test_few_files_mean_few_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    for files, most in ((1024, MOST_CONNECTIONS), (128, 32), (resource.RLIM_INFINITY, MOST_CONNECTIONS)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        assert most_connections() == most


class Loop:
    """Counts what is left to the usual handler."""

    def __init__(self) -> None:
        self.left: list[dict[str, Any]] = []

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        self.left.append(context)


def test_no_file_for_a_connection_is_one_line() -> None:
    """The loop tells it once for each connection that waits, each time with a traceback."""
    now, said, loop = [0.0], list[str](), Loop()
    complaints = Complaints(said.append, lambda: now[0])
    full = {"message": "out of system resource", "exception": OSError(errno.EMFILE, "Too many open files")}
    for _ in range(2000):
        complaints(loop, full)  # type: ignore[arg-type]
    assert len(said) == 1
    assert "Too many open files" in said[0]
    assert "ulimit -n" in said[0]
    now[0] = SAID_EVERY_S
    complaints(loop, full)  # type: ignore[arg-type]
    assert len(said) == 2
    other = {"message": "a fault", "exception": ZeroDivisionError()}
    complaints(loop, other)  # type: ignore[arg-type]
    assert loop.left == [other]


def test_the_server_says_so() -> None:
    said, loops = list[str](), list[asyncio.AbstractEventLoop]()

    def obey(_: object) -> None:
        loops.append(asyncio.get_running_loop())

    with served(Hub(), obey, say=said.append) as server, page(server.host) as one:
        one.order(do="record")
        one.socket.send("{")
        one.told("notice")  # so that the order before it was heard
        fault = {
            "message": "out of system resource",
            "exception": OSError(errno.EMFILE, "Too many open files"),
        }
        loops[0].call_exception_handler(fault)
    assert len(said) == 1
