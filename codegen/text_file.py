"""Text files that a person names: regular ones of a sensible size, in UTF-8."""

from __future__ import annotations

import stat
from pathlib import Path

from codegen.errors import DataError

MOST_BYTES = 1 << 20


def read_text(path: Path, what: str, remedy: str, most: int = MOST_BYTES) -> str:
    """The text of a file, without the mark that some editors put in front.

    Args:
        what: it holds, for messages ("the labels").
        remedy: what to give instead.
        most: bytes that are taken.
    Raises:
        DataError: it is no regular file, too long, can't be read or is no UTF-8 text.
    """
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise ValueError("it is a folder")
        if not stat.S_ISREG(about.st_mode):
            raise ValueError("it is no file")
        if about.st_size > most:
            raise ValueError(f"it has {about.st_size:,} bytes, at most {most:,} are taken")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeError as error:
        said = "it is no UTF-8 text"
        raise DataError(f"{what} can't be read ({said})", str(path), remedy) from error
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{what} can't be read ({said})", str(path), remedy) from error
