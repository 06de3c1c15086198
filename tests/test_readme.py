"""The README's tables of models say what the cards say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from model_zoo.cards import Card, list_pretrained

LANDMARKS_HEAD = (
    "| model | what | int8 NME, test, labelled boxes (95 % interval) | with box errors | mean shape | float "
    "| .tflite | MACs |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


DETECTORS_HEAD = (
    "| model | int8 recall, test, at 0.01 / 0.03 / 0.1 false alarms a face-free picture "
    "(95 % interval at 0.03) | validation: int8 | validation: float | .tflite | MACs |\n"
    "|---|---|---|---|---|---|\n"
)


def landmarks_row(card: Card) -> str:
    """One line of the table of landmark networks, from measured figures only."""
    facts = card.facts
    metrics, size = facts["metrics"], facts["size"]
    shipped = metrics[metrics["shipped"]]
    low, high = shipped["ci95"]
    return (
        f"| `{facts['name']}` | {facts['decoder']['points']} landmarks, "
        f"{facts['input']['width']}x{facts['input']['height']} gray "
        f"| {shipped['nme']:.2f} % ({low:.2f} to {high:.2f}) | {metrics['strained']['nme']:.2f} % "
        f"| {metrics['baseline']['value']:.2f} % "
        f"| {metrics['float']['nme']:.2f} % "
        f"| {size['tflite_bytes']:,} bytes | {size['macs']:,} |\n"
    )


LIVE_HEAD = (
    "| model | what | int8 NME, test, labelled boxes (95 % interval) | with a detector's box errors "
    "| mean shape | faces called none | face-free called none | validation: int8 | validation: float "
    "| .tflite | MACs |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|\n"
)


def of_photographs(card: Card) -> dict[str, Any]:
    """The figures of a network that stand in a table: those of photographs, where a card has others, too."""
    metrics: dict[str, Any] = card.facts["metrics"]
    found: dict[str, Any] = metrics.get("photographs", metrics)
    return found


def called(card: Card) -> str:
    """Its name, and what it learnt from where that are no photographs of people."""
    rendered = ", learnt from rendered faces and freely licensed pictures alone" if card.photographed else ""
    return f"`{card.name}`{rendered}"


def own(card: Card, value: str) -> str:
    """A figure of its own validation part."""
    return f"{value} of its own" if card.photographed else value


def percent(value: float) -> str:
    """Of an error."""
    return f"{value:.2f} %"


def live_row(card: Card) -> str:
    """One line of the table of networks for boxes as a detector gives them."""
    facts = card.facts
    metrics, size = facts["metrics"], facts["size"]
    form, told = metrics["shipped"], of_photographs(card)
    tested, validation = told["test"][form], metrics["validation"]
    low, high = tested["ci95"]
    return (
        f"| {called(card)} | {facts['scheme']['points']} landmarks, face or none, "
        f"{facts['input']['width']}x{facts['input']['height']} gray "
        f"| {tested['nme']:.2f} % ({low:.2f} to {high:.2f}) | {told['strained']['nme']:.2f} % "
        f"| {told['baseline']['value']:.2f} % "
        f"| {tested['faces_called_none']:.1f} % | {tested['face_free_called_none']:.1f} % "
        f"| {own(card, percent(validation[form]['nme']))} | {own(card, percent(validation['float']['nme']))} "
        f"| {size['tflite_bytes']:,} bytes | {size['macs']:,} |\n"
    )


def at_rates(score: Mapping[str, Any]) -> str:
    """Recall at the three rates."""
    return " / ".join(f"{score[f'recall_{rate}']:.1f}" for rate in (0.01, 0.03, 0.1)) + " %"


def detectors_row(card: Card) -> str:
    """One line of the table of detectors."""
    facts = card.facts
    metrics, size = facts["metrics"], facts["size"]
    form = metrics["shipped"]
    tested, validation = of_photographs(card)["test"][form], metrics["validation"]
    low, high = tested["ci95"]
    return (
        f"| {called(card)} | {at_rates(tested)} ({low:.1f} to {high:.1f}) "
        f"| {own(card, at_rates(validation[form]))} | {own(card, at_rates(validation['float']))} "
        f"| {size['tflite_bytes']:,} bytes | {size['macs']:,} |\n"
    )


CENTROIDS_HEAD = (
    "| model | int8 recall of middles inside a face, test, at 0.01 / 0.03 / 0.1 false alarms a face-free "
    "picture (95 % interval at 0.03) | faces with several | validation: int8 | validation: float | .tflite "
    "| MACs |\n"
    "|---|---|---|---|---|---|---|\n"
)


def centroids_row(card: Card) -> str:
    """One line of the table of networks that find middles of faces."""
    facts = card.facts
    metrics, size = facts["metrics"], facts["size"]
    tested, validation = metrics["test"][metrics["shipped"]], metrics["validation"]
    low, high = tested["ci95"]
    return (
        f"| `{facts['name']}` | {at_rates(tested)} ({low:.1f} to {high:.1f}) | {tested['several']:.1f} % "
        f"| {at_rates(validation[metrics['shipped']])} | {at_rates(validation['float'])} "
        f"| {size['tflite_bytes']:,} bytes | {size['macs']:,} |\n"
    )


EXPRESSIONS_HEAD = (
    "| model | int8 accuracy, test (95 % interval by picture) | balanced | macro-F1 "
    "| always the most frequent | validation: int8, accuracy and balanced | float | .tflite | MACs |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
)


def expressions_row(card: Card) -> str:
    """One line of the table of networks that name expressions."""
    facts = card.facts
    metrics, size = facts["metrics"], facts["size"]
    form = metrics["shipped"]
    tested, validation = metrics["test"][form], metrics["validation"]
    low, high = tested["ci95"]
    return (
        f"| `{facts['name']}` | {tested['accuracy']:.1f} % ({low:.1f} to {high:.1f}) "
        f"| {tested['balanced_accuracy']:.1f} % | {tested['macro_f1']:.1f} % "
        f"| {metrics['baseline']['value']:.1f} % "
        f"| {validation[form]['accuracy']:.1f} / {validation[form]['balanced_accuracy']:.1f} % "
        f"| {validation['float']['accuracy']:.1f} / {validation['float']['balanced_accuracy']:.1f} % "
        f"| {size['tflite_bytes']:,} bytes | {size['macs']:,} |\n"
    )


def table(repository: Path, name: str) -> str:
    """The lines between the README's marks of this name."""
    text = (repository / "README.md").read_text()
    found = re.search(rf"<!-- {name}:.*?-->\n(.*?)<!-- /{name} -->", text, re.S)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("name", "task", "head", "row"),
    [
        ("models", "landmarks", LANDMARKS_HEAD, landmarks_row),
        ("live", "marks", LIVE_HEAD, live_row),
        ("detectors", "faces", DETECTORS_HEAD, detectors_row),
        ("centroids", "centroids", CENTROIDS_HEAD, centroids_row),
        ("expressions", "emotions", EXPRESSIONS_HEAD, expressions_row),
    ],
)
def test_a_table_equals_the_cards(
    repository: Path, name: str, task: str, head: str, row: Callable[[Card], str]
) -> None:
    cards = [card for card in list_pretrained() if card.task == task]
    assert cards
    assert table(repository, name) == head + "".join(row(card) for card in cards)


def test_each_shipped_network_stands_in_one_of_the_tables(repository: Path) -> None:
    stated = {"landmarks", "marks", "faces", "centroids", "emotions"}
    assert {card.task for card in list_pretrained()} <= stated
