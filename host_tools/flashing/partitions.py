"""The ESP32's partition table: read from CSV, held against the boot loader's rules, written for the chip.

Rules and binary form: ESP-IDF programming guide, "Partition Tables".
"""

from __future__ import annotations

import csv
import hashlib
import struct
from dataclasses import dataclass
from itertools import pairwise

from codegen.errors import BoardError

TABLE_OFFSET = 0x8000
TABLE_BYTES = 0xC00
FIRST_OFFSET = 0x9000
APP_ALIGNMENT = 0x10000
SECTOR = 0x1000
OTA_DATA_BYTES = 0x2000
LEAST_NVS_BYTES = 3 * SECTOR
NAME_BYTES = 16
MODEL_SUBTYPE = 0x40
"""Of the partition that firmware/src/model_store.c reads."""
USER_SUBTYPES = range(0x40, 0xFF)

_ENTRY = struct.Struct("<HBBII16sI")
_MAGIC = 0x50AA
_TYPES = {"app": 0, "data": 1}
_SUBTYPES = {
    "app": {"factory": 0x00, **{f"ota_{i}": 0x10 + i for i in range(16)}, "test": 0x20},
    "data": {
        "ota": 0x00,
        "phy": 0x01,
        "nvs": 0x02,
        "coredump": 0x03,
        "nvs_keys": 0x04,
        "fat": 0x81,
        "spiffs": 0x82,
    },
}
_REMEDY = "Correct partitions.csv; the ESP-IDF guide's page on partition tables has the rules."


@dataclass(frozen=True)
class Partition:
    """One row. kind: "app" or "data"; offset and size in bytes."""

    name: str
    kind: str
    subtype: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.size


def parse(text: str, where: str, flash_bytes: int) -> tuple[Partition, ...]:
    """The partitions of a CSV text, in its order.

    Args:
        text: rows `name, type, subtype, offset, size`; "#" starts a comment. Offsets are written out.
        where: the file, for messages.
        flash_bytes: size of the flash chip.
    Raises:
        BoardError: a row can't be read, or the table breaks a rule; the message names row and rule.
    """
    partitions = []
    for number, line in enumerate(text.splitlines(), 1):
        row = [cell.strip() for cell in next(csv.reader([line.partition("#")[0]]), [])]
        if any(row):
            partitions.append(_read(row, f"{where}, line {number}"))
    check(partitions, where, flash_bytes)
    return tuple(partitions)


def check(partitions: list[Partition] | tuple[Partition, ...], where: str, flash_bytes: int) -> None:
    """Holds a table against the rules.

    Raises:
        BoardError: the first rule that is broken.
    """

    def broken(cause: str) -> BoardError:
        return BoardError(cause, where, _REMEDY)

    if (len(partitions) + 1) * _ENTRY.size > TABLE_BYTES:
        raise broken(f"{len(partitions)} partitions are more than the table holds")
    names = [p.name for p in partitions]
    for name in names:
        if names.count(name) > 1:
            raise broken(f"two partitions are called {name!r}")
        if not 1 <= len(name.encode()) <= NAME_BYTES:
            raise broken(f"the name {name!r} is not 1 to {NAME_BYTES} bytes long")
    for p in partitions:
        alignment = APP_ALIGNMENT if p.kind == "app" else SECTOR
        if p.offset % alignment:
            raise broken(f"{p.name} starts at {p.offset:#x}, which is no multiple of {alignment:#x}")
        if p.size <= 0 or p.size % SECTOR:
            raise broken(f"{p.name} is {p.size:#x} bytes long, which is no multiple of {SECTOR:#x}")
        if p.offset < FIRST_OFFSET:
            raise broken(
                f"{p.name} lies over the boot loader or the partition table (below {FIRST_OFFSET:#x})"
            )
        if p.end > flash_bytes:
            raise broken(f"{p.name} ends at {p.end:#x}, behind the flash of {flash_bytes:#x} bytes")
        if (p.kind, p.subtype) == ("data", 0x00) and p.size != OTA_DATA_BYTES:
            raise broken(f"{p.name} is {p.size:#x} bytes long; the choice of slots takes {OTA_DATA_BYTES:#x}")
        if (p.kind, p.subtype) == ("data", 0x02) and p.size < LEAST_NVS_BYTES:
            raise broken(f"{p.name} is {p.size:#x} bytes long; settings take {LEAST_NVS_BYTES:#x} at least")
    ordered = sorted(partitions, key=lambda p: p.offset)
    for before, after in pairwise(ordered):
        if before.end > after.offset:
            raise broken(
                f"{before.name} ends at {before.end:#x} and {after.name} starts at {after.offset:#x}"
            )
    slots = [p for p in partitions if p.kind == "app" and 0x10 <= p.subtype < 0x20]
    chooser = [p for p in partitions if (p.kind, p.subtype) == ("data", 0x00)]
    if not any(p.kind == "app" for p in partitions):
        raise broken("there is no partition for the application")
    if bool(slots) != bool(chooser) or len(slots) == 1:
        raise broken("two application slots and an otadata partition belong together")
    if len({p.size for p in slots}) > 1:
        raise broken("the application slots differ in size, so an update may not fit")


def to_binary(partitions: tuple[Partition, ...]) -> bytes:
    """The table as it lies in flash: TABLE_BYTES bytes, entries, their MD5, 0xFF."""
    entries = b"".join(
        _ENTRY.pack(_MAGIC, _TYPES[p.kind], p.subtype, p.offset, p.size, p.name.encode(), 0)
        for p in partitions
    )
    digest = hashlib.md5(entries, usedforsecurity=False).digest()
    table = entries + b"\xeb\xeb" + b"\xff" * 14 + digest
    return table + b"\xff" * (TABLE_BYTES - len(table))


def from_binary(table: bytes, where: str = "partition table") -> tuple[Partition, ...]:
    """The partitions in a table read from flash.

    Raises:
        BoardError: it is none, or its MD5 is wrong.
    """
    kinds = {number: name for name, number in _TYPES.items()}
    found: list[Partition] = []
    for at in range(0, len(table) - _ENTRY.size + 1, _ENTRY.size):
        if table[at : at + 2] == b"\xeb\xeb":
            if hashlib.md5(table[:at], usedforsecurity=False).digest() != table[at + 16 : at + 32]:
                raise BoardError("the partition table is damaged (MD5)", where, "Flash the board again.")
            return tuple(found)
        magic, kind, subtype, offset, size, name, _ = _ENTRY.unpack_from(table, at)
        if magic != _MAGIC or kind not in kinds:
            break
        found.append(
            Partition(name.rstrip(b"\0").decode("utf-8", "replace"), kinds[kind], subtype, offset, size)
        )
    raise BoardError("there is no partition table", where, "Flash the board again.")


def model_heads(partitions: tuple[Partition, ...]) -> tuple[int, ...]:
    """Offsets of the sectors with which the two halves of the model partition begin; none without one."""
    for p in partitions:
        if (p.kind, p.subtype, p.name) == ("data", MODEL_SUBTYPE, "model"):
            return p.offset, p.offset + p.size // 2 // SECTOR * SECTOR
    return ()


def first_app(partitions: tuple[Partition, ...]) -> Partition:
    """Where a serial upload puts the application: the factory partition, else the first slot."""
    apps = [p for p in partitions if p.kind == "app"]
    return min(apps, key=lambda p: (p.subtype != 0, p.subtype))


def _read(row: list[str], where: str) -> Partition:
    if len(row) < 5:
        raise BoardError(f"{len(row)} cells are no partition", where, _REMEDY)
    name, kind, subtype, offset, size = row[:5]
    if kind not in _TYPES:
        raise BoardError(f"{kind!r} is no type", where, "Use app or data.")
    known = _SUBTYPES[kind]
    number = known.get(subtype)
    if number is None:
        try:
            number = int(subtype, 0)
        except ValueError:
            raise BoardError(
                f"{subtype!r} is no subtype of {kind}", where, f"Use {', '.join(known)}."
            ) from None
        if number not in USER_SUBTYPES and number not in known.values():
            raise BoardError(f"{number:#x} is no subtype of {kind}", where, "Use 0x40 to 0xfe for your own.")
    return Partition(name, kind, number, _bytes(offset, where), _bytes(size, where))


def _bytes(text: str, where: str) -> int:
    scale = {"K": 1024, "M": 1 << 20}.get(text[-1:].upper(), 1)
    try:
        return int(text.rstrip("kKmM"), 0) * scale
    except ValueError:
        raise BoardError(f"{text!r} is no offset or size", where, "Write 0x9000, 24K or 1M.") from None
