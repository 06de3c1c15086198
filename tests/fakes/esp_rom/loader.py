"""The ROM loader: takes command packets, answers them, writes flash.

Once a stub was uploaded and started it answers as the stub does.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable

from tests.fakes.esp_rom.facts import ChipFacts, Faults

SECTOR = 4096
FLASH_BYTES = 4 << 20
CHECKSUM_SEED = 0xEF
ROM_BAUD = 115_200
ROM_SYNC_VALUE = 0x20120707
INVALID_MESSAGE, BAD_CHECKSUM = 0x05, 0x07

MAGIC_REGISTER = 0x40001000
EFUSES = 0x3FF5A000
UART_CLOCK_DIVIDER = 0x3FF40014
SPI_BASES = (0x3FF42000, 0x60002000)
SPI_COMMAND, SPI_USER2, SPI_W0 = 0x00, (0x20, 0x24), (0x58, 0x80)
READ_ID = 0x9F
FLASH_ID = 0x1640EF  # Winbond, 4 MB
MAC = bytes.fromhex("240ac4000102")


class Loader:
    """One stay in the loader, from reset to reset.

    Attributes:
        flash: the chip's flash, changed in place.
        stub: a stub flasher was uploaded and started.
        blocks: flash blocks received so far.
        commands: codes of the commands received.
        baud, next_baud: how fast it listens and talks, now and after this answer.
    """

    def __init__(self, chip: ChipFacts, flash: bytearray, faults: Faults) -> None:
        self.chip, self.flash, self.stub = chip, flash, False
        self.blocks = 0
        self.commands: list[int] = []
        self.baud = self.next_baud = ROM_BAUD
        self.restart_asked = False
        self._faults = faults
        self._at = self._end = 0
        self._inflate: zlib._Decompress | None = None
        self._registers: dict[int, int] = {}
        self._handlers: dict[int, Callable[[bytes], tuple[int, bytes]]] = {
            0x02: self._flash_begin,
            0x03: self._flash_data,
            0x04: self._flash_end,
            0x05: self._nothing,  # MEM_BEGIN: the stub's code is taken and not kept
            0x06: self._nothing,
            0x07: self._nothing,
            0x09: self._write_register,
            0x0A: self._read_register,
            0x0B: self._nothing,  # SPI_SET_PARAMS
            0x0D: self._nothing,  # SPI_ATTACH
            0x0F: self._change_baud,
            0x10: self._deflate_begin,
            0x11: self._deflate_data,
            0x12: self._flash_end,
            0x13: self._md5,
        }
        if chip.knows_security_info:
            self._handlers[0x14] = self._security_info
        self._stub_handlers = {0xD0: self._erase_all, 0xD1: self._erase_region}

    def answer(self, packet: bytes) -> list[bytes]:
        """The packets that go back; a packet that is no request gets none."""
        if len(packet) < 8 or packet[0] != 0:
            return []
        _, code, size, checksum = struct.unpack("<BBHI", packet[:8])
        data = packet[8:]
        self.commands.append(code)
        if len(data) != size:
            return [self._reply(code, 0, b"", INVALID_MESSAGE)]
        if code == 0x08:  # SYNC is answered eight times
            return [self._reply(code, 0 if self.stub else ROM_SYNC_VALUE, b"", 0)] * 8
        known = self._handlers | (self._stub_handlers if self.stub else {})
        handler = known.get(code)
        if handler is None:
            return [self._reply(code, 0, b"", INVALID_MESSAGE)]
        if code in (0x03, 0x07, 0x11) and _xor(data[16:]) != checksum:
            return [self._reply(code, 0, b"", BAD_CHECKSUM)]
        value, payload = handler(data)
        replies = [self._reply(code, value, payload, 0)]
        if code == 0x06 and not self.stub and struct.unpack("<II", data)[0] == 0:
            self.stub = True
            replies.append(b"OHAI")
        return replies

    def _reply(self, code: int, value: int, payload: bytes, fault: int) -> bytes:
        count = 2 if self.stub else self.chip.status_bytes
        status = bytes([fault != 0, fault]) + bytes(count - 2)
        body = payload + status
        return struct.pack("<BBHI", 1, code, len(body), value) + body

    def _nothing(self, data: bytes) -> tuple[int, bytes]:
        return 0, b""

    def _change_baud(self, data: bytes) -> tuple[int, bytes]:
        self.next_baud = struct.unpack_from("<I", data)[0]
        return 0, b""

    def _write_register(self, data: bytes) -> tuple[int, bytes]:
        for at in range(0, len(data), 16):
            address, value = struct.unpack_from("<II", data, at)
            self._registers[address] = value
        return 0, b""

    def _read_register(self, data: bytes) -> tuple[int, bytes]:
        (address,) = struct.unpack("<I", data)
        return self._register(address), b""

    def _register(self, address: int) -> int:
        if address == MAGIC_REGISTER:
            return self.chip.magic
        if address == UART_CLOCK_DIVIDER:
            return 347  # 40 MHz at 115200 baud
        if address == EFUSES + 4:
            return int.from_bytes(MAC[2:], "big")
        if address == EFUSES + 8:
            return int.from_bytes(MAC[:2], "big")
        for base in SPI_BASES:
            if address == base + SPI_COMMAND:
                return 0  # done
            if address in (base + at for at in SPI_W0):
                last = [self._registers.get(base + at, 0) & 0xFF for at in SPI_USER2]
                return FLASH_ID if READ_ID in last else 0
        return self._registers.get(address, 0)

    def _flash_begin(self, data: bytes) -> tuple[int, bytes]:
        size, _, _, offset = struct.unpack_from("<IIII", data)
        self._begin(offset, size)
        self._inflate = None
        return 0, b""

    def _deflate_begin(self, data: bytes) -> tuple[int, bytes]:
        size, _, _, offset = struct.unpack_from("<IIII", data)
        self._begin(offset, size)
        self._inflate = zlib.decompressobj()
        return 0, b""

    def _begin(self, offset: int, size: int) -> None:
        """Erases the sectors that will be written."""
        self._at, self._end = offset, offset + size
        start, end = offset // SECTOR * SECTOR, -(-(offset + size) // SECTOR) * SECTOR
        self.flash[start:end] = b"\xff" * (min(end, len(self.flash)) - start)

    def _flash_data(self, data: bytes) -> tuple[int, bytes]:
        self._store(data[16:])
        return 0, b""

    def _deflate_data(self, data: bytes) -> tuple[int, bytes]:
        assert self._inflate is not None, "data before FLASH_DEFL_BEGIN"
        self._store(self._inflate.decompress(data[16:]))
        return 0, b""

    def _store(self, block: bytes) -> None:
        self.blocks += 1
        block = block[: max(0, -(-self._end // SECTOR) * SECTOR - self._at)]
        if self.blocks == self._faults.corrupt_block and block:
            block = bytes([block[0] ^ 0x10]) + block[1:]
        # Flash can only clear bits: what was not erased shows.
        old = self.flash[self._at : self._at + len(block)]
        self.flash[self._at : self._at + len(block)] = bytes(a & b for a, b in zip(old, block, strict=True))
        self._at += len(block)

    def _flash_end(self, data: bytes) -> tuple[int, bytes]:
        self.restart_asked = struct.unpack_from("<I", data)[0] == 0
        return 0, b""

    def _md5(self, data: bytes) -> tuple[int, bytes]:
        offset, size = struct.unpack_from("<II", data)
        digest = hashlib.md5(self.flash[offset : offset + size], usedforsecurity=False)
        return 0, digest.digest() if self.stub else digest.hexdigest().encode()

    def _erase_all(self, data: bytes) -> tuple[int, bytes]:
        self.flash[:] = b"\xff" * len(self.flash)
        return 0, b""

    def _erase_region(self, data: bytes) -> tuple[int, bytes]:
        offset, size = struct.unpack_from("<II", data)
        self.flash[offset : offset + size] = b"\xff" * size
        return 0, b""

    def _security_info(self, data: bytes) -> tuple[int, bytes]:
        return 0, struct.pack("<IB7sII", 0, 0, b"", self.chip.chip_id, 0)


def _xor(data: bytes) -> int:
    value = CHECKSUM_SEED
    for byte in data:
        value ^= byte
    return value
