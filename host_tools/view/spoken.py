"""What the terminal of `tinyface view` says of the board, for who has not opened the page yet."""

from __future__ import annotations

from collections.abc import Callable

from codegen.errors import TinyfaceError

MOST_FAULTS = 8
"""Different ones that are told until the board is there: some name what the board said, which changes."""


class Spoken:
    """Says once what is waited for, each fault that keeps it away, and when it is there.

    Args:
        say: prints a line.
        tell: prints a fault.
    """

    def __init__(
        self,
        say: Callable[[str], None] = lambda _: None,
        tell: Callable[[TinyfaceError], None] = lambda _: None,
    ) -> None:
        self._say, self._tell = say, tell
        self._told: set[tuple[str, str]] = set()
        self._asked, self._there = False, False

    def opens(self, where: str) -> None:
        """The board is looked for."""
        if not self._asked:
            self._asked = True
            self._say(f"Looking for {where} ...")

    def fault(self, fault: TinyfaceError) -> None:
        """It is not there, or no longer."""
        self._there = False
        what = fault.cause, fault.where
        if what in self._told or len(self._told) >= MOST_FAULTS:
            return
        if not self._told:
            self._say("There is no picture yet; the page says why, too, and goes on by itself when it can:")
        self._told.add(what)
        self._tell(fault)

    def recording_failed(self, fault: TinyfaceError) -> None:
        """A recording has ended before its time."""
        self._tell(fault)

    def live(self, board: str) -> None:
        """It answers."""
        if not self._there:
            self._there = True
            self._told.clear()
            self._say(f"The page shows {board}.")
