"""The text of a card as it is written into its file: checked by reading it back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from codegen.errors import DataError
from codegen.plain_text import parse_json, strict_json
from model_zoo.cards import CARD_FILE, Card, card_from_facts


def card_text(facts: Mapping[str, Any], folder: Path) -> tuple[Card, bytes]:
    """A card, and the content of its file, which reads as that card.

    Args:
        facts: of the card.
        folder: where its file is to lie.
    Raises:
        DataError: names the first number that is not finite, for which JSON has no word, or the key that does
            not fit.
    """
    where = str(folder / CARD_FILE)
    for path in _not_finite(facts, ""):
        raise DataError(
            f"the {path} of the card is no finite number",
            where,
            "The card is left as it was; see what the data set has of what is measured there.",
        )
    text = strict_json(facts, indent=1) + "\n"
    return card_from_facts(parse_json(text), folder), text.encode()


def _not_finite(value: Any, path: str) -> Iterator[str]:
    """Where such numbers stand: "metrics.primary.value"."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path
    entries: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, Mapping):
        entries = iter(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        entries = enumerate(value)
    for key, entry in entries:
        yield from _not_finite(entry, f"{path}.{key}" if path else str(key))
