"""Whether a network is worth anything at all."""

from __future__ import annotations

from model_zoo.cards import Card
from model_zoo.tasks import TASKS


def useless(card: Card) -> str:
    """What to know of a network that is no better than guessing; "" where it is better."""
    guess, figure = card.baseline, TASKS.get(card.task).FIGURE
    if guess is None or figure.loss(card.primary.value) < figure.loss(guess.value):
        return ""
    return (
        f"Note: this network is no better than the {guess.name}, which looks at no picture, so it is of no "
        "use yet. Train it for more epochs or on more pictures."
    )
