"""What esptool and PlatformIO complain of becomes one message in our words; what is unknown is shown.

The lines are those of esptool 4 (which PlatformIO's platform brings) and 5.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.flashing import esptool, platformio
from host_tools.flashing.program import Outcome
from tests.host_tools.flashing.esp_board import esp32cam


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            "A fatal error occurred: This chip is ESP32-S3, not ESP32. Wrong chip argument?",
            "the chip at the port is an ESP32-S3, not an ESP32",
        ),
        (
            "A fatal error occurred: This chip is ESP32-S3 not ESP32. Wrong --chip argument?",
            "the chip at the port is an ESP32-S3, not an ESP32",
        ),
        (
            "A fatal error occurred: MD5 of file does not match data in flash!",
            "the flash holds other bytes than were sent",
        ),
        (
            "A fatal error occurred: Failed to connect to ESP32: No serial data received.",
            "the chip does not answer in download mode",
        ),
        (
            "A fatal error occurred: Failed to connect to ESP32: Wrong boot mode detected (0x13)!",
            "the chip started its application instead of its loader (boot mode 0x13)",
        ),
        (
            "A serial exception error occurred: Write timeout",
            "the connection to the port broke, or another program reads it too",
        ),
        (
            "A serial exception error occurred: device reports readiness to read but returned no data "
            "(device disconnected or multiple access on port?)",
            "the connection to the port broke, or another program reads it too",
        ),
        (
            "A fatal error occurred: Could not open /dev/ttyUSB0, the port is busy or doesn't exist.",
            "there is no such port",
        ),
        (
            "Could not open /dev/ttyUSB0, the port is busy or doesn't exist.\n([Errno 13] Permission denied)",
            "you may not open the port",
        ),
        (
            "[Errno 11] Could not exclusively lock port /dev/ttyUSB0",
            "the port is busy: another program holds it",
        ),
        (
            "A fatal error occurred: 'firmware.bin' is not an ESP32 image. Use --force to flash anyway.",
            "the image was built for another chip",
        ),
    ],
)
def test_a_known_complaint(line: str, cause: str) -> None:
    fault = esptool.known_fault("esptool v5\nConnecting....\n" + line, "/dev/ttyUSB0")
    assert fault is not None
    assert fault.cause == cause
    assert fault.remedy


def test_an_unknown_complaint_is_shown() -> None:
    said = (*(f"line {i}" for i in range(20)), "the moon is in the wrong house")
    fault = esptool.fault_of(Outcome(2, said), "/dev/ttyUSB0", esp32cam())
    assert "the moon is in the wrong house" in fault.cause
    assert "line 3\n" not in fault.cause
    assert "doctor" in fault.remedy


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("HTTPClientError: ", "Error"), "could not download"),
        (
            ("UnknownPackageError: Could not find the package with 'x' requirements",),
            "does not find what board.toml",
        ),
        (("src/model.c:3:1: error: expected ';'",), "expected ';'"),
        (("ld: region `dram0_0_seg' overflowed by 100 bytes",), "overflowed by 100 bytes"),
    ],
)
def test_a_build_that_fails(lines: tuple[str, ...], said: str, tmp_path: Path) -> None:
    fault = platformio._build_fault(Outcome(1, ("Processing esp32cam", *lines)), tmp_path)
    assert said in fault.cause
    assert fault.remedy
