"""What the flash tool must know of Espressif's chips, from esptool's documentation and the chips' manuals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chip:
    """One chip family.

    Attributes:
        name: as board.toml and esptool's --chip write it.
        title: as people write it.
        magic: what register 0x40001000 holds on chips that are told apart by it (0: told by chip_id).
        chip_id: in image headers and in the answer of GET_SECURITY_INFO.
        bootloader_offset: where the second-stage boot loader lies in flash.
        boot_pin: the GPIO that leads into download mode when it is low at reset.
    """

    name: str
    title: str
    magic: int
    chip_id: int
    bootloader_offset: int
    boot_pin: int


CHIPS = {
    chip.name: chip
    for chip in (
        Chip("esp32", "ESP32", 0x00F01D83, 0, 0x1000, 0),
        Chip("esp32s2", "ESP32-S2", 0x000007C6, 2, 0x1000, 0),
        Chip("esp32c3", "ESP32-C3", 0, 5, 0x0, 9),
        Chip("esp32s3", "ESP32-S3", 0, 9, 0x0, 0),
        Chip("esp32c2", "ESP32-C2", 0, 12, 0x0, 9),
        Chip("esp32c6", "ESP32-C6", 0, 13, 0x0, 9),
        Chip("esp32h2", "ESP32-H2", 0, 16, 0x0, 9),
    )
}
