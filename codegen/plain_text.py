"""Text from elsewhere (a model, a board, a file name) as it may be shown: no controls, nothing invisible.

A terminal obeys escape sequences, and direction marks let a line read as another one; both are spelled out.
"""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, format characters (direction marks, zero widths), halves of surrogate
pairs, line and paragraph separators."""


def readable(text: str) -> str:
    """The text with every hidden character spelled out (\\x1b, \\u202e); line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in "\n\t" or not _is_hidden(c) else _spelled(c) for c in text)


def one_line(text: str) -> str:
    """The text with every hidden character spelled out, line ends and tabs too."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(c) if _is_hidden(c) else c for c in text)


def shortened(text: str, most: int = 80) -> str:
    """The text, or its first characters and how many more there are where it has more than `most`."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text) - most:,} characters more)"


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN


def _spelled(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def strict_json(document: object, indent: int | None = None) -> str:
    """A document as JSON that every parser takes: ASCII, no NaN and no Infinity (null stands for them)."""
    text = json.dumps(_finite(document), indent=indent, allow_nan=False)
    return text.replace("\x7f", "\\u007f")


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")  # halves of surrogate pairs
    if isinstance(value, dict):
        return {_finite(key) if isinstance(key, str) else key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return value


def parse_json(text: str) -> Any:
    """Reads JSON strictly.

    Raises:
        ValueError: it is none, holds NaN or Infinity, a number that no double holds, an object with a key
            twice, or is nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_number, object_pairs_hook=_keys_once)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(n for n in found if names.count(n) > 1)!r} is there twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value
