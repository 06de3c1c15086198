"""Command lines as people paste them: every word quoted where its shell needs it."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

_PLAIN_ON_WINDOWS = re.compile(r"[\w.:\\/=+@,\[\]-]+")


def quoted(word: str | Path) -> str:
    """One word for the user's shell (a POSIX one; on Windows cmd or PowerShell).

    A path that starts with a dash is shown as ./-name, so that no program takes it for an option.
    """
    text = f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word)
    if sys.platform != "win32":
        return shlex.quote(text)
    return text if _PLAIN_ON_WINDOWS.fullmatch(text) else f'"{text}"'


def command_line(*words: str | Path) -> str:
    """The words, each quoted, as one line."""
    return " ".join(map(quoted, words))
