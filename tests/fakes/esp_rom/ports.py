"""The ways to the chip: a PTY without lines, or RFC 2217 with DTR and RTS."""

from __future__ import annotations

import contextlib
import os
import socket
import threading

import serial
from serial.rfc2217 import PortManager

from host_tools.simulator.link import POLL_S, PtyLink
from tests.fakes.esp_rom.chip import FakeChip


class PtyPort:
    """A pseudo terminal. It has no DTR and RTS: people reset the board by hand."""

    def __init__(self, chip: FakeChip) -> None:
        self._chip = chip
        self._link = PtyLink()
        self.name = self._link.port
        self._terminal = os.open(self.name, os.O_RDWR | os.O_NOCTTY)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        chip.host_baud = self._baud
        chip.connect(self._link.write)
        self._thread.start()

    def __enter__(self) -> PtyPort:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join(5)
        self._chip.close()
        os.close(self._terminal)
        self._link.close()

    def _baud(self) -> int:
        """What the host set last."""
        import termios

        code = termios.tcgetattr(self._terminal)[4]
        named = (name for name in dir(termios) if name[0] == "B" and name[1:].isdigit())
        return next(int(name[1:]) for name in named if getattr(termios, name) == code)

    def _serve(self) -> None:
        while not self._closing.is_set():
            data = self._link.read()
            if data:
                self._chip.receive(data)
            if self._chip.unplugged.is_set():
                self._link.unplug()
                return


class _Lines:
    """What pyserial's PortManager takes for the serial port: it sets the lines, we pass them on."""

    cts = dsr = cd = True
    ri = False
    bytesize, parity, stopbits = serial.EIGHTBITS, serial.PARITY_NONE, serial.STOPBITS_ONE
    xonxoff = rtscts = break_condition = False

    def __init__(self, chip: FakeChip) -> None:
        self._chip = chip
        self._dtr = self._rts = False
        self.baudrate = 115_200

    @property
    def dtr(self) -> bool:
        return self._dtr

    @dtr.setter
    def dtr(self, value: bool) -> None:
        self._dtr = value
        self._chip.set_lines(self._dtr, self._rts)

    @property
    def rts(self) -> bool:
        return self._rts

    @rts.setter
    def rts(self, value: bool) -> None:
        self._rts = value
        self._chip.set_lines(self._dtr, self._rts)

    def reset_input_buffer(self) -> None:
        """Nothing waits here."""

    def reset_output_buffer(self) -> None:
        """Nothing waits here."""


class Rfc2217Port:
    """A TCP server that speaks RFC 2217, for one client after the other."""

    def __init__(self, chip: FakeChip) -> None:
        self._chip = chip
        self._lines = _Lines(chip)
        chip.host_baud = lambda: self.baud
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(POLL_S)
        self.name = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self.clients = 0
        self._client: socket.socket | None = None
        self._manager: PortManager | None = None
        self._sending = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        chip.connect(self._send)
        self._thread.start()

    def __enter__(self) -> Rfc2217Port:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join(5)
        self._chip.close()
        self._drop()
        self._listener.close()

    def write(self, data: bytes) -> None:
        """For PortManager: telnet commands to the client."""
        client = self._client
        if client is not None:
            with contextlib.suppress(OSError), self._sending:
                client.sendall(data)

    @property
    def baud(self) -> int:
        """What the client set last."""
        return self._lines.baudrate

    def _send(self, data: bytes) -> None:
        self.write(data.replace(b"\xff", b"\xff\xff"))

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            client.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(POLL_S)
            self.clients += 1
            self._client = client
            self._manager = PortManager(self._lines, self)
            self._talk(client, self._manager)
            self._drop()
            if self._chip.unplugged.is_set():
                self._listener.close()
                return

    def _talk(self, client: socket.socket, manager: PortManager) -> None:
        while not self._closing.is_set() and not self._chip.unplugged.is_set():
            try:
                data = client.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            if not data:
                return
            plain = b"".join(manager.filter(data))
            if plain:
                self._chip.receive(plain)
