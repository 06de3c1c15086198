"""The ranges in which numbers of a recipe make sense."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def outside(facts: Any, ranges: Mapping[str, tuple[float, float]], path: str = "task.") -> str:
    """The first number that lies outside its range, in words; "" where none does.

    Args:
        facts: has the numbers as attributes.
        ranges: least and greatest value by name, both of which are taken.
        path: what stands before a name in a recipe, such as "task.scene.".
    """
    for name, (least, most) in ranges.items():
        value = getattr(facts, name)
        if not least <= value <= most:
            return f"the {path}{name} is {value}; it may be from {least:g} to {most:g}"
    return ""
