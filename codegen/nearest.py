"""The name that somebody who mistyped one may have meant."""

from __future__ import annotations

from collections.abc import Iterable

ALIKE = 0.6
"""Of what difflib calls the ratio of two names."""


def did_you_mean(name: str, among: Iterable[str]) -> str:
    """A question that names the nearest of some names, with a space behind it; "" where none is near."""
    import difflib  # what nobody mistypes does not pay for it

    by_letters = {known.lower(): known for known in among}
    near = difflib.get_close_matches(name.lower(), by_letters, 1, ALIKE)
    return f"Did you mean {by_letters[near[0]]}? " if near else ""
