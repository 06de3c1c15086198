"""What esptool complains of, releases 3 to 5, also inside PlatformIO, Arduino and idf.py."""

from __future__ import annotations

from host_tools.doctor.rule import POWER, Rule

_LINE = (
    "Use a shorter cable plugged straight into the computer, power the board from 5 V with at least 500 mA, "
    "and flash "
    "again: nothing is lost, the ROM's loader can't be overwritten."
)
_SLOWER = (
    "Flash at a lower speed: `tinyface flash MODEL --board BOARD --baud 115200` (PlatformIO: upload_speed = "
    "115200; esptool: --baud 115200)."
)
_BRIDGE = (
    "Bridge GPIO0 to GND (ESP32-C3: GPIO9) and press reset, or hold the BOOT button while you press reset, "
    "then flash "
    "again"
)
_STARTED = "no-answer", "line-broken"
_FLASH_CHIP = (
    "Unplug what hangs at the flash's pins (ESP32: GPIO6 to GPIO11, and GPIO12, which selects its "
    "voltage), then flash again; if it stays, look at the power: " + POWER
)

FLASHING_RULES = (
    Rule(  # what esptool has read from the chip, at the speed it had gone to: the line carries it
        "flash-chip-lost",
        r"Failed to communicate with the flash chip[^\n]*|SPI command did not complete in time|"
        r"(?m:^Manufacturer: (?:ff|00)$)|[Ff]lash ID:? (?:0x)?(?:ffffff|000000)\b",
        "the chip answers, and its flash chip does not",
        _FLASH_CHIP,
        explains=(*_STARTED, "flash-differs", "baud-change"),
    ),
    Rule(
        "baud-change",
        r"Changing baud ?rate to (?!115200\b|\d{1,5}\b)(\d+)(?:(?!Hash of data verified)[\s\S]){0,4000}?(?:No"
        r" serial data received|"
        r"Timed out waiting for packet|Invalid head of packet|Unable to verify flash chip connection|"
        r"Packet content transfer stopped|Serial data stream stopped|chip stopped responding|"
        r"Failed to write)[^\n]*",
        "the connection broke after esptool went to {0} baud: the adapter or its cable does not carry it",
        _SLOWER,
        explains=(*_STARTED, "flash-chip-lost"),
    ),
    Rule(
        "baud-change",
        r"Failed to set baud ?rate (\d+)[^\n]*",
        "the adapter's driver does not know {0} baud",
        _SLOWER,
        explains=_STARTED,
    ),
    Rule(
        "another-chip",
        r"This chip is ([\w-]+),? not ([\w-]+)",
        "the chip at the port is an {0}, not an {1}",
        "Choose the board that has this chip (`tinyface boards`), or another port.",
        explains=_STARTED,
    ),
    Rule(
        "another-chip",
        r"Unexpected chip ID in image[^\n]*|is not an? (ESP[\w-]+) image",
        "the image was built for another chip",
        "Build the project again for this board.",
        explains=_STARTED,
    ),
    Rule(
        "chip-revision",
        r"requires chip revision (v?[\d.]+)(?: or higher)?[^\n]*\(this chip is (?:revision )?(v?[\d.]+)\)|"
        r"requires chip revision in range \[(v?[\d.]+[^\n\]]*)\][^\n]*?\(?this chip is (?:revision )?(v?[\d.]"
        r"+)",
        "the image was built for chip revision {0}{2}, and the chip is {1}{3}",
        "Set the least chip revision (CONFIG_ESP32_REV_MIN) to that of the chip and build again, or use a "
        "newer chip.",
    ),
    Rule(
        "locked-chip",
        r"Secure Boot (?:V\d )?detected[^\n]*|Secure Download Mode is enabled[^\n]*|"
        r"may brick your device[^\n]*|"
        r"Active security features detected[^\n]*|encrypt functionality[^\n]*(?:\n[^\n]*)?disabled[^\n]*|"
        r"not available in Secure Download Mode|Flash encryption with Key Manager detected[^\n]*|"
        r"Unsupported Command Error received[^\n]*",
        "the chip is locked: secure boot, flash encryption or its secure download mode is on",
        "Such a chip takes images of the owner of its keys alone; use a board whose fuses are not burned.",
        explains=_STARTED,
    ),
    Rule(
        "flash-chip-lost",
        r"Unable to verify flash chip connection[^\n]*|Detecting flash size failed[^\n]*|"
        r"written flash region is empty[^\n]*",
        "the chip answers, and its flash chip does not",
        _FLASH_CHIP,
        explains=(*_STARTED, "flash-differs"),
    ),
    Rule(
        "flash-differs",
        r"MD5 of file does not match[^\n]*|[Vv]erif(?:y|ication) failed[^\n]*|Digest mismatch[^\n]*|"
        r"Corrupt data, expected[^\n]*",
        "the flash holds other bytes than were sent",
        _LINE + " If it comes back at the same place, the flash chip is worn out or its size is set wrongly.",
        explains=_STARTED,
        unless=r"Secure Boot V2 verification failed|signature verification failed",
    ),
    Rule(
        "too-large",
        r"won't fit|will not fit in [\dx]+[^\n]*flash[^\n]*|does not fit in[^\n]*|"
        r"larger than the [^\n]*flash[^\n]*|"
        r"Detected flash size [^\n]* smaller[^\n]*|goes past (?:16MB|\d+[MK]B|the end)[^\n]*|"
        r"app partition is too small for binary[^\n]*",
        "the image is larger than the board's flash, or than its partition",
        "Check flash_bytes in board.toml and partitions.csv against the board, or use a smaller model.",
        explains=_STARTED,
    ),
    Rule(
        "bad-image",
        r"This is not a valid image[^\n]*|Invalid (?:firmware )?image magic[^\n]*|Invalid (?:image|"
        r"firmware)\b[^\n]*|"
        r"(?:File|Image) is empty|invalid ELF magic header[^\n]*|Invalid segment count[^\n]*",
        "the file that is to be flashed is no image for such a chip",
        "Build the project again; a download may be a web page instead of the file.",
        explains=_STARTED,
    ),
    Rule(
        "overlap",
        r"Detected overlap at address[^\n]*",
        "two files are to be written to the same place in flash",
        "Give each file its own offset, as partitions.csv has them; `tinyface flash` does.",
    ),
    Rule(
        "build-path",
        r"esptool[^\n]*: error: argument <address> <filename>: [^\n]*(?:must be a number|No such file)[^\n]*",
        "esptool was given a path that a space cuts in two",
        "Move the project to a folder without spaces in its path, and build there.",
        explains=("build", "esptool-version", "port-missing"),
    ),
    Rule(
        "esptool-version",
        r"(?:invalid choice|No such command)[: ]*'?[\"(]?(?:write[-_]flash|default[-_]reset|"
        r"no[-_]reset)[^\n]*|"
        r"operation: invalid choice[^\n]*|esptool[^\n]*: error: (?:argument|unrecognized)[^\n]*|"
        r"Unexpected CHIP magic value[^\n]*|Failed to autodetect chip type[^\n]*",
        "this esptool does not know the command or the chip",
        "Update it: `{upgrade}`; then flash again.",
        explains=_STARTED,
        extra="pio",
    ),
    Rule(
        "wrong-boot-mode",
        r"Wrong boot mode detected \((0x[0-9a-f]+)\)",
        "the chip started its application instead of its loader (boot mode {0})",
        _BRIDGE + ".",
        explains=_STARTED,
    ),
    Rule(
        "serial-tx",
        r"getting no sync reply[^\n]*|serial TX path seems to be down",
        "the chip is in its loader and hears nothing: the line from the computer to the chip is open",
        "Connect the adapter's TX to the board's U0R (GPIO3), and its RX to U0T (GPIO1).",
        explains=_STARTED,
    ),
    Rule(
        "line-broken",
        r"(?:Possible )?[Ss]erial noise or corruption|"
        r"Packet content transfer stopped|"
        r"Serial data stream stopped|chip stopped responding|Invalid (?:head of packet|SLIP escape)[^\n]*|"
        r"Failed to write to target[^\n]*|Failed to (?:write|enter|leave|erase|start|"
        r"read)[^\n]*\(result was[^\n]*|"
        r"Failed to start stub[^\n]*|Response doesn't match request|Failed to write compressed data[^\n]*|"
        r"Expected \d+ byte block[^\n]*|MD5Sum command returned unexpected result[^\n]*|Serial errors\?",
        "the connection broke while flashing",
        _LINE + " A lower speed helps too: `tinyface flash MODEL --board BOARD --baud 115200`.",
        explains=("no-answer",),
    ),
    Rule(
        "no-answer",
        r"Failed to connect to[^\n]*|No serial data received|Timed out waiting for packet[^\n]*|"
        r"Could not connect to an Espressif device[^\n]*|did not respond to (?:sync|connect)[^\n]*|"
        r"Connecting\.{3}[._ ]+(?:\n[^\n]*){0,2}\n[^\n]*(?:fatal error|Timed out)[^\n]*",
        "the chip does not answer in download mode",
        "Check power (5 V), that TX and RX are crossed and GND is connected. " + _BRIDGE + ".",
    ),
)
