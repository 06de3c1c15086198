"""What the doctor knows of text that a tool received instead of what it waited for: cause and remedy."""

from __future__ import annotations

from collections.abc import Sequence

from host_tools.doctor.diagnose import diagnose
from host_tools.doctor.readable import readable
from host_tools.doctor.rule import Finding, Rule
from host_tools.doctor.rules import BOARD_RULES, LINE_RULES, WRONG_BAUD
from host_tools.doctor.rules_build import BUILD_RULES


def first_finding(text: str, rules: Sequence[Rule]) -> Finding | None:
    """The fault nearest to the cause, None where the text names none; noise is no fault here."""
    return next((finding for finding in diagnose(text, rules) if finding.rule != WRONG_BAUD.name), None)


def of_board(heard: bytes) -> Finding | None:
    """What a board's text says: boot text, a panic, a driver's message."""
    return first_finding(readable(heard), BOARD_RULES)


def of_line(text: str) -> Finding | None:
    """What esptool, pyserial or the operating system says of the way to a board."""
    return first_finding(text, LINE_RULES)


def of_build(text: str) -> Finding | None:
    """What PlatformIO, a compiler or a linker says."""
    return first_finding(text, BUILD_RULES)
