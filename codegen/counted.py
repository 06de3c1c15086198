"""A number with its word, in messages and tables."""

from __future__ import annotations


def counted(number: int, one: str, more: str = "") -> str:
    """The number with its word: 1 run, 2 runs, 1,000 people.

    Args:
        one: the word of one.
        more: of others; "": `one` with an s.
    """
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def people(number: int) -> str:
    """1 person, 2 people."""
    return counted(number, "person", "people")


def and_face_free(count: int) -> str:
    """What goes on behind a number of pictures, of which so many show nobody; "" for none."""
    return f", {count:,} of them without a face" if count else ""
