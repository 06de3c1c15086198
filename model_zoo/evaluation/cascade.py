"""A small classifier answers where it is sure, a larger one is asked where it is not: what that is worth.

The small one's probability of its own answer decides, after its card's temperature (Guo et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.cards import Card
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.samples import of_made
from model_zoo.evaluation.classification import confusion, probabilities, recalls
from model_zoo.evaluation.deployed import deployed_of
from model_zoo.evaluation.engines import Engine
from model_zoo.evaluation.evaluate import choose_part
from model_zoo.tasks import TASKS

THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1.0)
"""Probabilities from which the small one is believed; 0: always, 1: never."""
SLACK = 0.3
"""Points of accuracy that may be lost against the large one alone."""


@dataclass(frozen=True)
class Step:
    """One threshold.

    Attributes:
        threshold: probability from which the small network is believed.
        asked: percent of the pictures for which the large one was asked, too.
        accuracy, balanced_accuracy: of both together, percent.
        instructions: a picture, mean.
    """

    threshold: float
    asked: float
    accuracy: float
    balanced_accuracy: float
    instructions: float

    def to_json(self) -> dict[str, float]:
        """Plain values."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def step(
    small: NDArray[np.floating[Any]],
    large: NDArray[np.floating[Any]],
    truth: NDArray[np.integer[Any]],
    temperature: float,
    costs: tuple[float, float],
    threshold: float,
) -> Step:
    """What both are worth at a threshold.

    Args:
        small, large: logits [N, classes].
        truth: int [N].
        temperature: of the small one.
        costs: instructions of one run of each.
    """
    asked = probabilities(small, temperature).max(1) < threshold
    if threshold >= 1.0:
        asked[:] = True
    best = np.where(asked, large.argmax(1), small.argmax(1))
    share = float(asked.mean())
    return Step(
        threshold,
        100.0 * share,
        100.0 * float((best == truth).mean()),
        float(np.nanmean(recalls(confusion(best, truth, small.shape[1])))),
        costs[0] + share * costs[1],
    )


def trade(
    small: NDArray[np.floating[Any]],
    large: NDArray[np.floating[Any]],
    truth: NDArray[np.integer[Any]],
    temperature: float,
    costs: tuple[float, float],
) -> tuple[Step, ...]:
    """A step for each of THRESHOLDS. Arguments as `step`."""
    return tuple(step(small, large, truth, temperature, costs, threshold) for threshold in THRESHOLDS)


def chosen(steps: Sequence[Step]) -> Step:
    """The cheapest one that is at most SLACK less accurate than the large network, which the last step is."""
    enough = [one for one in steps if one.accuracy >= steps[-1].accuracy - SLACK]
    return min(enough, key=lambda one: one.instructions)


@dataclass(frozen=True)
class Cascade:
    """Two classifiers measured together.

    Attributes:
        dataset, part: on what.
        made: what its pictures show in place of people, "" where they are photographs.
        validation: the trade there, by which the threshold is chosen.
        there: of the part, at that threshold.
        alone: of the part, the small and the large one by themselves.
    """

    dataset: str
    part: str
    made: str
    validation: tuple[Step, ...]
    there: Step
    alone: tuple[Step, Step]

    @property
    def shows(self) -> str:
        """`made` as people are told it."""
        return of_made(self.made)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "dataset": self.dataset,
            "part": self.part,
            "made": self.made,
            "validation": [one.to_json() for one in self.validation],
            "at_threshold": self.there.to_json(),
            "small_alone": self.alone[0].to_json(),
            "large_alone": self.alone[1].to_json(),
        }


def measured(
    pair: Sequence[tuple[Card, Engine]],
    costs: tuple[float, float],
    part: str,
    data: Path | None,
    dataset: str,
) -> Cascade:
    """Runs both on the validation part, and on another one.

    Args:
        pair: the small and the large network.
        costs: instructions of one run of each.
        part, data, dataset: as EvaluateOptions has them.
    Raises:
        DataError: they do not name the same classes, or the data do not fit.
    """
    (small, _), (large, _) = pair
    for card, _ in pair:
        if card.facts.get("decoder", {}).get("kind") != "classes":
            raise DataError(f"{card.name} names no classes", "--unsure", "Name two classifiers.")
    if (small.task, small.facts.get("labels")) != (large.task, large.facts.get("labels")):
        cause = f"{small.name} and {large.name} do not name the same classes"
        raise DataError(cause, "--unsure", "Name two that do.")
    temperature = float(small.facts.get("confidence", {}).get("temperature") or 1.0)
    whole = open_samples(TASKS.get(small.task).data_of, data, dataset)

    def answers(name: str) -> tuple[Any, Any, Any]:
        samples = choose_part(whole, name)
        first, second = (_logits(card, engine, samples) for card, engine in pair)
        return first, second, samples.classes

    steps = trade(*answers("validation"), temperature, costs)
    of_part = answers(part)
    there, low, high = (
        step(*of_part, temperature, costs, threshold) for threshold in (chosen(steps).threshold, 0.0, 1.0)
    )
    alone = replace(low, instructions=costs[0]), replace(high, instructions=costs[1])
    return Cascade(whole.name, part, whole.made, steps, there, alone)


def _logits(card: Card, engine: Engine, samples: Any) -> NDArray[np.float64]:
    return np.stack(deployed_of(card, engine).found(samples))
