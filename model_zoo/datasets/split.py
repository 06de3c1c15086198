"""The split of a data set into train, validation and test, as its makers state it or by person.

A part is taken when it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted, people
from codegen.errors import DataError
from model_zoo.datasets.samples import PARTS, Samples

SPLIT_RULE = "test = identity % 8 == 0, validation = identity % 8 == 1, train = the rest"
STATED_RULE = "as the data set states it"
WITHOUT_VALIDATION = ", validation = identity % 8 == 1 of its training part"

PICTURES = " (nobody states whose picture each is, so each counts as another person's)"

S = TypeVar("S", bound=Samples)


@dataclass(frozen=True)
class Split(Generic[S]):
    """The three parts of a set; no person is in two of them.

    Attributes:
        whole: all of it.
    """

    whole: S

    @property
    def rule(self) -> str:
        """How it is cut, for cards."""
        if self.whole.parts is None:
            return SPLIT_RULE + ("" if self.whole.people_stated else PICTURES)
        rule = STATED_RULE + ("" if self.whole.people_stated else PICTURES)
        return rule + (WITHOUT_VALIDATION if self._cuts_validation else "")

    @property
    def _cuts_validation(self) -> bool:
        """The validation part is cut off from the training part that is stated; never where networks made the
        labels: nothing is chosen by those."""
        return "validation" not in (self.whole.parts or ()) and not self.whole.labelled_by

    @cached_property
    def _stated(self) -> NDArray[np.str_]:
        """The part of each sample of a set that states it; without a validation part, one is cut off from the
        training part."""
        stated = np.array(self.whole.parts)
        if self._cuts_validation:
            stated = stated.astype("<U10")
            stated[(stated == "train") & (self.whole.identities % 8 == 1)] = "validation"
        return stated

    def _rows(self, part: str) -> NDArray[np.integer[Any]]:
        if self.whole.parts is not None:
            return np.flatnonzero(self._stated == part)
        rest = self.whole.identities % 8
        return np.flatnonzero(rest > 1 if part == "train" else rest == (0 if part == "test" else 1))

    @cached_property
    def train(self) -> S:
        """What networks learn from."""
        return self.whole.take(self._rows("train"))

    @cached_property
    def validation(self) -> S:
        """What choices are made on."""
        return self.whole.take(self._rows("validation"))

    @cached_property
    def test(self) -> S:
        """What figures are reported on, and nothing is chosen by."""
        return self.whole.take(self._rows("test"))

    @cached_property
    def _peopled(self) -> NDArray[np.bool_]:
        return self.whole.peopled()

    def people(self, part: str) -> list[int]:
        """The identities of those whom a part shows, sorted; looks at no picture."""
        rows = self._rows(part)
        return sorted({int(i) for i in self.whole.identities[rows[self._peopled[rows]]]})

    @property
    def is_told_by_its_rule(self) -> bool:
        """The set states its parts, and nobody whose pictures they are: identities say no more then."""
        return self.whole.parts is not None and not self.whole.people_stated

    def face_free(self, part: str) -> int:
        """How many pictures of a part show nobody; looks at none."""
        return int((~self._peopled[self._rows(part)]).sum())

    def pictures(self, part: str) -> int:
        """How many a part has; looks at none."""
        return len(self._rows(part))


def split_by_identity(whole: S) -> Split[S]:
    """Cuts a set as it states, else by person with SPLIT_RULE.

    Raises:
        DataError: one of the parts would be empty, a person is in two, or networks made the labels.
    """
    whole.require_labels_of_people()
    split = Split(whole)
    empty = [part for part in PARTS if not split.pictures(part)]
    if whole.parts is not None:
        if empty:
            raise DataError(
                f"the {empty[0]} part that the data set states is empty",
                whole.name,
                "State pictures of train and test; where none are of validation, training people with "
                "identity % 8 == 1 are it.",
            )
        homes: dict[int, str] = {}
        for part in PARTS:
            for person in split.people(part):
                if homes.setdefault(person, part) != part:
                    raise DataError(
                        f"person {person} is in the {homes[person]} part and in the {part} part",
                        whole.name,
                        "Put all pictures of a person into one part.",
                    )
    elif empty:
        stated = whole.people_stated
        number = len(whole.people()) if stated else len(whole)
        some = people(number) if stated else counted(number, "picture")
        raise DataError(
            f"{some} {'does' if number == 1 else 'do'} not fill all three parts of the split",
            whole.name,
            "Use at least the identities 0, 1 and 2." if whole.people_stated else "Use three at least.",
        )
    return split


def draw_people(part: S, limit: int, seed: int = 0) -> S:
    """At most `limit` samples of people, of as many as they can be of, in the part's order.

    The people are drawn; each gives one sample before one gives a second. Of samples without a face the same
    share of the part's is drawn, one at least.
    """
    shown = part.peopled()
    faces, others = part.take(np.flatnonzero(shown)), np.flatnonzero(~shown)
    if limit >= len(faces):
        return part
    drawn = np.flatnonzero(shown)[_drawn(faces, limit, (seed, 7))]
    if len(others):
        count = max(1, round(limit * len(others) / len(faces)))
        rng = np.random.default_rng((seed, 8))
        drawn = np.concatenate([drawn, rng.choice(others, count, replace=False)])
    return part.take(np.sort(drawn))


def draw_any(part: S, limit: int, seed: int = 0) -> S:
    """At most `limit` samples of a part, with or without a face, of as many identities as they can be of."""
    return part if limit >= len(part) else part.take(np.sort(_drawn(part, limit, (seed, 7))))


def _drawn(part: Samples, limit: int, seed: tuple[int, ...]) -> NDArray[np.integer[Any]]:
    """Rows of a part: one of each identity in a drawn order, then second ones, until there are `limit`."""
    rng = np.random.default_rng(seed)
    taken: list[tuple[int, int, int]] = []
    for place, person in enumerate(rng.permutation(np.unique(part.identities))):
        own = rng.permutation(np.flatnonzero(part.identities == person))
        taken += [(turn, place, int(row)) for turn, row in enumerate(own)]
    return np.array([row for _, _, row in sorted(taken)[:limit]], np.int64)
