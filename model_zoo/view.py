"""What a network sees of a picture, as its task cuts it: size, channels, and how much around an item."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """The picture at the input of a network.

    Attributes:
        width, height, channels: px, 1 or 3.
        margin: side of the crop divided by the longer side of the item's box; tasks on whole frames leave
            it 1.
    """

    width: int
    height: int
    channels: int
    margin: float = 1.0
