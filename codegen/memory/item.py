"""What the packer places: sizes in units of the arena alignment, lifetimes in steps.

Two buffers may overlap where one is handed over to the other: in its first step the new one counts with
its low part alone, and the old one lies anywhere above that part (or wholly below). So a packing is a
picture of columns (steps) in which an item is a block with a flat bottom, lower in its first column.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One buffer.

    Attributes:
        size: units.
        first, last: first and last step (inclusive).
        low: units that count in step `first`; None: all of them. An item with a low part lives for at least
            two steps. A low part of 0 still keeps its item at or below, or wholly above, every other item.
    """

    size: int
    first: int
    last: int
    low: int | None = None

    def height(self, step: int) -> int:
        """What counts in a step of its life."""
        return self.low if step == self.first and self.low is not None else self.size
