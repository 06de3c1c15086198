"""The chip on its board: reset lines choose loader or application; bytes go to the one that runs."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from host_tools.simulator.link import POLL_S, Link
from tests.fakes.esp_rom import slip
from tests.fakes.esp_rom.facts import ChipFacts, Faults
from tests.fakes.esp_rom.loader import FLASH_BYTES, ROM_BAUD, Loader

BANNER = (
    "ets Jul 29 2019 12:21:46\r\n\r\n"
    "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n"
    "waiting for download\r\n"
)


class Running(Protocol):
    """An application that runs until it is closed."""

    def close(self) -> None:
        """Power off."""


Boot = Callable[[Path, Link], Running]
"""Starts what a flash file holds; its serial port is the link."""


class _ApplicationLink:
    """The serial port of the application: the chip's own, while it lasts."""

    port = "chip"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._input: queue.Queue[bytes] = queue.Queue()
        self._closed = False

    def feed(self, data: bytes) -> None:
        self._input.put(data)

    def read(self) -> bytes:
        try:
            return self._input.get(timeout=POLL_S)
        except queue.Empty:
            return b""

    def write(self, data: bytes) -> None:
        if not self._closed:
            self._send(data)

    def unplug(self) -> None:
        self.close()

    def close(self) -> None:
        self._closed = True


class FakeChip:
    """A board with power on. Host lines follow the usual wiring: EN = not RTS, IO0 = not DTR.

    Attributes:
        flash: what the flash chip holds (bytearray of 4 MB).
        bridge: GPIO0 is bridged to GND by hand.
        loaders: each stay in download mode, the last one is the present one.
        resets: how often it was reset.
        received: bytes that came from the host.
        host_baud: how fast the host's side of the line is now; ports set it.
    """

    def __init__(
        self,
        chip: ChipFacts,
        *,
        faults: Faults | None = None,
        boot: Boot | None = None,
        flash: bytes = b"",
    ) -> None:
        self.chip, self.faults = chip, faults or Faults()
        self.flash = bytearray(flash or b"\xff" * FLASH_BYTES)
        self.bridge = False
        self.loaders: list[Loader] = []
        self.resets = 0
        self.unplugged = threading.Event()
        self._boot = boot
        self._send: Callable[[bytes], None] = lambda _: None
        self._lock = threading.RLock()
        self._slip = slip.Decoder()
        self._in_loader = self._held = False
        self._io0_line = True
        self.received = 0
        self.host_baud: Callable[[], int] = lambda: ROM_BAUD
        self._application: tuple[Running, _ApplicationLink] | None = None
        self._place = tempfile.TemporaryDirectory(prefix="tinyface-chip-")
        self._flash_file = Path(self._place.name) / "flash.bin"

    def connect(self, send: Callable[[bytes], None]) -> None:
        """Where the chip's bytes go; from here on it has power."""
        self._send = lambda data: send(self._as_the_line_carries_it(data))
        self.press_reset()

    @property
    def in_download_mode(self) -> bool:
        """True while the ROM loader listens."""
        return self._in_loader

    def press_reset(self) -> None:
        """Somebody presses and releases the reset button."""
        with self._lock:
            self._reset()

    def set_lines(self, dtr: bool, rts: bool) -> None:
        """The host's DTR and RTS; True is asserted, which pulls the pin low."""
        if self.faults.no_auto_reset:
            return
        with self._lock:
            if self.faults.own_usb:
                self._usb_lines(dtr, rts)
                return
            self._io0_line = not dtr
            released = self._held and not rts
            self._held = rts
            if rts:
                self._stop()
            elif released:
                self._reset()

    def _usb_lines(self, dtr: bool, rts: bool) -> None:
        """USB Serial/JTAG: DTR alone asks for the loader, no line takes that back, RTS alone resets."""
        if dtr and not rts:
            self._io0_line = False
        elif not dtr and not rts:
            self._io0_line = True
        elif rts and not dtr:
            self._reset()

    def receive(self, data: bytes) -> None:
        """Bytes from the host."""
        with self._lock:
            self.received += len(data)
            data = self._as_the_line_carries_it(data)
            if self.faults.silent or self._held or self.unplugged.is_set():
                return
            if self.faults.cut_after and self.received > self.faults.cut_after:
                self.unplugged.set()
                return
            if self._in_loader:
                loader = self.loaders[-1]
                for packet in self._slip.feed(data):
                    for reply in loader.answer(packet):
                        self._send(slip.encode(reply))
                    loader.baud = loader.next_baud  # it answers at the old speed
                    if loader.restart_asked:
                        self._reset()
                        return
            elif self._application is not None:
                self._application[1].feed(data)

    def close(self) -> None:
        """Power off."""
        with self._lock:
            self._stop()
        self._place.cleanup()

    def _as_the_line_carries_it(self, data: bytes) -> bytes:
        """The bytes as they arrive at the other end."""
        if not self.faults.garbles_above:
            return data
        theirs = self.host_baud()
        differs = self._in_loader and theirs != self.loaders[-1].baud
        if theirs <= self.faults.garbles_above and not differs:
            return data
        return bytes(byte ^ (0x2C, 0x91, 0x07)[n % 3] for n, byte in enumerate(data))

    def _stop(self) -> None:
        self._in_loader = False
        if self._application is not None:
            running, link = self._application
            self._application = None
            link.close()
            running.close()
            self.flash[:] = self._flash_file.read_bytes()  # what the application wrote stays

    def _reset(self) -> None:
        self._stop()
        self.resets += 1
        if self.faults.silent:
            return
        if self.bridge or self.faults.stuck_low or not self._io0_line:
            self._in_loader = True
            self._slip = slip.Decoder()
            self.loaders.append(Loader(self.chip, self.flash, self.faults))
            self._send(BANNER.encode())
        elif self._boot is not None:
            self._flash_file.write_bytes(self.flash)
            link = _ApplicationLink(self._send)
            self._application = (self._boot(self._flash_file, link), link)
