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
from model_zoo.cards import Card
from model_zoo.tasks.task import Lesson
from model_zoo.training import checkpoint, float_weights
from model_zoo.training.named_run import named_card, require_view, without_weights
from model_zoo.training.recipe import PHASE_NAME, Phase
from model_zoo.training.structure import read_structure, rebuilt
from model_zoo.view import View


@dataclass(frozen=True)
class Teacher:
    """A network that answers for the labels.

    Attributes:
        card: of its training.
        network: its float network, a Keras model.
        lesson: that it has learnt.
        fingerprint: of its weights, hex.
    """

    card: Card
    network: Any
    lesson: Lesson[Any]
    fingerprint: str

    def to_json(self) -> dict[str, Any]:
        """What the card of the student says: who taught, and which data the teacher had learnt."""
        terms = self.card.data
        facts: dict[str, Any] = {
            "name": self.card.name,
            "weights": self.fingerprint,
            "data": terms.to_json(),
        }
        for before in ("init", "teacher"):
            if before in self.card.facts:
                facts[before] = self.card.facts[before]
        return facts


def require_listeners(phases: Sequence[Phase], network: str, teacher: str | Path | None) -> None:
    """Makes sure that there is a teacher where one is listened to, and nowhere else.

    Args:
        phases: of the recipe of `network`.
        teacher: what a person names, None for nothing.
    Raises:
        DataError: it is otherwise.
    """
    changed = [k for k, phase in enumerate(phases) if phase.kind != "float"]
    alone = phases[: changed[0]] if changed else phases  # later ones are taught by what these have left
    asking = [phase.name for phase in alone if phase.taught]
    if asking and teacher is None:
        raise DataError(
            f"the phase {asking[0]} learns from a teacher, and there is none",
            network,
            "Name the folder of its training with --teacher.",
        )
    if teacher is not None and not any(phase.taught for phase in phases):
        raise DataError(
            f"no phase of {network} listens to a teacher",
            str(teacher),
            "Leave --teacher out, or give a phase of its recipe a teacher's share or features.",
        )


def teacher_card(named: str, network: str, task: str, view: View) -> Card:
    """The card of a finished training that is to teach; needs no TensorFlow.

    Args:
        named: folder of it, or the name of a pretrained model.
        network, task, view: what its student is, learns and sees.
    Raises:
        DataError: it is no finished training, of another task or view, or has no float weights.
    """
    card = named_card(named, "--teacher")
    if card.task != task:
        raise DataError(
            f"the teacher {card.name} has learnt {card.task}, not {task}",
            str(card.folder),
            f"Name a training of a network that learnt {task} with --teacher.",
        )
    require_view(card, view, network, "--teacher")
    if not _float_file(card).is_file():
        raise without_weights(card, "--teacher", "teach")
    return card


def _float_file(card: Card) -> Path:
    """Where the float weights are: beside the card, else in the checkpoint of the phase that left them."""
    own = None if card.weights is None else card.folder / card.weights.file
    return own if own is not None and own.is_file() else card.folder / f"{_last_float_phase(card)}.ckpt.npz"


def read_teacher(card: Card, lesson: Lesson[Any]) -> Teacher:
    """The float network of a finished training.

    Args:
        card: of it, by `teacher_card`.
        lesson: what its student learns.
    Raises:
        DataError: its outputs mean something else, or its weights are not there.
    """
    where = str(card.folder)
    remedy = "Name a training on labels of the same points or classes with --teacher."
    if card.weights is not None and card.weights.outputs != lesson.output_shapes:
        has, wants = lesson.in_words(card.weights.outputs), lesson.in_words(lesson.output_shapes)
        raise DataError(f"the teacher {card.name} answers with {has}, the data have {wants}", where, remedy)
    own = lesson.going_on_from(card.facts)
    if not own.teaches_the_same(card.facts):
        raise DataError(f"the outputs of the teacher {card.name} mean something else", where, remedy)
    network = _network(card, lesson)
    digest = hashlib.sha256(b"".join(w.tobytes() for w in network.get_weights())).hexdigest()[:16]
    return Teacher(card, network, own, digest)


def _network(card: Card, lesson: Lesson[Any]) -> Any:
    """A Keras model with the float weights.

    Raises:
        DataError: they can't be read, or are not this network's.
    """
    import tensorflow as tf

    tf.keras.backend.reset_uids()  # weights go by the names of layers, which count
    network = NETWORKS.get(card.name).build(lesson.output_shapes)
    network = rebuilt(network, read_structure(card.facts, str(card.folder)), str(card.folder))
    where, file = str(card.folder), _float_file(card)
    if card.weights is not None and file == card.folder / card.weights.file:
        float_weights.set_weights(network, float_weights.read(card), where)
        return network
    weights = checkpoint.best_weights(file)
    if [w.shape for w in weights] != [w.shape for w in network.get_weights()]:
        raise DataError(
            f"the weights are not those of {card.name}", where, "Train the teacher again with this tinyface."
        )
    if not all(np.isfinite(w).all() for w in weights):
        raise DataError(
            f"the weights of the teacher {card.name} are no finite numbers", where, "Train the teacher again."
        )
    network.set_weights(weights)
    return network


def _last_float_phase(card: Card) -> str:
    """Name of the phase that left the float network, the last one before quantization-aware ones; "float" in
    cards that state no phases.

    Raises:
        DataError: the card states none that can be one.
    """
    recipe = card.facts["recipe"]
    phases = recipe.get("phases", []) if isinstance(recipe, dict) else None
    sound = isinstance(phases, list) and all(isinstance(phase, dict) for phase in phases)
    names = [phase.get("name") for phase in phases or () if phase.get("kind") != "qat"] if sound else [None]
    name = names[-1] if names else "float"
    if not isinstance(name, str) or not PHASE_NAME.fullmatch(name):
        raise DataError(
            f"the card of {card.name} states no phases of a training",
            str(card.folder),
            "Restore the card, or train the teacher again.",
        )
    return name


def mixed_in(lesson: Lesson[Any], network: Any, own: Lesson[Any]) -> Callable[[Any], Sequence[Any]]:
    """A network's answers in the form of the lesson's targets, without gradients; fit for tf.function.

    Args:
        network: float Keras model, [N, H, W, C] to the task's outputs.
        own: the lesson that it has learnt, by `Lesson.going_on_from` where it is of another training.
    """
    import tensorflow as tf

    answers = own.answers(network)

    def told(pictures: Any) -> list[Any]:
        outputs = lesson.from_another(own, answers(pictures))
        return [tf.stop_gradient(t) for t in lesson.as_targets(outputs)]

    return told
