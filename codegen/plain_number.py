"""Numbers as people and programs write them into files, read alike everywhere: plain decimals, finite.

Python reads more than that as a number: 1_000, digits of other scripts, words such as nan, True, "1" in JSON.
"""

from __future__ import annotations

import math
import re
from typing import Any

from codegen.plain_text import one_line, strict_json

_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
SHOWN = 60
"""Characters of a wrong one that a message shows."""


def decimal(text: str) -> float:
    """A number in a text, blanks around it apart.

    Raises:
        ValueError: it is no plain decimal, or none that a double holds.
    """
    plain = text.strip()
    value = float(plain) if _DECIMAL.fullmatch(plain) else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{one_line(text[:SHOWN])!r}, which is no number")
    return value


def json_number(value: Any) -> float:
    """A number of a JSON document; no text that looks like one, and neither true nor NaN.

    Raises:
        ValueError: it is none, or none that a double holds.
    """
    if type(value) in (int, float):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
        raise ValueError(f"{str(value)[:SHOWN]}, which is no number")
    raise ValueError(f"{strict_json(value)[:SHOWN]}, which is no number")
