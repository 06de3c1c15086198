"""A board's port under pytest-embedded: its log with times, its `serial`, its `dut`, and our Session.

The pieces are pytest-embedded's own, put together once a board instead of once a test. Opening a port moves
DTR and RTS, and that restarts an ESP32: with a port opened for each test every test would begin with a boot,
and no counter, no soak and no stream could be followed from one test to the next.

There is one open port and one reader at a time: pytest-embedded's thread while a test listens, a Session
while frames flow. What a Session hears outside frames goes into the same log.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from re import Match

import pexpect
import pytest
import serial
from pytest_embedded.app import App
from pytest_embedded.dut_factory import _listener_gn, _pexpect_fr_gn, pexpect_proc_fn
from pytest_embedded.log import MessageQueue
from pytest_embedded.utils import Meta
from pytest_embedded_serial import Serial, SerialDut

from codegen.board import Board
from host_tools.flashing.rom_link import HOLD_S, ROM_BAUD
from host_tools.wire.framing import encode
from host_tools.wire.messages import Restart
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from host_tools.wire.transport import DEFAULT_BAUD, SerialTransport, Transport

HANDLERS = "tests.hil.ports"
"""Holds what pyserial's own kinds of ports do not do."""
BANNER = re.compile(rb"rst:0x[0-9a-f]+ \((\w+)\),boot:0x[0-9a-f]+ \((\w+)\)")
"""The ROM's line: why the chip was reset, and what its pins say about the start."""
LISTENING = "a test listens\n"
"""Goes into the log behind all that came before: what stands before it there is read."""
BANNER_S = 3.0
"""A chip that was reset prints its banner at once; an emulator on a busy machine later."""
SETTLE_S = 0.3
"""pytest-embedded's thread asks the port for what has come several times within this time."""
LOG_S = 30.0
"""The log is written by another process, which may still be starting on a busy machine."""
SENT_S = 0.005
"""A USB bridge holds a short frame for less than this."""


def transport_of(port: str, baud: int) -> SerialTransport:
    """The port as pyserial opens it, which is what pytest-embedded listens to: a device, socket:// or rfc2217://.

    Raises:
        BoardError: it does not exist, is busy, or may not be opened.
    """
    if HANDLERS not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.insert(0, HANDLERS)
    return SerialTransport(port, baud)


class EmbeddedPort:
    """One board's port for all tests of a run.

    Attributes:
        serial: pytest-embedded's, around the one pyserial object.
        dut: pytest-embedded's; `dut.expect` and `dut.write` work inside listening().
        log: the file that holds every byte outside frames, and all bytes while a test listens.
    """

    def __init__(
        self,
        board: Board,
        port: str,
        make_queue: Callable[[], MessageQueue],
        folder: Path,
        *,
        number: int = 0,
        boards: int = 1,
        with_timestamp: bool = True,
    ) -> None:
        transport = transport_of(port, board.baud or DEFAULT_BAUD)
        self._transport = transport
        self.log = folder / "dut.log"
        self._queue = make_queue()
        self._listener = _listener_gn(self._queue, str(self.log), with_timestamp, number, boards)
        self._reader = _pexpect_fr_gn(str(self.log), self._listener)
        self.serial = Serial(msg_queue=self._queue, port=transport.device, baud=board.baud or DEFAULT_BAUD)
        self.dut = SerialDut(
            serial=self.serial,
            pexpect_proc=pexpect_proc_fn(self._reader),
            msg_queue=self._queue,
            app=App(str(folder)),
            pexpect_logfile=str(self.log),
            test_case_name=board.name,
            meta=Meta(str(folder), {}, {}),
        )

    def close(self) -> None:
        """Gives the port back and ends pytest-embedded's thread and process."""
        self.dut.close()
        self.serial.close()
        self._listener.terminate()
        self._listener.join()
        self._reader.close()

    def open_session(self, board: Board, timing: Timing) -> Session:
        """A conversation over the same pyserial object.

        Raises:
            BoardError: no answer, no firmware, another protocol version.
        """
        return Session(
            self._transport.port,
            board_name=board.name,
            timing=timing,
            on_log=lambda line: self._queue.put(line + "\n"),
            connect=self._connect,
        )

    def _connect(self) -> Transport:
        self.serial.stop_redirect_thread()
        self._transport.open()
        return self._transport

    @contextlib.contextmanager
    def listening(self) -> Iterator[SerialDut]:
        """pytest-embedded reads the port; nobody may talk in frames meanwhile."""
        self.serial.start_redirect_thread()
        try:
            self.hear(SETTLE_S)
            self._queue.put(LISTENING)
            self.dut.expect_exact(LISTENING, timeout=LOG_S)  # the test's own `expect` starts behind it
            yield self.dut
        finally:
            self.serial.stop_redirect_thread()

    def reset(self) -> Match[bytes]:
        """Resets the chip while a test listens, by its lines where they lead to it, else by a request.

        Returns:
            the ROM's line; the port is back at the application's speed.
        """
        for pull in (self._reset_by_lines, self._reset_by_request):
            if not pull():
                continue
            with contextlib.suppress(pexpect.TIMEOUT):
                banner = self.dut.expect(BANNER, timeout=BANNER_S)
                self._listen_at(self.serial.baud)
                return banner
        self._listen_at(self.serial.baud)
        pytest.fail(f"no reset banner within {BANNER_S:g} s; the log: {self.log}")

    def hear(self, seconds: float) -> None:
        """Lets the log take what comes within this time while a test listens."""
        self.dut.expect(pexpect.TIMEOUT, timeout=seconds)

    def _reset_by_lines(self) -> bool:
        """Pulses EN through RTS, with GPIO0 high; False where the port has no such lines."""
        self._listen_at(ROM_BAUD)
        if not self._transport.set_lines(dtr=False, rts=True):
            return False
        time.sleep(HOLD_S)
        return self._transport.set_lines(dtr=False, rts=False)

    def _reset_by_request(self) -> bool:
        """Asks the application to restart the chip; its ACK comes at a speed that nobody listens at."""
        self._listen_at(self.serial.baud)
        self._transport.write(encode(Restart.CODE, 60_300))
        self._transport.device.flush()
        time.sleep(SENT_S)
        self._listen_at(ROM_BAUD)
        return True

    def _listen_at(self, baud: int) -> None:
        if self._transport.device.baudrate != baud:
            self._transport.device.baudrate = baud
