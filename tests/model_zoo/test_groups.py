"""Figures by groups of a table: who is served worse, and tables that name nothing of use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError
from model_zoo.datasets import drawn_moods
from model_zoo.datasets.emotion_set import CLASSES
from model_zoo.evaluation.groups import (
    UNNAMED,
    by_group,
    gap_in_words,
    largest_gap,
    read_groups,
    require_there,
    section,
)
from model_zoo.tasks.emotions import Emotions

PEOPLE = 24


def table(folder: Path, *lines: str) -> Path:
    file = folder / "groups.csv"
    file.write_text("file,group\n" + "".join(f"{line}\n" for line in lines))
    return file


@pytest.mark.slow
def test_each_group_is_measured_by_itself() -> None:
    """All answers of one group are right, of the other half: the gap is 50."""
    samples = drawn_moods.generate(people=PEOPLE, seed=3)
    names = ["here" if row < len(samples) // 2 else "there" for row in range(len(samples))]
    names[0] = ""
    answers = []
    for row, truth in enumerate(samples.classes):
        wrong = names[row] == "there" and row % 2
        answers.append(np.eye(len(CLASSES))[(truth + wrong) % len(CLASSES)])
    groups = {file: name for file, name in zip(samples.files, names, strict=True) if name}
    told = by_group(samples, answers, groups, Emotions().score)
    assert [group.name for group in told] == ["here", "there", UNNAMED]
    assert [group.score.value for group in told] == [100.0, 50.0, 100.0]
    assert sum(group.score.images for group in told) == len(samples)
    gap = largest_gap(told)
    assert gap is not None
    assert (gap.best, gap.worst, gap.value) == ("here", "there", 50.0)
    assert gap_in_words(told) == "The largest gap of the accuracy is 50.000 %: here to there."
    rows = section(told).rows
    assert [row[:2] for row in rows] == [(group.name, group.score.images) for group in told]


def test_few_people_have_no_gap() -> None:
    samples = drawn_moods.generate(people=4, seed=3)
    answers = [np.eye(len(CLASSES))[truth] for truth in samples.classes]
    groups = {file: f"p{row % 2}" for row, file in enumerate(samples.files)}
    told = by_group(samples, answers, groups, Emotions().score)
    assert largest_gap(told) is None
    assert "No gap is stated" in gap_in_words(told)


def test_what_the_part_has_not_is_refused() -> None:
    samples = drawn_moods.generate(people=4, seed=3)
    with pytest.raises(DataError, match="1 picture of the table is not in the part"):
        require_there(samples, {"elsewhere.png": "a", samples.files[0]: "b"})
    with pytest.raises(DataError, match="a group is called 'not in the table'"):
        require_there(samples, {samples.files[0]: UNNAMED})
    require_there(samples, {samples.files[0]: "b"})


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (("a.png,one", "a.png,two"), "a.png is in two groups"),
        (("a.png,",), "the group is missing"),
        ((",one",), "the file is missing"),
        ((), "the table names no picture"),
    ],
)
def test_a_wrong_table(tmp_path: Path, lines: tuple[str, ...], cause: str) -> None:
    with pytest.raises(DataError, match=cause):
        read_groups(table(tmp_path, *lines))


def test_spreadsheets_are_read(tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text("note;GROUP;File\nx;eins;a.png\n;zwei;b.png\n;eins;a.png\n", encoding="utf-16")
    assert read_groups(file) == {"a.png": "eins", "b.png": "zwei"}
