"""An ESP32 played by a program: ROM loader, flash chip, reset lines, and what boots from the flash.

Written from the vendor's description of the serial protocol; esptool itself talks to it in the tests.
"""

from tests.fakes.esp_rom.chip import FakeChip
from tests.fakes.esp_rom.facts import CHIPS, ChipFacts, Faults
from tests.fakes.esp_rom.ports import PtyPort, Rfc2217Port

__all__ = ["CHIPS", "ChipFacts", "FakeChip", "Faults", "PtyPort", "Rfc2217Port"]
