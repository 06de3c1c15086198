"""The layout of the simulated boards' flash chip, and how the boot loader chooses between its two slots.

It is the ESP32's: two application slots, their choice in `otadata`, a model partition.
firmware/src/chip_store.h holds the same numbers.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass

FLASH_BYTES = 4 << 20
SECTOR_BYTES = 0x1000
TABLE_OFFSET = 0x8000
ERASED = 0xFF

APP, DATA = 0, 1
_PARTITION = struct.Struct("<HBBII16sI")


@dataclass(frozen=True)
class Partition:
    """One row of the partition table; offset and size in bytes."""

    name: str
    kind: int
    subtype: int
    offset: int
    size: int


NVS = Partition("nvs", DATA, 0x02, 0x9000, 0x5000)
OTADATA = Partition("otadata", DATA, 0x00, 0xE000, 0x2000)
SLOTS = (
    Partition("app0", APP, 0x10, 0x10000, 0x180000),
    Partition("app1", APP, 0x11, 0x190000, 0x180000),
)
MODEL = Partition("model", DATA, 0x40, 0x310000, 0xF0000)
TABLE = (NVS, OTADATA, *SLOTS, MODEL)
APP_OFFSET = SLOTS[0].offset

NEW, PENDING, VALID, INVALID, ABORTED = range(5)
"""States of an otadata entry, as the ESP-IDF boot loader numbers them."""
_ENTRY = struct.Struct("<I20sII")  # sequence, label, state, CRC32 of the sequence


def partition_table() -> bytes:
    """The partition table with its MD5 entry."""
    entries = b"".join(
        _PARTITION.pack(0x50AA, p.kind, p.subtype, p.offset, p.size, p.name.encode(), 0) for p in TABLE
    )
    return entries + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(entries, usedforsecurity=False).digest()


@dataclass(frozen=True)
class OtaEntry:
    """One sector of otadata. number: counts up with each update; state: NEW ... ABORTED."""

    number: int
    state: int

    @property
    def slot(self) -> int:
        """The slot it names."""
        return (self.number - 1) % len(SLOTS)

    def pack(self) -> bytes:
        """Its 32 bytes."""
        crc = zlib.crc32(struct.pack("<I", self.number), 0xFFFFFFFF)
        return _ENTRY.pack(self.number, b"\xff" * 20, self.state, crc)


def read_entries(chip: bytes) -> list[OtaEntry | None]:
    """The two entries of otadata; None where there is none or its CRC is wrong."""
    found: list[OtaEntry | None] = []
    for sector in range(2):
        number, _, state, crc = _ENTRY.unpack_from(chip, OTADATA.offset + sector * SECTOR_BYTES)
        good = number != 0xFFFFFFFF and crc == zlib.crc32(struct.pack("<I", number), 0xFFFFFFFF)
        found.append(OtaEntry(number, state) if good else None)
    return found


@dataclass(frozen=True)
class Choice:
    """What the boot loader does next.

    Attributes:
        slot: the slot it starts.
        entries: otadata from now on: an update that was started once and not confirmed is given up.
    """

    slot: int
    entries: tuple[OtaEntry | None, ...]


def choose(entries: list[OtaEntry | None]) -> Choice:
    """The slot to boot: the newest entry that is not given up; slot 0 without one."""
    told = [
        OtaEntry(entry.number, ABORTED) if entry and entry.state == PENDING else entry for entry in entries
    ]
    usable = [entry for entry in told if entry and entry.state not in (INVALID, ABORTED)]
    if not usable:
        return Choice(0, tuple(told))
    newest = max(usable, key=lambda entry: entry.number)
    started = OtaEntry(newest.number, PENDING) if newest.state == NEW else newest
    return Choice(newest.slot, tuple(started if entry is newest else entry for entry in told))


def give_up(entries: tuple[OtaEntry | None, ...], slot: int) -> tuple[OtaEntry | None, ...]:
    """Otadata after the image of a slot did not pass the boot loader's checks."""
    return tuple(OtaEntry(e.number, INVALID) if e and e.slot == slot else e for e in entries)
