"""Names of classes: one a line of a text file."""

from __future__ import annotations

from pathlib import Path

from codegen.errors import DataError
from codegen.plain_text import one_line
from codegen.text_file import read_text

MAX_LABELS = 4096
MAX_LABEL = 64
"""Characters of a name that a board keeps and tells."""


def read_labels(path: Path) -> tuple[str, ...]:
    """The names in a file, in the order of the model's outputs; empty lines at its end are none.

    Raises:
        DataError: it can't be read, is no text, or a name is empty, too long or steers a terminal.
    """
    text = read_text(path, "the labels", "Give a text file with one name a line.")
    names = [line.strip() for line in text.rstrip().splitlines()]
    for number, name in enumerate(names, 1):
        if not name or len(name) > MAX_LABEL or one_line(name) != name:
            what = "is empty" if not name else "is too long" if len(name) > MAX_LABEL else "is no plain text"
            raise DataError(
                f"the name in line {number} {what}", str(path), f"Use 1 to {MAX_LABEL} printable characters."
            )
    if not 1 <= len(names) <= MAX_LABELS:
        raise DataError(f"{len(names)} names", str(path), f"Give 1 to {MAX_LABELS}, one a line.")
    return tuple(names)
