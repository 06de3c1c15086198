"""The first figure by groups that somebody names, such as skin or age: an audit of who is served worse.

Data sets seldom state groups, so a table of the auditor's own does: one line a picture, its file and group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codegen.counted import counted
from codegen.errors import DataError
from codegen.tables import read_table
from model_zoo.datasets.samples import Samples
from model_zoo.evaluation.report.sections import Table
from model_zoo.evaluation.score import FEWEST_DRAWN, Score

COLUMNS = ("file", "group")
REMEDY = "Write a CSV with the columns file and group, one line a picture of the part that is measured."
UNNAMED = "not in the table"
SHOWN = 3


@dataclass(frozen=True)
class Group:
    """What one group gets.

    Attributes:
        name: of the group; UNNAMED: pictures that the table does not name.
        score: of its pictures.
    """

    name: str
    score: Score

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"group": self.name, **self.score.to_json()}


@dataclass(frozen=True)
class Gap:
    """The largest difference of the first figure between two groups of enough people for intervals.

    Attributes:
        best, worst: their names.
        value: in the figure's unit.
    """

    best: str
    worst: str
    value: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"best": self.best, "worst": self.worst, "value": round(self.value, 4)}


def read_groups(path: Path) -> dict[str, str]:
    """The group of each picture, by the name of its file.

    Raises:
        DataError: it can't be read, a line has an empty field, or a file is named twice.
    """
    groups: dict[str, str] = {}
    for row in read_table(path, COLUMNS, DataError, REMEDY):
        file, group = (row.cells.get(column, "") for column in COLUMNS)
        if not file or not group:
            raise DataError(f"the {'group' if file else 'file'} is missing", row.where, REMEDY)
        if groups.setdefault(file, group) != group:
            raise DataError(f"{file} is in two groups", row.where, "Name each picture once.")
    if not groups:
        raise DataError("the table names no picture", str(path), REMEDY)
    return groups


def by_group(
    samples: Samples,
    found: Sequence[Any],
    groups: Mapping[str, str],
    score: Callable[[Sequence[Any], Any], Score],
) -> tuple[Group, ...]:
    """Each group's score by name, what the table does not name last.

    Args:
        found: of each picture, as `score` takes it.
    Raises:
        DataError: a group can't be measured.
    """
    names = np.array([groups.get(file, UNNAMED) for file in samples.files])
    told = []
    for name in sorted(set(names.tolist()), key=lambda name: (name == UNNAMED, name)):
        rows = np.flatnonzero(names == name)
        mine: Any = samples.take(rows)
        of_group = score([found[int(row)] for row in rows], mine)
        of_group.require_finite(mine.files, f"the group {name}")
        told.append(Group(name, of_group))
    return tuple(told)


def require_there(samples: Samples, groups: Mapping[str, str]) -> None:
    """Refuses a table that names pictures which are not among the samples, before anything is measured.

    Raises:
        DataError: it does, or it has a group by the name of those that it leaves out.
    """
    if UNNAMED in groups.values():
        raise DataError(
            f"a group is called {UNNAMED!r}, as those are that the table leaves out",
            "--groups",
            "Call it otherwise.",
        )
    known = set(samples.files)
    strange = [file for file in groups if file not in known]
    if strange:
        raise DataError(
            f"{counted(len(strange), 'picture')} of the table {'is' if len(strange) == 1 else 'are'} not in "
            f"the part that is measured: {', '.join(strange[:SHOWN])}",
            "--groups",
            f"Name pictures of it, as {samples.files[0]}, or measure another --part.",
        )


def largest_gap(groups: Sequence[Group]) -> Gap | None:
    """Between the best and the worst group; None where fewer than two have an interval."""
    fit = [group for group in groups if group.name != UNNAMED and group.score.ci95 is not None]
    if len(fit) < 2:
        return None
    ranked = sorted(fit, key=lambda group: group.score.figure.loss(group.score.value))
    best, worst = ranked[0], ranked[-1]
    return Gap(best.name, worst.name, abs(best.score.value - worst.score.value))


def section(groups: Sequence[Group]) -> Table:
    """Of a report."""
    figure = groups[0].score.figure
    drawn = groups[0].score.drawn
    rows = tuple((g.name, g.score.images, g.score.value, g.score.interval()) for g in groups)
    columns = ("group", "pictures", f"{figure.name}, {figure.unit}", f"95 % interval by {drawn}")
    return Table("By group", columns, rows, gap_in_words(groups))


def gap_in_words(groups: Sequence[Group]) -> str:
    """A sentence."""
    gap = largest_gap(groups)
    if gap is None:
        return f"No gap is stated: fewer than two groups have {FEWEST_DRAWN} to draw an interval from."
    figure = groups[0].score.figure
    return f"The largest gap of the {figure.name} is {figure.text(gap.value)}: {gap.best} to {gap.worst}."
