"""Puts together the small pictures that a board streams row by row."""

from __future__ import annotations

from dataclasses import replace

from host_tools.wire.messages import Preview


class Previews:
    """The rows of one preview so far; one that lacks some is given up.

    Attributes:
        lost: previews that were given up.
    """

    def __init__(self) -> None:
        self.lost = 0
        self._rows: list[Preview] = []

    def take(self, rows: Preview) -> Preview | None:
        """Takes the next rows; the whole preview, its `row` 0, where they are its last ones."""
        if self._rows and not _follows(rows, self._rows[-1]):
            self._rows.clear()
            self.lost += 1
        if self._rows or rows.row == 0:
            self._rows.append(rows)
        if not self._rows or _end(rows) < rows.height:
            return None
        whole = replace(self._rows[0], pixels=b"".join(part.pixels for part in self._rows))
        self._rows.clear()
        return whole


def _end(rows: Preview) -> int:
    """The row that comes next."""
    return rows.row + len(rows.pixels) // rows.width


def _follows(rows: Preview, before: Preview) -> bool:
    """Whether both are of one preview, without a gap between them."""
    return replace(rows, row=0, pixels=b"") == replace(before, row=0, pixels=b"") and rows.row == _end(before)
