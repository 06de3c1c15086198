"""The README's table of models says what the cards say."""

from __future__ import annotations

import re
from pathlib import Path

from model_zoo.cards import Card, list_pretrained

HEAD = (
    "| model | what | int8 NME, test, labelled boxes (95 % interval) | with box errors | mean shape | float "
    "| .tflite | MACs |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def row(card: Card) -> str:
    """One line of the table, from measured figures only."""
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


def test_models_table_equals_the_cards(repository: Path) -> None:
    text = (repository / "README.md").read_text()
    found = re.search(r"<!-- models:.*?-->\n(.*?)<!-- /models -->", text, re.S)
    assert found
    cards = list_pretrained()
    assert cards
    assert found[1] == HEAD + "".join(row(card) for card in cards)
