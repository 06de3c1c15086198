"""What predictions are worth: one primary figure with its interval, others beside it. NumPy only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError

FEWEST_DRAWN = 5
"""People, or pictures where nobody states whose they are, from whom an interval is drawn."""


@dataclass(frozen=True)
class Figure:
    """How a task is measured first of all; choices are made by it.

    Attributes:
        key: in JSON ("nme").
        name: as people call it ("NME").
        unit: of its values ("%").
        meaning: one line.
        higher_is_better: which way is good.
    """

    key: str
    name: str
    unit: str
    meaning: str
    higher_is_better: bool = False

    @property
    def direction(self) -> str:
        """What a search does with it: "minimize" or "maximize"."""
        return "maximize" if self.higher_is_better else "minimize"

    def loss(self, value: float) -> float:
        """The value, or its negative where higher is better: less is better."""
        return -value if self.higher_is_better else value

    def text(self, value: float) -> str:
        """A value with its unit."""
        return f"{value:.3f} {self.unit}".rstrip()


@dataclass(frozen=True)
class Further:
    """A figure beside the primary one: its key in JSON, and what a table says of it."""

    key: str
    label: str
    value: float
    unit: str = ""


@dataclass(frozen=True)
class Score:
    """What a set of predictions is worth.

    Attributes:
        figure: which one `value` is.
        value: of the whole part: the mean of `each`, where it is one (`mean_score`).
        ci95: bootstrap interval of it by identity; None: too few tell of no interval.
        further: other figures.
        each: the primary figure of each sample, in their order.
        identities: how many people were measured; None: nobody states whose the pictures are, and each was
            drawn again by itself.
        faces: how many faces `value` rests on, where pictures show one, several or none; None: one a picture.
    """

    figure: Figure
    value: float
    ci95: tuple[float, float] | None
    further: tuple[Further, ...]
    each: tuple[float, ...]
    identities: int | None
    faces: int | None = None

    @property
    def drawn(self) -> str:
        """What was drawn again for the interval."""
        return "person" if self.identities is not None else "picture"

    def interval(self) -> str:
        """The interval with its unit, in words."""
        if self.ci95 is None:
            return f"none, from fewer than {FEWEST_DRAWN} {drawn_from(self.drawn)}"
        return f"{self.ci95[0]:.3f} to {self.figure.text(self.ci95[1])}"

    @property
    def images(self) -> int:
        """How many samples were measured."""
        return len(self.each)

    def require_finite(self, files: Sequence[str], where: str) -> None:
        """Refuses a score of samples that can't be measured, such as shapes without size, and figures that
        these samples tell nothing of.

        Args:
            files: one name a sample.
            where: the data set.
        Raises:
            DataError: names the first of them.
        """
        unknown = [name for name, value in zip(files, self.each, strict=True) if not math.isfinite(value)]
        if unknown:
            more = f" and of {len(unknown) - 1} more" if len(unknown) > 1 else ""
            raise DataError(
                f"the {self.figure.name} of {unknown[0]}{more} is no number", where, "Correct its labels."
            )
        figures = [(self.figure.name, self.value), *((one.label, one.value) for one in self.further)]
        for name, value in figures:
            if not math.isfinite(value):
                raise DataError(
                    f"the figure {name!r} is no number: there is nothing to measure it by",
                    where,
                    "Use samples that have what it is measured by.",
                )

    def to_json(self) -> dict[str, Any]:
        """The score with figures rounded to 4 decimals, as a card holds it."""
        return {
            self.figure.key: round(self.value, 4),
            "ci95": _rounded(self.ci95),
            **{other.key: round(other.value, 4) for other in self.further},
            "images": self.images,
            **({} if self.faces is None else {"faces": self.faces}),
            "identities": self.identities,
        }

    def primary(self) -> dict[str, Any]:
        """Name, value, interval and unit, as a card states them of any task; and that the interval is by
        picture, where it is."""
        return {
            "name": self.figure.name,
            "value": round(self.value, 4),
            "interval": _rounded(self.ci95),
            "unit": self.figure.unit,
            **({} if self.identities is not None else {"by": self.drawn}),
        }


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(v, 4) for v in interval]


def told_of(score: Score, people_stated: bool) -> Score:
    """The score as it may be told of samples: of no people, where nobody states whose the pictures are."""
    return score if people_stated else replace(score, identities=None)


@dataclass(frozen=True)
class Strained:
    """What a network is worth under a condition that is worse than the data set's, as boards meet it.

    Attributes:
        name: of the condition, short ("box errors").
        condition: what it is.
        score: under it.
    """

    name: str
    condition: str
    score: Score

    def to_json(self) -> dict[str, Any]:
        """Condition and score."""
        return {"name": self.name, "condition": self.condition, **self.score.to_json()}


@dataclass(frozen=True)
class Baseline:
    """What can be had without looking at a picture, beside which a figure says something.

    Attributes:
        name: of the one answer that all pictures get ("mean shape").
        score: of it.
    """

    name: str
    score: Score

    def to_json(self) -> dict[str, Any]:
        """Name, value, interval and unit, in the form of `Score.primary`."""
        return {**self.score.primary(), "name": self.name}


def mean_score(
    figure: Figure,
    values: NDArray[np.float64],
    identities: NDArray[np.integer[Any]],
    further: tuple[Further, ...] = (),
) -> Score:
    """The mean of a figure over samples, with its interval by person.

    Args:
        values: float64 [N], one a sample.
        identities: int [N], whose sample it is.
    """
    return Score(
        figure=figure,
        value=float(values.mean()),
        ci95=bootstrap_interval(values, identities),
        further=further,
        each=tuple(float(value) for value in values),
        identities=len(np.unique(identities)),
    )


def drawn_from(by: str) -> str:
    """Several of what an interval is drawn from: "people" or "pictures"."""
    return "pictures" if by == "picture" else "people"


def bootstrap_interval(
    values: NDArray[np.float64],
    identities: NDArray[np.integer[Any]],
    rounds: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Percentile interval of the mean when people, not images, are drawn again with replacement.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3, with the person as the unit
    because the pictures of one person are strongly correlated. Where all values are 0, or all 100, as percent
    of what is found may be, each draw gives the same: there it is the interval of Clopper and Pearson, "The
    Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial", 1934, of as many trials as
    there are people.

    Args:
        values: float64 [N], one an image.
        identities: int [N], whose image it is.
    Returns:
        (low, high), in the unit of the values; None where there are fewer than
        FEWEST_DRAWN people: of so few the draws are nearly those people themselves.
    """
    people, index = np.unique(identities, return_inverse=True)
    if len(people) < FEWEST_DRAWN:
        return None
    tail = 50.0 * (1.0 - level)
    if len(np.unique(values)) == 1 and values[0] in (0.0, 100.0):
        reach = 100.0 * (1.0 - (tail / 100.0) ** (1.0 / len(people)))
        return (0.0, reach) if values[0] == 0.0 else (100.0 - reach, 100.0)
    sums = np.bincount(index, weights=values, minlength=len(people))
    counts = np.bincount(index, minlength=len(people))
    drawn = np.random.default_rng(seed).integers(0, len(people), (rounds, len(people)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.percentile(means, [tail, 100.0 - tail])
    return float(low), float(high)
