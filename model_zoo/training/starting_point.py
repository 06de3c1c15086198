"""What a training goes on from: the float weights of another one, of the same network, task and view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.cards import Card
from model_zoo.tasks.task import Lesson
from model_zoo.training import float_weights
from model_zoo.training.named_run import named_card, require_view, without_weights
from model_zoo.training.structure import Structure, read_structure
from model_zoo.view import View


@dataclass(frozen=True)
class StartingPoint:
    """Float weights and the card they belong to.

    Attributes:
        card: of the network that had learnt them.
        arrays: by the names of its variables.
        beside: further trainings, where the arrays are the mean of several.
    """

    card: Card
    arrays: dict[str, NDArray[Any]]
    beside: tuple[StartingPoint, ...] = ()

    @property
    def sha256(self) -> str:
        """64 hex digits, of the weights' file; of a mean one after the other."""
        assert self.card.weights is not None
        return "".join([self.card.weights.sha256, *(other.sha256 for other in self.beside)])

    @property
    def structure(self) -> Structure:
        """What the network with these weights has otherwise than its builder says.

        Raises:
            DataError: the card states it in no form that is known.
        """
        return read_structure(self.card.facts, str(self.card.folder))

    def lesson(self, own: Lesson[Any]) -> Lesson[Any]:
        """The lesson of the new training part, its outputs in the meaning that these weights have learnt.

        Raises:
            DataError: shape or meaning of the outputs is another one.
        """
        assert self.card.weights is not None
        has, wants = self.card.weights.outputs, own.output_shapes
        where, name = str(self.card.folder), self.card.name
        remedy = "Train without --init, or on data with the labels that it was trained on."
        if has != wants:
            raise DataError(
                f"{name} has learnt {own.in_words(has)}, the data have {own.in_words(wants)}", where, remedy
            )
        lesson = own.going_on_from(self.card.facts)
        if not lesson.teaches_the_same(self.card.facts):
            raise DataError(f"the outputs of {name} mean something else than the data", where, remedy)
        for other in self.beside:
            if not lesson.teaches_the_same(other.card.facts):
                raise DataError(
                    f"its outputs mean something else than those of {where}",
                    str(other.card.folder),
                    "Name trainings that went on from one another with --init.",
                )
        return lesson

    def give(self, model: Any) -> None:
        """Gives a Keras model the weights.

        Raises:
            DataError: they are not of this network.
        """
        float_weights.set_weights(model, self.arrays, str(self.card.folder))

    def to_json(self) -> dict[str, Any]:
        """What the card of the new network says: from which weights, and from which data these are."""
        terms = self.card.data
        assert self.card.weights is not None
        facts: dict[str, Any] = {
            "name": self.card.name,
            "weights_sha256": self.card.weights.sha256,
            "data": terms.to_json(),
        }
        if self.beside:
            facts["mean_with"] = [other.to_json() for other in self.beside]
        for before in ("init", "teacher"):
            if before in self.card.facts:
                facts[before] = self.card.facts[before]
        return facts


def mean_of(points: Sequence[StartingPoint]) -> StartingPoint:
    """The mean of the weights of trainings that went on from one another.

    Wortsman et al., "Model soups", ICML 2022, section 2: a uniform soup.

    Args:
        points: at least one.
    Raises:
        DataError: one is named twice, or has other variables.
    """
    first, *others = points
    seen = {first.sha256}
    for other in others:
        where = str(other.card.folder)
        if other.sha256 in seen:
            raise DataError("its weights are named twice", where, "Name each training once with --init.")
        seen.add(other.sha256)
        shapes, own = ({key: value.shape for key, value in p.arrays.items()} for p in (other, first))
        if shapes != own:
            raise DataError(
                f"its weights have no mean with those of {first.card.folder}: they are of another version",
                where,
                "Name trainings that went on from one another with --init.",
            )
    if not others:
        return first
    arrays = {
        name: np.mean([point.arrays[name] for point in points], 0, dtype=np.float64).astype(values.dtype)
        for name, values in first.arrays.items()
    }
    return StartingPoint(first.card, arrays, tuple(others))


def read_starting_point(init: str, network: str, task: str, view: View) -> StartingPoint:
    """The float weights that a person names; needs no TensorFlow.

    Args:
        init: the name of a pretrained model, or the folder of a finished training, or a file in it.
        network, task, view: what is to be trained.
    Raises:
        DataError: there are none, or they are of another network, task or view.
    """
    card = named_card(init, "--init")
    where = str(card.folder)
    if card.task != task:
        raise DataError(
            f"{card.name} has learnt {card.task}, {network} learns {task}",
            where,
            f"Name a training of {network} with --init.",
        )
    if card.name != network:
        raise DataError(
            f"its weights are of the network {card.name}, not of {network}",
            where,
            f"Name the folder of a training of {network} with --init, or leave --init out.",
        )
    require_view(card, view, network, "--init")
    if card.weights is None:
        raise without_weights(card, "--init", "be trained further")
    return StartingPoint(card, float_weights.read(card))
