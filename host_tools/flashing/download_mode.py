"""Brings a board into its ROM loader: by its reset lines, or by asking the person at the desk."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from codegen.board import Board
from codegen.errors import BoardError
from host_tools.doctor.diagnose import diagnose
from host_tools.doctor.readable import readable
from host_tools.doctor.rules import WRONG_BAUD
from host_tools.flashing.chips import CHIPS
from host_tools.flashing.rom_link import ATTEMPTS, RomLink
from host_tools.wire.timing import port_away_s

Tell = Callable[[str], None]
LISTEN_S = 0.5
BOOT_TEXT_S = 1.5
QUIET = ("download-mode", WRONG_BAUD.name)
"""Not a fault here: the text of an earlier reset, and frames that come at the application's own baud rate."""
SOME_TEXT = 16
"""So many bytes after a silence are a board that was reset."""

BRIDGE = (
    "This board does not reset itself. Bridge GPIO{pin} to GND{where}, then press reset. "
    "Waiting for download mode..."
)
RELEASE = "Now take the bridge off GPIO{pin} and press reset. Waiting for the application..."
STILL = "GPIO{pin} is still at GND: take the bridge off, then press reset again."
WHERE = {"esp32cam": " (the two pins lie side by side)"}
"""Where people find the pin, for the boards that are known for it."""


@dataclass(frozen=True)
class Loader:
    """A board in download mode. auto_reset: the port's DTR and RTS brought it there."""

    auto_reset: bool


def enter(board: Board, port: str, tell: Tell, wait_s: float) -> Loader:
    """Brings the board into download mode and makes sure that it carries the right chip.

    Args:
        tell: says to the person what to do.
        wait_s: how long the person may take.
    Raises:
        BoardError: the port can't be opened, another chip answers, or nothing does in time.
    """
    with RomLink(port, port_away_s(board)) as link:
        by_hand = link.sync()  # somebody has bridged GPIO0 already
        auto = not by_hand and _by_lines(link)
        if not by_hand and not auto:
            tell(BRIDGE.format(pin=CHIPS[board.chip].boot_pin, where=WHERE.get(board.name, "")))
            by_hand = _by_hand(link, wait_s)
        if not by_hand and not auto:
            raise _never_entered(link, port, CHIPS[board.chip].boot_pin)
        _check_chip(link, board, port, auto)
        return Loader(auto)


def leave(board: Board, port: str, tell: Tell, wait_s: float) -> None:
    """Asks for the bridge to be taken off and for a reset, and waits for it: the boot text tells.

    Raises:
        BoardError: nobody did, or the boot text names a fault.
    """
    end, pin = time.monotonic() + wait_s, CHIPS[board.chip].boot_pin
    with RomLink(port, port_away_s(board)) as link:
        tell(RELEASE.format(pin=pin))
        while time.monotonic() < end:
            before = len(link.heard)
            link.listen(LISTEN_S)
            if "boot:0x" not in readable(link.heard[before:]) and len(link.heard) - before < SOME_TEXT:
                continue
            link.listen(BOOT_TEXT_S)
            if "waiting for download" in readable(link.heard[before:]):
                tell(STILL.format(pin=pin))
                continue
            raise_what_it_says(link, port)
            return
        if not link.sync(ATTEMPTS):
            return  # reset was pressed before anybody listened: HELLO will tell
    raise BoardError(
        "the board is still in download mode",
        port,
        f"Take the bridge off GPIO{pin}, press reset; `tinyface monitor` then shows its frames.",
    )


def still_there(link: RomLink) -> bool:
    """True for a board that was reset and went into its loader once more: something holds its boot pin."""
    return "waiting for download" in readable(link.heard) or link.sync(ATTEMPTS)


def raise_what_it_says(link: RomLink, port: str) -> None:
    """Raises a BoardError for the fault that the boot text names; returns where it names none."""
    text = readable(link.heard)
    findings = [finding for finding in diagnose(text) if finding.rule not in QUIET]
    if findings:
        raise BoardError(f"the flash is written, but {findings[0].cause}", port, findings[0].remedy)


def _by_lines(link: RomLink) -> bool:
    """The usual wiring of a bridge first, then the chips that are their own USB port."""
    return any(link.reset(into_loader=True, usb=usb) and link.sync(ATTEMPTS) for usb in (False, True))


def _by_hand(link: RomLink, wait_s: float) -> bool:
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        if link.sync():
            return True
    return False


def _check_chip(link: RomLink, board: Board, port: str, auto: bool) -> None:
    chip, wanted = link.identify(), CHIPS[board.chip]
    if chip == wanted:
        return
    if auto:
        link.reset(into_loader=False)  # leave the stranger as it was
    said = f"an {chip.title}" if chip else "one that is not known here"
    raise BoardError(
        f"the chip at the port is {said}, while the {board.title} has an {wanted.title}",
        port,
        "Choose the board that has this chip (`tinyface boards`), or another port.",
    )


def _never_entered(link: RomLink, port: str, pin: int) -> BoardError:
    text = readable(link.heard)
    if "waiting for download" in text:
        return BoardError(
            "the board is in download mode, yet it hears nothing",
            port,
            "Connect the adapter's TX to the board's U0R (GPIO3), and its RX to U0T (GPIO1).",
        )
    if "boot:" in text:
        return BoardError(
            "the board started its application instead of download mode",
            port,
            f"Keep GPIO{pin} at GND while you press reset, then flash again.",
        )
    if link.heard:
        return BoardError(
            "the board talks, and never came into download mode",
            port,
            f"Keep GPIO{pin} at GND while you press reset, then flash again.",
        )
    return BoardError(
        "nothing answered: the board never came into download mode",
        port,
        "Check power (5 V), that TX and RX are crossed and GND is connected; bridge GPIO0 to "
        "GND and press reset.",
    )
