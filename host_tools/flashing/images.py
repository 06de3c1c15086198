"""The files of a build folder and where they go in flash, checked before the first byte is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codegen.board import Board
from codegen.errors import BoardError, BudgetError, ToolError
from codegen.whole_file import write_whole
from host_tools.flashing import partitions
from host_tools.flashing.build_place import how_to_build
from host_tools.flashing.chips import CHIPS
from host_tools.flashing.esptool import Part

_IMAGE_MAGIC = 0xE9
_CHIP_ID_AT = 12
EMPTY_MODEL = "empty_model.bin"


def parts_of(built: Path, board: Board, model_hashes: Sequence[bytes]) -> list[Part]:
    """What a build folder of PlatformIO holds for this board.

    Args:
        model_hashes: SHA-256 of each network, 32 bytes, that the application must carry.
    Raises:
        ToolError: a file is missing, or the application holds another model.
        BoardError: the application was built for another chip, or the partition table is damaged.
        BudgetError: the application is larger than its partition.
    """
    again = f"{how_to_build(built.parents[2])} Or leave --project out."
    for name in ("bootloader.bin", "partitions.bin", "firmware.bin"):
        if not (built / name).is_file():
            raise ToolError(f"{name} is missing: nothing is built here", str(built), again)
    chip = CHIPS.get(board.chip)
    if chip is None:
        raise BoardError(
            f"the chip {board.chip!r} is unknown here", board.name, f"Use one of {', '.join(CHIPS)}."
        )
    table_file, firmware = built / "partitions.bin", built / "firmware.bin"
    table = partitions.from_binary(table_file.read_bytes(), str(table_file))
    partitions.check(table, str(table_file), board.flash.flash_bytes)
    slot = partitions.first_app(table)
    application = firmware.read_bytes()
    if len(application) < 24 or application[0] != _IMAGE_MAGIC:
        raise BoardError("this is no application image", str(firmware), again)
    built_for = int.from_bytes(application[_CHIP_ID_AT : _CHIP_ID_AT + 2], "little")
    if built_for != chip.chip_id:
        other = next((c.title for c in CHIPS.values() if c.chip_id == built_for), f"chip {built_for}")
        raise BoardError(
            f"the application was built for an {other}, not an {chip.title}", str(firmware), again
        )
    if len(application) > slot.size:
        raise BudgetError(
            f"the application is {len(application) - slot.size:,} bytes longer than its "
            f"partition of {slot.size:,}",
            str(firmware),
            "Use a smaller model.",
        )
    for model_hash in model_hashes:
        if model_hash not in application:
            raise ToolError(
                f"the application does not hold the model with hash {model_hash.hex()}", str(firmware), again
            )
    parts = [
        Part(chip.bootloader_offset, built / "bootloader.bin"),
        Part(partitions.TABLE_OFFSET, table_file),
        Part(slot.offset, firmware),
    ]
    chooser = next((p for p in table if (p.kind, p.subtype) == ("data", 0x00)), None)
    if chooser is not None:
        parts.append(Part(chooser.offset, _erased(built / "ota_data_initial.bin", chooser.size)))
    for offset in partitions.model_heads(table):
        parts.append(Part(offset, _erased(built / EMPTY_MODEL, partitions.SECTOR)))
    return sorted(parts, key=lambda part: part.offset)


def _erased(file: Path, size: int) -> Path:
    """Erased flash: slot 0 boots, with the constants of the application, whatever an update left."""
    if not file.is_file():
        write_whole(file, b"\xff" * size)
    return file
