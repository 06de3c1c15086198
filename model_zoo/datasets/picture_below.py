"""The path of a picture as a list names it, which must stay below the folder of the pictures."""

from __future__ import annotations

from pathlib import PurePosixPath

from codegen.plain_text import one_line

SHOWN = 60


def picture_below(word: str) -> PurePosixPath:
    """A word of a list as a path.

    Raises:
        ValueError: it is none, or leaves the folder.
    """
    path = PurePosixPath(word)
    if not word or "\0" in word or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{one_line(word[:SHOWN])!r} is no picture below the folder of the pictures")
    return path
