"""The flash chip of a simulated board as a file: partition table, and the application as an ESP-style image.

The image is the ESP32's: magic 0xE9, segments, XOR checksum and an appended SHA-256. The program (an ELF
file) travels as a segment. The layout of the chip is in partitions.py.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from codegen.board import Board
from codegen.errors import BoardError, BudgetError
from codegen.whole_file import write_whole
from host_tools.simulator.partitions import (
    APP_OFFSET,
    ERASED,
    FLASH_BYTES,
    NVS,
    OTADATA,
    SECTOR_BYTES,
    SLOTS,
    TABLE_OFFSET,
    choose,
    give_up,
    partition_table,
    read_entries,
)

_MAGIC = 0xE9
_HEADER = struct.Struct("<BBBBIB3sHBHH4sB")  # 24 bytes: magic, segments, SPI, entry ... hash appended
_SEGMENT = struct.Struct("<II")  # load address, bytes
_DESCRIPTION = struct.Struct("<II8s32s32s16s16s32s32s80s")  # 256 bytes
_DESCRIPTION_MAGIC = 0xABCD5432
_CHECKSUM_SEED = 0xEF
_PROGRAM_ADDRESS = 0x3F400020


class ErasedFlashError(BoardError):
    """There is no application in the flash."""


class CorruptImageError(BoardError):
    """The application in the flash does not pass its checks. `reason`: as the boot loader prints it."""

    def __init__(self, flash_file: Path, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the flashed image is damaged ({reason})", str(flash_file), "Flash it again.")


@dataclass(frozen=True)
class FlashedImage:
    """What the boot loader found.

    Attributes:
        board: name of the board it was built for.
        program: the ELF bytes.
        slot: the application slot it lies in.
    """

    board: str
    program: bytes
    slot: int


def _description(board: Board, program: bytes) -> bytes:
    digest = hashlib.sha256(program).digest()
    return _DESCRIPTION.pack(
        _DESCRIPTION_MAGIC, 0, b"", b"1", b"tinyface-" + board.name.encode(), b"", b"", b"", digest, b""
    )


def _xor(data: bytes) -> int:
    """XOR of all bytes: the halves of one large integer are folded onto each other."""
    size, value = len(data), int.from_bytes(data, "little")
    while size > 1:
        half = (size + 1) // 2
        value = (value >> (8 * half)) ^ (value & ((1 << (8 * half)) - 1))
        size = half
    return value


def _seal(image: bytes, segments: list[bytes]) -> bytes:
    """Appends padding, checksum (last byte of a 16-byte line) and SHA-256."""
    checksum = _CHECKSUM_SEED
    for data in segments:
        checksum ^= _xor(data)
    padded = image + bytes(15 - len(image) % 16) + bytes([checksum])
    return padded + hashlib.sha256(padded).digest()


def make_image(board: Board, program: bytes) -> bytes:
    """The application image around a program (ELF bytes)."""
    segments = [_description(board, program), program + bytes(-len(program) % 4)]
    header = _HEADER.pack(
        _MAGIC, len(segments), 2, 0x20, _PROGRAM_ADDRESS, 0xEE, b"", 0, 0, 0, 0xFFFF, b"", 1
    )
    addresses = (_PROGRAM_ADDRESS - 256, _PROGRAM_ADDRESS)
    body = b"".join(_SEGMENT.pack(a, len(s)) + s for a, s in zip(addresses, segments, strict=True))
    return _seal(header + body, segments)


def write_flash(board: Board, image: Path, flash_file: Path, settings_of: Path | None = None) -> None:
    """Flash a built image: the whole chip is written, and what was there is erased besides the settings.

    Args:
        board: the board the image was built for.
        image: the ELF file of host_tools.project.build.
        flash_file: the chip.
        settings_of: the chip as it was: its `nvs`, which flashing over a cable does not touch either, stays.
            None, or a file that is no chip: settings are erased.
    Raises:
        BudgetError: the image is larger than the application's partition.
        BoardError: the image can't be read or the file can't be written.
    """
    try:
        program = image.read_bytes()
    except OSError as error:
        raise BoardError(
            f"the image can't be read ({error.strerror})", str(image), "Build it first."
        ) from error
    application = make_image(board, program)
    room = min(board.memory.flash_app, SLOTS[0].size)
    if len(application) > room:
        raise BudgetError(
            f"the image is {len(application) - room} bytes longer than the application's partition of {room}",
            str(image),
            "Use a smaller model.",
        )
    chip = bytearray([ERASED]) * FLASH_BYTES
    table = partition_table()
    chip[TABLE_OFFSET : TABLE_OFFSET + len(table)] = table
    chip[APP_OFFSET : APP_OFFSET + len(application)] = application
    chip[NVS.offset : NVS.offset + NVS.size] = _settings(settings_of)
    _write(flash_file, bytes(chip))


def _settings(flash_file: Path | None) -> bytes:
    """The `nvs` partition of a chip, erased where there is none."""
    erased = bytes([ERASED]) * NVS.size
    if flash_file is None:
        return erased
    try:
        return _read(flash_file)[NVS.offset : NVS.offset + NVS.size]
    except BoardError:
        return erased


def _write(flash_file: Path, chip: bytes) -> None:
    try:
        write_whole(flash_file, chip)
    except OSError as error:
        raise BoardError(
            f"the flash file can't be written ({error.strerror})",
            str(flash_file),
            "Check the folder and its space.",
        ) from error


def _read(flash_file: Path) -> bytes:
    try:
        chip = flash_file.read_bytes()
    except FileNotFoundError:
        raise ErasedFlashError("nothing has been flashed yet", str(flash_file), "Flash it first.") from None
    except OSError as error:
        raise BoardError(
            f"the flash file can't be read ({error.strerror})", str(flash_file), "Check it."
        ) from error
    if len(chip) != FLASH_BYTES:
        raise BoardError(f"{len(chip)} bytes are no 4 MB flash chip", str(flash_file), "Flash it again.")
    return chip


def _segments(chip: bytes, slot: int, flash_file: Path) -> tuple[list[bytes], int]:
    """The segments' data and where the image without padding ends."""
    start = SLOTS[slot].offset
    if chip[start : start + 4] == bytes([ERASED]) * 4:
        raise ErasedFlashError("there is no application in the flash", str(flash_file), "Flash it first.")
    magic, count = chip[start], chip[start + 1]
    if magic != _MAGIC:
        raise CorruptImageError(flash_file, f"image at {start:#x} has invalid magic byte (0x{magic:02x})")
    if not 1 <= count <= 16:
        raise CorruptImageError(flash_file, f"image at {start:#x} segment count {count} exceeds max 16")
    at = start + _HEADER.size
    segments = []
    for number in range(count):
        _, size = _SEGMENT.unpack_from(chip, at)
        at += _SEGMENT.size
        if at + size > start + SLOTS[slot].size - 48:
            raise CorruptImageError(flash_file, f"Segment {number} length 0x{size:x} too long")
        segments.append(chip[at : at + size])
        at += size
    return segments, at


def _check(chip: bytes, slot: int, flash_file: Path) -> FlashedImage:
    """The image of a slot, as the boot loader checks it."""
    start = SLOTS[slot].offset
    segments, end = _segments(chip, slot, flash_file)
    expected = _seal(chip[start:end], segments)
    found = chip[start : start + len(expected)]
    if found[-33] != expected[-33]:
        reason = f"Checksum failed. Calculated 0x{expected[-33]:x} read 0x{found[-33]:x}"
        raise CorruptImageError(flash_file, reason)
    if found != expected:
        raise CorruptImageError(flash_file, "Image hash failed - image is corrupt")
    if len(segments) != 2 or len(segments[0]) != _DESCRIPTION.size:
        raise CorruptImageError(flash_file, "no application description")
    magic, _, _, _, name, *_ = _DESCRIPTION.unpack(segments[0])
    project = name.rstrip(b"\0").decode("utf-8", "replace")
    if magic != _DESCRIPTION_MAGIC or not project.startswith("tinyface-"):
        raise CorruptImageError(flash_file, "no application description")
    return FlashedImage(project.removeprefix("tinyface-"), segments[1], slot)


def boot_image(flash_file: Path) -> FlashedImage:
    """What the boot loader starts now; it notes in otadata that a new firmware has been started.

    Raises:
        ErasedFlashError: there is no file or no application in it.
        CorruptImageError: magic, lengths, checksum or SHA-256 are wrong, and no other slot can be booted.
        BoardError: the file is no flash chip, or can't be written.
    """
    chip = _read(flash_file)
    choice = choose(read_entries(chip))
    entries = choice.entries
    try:
        image = _check(chip, choice.slot, flash_file)
    except BoardError as error:
        other = 1 - choice.slot
        try:
            image = _check(chip, other, flash_file)
        except BoardError:
            raise error from None
        entries = give_up(entries, choice.slot)
    told = b"".join(
        (entry.pack() if entry else bytes([ERASED]) * 32).ljust(SECTOR_BYTES, bytes([ERASED]))
        for entry in entries
    )
    if list(entries) != read_entries(chip):
        with flash_file.open("r+b") as file:
            file.seek(OTADATA.offset)
            file.write(told)
    return image


def read_image(flash_file: Path) -> FlashedImage:
    """The application that boots next, without booting it.

    Raises:
        ErasedFlashError: there is no file or no application in it.
        CorruptImageError: magic, lengths, checksum or SHA-256 are wrong.
        BoardError: the file is no flash chip.
    """
    chip = _read(flash_file)
    return _check(chip, choose(read_entries(chip)).slot, flash_file)


def reseal(flash_file: Path) -> None:
    """Recompute checksum and SHA-256 after bytes of the application were changed on purpose.

    Raises:
        BoardError: there is no image whose segments can be walked.
    """
    chip = bytearray(_read(flash_file))
    slot = choose(read_entries(bytes(chip))).slot
    start = SLOTS[slot].offset
    segments, end = _segments(bytes(chip), slot, flash_file)
    sealed = _seal(bytes(chip[start:end]), segments)
    chip[start : start + len(sealed)] = sealed
    _write(flash_file, bytes(chip))
