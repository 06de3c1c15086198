"""Keeps the figure of the test part in the card of a training, once it was measured."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codegen.errors import TinyfaceError
from codegen.whole_file import write_whole
from model_zoo.card_text import card_text
from model_zoo.cards import CARD_FILE, PHOTOGRAPHS, Card, read_card
from model_zoo.evaluation.evaluate import Evaluation

TEST_FIGURES = ("primary", "baseline", "strained", "test", PHOTOGRAPHS)
"""Keys of a card's metrics that a measurement of the test part states."""


def is_kept(card: Card, found: Evaluation) -> bool:
    """Whether a measurement is the one that a card still lacks: of the whole test part of its own data."""
    return (
        card.primary.part == "validation"
        and found.part == "test"
        and found.whole
        and found.sha256 == card.sha256
        and found.validation_contents == card.facts["data"].get("contents")
        and _is_the_part(card, found)
    )


def _is_the_part(card: Card, found: Evaluation) -> bool:
    """Whether the people and the number of pictures are those that the training left for the test.

    Older cards number pictures without a face among the people. A card without any is of a set that states
    its parts and nobody whose pictures they are.
    """
    data = card.facts["data"]
    split, images = data.get("split", {}), data.get("images", {})
    same_people = split.get("test") in ([], list(found.people), list(found.identities))
    return same_people and bool(len(found.files) == images.get("test"))


def is_of_photographs(card: Card, found: Evaluation) -> bool:
    """Whether a measurement tells of a model that learnt from rendered faces what it is worth on photographs:
    of the whole test part of a set of these, of the one that its card tells of already, where it does."""
    learnt_from, measured_on = card.facts["data"].get("made"), found.made
    of_all_of_it = found.part == "test" and found.whole
    of_the_same = card.photographed is None or card.photographed.on == found.dataset
    return (
        bool(learnt_from) and not measured_on and of_all_of_it and of_the_same and found.sha256 == card.sha256
    )


def keep_photographed(card: Card, found: Evaluation) -> Card:
    """Writes the figures on photographs beside the card's own, in the place of earlier ones.

    Returns:
        the new card.
    Raises:
        DataError, OSError: as `keep`.
    """
    facts = copy.deepcopy(card.facts)
    told: dict[str, Any] = {
        "primary": {**found.score.primary(), "part": "test", "on": found.dataset},
        "baseline": {**found.baseline.to_json(), "part": "test"},
        "test": {facts["metrics"]["shipped"]: found.score.to_json()},
    }
    if found.strained is not None:
        told["strained"] = {**found.strained.to_json(), "part": "test"}
    facts["metrics"][PHOTOGRAPHS] = told
    kept, text = card_text(facts, card.folder)
    write_whole(card.folder / CARD_FILE, text)
    return kept


def kept_before(new: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Figures of the test part that the card of a folder states of the very model and data of a new card, as
    they stand in its metrics; {} where it states none.

    Args:
        new: facts of the card that is to take its place.
    """
    if not (folder / CARD_FILE).is_file():
        return {}
    try:
        card = read_card(folder)
    except TinyfaceError:
        return {}
    data, old = new["data"], card.facts.get("data", {})
    same = all(old.get(key) == data.get(key) for key in ("name", "contents", "images", "split"))
    if card.primary.part != "test" or card.sha256 != new["sha256"] or not same:
        return {}
    return {key: value for key, value in card.facts["metrics"].items() if key in TEST_FIGURES}


def keep(card: Card, found: Evaluation) -> Card:
    """Writes the figure of the test part into the card as its primary one; the validation part's stay beside.

    Returns:
        the new card.
    Raises:
        DataError: a figure is no finite number; the card stays as it was.
        OSError: the card can't be written; likewise.
    """
    facts = copy.deepcopy(card.facts)
    metrics = facts["metrics"]
    metrics["primary"] = {**found.score.primary(), "part": "test"}
    metrics["baseline"] = {**found.baseline.to_json(), "part": "test"}
    if found.strained is not None:
        metrics["strained"] = {**found.strained.to_json(), "part": "test"}
    metrics["test"] = {metrics["shipped"]: found.score.to_json()}
    kept, text = card_text(facts, card.folder)
    write_whole(card.folder / CARD_FILE, text)
    return kept
