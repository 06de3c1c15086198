"""Which numbers of a recipe are stated: not those that came later and are as a training without them was.

A recipe from before such a number was there keeps its fingerprint, so its checkpoints are gone on with.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

LATER = {"later": True}
"""Metadata of a field whose default is what was done before there was the number."""


def unstated(facts: Any) -> set[str]:
    """Names of a dataclass's later fields that have their defaults."""
    return {
        entry.name
        for entry in fields(facts)
        if entry.metadata.get("later") and getattr(facts, entry.name) == entry.default
    }
