"""The two ways a simulated board is reached: a PTY, or one TCP client at a time."""

from __future__ import annotations

import contextlib
import enum
import ipaddress
import os
import select
import socket
import sys
import threading
from typing import Protocol

from codegen.errors import BoardError
from host_tools.wire.token import MAKE_ONE, VARIABLE, token_of_person

POLL_S = 0.2
CHUNK = 65536


class Reach(enum.IntEnum):
    """Whom a link leads to, as firmware/include/tinyface/board.h numbers it."""

    SERIAL = 0
    LOOPBACK = 1
    NETWORK = 2


class Link(Protocol):
    """A byte stream to the host. read() and write() are called from one thread each."""

    @property
    def port(self) -> str:
        """What the host opens."""

    def read(self) -> bytes:
        """Bytes that have come; b"" after POLL_S without any."""

    def write(self, data: bytes) -> None:
        """Send all; gives up silently when the link is closed meanwhile."""

    def unplug(self) -> None:
        """The port is gone, and until close() no other one gets its name."""

    def close(self) -> None:
        """The port is gone."""


class PtyLink:
    """A pseudo terminal. The slave stays open here, so that hosts may come and go."""

    reach = Reach.SERIAL

    def __init__(self) -> None:
        import pty
        import tty

        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._buffer = bytearray(CHUNK)  # one for all reads: a new one each time leaves gaps in memory
        self._closed = threading.Event()
        self._named = True  # the slave is open, which keeps the name
        self._lock = threading.Lock()  # held while the descriptor is used, so that close() waits

    def read(self) -> bytes:
        if self._closed.is_set():
            return b""
        ready, _, _ = select.select([self._master], [], [], POLL_S)
        with self._lock:
            if not ready or self._closed.is_set():
                return b""
            try:
                return bytes(memoryview(self._buffer)[: os.readv(self._master, [self._buffer])])
            except (BlockingIOError, OSError):
                return b""

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and not self._closed.is_set():
            with self._lock:
                if self._closed.is_set():
                    return
                try:
                    view = view[os.write(self._master, view) :]
                    continue
                except BlockingIOError:
                    pass  # nobody reads: the terminal's buffer is full
                except OSError:
                    return
            with contextlib.suppress(OSError, ValueError):
                select.select([], [self._master], [], POLL_S)

    def unplug(self) -> None:
        with self._lock:
            if self._closed.is_set():
                return  # this number may be somebody else's by now
            self._closed.set()
            os.close(self._master)

    def close(self) -> None:
        self.unplug()
        with self._lock:
            if self._named:
                self._named = False
                os.close(self._slave)


def _listening(host: str, address: str) -> tuple[str, Reach]:
    """The address that a host name means, and who can reach it.

    Raises:
        BoardError: others can, and there is no token that the board would know its people by.
    """
    try:
        found = socket.gethostbyname(host)
    except (OSError, UnicodeError) as error:
        raise BoardError(f"can't listen there ({error})", address, "Use 127.0.0.1:PORT.") from error
    if ipaddress.ip_address(found).is_loopback:
        return found, Reach.LOOPBACK
    if token_of_person() is None:
        raise BoardError(
            "everybody in the network could change the board there, and no token guards it",
            address,
            f"Make a token with {MAKE_ONE} and set {VARIABLE} to it, here and where the board is used from; "
            "or listen to this computer alone (127.0.0.1:PORT), and let ssh -L carry the port elsewhere.",
        )
    return found, Reach.NETWORK


class TcpLink:
    """A TCP listener that serves one client at a time; without a client the board's bytes are lost."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        host, self.reach = _listening(host or "127.0.0.1", address)
        try:
            self._listener = socket.create_server((host, int(port)), backlog=1)
        except (OSError, ValueError, OverflowError) as error:
            raise BoardError(
                f"can't listen there ({error})", address, "Use HOST:PORT; port 0 picks one."
            ) from error
        name = self._listener.getsockname()
        self.port = f"socket://{name[0]}:{name[1]}"
        self._listener.settimeout(POLL_S)
        self._buffer = bytearray(CHUNK)
        self._client: socket.socket | None = None
        self._closed = False

    def read(self) -> bytes:
        if self._closed:
            return b""
        client = self._client
        try:
            if client is None:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.settimeout(POLL_S)
                self._client = client
                return b""
            data = bytes(memoryview(self._buffer)[: client.recv_into(self._buffer)])
        except TimeoutError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._drop(client)
        return data

    def _drop(self, client: socket.socket | None) -> None:
        self._client = None
        if client is not None:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)  # close() alone waits for a thread that is reading
            with contextlib.suppress(OSError):
                client.close()

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and not self._closed:
            client = self._client
            if client is None:
                return
            try:
                view = view[client.send(view) :]
            except TimeoutError:
                continue
            except OSError:
                return

    def unplug(self) -> None:
        self.close()

    def close(self) -> None:
        self._closed = True
        self._drop(self._client)
        with contextlib.suppress(OSError):
            self._listener.close()


def open_link(tcp: str | None) -> PtyLink | TcpLink:
    """A PTY, or a TCP listener at HOST:PORT.

    Raises:
        BoardError: the address can't be listened on, or there are no PTYs here.
    """
    if tcp is not None:
        return TcpLink(tcp)
    if sys.platform == "win32":
        raise BoardError("Windows has no pseudo terminals", "simulator", "Use `--tcp 127.0.0.1:0`.")
    return PtyLink()
