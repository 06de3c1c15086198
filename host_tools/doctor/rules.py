"""What a boot text says is wrong, and what to do about it: one rule a fault, none that guesses.

The messages are those of the ESP32's ROM, of ESP-IDF's boot loader and system code, and of esp32-camera.
Where several rules match, the first one in the list is the nearest to the cause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
CONTROLS = dict.fromkeys([*(set(range(32)) - set(b"\t\n\0")), 127], "\ufffd") | {0: None}
"""A terminal must not obey what a log holds: shown as U+FFFD, zeros not at all."""
SHOWN_CHARACTERS = 200
"""Of the line that a finding quotes."""
GARBLED_BYTES = 32
"""Fewer bytes than that say nothing about the baud rate."""
READABLE_SHARE = 0.7


@dataclass(frozen=True)
class Rule:
    """One fault.

    Attributes:
        name: what tests and --json call it.
        pattern: what the text must hold; its groups fill "{0}" and so on in cause and remedy.
        cause, remedy: a sentence each.
        consequence: it follows from other faults, and is told only where none of them is known.
        last_start: it counts only where no later start is in the text.
    """

    name: str
    pattern: str
    cause: str
    remedy: str
    consequence: bool = False
    last_start: bool = False


@dataclass(frozen=True)
class Finding:
    """A rule that matched.

    Attributes:
        rule: its name.
        cause, remedy: a sentence each, the cause without a full stop.
        line: the line of the log that says so.
    """

    rule: str
    cause: str
    remedy: str
    line: str


POWER = "Feed the 5V pin with 5 V and at least 500 mA through a short, thick cable, not the 3V3 pin."

RULES = (
    Rule(
        "download-mode",
        r"boot:0x(?:[0-7]) \(DOWNLOAD_BOOT[^\n]*|boot:0x[0-9a-f]+ \(DOWNLOAD\([^\n]*|waiting for download",
        "the chip waits for a download instead of starting its application: its boot pin is at GND",
        "Take the bridge off GPIO0 (ESP32-C3: GPIO9) or release the BOOT button, and press reset.",
        last_start=True,
    ),
    Rule(
        "brownout",
        r"Brownout detector was triggered|\((?:RTCWDT_BROWN_OUT_RESET|BROWN_?OUT_RST)\)",
        "the supply voltage collapses (brownout)",
        POWER,
    ),
    Rule(
        "empty-flash",
        r"invalid header: 0xffffffff|load:0xffffffff,len:-1",
        "the flash is empty: there is no boot loader where the chip looks for it",
        "Flash the board: `tinyface flash --board BOARD --port PORT`.",
    ),
    Rule(
        "boot-loader",
        r"invalid header: 0x(?!ffffffff)[0-9a-f]{8}|Invalid chip id\. Expected \d+ read \d+[^\n]*|csum err",
        "what lies in the boot loader's place is no boot loader of this chip",
        "Flash the board again, with the board named that carries this chip.",
    ),
    Rule(
        "flash-read",
        r"flash read err, [0-9a-f]+",
        "the ROM can't read the flash chip",
        "Unplug what hangs at GPIO12 (at 3.3 V it selects the wrong flash voltage) and at GPIO6 "
        "to GPIO11, press reset; "
        "if it stays, flash the board again.",
    ),
    Rule(
        "wrong-chip",
        r"mismatch chip ID, expected (\d+), found (\d+)",
        "the application was built for another chip (the image says {1}, the chip is {0})",
        "Flash the board again, with the board named that carries this chip.",
    ),
    Rule(
        "flash-size",
        r"Detected size\((\d+)k\) smaller than the size in the binary image header\((\d+)k\)",
        "the flash chip holds {0} KB, and the firmware was built for {1} KB",
        "Choose the board with this flash size, or set flash_bytes in its board.toml and flash it again.",
    ),
    Rule(
        "flash-size-partition",
        r"partition \d+ invalid - offset (0x[0-9a-f]+) size (0x[0-9a-f]+) "
        r"exceeds flash chip size (0x[0-9a-f]+)",
        "a partition ends behind the flash chip of {2} bytes",
        "Choose the board with this flash size, or shorten partitions.csv and flash it again.",
    ),
    Rule(
        "partition-table",
        r"partition \d+ invalid magic number[^\n]*|Failed to verify partition table|"
        r"[Pp]artition table md5[^\n]*",
        "the partition table in the flash is damaged",
        "Flash the board again; all parts are written, not the application alone.",
    ),
    Rule(
        "no-application",
        r"No bootable app partitions in the partition table",
        "the boot loader finds no application that passes its checks",
        "Flash the board again: `tinyface flash --board BOARD --port PORT`.",
    ),
    Rule(
        "psram",
        r"PSRAM ID read error: 0x[0-9a-fA-F]+\b(?!, fallback)[^\n]*|Failed to init external RAM[^\n]*|"
        r"(?:PS|SPI )RAM enabled but initialization failed[^\n]*",
        "the PSRAM does not answer",
        "Make sure that the board has PSRAM (an ESP32-CAM carries a second, larger chip on its "
        "front) and that the "
        "right board is named: quad and octal PSRAM differ.",
    ),
    Rule(
        "camera-not-found",
        r"[Cc]amera (?:probe|init) failed with error 0x(?:105|20001)\b[^\n]*",
        "no camera answers at its control pins",
        "Open the ribbon's latch, push the ribbon in straight up to its line, close the latch; "
        "then look at the power: " + POWER,
    ),
    Rule(
        "camera-not-supported",
        r"Detected camera not supported[^\n]*|[Cc]amera (?:probe|"
        r"init) failed with error 0x(?:106|20004)\b[^\n]*",
        "no camera answers that the driver knows",
        "Newer drivers say this of a missing camera too: open the ribbon's latch, push the ribbon in "
        "straight up to its line, close the latch. If it sits well, use an OV2640, and look at the "
        "power: " + POWER,
    ),
    Rule(
        "camera-format",
        r"[Cc]amera (?:probe|init) failed with error 0x(?:20002|20003)\b[^\n]*|Failed to set frame size",
        "the camera refuses the picture size or format",
        "Use an OV2640; if it is one, push its ribbon in again and look at its power.",
    ),
    Rule(
        "camera-memory",
        r"frame buffer malloc failed|DMA buffer \d+ Byte malloc failed[^\n]*",
        "there is no memory for the camera's frames",
        "They lie in PSRAM: make sure that the board has it and that the right board is named.",
    ),
    Rule(
        "camera-power",
        r"[Cc]amera (?:probe|init|config) failed with error 0xffffffff[^\n]*|SCCB_Write Failed[^\n]*",
        "the camera answers at first, and then no longer",
        POWER,
    ),
    Rule(
        "camera-frames",
        r"Failed to get (?:the frame on time|frame: timeout)[^\n]*|cam_hal: (?:FB-OVF|"
        r"EV-VSYNC-OVF|DMA overflow)",
        "the camera's frames come damaged or not at all",
        "Push the ribbon in again, keep it away from the antenna, and look at the power: " + POWER,
    ),
    Rule(
        "task-watchdog",
        r"Task watchdog got triggered[^\n]*",
        "the watchdog found a task that no longer comes round",
        "Update the firmware with `tinyface flash`; if it stays, report the log with the model's name.",
    ),
    Rule(
        "interrupt-watchdog",
        r"Interrupt wdt timeout on CPU\d|rst:0x[0-9a-f]+ \((?:TG[01]WDT_(?:SYS|CPU)_(?:RESET|RST)[^)]*)\)",
        "a watchdog timer reset the chip: the software stood still, or had interrupts off for too long",
        "Update the firmware with `tinyface flash`; if it stays, report the log with the model's name.",
    ),
    Rule(
        "stack-overflow",
        r"A stack overflow in task (\S+) has been detected",
        "the stack of the task {0} is too small",
        "Report the log with the model's name; until then use a smaller model.",
    ),
    Rule(
        "crash",
        r"Guru Meditation Error: [^\n]*|abort\(\) was called at PC [^\n]*|assert failed: [^\n]*",
        "the firmware crashed",
        "Update the firmware with `tinyface flash`; if it stays, report the log with the model's name.",
        consequence=True,
    ),
    Rule(
        "rtc-watchdog",
        r"rst:0x10 \(RTCWDT_RTC_RES?E?T\)",
        "the watchdog reset the chip because the application never came up",
        "Flash the board again; if it stays, look at the power: " + POWER,
        consequence=True,
    ),
)

WRONG_BAUD = Rule(
    "wrong-baud",
    "",
    "most of this is not readable: it was sent at another baud rate, or it is no boot text",
    "The boot text comes at 115200 baud, the application's frames at the baud of board.toml "
    "(`tinyface boards`).",
)


def readable(raw: bytes) -> str:
    """Boot text as characters: line ends made alike, colour codes removed, what is no text as U+FFFD."""
    text = raw.decode("ascii", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return ESCAPES.sub("", text).translate(CONTROLS)


def diagnose(text: str) -> list[Finding]:
    """The faults that a boot text names, the one nearest to the cause first; none where nothing is known.

    Args:
        text: as readable() makes it.
    """
    findings: list[Finding] = []
    last_start = max(text.rfind("boot:0x"), 0)
    for rule in RULES:
        found = re.compile(rule.pattern).search(text, last_start if rule.last_start else 0)
        if found and not (rule.consequence and findings):
            start = text.rfind("\n", 0, found.start()) + 1
            end = text.find("\n", found.end())
            start = max(start, found.start() - SHOWN_CHARACTERS // 2)
            line = text[start : end if end >= 0 else len(text)].strip()[:SHOWN_CHARACTERS]
            findings.append(_finding(rule, found.groups(), line))
    if not findings and _garbled(text):
        findings.append(_finding(WRONG_BAUD, (), text.strip().partition("\n")[0][:60]))
    return findings


def _finding(rule: Rule, groups: tuple[str, ...], line: str) -> Finding:
    return Finding(rule.name, rule.cause.format(*groups), rule.remedy.format(*groups), line)


def _garbled(text: str) -> bool:
    """True where most of a text is no text."""
    if len(text) < GARBLED_BYTES:
        return False
    good = sum((c.isprintable() and c != "\ufffd") or c in "\n\t" for c in text)
    return good < READABLE_SHARE * len(text)
