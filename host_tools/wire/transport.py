"""A byte pipe to a board: a serial port or PTY through pyserial, or a TCP socket.

Every fault of the pipe becomes a BoardError that names the port and what to do.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from codegen.errors import BoardError
from host_tools.doctor import consult

READ_BYTES = 65536
CONNECT_TIMEOUT_S = 5.0
BETWEEN_OPENS_S = 0.1
WRITE_TIMEOUT_S = 10.0
DEFAULT_BAUD = 115200
NETWORK_PORT = "rfc2217://"
"""A serial port behind a network: it has no write timeout, and each change of the read timeout takes long."""
SOCKET_PORT = "socket://"
PSEUDO_PORTS = ("/dev/pts/", "/dev/ttys")
"""Of Linux and of macOS: programs make them, no cable leads to them."""
NETWORK_POLL_S = 0.02
NO_LINES = (errno.ENOTTY, errno.EINVAL)
T = TypeVar("T")


class PortGoneError(BoardError):
    """A port that was open no longer works."""


class Transport(ABC):
    """One open byte pipe.

    Attributes:
        port: its name as the user gave it.
    """

    port: str

    @abstractmethod
    def read(self, timeout_s: float) -> bytes:
        """Whatever has arrived, waiting at most `timeout_s` for the first byte; b"" when nothing came.

        Raises:
            PortGoneError: the port is gone.
        """

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Writes all bytes.

        Raises:
            PortGoneError: the port is gone, or takes nothing for WRITE_TIMEOUT_S.
        """

    @abstractmethod
    def close(self) -> None:
        """Gives the port back; may be called twice."""


def gone(port: str, error: BaseException | str) -> PortGoneError:
    """The fault of a port that was open and no longer answers the operating system."""
    return PortGoneError(
        f"the port is gone ({error})",
        port,
        "Check cable and power (or that the simulator runs), then try again.",
    )


class SerialTransport(Transport):
    """A serial port, a PTY, or any other pyserial URL (rfc2217://...).

    Attributes:
        device: the pyserial object, for a program that listens to the port between two conversations.
    """

    def __init__(self, port: str, baud: int) -> None:
        import serial

        self.port = port
        self._faults: tuple[type[Exception], ...] = (serial.SerialException, OSError)
        if sys.platform != "win32":
            import termios

            self._faults += (termios.error,)  # pyserial lets some of them through
        self._open_faults: tuple[type[Exception], ...] = (*self._faults, ValueError)
        self._read_faults: tuple[type[Exception], ...] = (*self._faults, TypeError)
        self._network = port.startswith(NETWORK_PORT)
        options: dict[str, Any] = {"baudrate": baud, "timeout": 0, "write_timeout": WRITE_TIMEOUT_S}
        if self._network:
            options = {"baudrate": baud, "timeout": NETWORK_POLL_S}
        try:
            self.device = serial.serial_for_url(port, do_not_open=True, **options)
            # An ESP32 board resets, or stays in its loader, when these lines go up with the port.
            self.device.dtr = False
            self.device.rts = False
            # A kind of port without a lock is opened without one.
            with contextlib.suppress(AttributeError, ValueError, NotImplementedError):
                self.device.exclusive = True
        except self._open_faults as error:
            raise _open_fault(port, error) from error
        self.open()

    def open(self) -> None:
        """Opens the port again after close(), as it was opened first; nothing where it is open.

        Raises:
            BoardError: it does not exist, is busy, or may not be opened.
        """
        if self.device.is_open:
            return
        try:
            self.device.open()
        except self._open_faults as error:
            raise _open_fault(self.port, error) from error

    def read(self, timeout_s: float) -> bytes:
        try:
            if self._network:
                first = self._poll(timeout_s)
            else:
                if self.device.timeout != timeout_s:
                    self.device.timeout = timeout_s
                first = bytes(self.device.read(1))
            if not first:
                return b""
            return first + bytes(self.device.read(min(self.device.in_waiting, READ_BYTES)))
        except self._read_faults as error:
            raise gone(self.port, error) from error

    def _poll(self, timeout_s: float) -> bytes:
        """The first byte from a network port, whose read timeout stays as it is."""
        deadline = time.monotonic() + timeout_s
        while True:
            first = bytes(self.device.read(1))
            if first or time.monotonic() >= deadline:
                return first

    def set_lines(self, *, dtr: bool, rts: bool) -> bool:
        """Sets DTR and RTS (True: asserted, the pin is low); False where this port has no such lines.

        Raises:
            PortGoneError: the port is gone.
        """
        try:
            self.device.dtr = dtr
            self.device.rts = rts
        except self._faults as error:
            if getattr(error, "errno", None) in NO_LINES:
                return False
            raise gone(self.port, error) from error
        return True

    def write(self, data: bytes) -> None:
        try:
            self.device.write(data)
        except self._faults as error:
            raise gone(self.port, error) from error

    def close(self) -> None:
        self._unlock()
        with contextlib.suppress(*self._faults):
            self.device.close()

    def _unlock(self) -> None:
        """Frees the port at once: the lock stays with a copy of the descriptor, and a program that another
        thread is just starting has one for a moment."""
        descriptor = getattr(self.device, "fd", None)
        if sys.platform != "win32" and isinstance(descriptor, int):
            import fcntl

            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)


class SocketTransport(Transport):
    """A board, or a simulated one, behind TCP: socket://host:port.

    pyserial's own socket handler reads with a length and waits for all of it; this one takes what is there.
    """

    def __init__(self, port: str) -> None:
        self.port = port
        try:
            self._socket = socket.create_connection(_address_of(port), timeout=CONNECT_TIMEOUT_S)
        except OSError as error:
            raise BoardError(
                f"nobody answers there ({error})",
                port,
                "Start the board with `tinyface simulate --tcp HOST:PORT`.",
            ) from error
        self._socket.settimeout(WRITE_TIMEOUT_S)
        self._buffer = bytearray(READ_BYTES)  # one for all reads: a new one each time leaves gaps in memory
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, timeout_s: float) -> bytes:
        try:
            ready, _, _ = select.select([self._socket], [], [], timeout_s)
            if not ready:
                return b""
            count = self._socket.recv_into(self._buffer)
        except (OSError, ValueError) as error:
            raise gone(self.port, error) from error
        if not count:
            raise gone(self.port, "the other side closed the connection")
        return bytes(memoryview(self._buffer)[:count])

    def write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise gone(self.port, error) from error

    def close(self) -> None:
        self._socket.close()


def check_name(port: str) -> None:
    """Refuses what can't be the name of a port, whatever is plugged in.

    Raises:
        BoardError: see above.
    """
    if port.startswith((SOCKET_PORT, NETWORK_PORT)):
        _address_of(port)
    elif not port or "\0" in port:
        raise BoardError(
            "no port can have this name", f"--port {port!r}", "Write /dev/ttyUSB0, COM3 or the like."
        )


def _address_of(port: str) -> tuple[str, int]:
    """Host and TCP port.

    Raises:
        BoardError: it names none.
    """
    try:
        url = urlsplit(port)
        host, number = url.hostname, url.port
    except ValueError:
        host, number = None, None
    if not host or not number:
        kind = NETWORK_PORT if port.startswith(NETWORK_PORT) else SOCKET_PORT
        raise BoardError("this is no socket address", port, f"Write {kind}HOST:PORT, PORT from 1 to 65535.")
    return host, number


def open_transport(port: str, baud: int = DEFAULT_BAUD) -> Transport:
    """Opens a port by name: socket://HOST:PORT, a device path, or another pyserial URL.

    Raises:
        BoardError: it does not exist, is busy, or may not be opened.
    """
    if port.startswith(SOCKET_PORT):
        return SocketTransport(port)
    return SerialTransport(port, baud)


def open_when_back(open_port: Callable[[], T], away_s: float) -> T:
    """What `open_port` returns, tried again for `away_s` seconds: a port may be away for a while.

    Raises:
        BoardError: what the last try raised.
    """
    end = time.monotonic() + away_s
    while True:
        try:
            return open_port()
        except BoardError:
            if time.monotonic() >= end:
                raise
            time.sleep(BETWEEN_OPENS_S)


def _open_fault(port: str, error: Exception) -> BoardError:
    """What the operating system says, in the doctor's words: by number where there is one."""
    code = getattr(error, "errno", None) or next(iter(error.args), None)  # termios.error has no errno
    number = f"[Errno {code}] " if isinstance(code, int) else ""
    finding = consult.of_line(f"could not open port {port}: {number}{error}")
    if finding is not None and finding.rule == "port-missing" and port.startswith(PSEUDO_PORTS):
        return BoardError(
            "there is no such port",
            port,
            "A simulated board's port goes with it: start one with `tinyface simulate`, and take the port "
            "that it prints.",
        )
    if finding is not None and finding.rule != "port-unusable":
        return BoardError(finding.cause, port, finding.remedy)
    return BoardError(
        f"the port can't be opened ({error})", port, "Check its name: /dev/ttyUSB0, COM3, socket://HOST:PORT."
    )
