"""What tells one chip from another at its serial port, and what can be wrong with a board."""

from __future__ import annotations

from dataclasses import dataclass

ESP32_MAGIC = 0x00F01D83
"""Register 0x40001000 of the ESP32; later chips are told by the chip id of GET_SECURITY_INFO."""


@dataclass(frozen=True)
class ChipFacts:
    """One chip.

    Attributes:
        name: as esptool's --chip writes it.
        magic: what register 0x40001000 holds.
        chip_id: in GET_SECURITY_INFO and in image headers.
        knows_security_info: the ROM answers GET_SECURITY_INFO (chips after the ESP32).
        status_bytes: that the ROM appends to an answer.
    """

    name: str
    magic: int
    chip_id: int
    knows_security_info: bool
    status_bytes: int = 4


CHIPS = {
    "esp32": ChipFacts("esp32", ESP32_MAGIC, 0, False),
    "esp32s3": ChipFacts("esp32s3", 0x9, 9, True),
    "esp32c3": ChipFacts("esp32c3", 0x1B31506F, 5, True),
}


@dataclass(frozen=True)
class Faults:
    """What is wrong.

    Attributes:
        no_auto_reset: DTR and RTS lead nowhere, as on a bare module with a three-wire cable.
        silent: the board has no power: nothing is ever answered.
        corrupt_block: this flash block (counted from 1) is stored with one bit flipped (0: none).
        cut_after: the cable is pulled once so many bytes have come from the host (0: never).
        stuck_low: GPIO0 stays at GND whatever the lines say.
        garbles_above: the adapter carries no more baud; what is sent faster, or at another speed than the
            loader's, is noise (0: any speed is good).
        own_usb: no fault: the port is the chip's own USB Serial/JTAG, whose lines mean something else.
    """

    no_auto_reset: bool = False
    silent: bool = False
    corrupt_block: int = 0
    cut_after: int = 0
    stuck_low: bool = False
    own_usb: bool = False
    garbles_above: int = 0
