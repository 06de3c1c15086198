"""A running server, or `tinyface view` as a program, and pages that talk to it over real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from host_tools.view.guard import Guard
from host_tools.view.hub import Hub
from host_tools.view.listening import listen
from host_tools.view.orders import Order
from host_tools.view.serve import server_of
from host_tools.view.server import make_app
from host_tools.view.watch import Source
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing

WITHIN_S, ENDS_WITHIN_S = 30.0, 120.0
REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass
class Server:
    """Where it listens."""

    hub: Hub
    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextlib.contextmanager
def served(
    hub: Hub,
    obey: Callable[[Order], None] = lambda _: None,
    token: str = "",
    address: str = "127.0.0.1",
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Server]:
    """The real server in a thread."""
    socket = listen(address, 0)
    port = socket.getsockname()[1]
    server = server_of(make_app(hub, Guard(address, port, token), obey), say)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        yield Server(hub, port)
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


def get(host: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a GET."""
    request = urllib.request.Request(f"http://{host}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


@contextlib.contextmanager
def page(host: str, token: str = "", **options: Any) -> Iterator[Page]:
    """A page of this server, as a browser opens one."""
    given: dict[str, Any] = {"origin": f"http://{host}", "max_size": 1 << 22, "compression": None}
    with connect(f"ws://{host}/board", **(given | options)) as socket:
        if token:
            socket.send(token)
        yield Page(socket)


class Page:
    """One connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def order(self, **told: Any) -> None:
        self.socket.send(json.dumps(told))

    def told(self, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The next thing of a kind that fits; of a frame with its pixels as `gray`."""
        end = time.monotonic() + WITHIN_S
        while True:
            message = self.socket.recv(timeout=max(0.0, end - time.monotonic()))
            told = json.loads(message) if isinstance(message, str) else unpacked(message)
            if told["kind"] == kind and fits(told):
                found: dict[str, Any] = told
                return found

    def state(self, state: str) -> dict[str, Any]:
        return self.told("state", lambda told: bool(told["state"] == state))

    def frame(self) -> dict[str, Any]:
        return self.told("frame")


def unpacked(message: bytes) -> dict[str, Any]:
    """A frame as the page takes it apart."""
    length = int.from_bytes(message[:4], "little")
    told: dict[str, Any] = json.loads(message[4 : 4 + length])
    return {**told, "gray": message[4 + length :]}


@contextlib.contextmanager
def program(*arguments: object, **env: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`tinyface ARGUMENTS` as a program of its own: its first line and itself. It is ended as with Ctrl-C."""
    started = subprocess.Popen(
        [sys.executable, "-m", "host_tools.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, **env},
    )
    assert started.stdout is not None
    assert started.stderr is not None
    try:
        line = started.stdout.readline().strip()
        assert line, started.stderr.read()
        yield line, started
    finally:
        started.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        try:
            _, said = started.communicate(timeout=ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            started.kill()
            raise
    assert started.returncode == (130 if os.name != "nt" else started.returncode), said
    assert "Traceback" not in said


@contextlib.contextmanager
def viewing(*arguments: object, **env: str) -> Iterator[str]:
    """`tinyface view ARGUMENTS` as a program of its own; the address that it prints."""
    free = () if "--listen" in arguments else ("--listen", "127.0.0.1:0")
    with program("view", *arguments, *free, **env) as (url, _):
        yield url


def host_of(url: str) -> str:
    """HOST:PORT of a printed address."""
    found = re.match(r"http://([^/]+)/", url)
    assert found, url
    return found[1]


def source_of(port: str, folder: Path, timing: Timing | None = None) -> Source:
    """Previews of a board, as fast as they come."""
    return Source(
        lambda log, wanted: Session(port, timing=timing, on_log=log, wanted=wanted),
        stale=lambda: False,
        clock_of=lambda _: "host",
        period_ms=0,
        previews=True,
        folder=folder,
    )
