"""A teacher of another training: its float network, of the same task and view but any architecture."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codegen.errors import DataError
from model_zoo.architectures import NETWORKS
from model_zoo.cards import Card, read_card
from model_zoo.tasks.task import Lesson
from model_zoo.training import checkpoint
from model_zoo.training.recipe import PHASE_NAME
from model_zoo.view import View


@dataclass(frozen=True)
class Teacher:
    """A network that answers for the labels.

    Attributes:
        card: of its training.
        network: its float network, a Keras model.
        fingerprint: of its weights, hex.
    """

    card: Card
    network: Any
    fingerprint: str

    def to_json(self) -> dict[str, Any]:
        """What the card of the student says: who taught, and which data the teacher had learnt."""
        terms = self.card.data
        facts: dict[str, Any] = {
            "name": self.card.name,
            "weights": self.fingerprint,
            "data": {"name": terms.name, "licence": terms.licence},
        }
        for before in ("init", "teacher"):
            if before in self.card.facts:
                facts[before] = self.card.facts[before]
        return facts


def teacher_card(folder: Path, task: str, view: View) -> Card:
    """The card of a finished training that is to teach; needs no TensorFlow.

    Args:
        task, view: what its student learns, and sees.
    Raises:
        DataError: it is no finished training, or of another task or view.
    """
    if not folder.is_dir():
        raise DataError(
            "there is no such folder", str(folder), "Name the folder of a finished training with --teacher."
        )
    card = read_card(folder)
    where, remedy = str(folder), _remedy(task)
    if card.task != task:
        raise DataError(f"the teacher {card.name} has learnt {card.task}, not {task}", where, remedy)
    if card.input.view != view:
        raise DataError(f"the teacher {card.name} sees {card.input.view}, not {view}", where, remedy)
    return card


def _remedy(task: str) -> str:
    return f"Name the folder of a network that learnt {task} from the same data and in the same crops."


def read_teacher(card: Card, lesson: Lesson[Any]) -> Teacher:
    """The float network of a finished training.

    Args:
        card: of it, by `teacher_card`.
        lesson: what its student learns.
    Raises:
        DataError: its outputs mean something else, or its weights are not there.
    """
    folder, where, remedy = card.folder, str(card.folder), _remedy(card.task)
    if card.weights is not None and card.weights.outputs != lesson.output_shapes:
        has, wants = lesson.in_words(card.weights.outputs), lesson.in_words(lesson.output_shapes)
        raise DataError(f"the teacher {card.name} answers with {has}, the data have {wants}", where, remedy)
    if not lesson.teaches_the_same(card.facts):
        raise DataError(f"the outputs of the teacher {card.name} mean something else", where, remedy)
    weights = checkpoint.best_weights(folder / f"{_last_float_phase(card)}.ckpt.npz")
    network = NETWORKS.get(card.name).build(lesson.output_shapes)
    if [w.shape for w in weights] != [w.shape for w in network.get_weights()]:
        raise DataError(
            f"the weights are not those of {card.name}", where, "Train the teacher again with this tinyface."
        )
    if not all(np.isfinite(w).all() for w in weights):
        raise DataError(
            f"the weights of the teacher {card.name} are no finite numbers", where, "Train the teacher again."
        )
    network.set_weights(weights)
    digest = hashlib.sha256(b"".join(w.tobytes() for w in weights)).hexdigest()[:16]
    return Teacher(card, network, digest)


def _last_float_phase(card: Card) -> str:
    """Name of the phase that left the float network; "float" in cards that state no phases.

    Raises:
        DataError: the card states none that can be one.
    """
    recipe = card.facts["recipe"]
    phases = recipe.get("phases", []) if isinstance(recipe, dict) else None
    sound = isinstance(phases, list) and all(isinstance(phase, dict) for phase in phases)
    names = [phase.get("name") for phase in phases or () if phase.get("kind") == "float"] if sound else [None]
    name = names[-1] if names else "float"
    if not isinstance(name, str) or not PHASE_NAME.fullmatch(name):
        raise DataError(
            f"the card of {card.name} states no phases of a training",
            str(card.folder),
            "Restore the card, or train the teacher again.",
        )
    return name


def mixed_in(lesson: Lesson[Any], network: Any) -> Callable[[Any], Sequence[Any]]:
    """A network's answers in the form of the lesson's targets, without gradients; fit for tf.function.

    Args:
        network: float Keras model, [N, H, W, C] to the task's outputs.
    """
    import tensorflow as tf

    answers = lesson.answers(network)
    return lambda pictures: [tf.stop_gradient(t) for t in lesson.as_targets(answers(pictures))]
