"""Talks to the ROM of an Espressif chip just enough to know where a board stands: reset, SYNC, which chip.

Writing is esptool's business. The packets: Espressif's "Serial Protocol" page in esptool's documentation.
"""

from __future__ import annotations

import struct
import time

from host_tools.flashing.chips import CHIPS, Chip
from host_tools.wire.transport import PortGoneError, SerialTransport, open_when_back

ROM_BAUD = 115_200
_SYNC, _READ_REGISTER, _SECURITY_INFO = 0x08, 0x0A, 0x14
_MAGIC_REGISTER = 0x40001000
_SYNC_DATA = b"\x07\x07\x12\x20" + 32 * b"\x55"
REPLY_S = 0.3
ATTEMPTS = 4
"""A question to a loader that is there is asked so often: bytes get lost, and computers are busy."""
HOLD_S = 0.1
RELEASE_S = 0.05


class RomLink:
    """An open port, at the ROM's 115200 baud.

    Args:
        away_s: how long the port may be away once it was open; 0: it must not leave.
    Attributes:
        heard: everything that came and was no answer, for example the boot text.

    Raises:
        BoardError: the port can't be opened, or is gone.
    """

    def __init__(self, port: str, away_s: float = 0.0) -> None:
        self.port = port
        self.heard = b""
        self._away_s = away_s
        self._transport = SerialTransport(port, ROM_BAUD)

    def __enter__(self) -> RomLink:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def listen(self, seconds: float) -> bytes:
        """What comes within this time."""
        got, end = b"", time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            got += self._read(left)
        self.heard += got
        return got

    def reset(self, *, into_loader: bool, usb: bool = False) -> bool:
        """Pulses EN with GPIO0 low (loader) or high (application); False where the port has no such lines.

        Args:
            usb: the port is the chip's own USB Serial/JTAG: DTR alone notes the wish for the loader, RTS
                alone resets (the chips' technical reference manuals).
        """
        lines = self._transport.set_lines
        if usb and into_loader:
            if not lines(dtr=True, rts=False):
                return False
            time.sleep(HOLD_S)
            lines(dtr=True, rts=True)
        elif not lines(dtr=False, rts=True):
            return False
        if usb:
            lines(dtr=False, rts=True)
            time.sleep(HOLD_S)
            return lines(dtr=False, rts=False)
        time.sleep(HOLD_S)
        if into_loader:
            lines(dtr=True, rts=True)
            lines(dtr=True, rts=False)
            time.sleep(RELEASE_S)
        return lines(dtr=False, rts=False)

    def sync(self, attempts: int = 1) -> bool:
        """True where the ROM loader answers."""
        for _ in range(attempts):
            if self._command(_SYNC, _SYNC_DATA) is not None:
                self._drain()
                return True
        return False

    def identify(self) -> Chip | None:
        """The chip, after sync() was True; None for one that is not known here."""
        answer = self._ask(_READ_REGISTER, struct.pack("<I", _MAGIC_REGISTER))
        magic = answer[0] if answer else 0
        for chip in CHIPS.values():
            if chip.magic and chip.magic == magic:
                return chip
        answer = self._ask(_SECURITY_INFO, b"")
        if answer is None or len(answer[1]) < 16:
            return None
        (chip_id,) = struct.unpack_from("<I", answer[1], 12)
        return next((chip for chip in CHIPS.values() if not chip.magic and chip.chip_id == chip_id), None)

    def _drain(self) -> None:
        """Takes the repeated answers to SYNC."""
        while self._read(0.05):
            pass

    def _read(self, timeout_s: float) -> bytes:
        try:
            return self._transport.read(timeout_s)
        except PortGoneError as error:
            self._wait_for_port(error)
            return b""

    def _wait_for_port(self, error: PortGoneError) -> None:
        """Opens the port again once it is back; what was under way is lost."""
        if not self._away_s:
            raise error
        self._transport.close()
        open_when_back(self._transport.open, self._away_s)

    def _ask(self, code: int, data: bytes) -> tuple[int, bytes] | None:
        """As _command, and again where no answer came."""
        answers = (self._command(code, data) for _ in range(ATTEMPTS))
        return next((answer for answer in answers if answer is not None), None)

    def _command(self, code: int, data: bytes) -> tuple[int, bytes] | None:
        """Value and data of the answer, None without one in time."""
        packet = struct.pack("<BBHI", 0, code, len(data), 0) + data
        inner = packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
        try:
            self._transport.write(b"\xc0" + inner + b"\xc0")
        except PortGoneError as error:
            self._wait_for_port(error)
            return None
        got, end = b"", time.monotonic() + REPLY_S
        while (left := end - time.monotonic()) > 0:
            new = self._read(left)
            got, self.heard = got + new, self.heard + new
            for part in got.split(b"\xc0"):
                plain = part.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
                if len(plain) >= 10 and plain[0] == 1 and plain[1] == code:
                    size, value = struct.unpack_from("<HI", plain, 2)
                    if len(plain) == 8 + size:
                        return value, plain[8:]
        return None
