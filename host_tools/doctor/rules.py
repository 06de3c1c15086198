"""All rules of the doctor, the nearest to the cause first; lines that look like errors and are none."""

from __future__ import annotations

from host_tools.doctor.rule import Rule
from host_tools.doctor.rules_build import BUILD_RULES
from host_tools.doctor.rules_camera import CAMERA_RULES, PSRAM_RULES
from host_tools.doctor.rules_crash import CRASH_RULES, STACK_RULES, WATCHDOG_RULES
from host_tools.doctor.rules_flashing import FLASHING_RULES
from host_tools.doctor.rules_image import IMAGE_RULES
from host_tools.doctor.rules_port import PORT_RULES
from host_tools.doctor.rules_start import POWER_RULES, RESET_RULES, START_RULES
from host_tools.doctor.rules_tflm import TFLM_RULES

BOARD_RULES = (
    *POWER_RULES,
    *START_RULES,
    *IMAGE_RULES,
    *PSRAM_RULES,
    *CAMERA_RULES,
    *TFLM_RULES,
    *STACK_RULES,
    *WATCHDOG_RULES,
    *CRASH_RULES,
    *RESET_RULES,
)
"""Of what a board prints."""
LINE_RULES = (*PORT_RULES, *FLASHING_RULES)
"""Of what esptool, pyserial and the operating system say of the way to a board."""
HOST_RULES = frozenset((*LINE_RULES, *BUILD_RULES))
"""Of what programs on the host print: a board's log may use the same words of its own sockets and files."""
RULES = (*LINE_RULES, *BUILD_RULES, *BOARD_RULES)

WRONG_BAUD = Rule(
    "wrong-baud",
    "",
    "most of this is not readable: it was sent at another baud rate, over a noisy line, or it is no boot "
    "text",
    "The boot text comes at 115200 baud, the application's frames at the baud of board.toml (`tinyface "
    "boards`).",
)

HARMLESS = (
    r"No core dump partition found",
    r"[Cc]ore ?dump (?:partition|flash config)[^\n]*",
    r"GPIO isr service already installed",
    r"nvs_(?:open|get_\w+) (?:failed|fail):? [^\n]*NOT_FOUND",
    r"ESP_ERR_NVS_NOT_FOUND",
    r"TWDT already initialized|task_wdt: [^\n]*(?:not found|already)[^\n]*",
    r"SHA-256 comparison failed|Attempting to boot anyway",
    r"fallback to use default driver pattern",
    r"Detected size\(\d+k\) larger than the size in the binary image header",
    r"ota data partition invalid, (?:falling back|and no factory)",
    r"spi_flash: Detected [^\n]*chip: generic",
    r"[Bb]rown-?out (?:detector|detection) (?:is )?(?:enabled|disabled)[^\n]*",
    r"serial exception error occurred: Cannot configure port[^\n]*None, 433\)",
    r"wifi:[^\n]*|phy_init: (?:failed|saving)[^\n]*",
    r"(?:error|failed) (?:rate|count)er?s?\b",
)
"""Lines that look like errors and are none: a healthy board prints them."""
