"""What a rule of the doctor is, and what it makes of a line: a finding with cause and remedy."""

from __future__ import annotations

from dataclasses import dataclass

POWER = "Feed the 5V pin with 5 V and at least 500 mA through a short, thick cable, not the 3V3 pin."
FLASH = "Flash the board again: `tinyface flash MODEL --board BOARD --port PORT`."
REPORT = (
    "Update the firmware: `tinyface flash MODEL --board BOARD`, with the name or the file of what it runs "
    "(such as `faces`); if it stays, report the log with that name."
)
RIBBON = "Open the ribbon's latch, push the ribbon in straight up to its line, close the latch"


@dataclass(frozen=True)
class Rule:
    """One way in which a text names a fault. Several rules may name the same fault by other lines.

    Attributes:
        name: the fault, as tests and --json call it.
        pattern: what the text must hold; its groups fill "{0}" and so on in cause and remedy.
        cause, remedy: a sentence each.
        explains: faults that follow from this one: they are no findings of their own beside it.
        consequence: it follows from other faults, and is told only where none of them is known.
        minor: a board goes on with it, so that it explains no consequence.
        last_start: it counts only where no later start is in the text.
        over: it does not count where this comes later in the text.
        unless: it does not count where the text holds this.
        extra: of our own distribution: the commands that add or update its packages in this copy fill
            "{install}" and "{upgrade}" in remedy.
    """

    name: str
    pattern: str
    cause: str
    remedy: str
    explains: tuple[str, ...] = ()
    consequence: bool = False
    minor: bool = False
    last_start: bool = False
    over: str = ""
    unless: str = ""
    extra: str = ""


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
