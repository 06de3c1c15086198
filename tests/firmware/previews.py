"""Puts together what a board streams of previews."""

from __future__ import annotations

import itertools

import numpy as np

from codegen.program.preview import HEIGHT_PX, WIDTH_PX
from host_tools.pictures.raw import frame_to_pixels
from host_tools.wire.messages import Picture, Preview

ROWS = 6
"""Of a message."""


def pixels_of(picture: Picture) -> np.ndarray:
    return frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)


def whole_previews(parts: list[Preview]) -> list[tuple[Preview, np.ndarray]]:
    """The first part of each whole preview, and its pixels."""
    found = []
    for _, group in itertools.groupby(parts, lambda part: part.number):
        rows = list(group)
        if [part.row for part in rows] == list(range(0, HEIGHT_PX, ROWS)):
            data = b"".join(part.pixels for part in rows)
            found.append((rows[0], np.frombuffer(data, np.uint8).reshape(HEIGHT_PX, WIDTH_PX)))
    return found
