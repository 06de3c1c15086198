"""Numbers with their words, one and more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codegen.counted import counted, people
from codegen.errors import DataError
from model_zoo.datasets import synthetic
from model_zoo.datasets.split import split_by_identity


@pytest.mark.parametrize(
    ("number", "said", "whose"),
    [
        (0, "0 pictures", "0 people"),
        (1, "1 picture", "1 person"),
        (2, "2 pictures", "2 people"),
        (12000, "12,000 pictures", "12,000 people"),
    ],
)
def test_the_word_fits_the_number(number: int, said: str, whose: str) -> None:
    assert counted(number, "picture") == said
    assert people(number) == whose


def test_one_person_and_one_picture_do_not_fill_a_split() -> None:
    faces = replace(synthetic.generate(people=2, pictures_each=2, seed=3), made="")
    assert faces.of_people(1) == "of 1 person"
    for count, stated, said in (
        (2, True, "1 person does not fill"),
        (4, True, "2 people do not fill"),
        (1, False, "1 picture does not fill"),
        (2, False, "2 pictures do not fill"),
    ):
        part = replace(faces.take(np.arange(count)), people_stated=stated)
        with pytest.raises(DataError, match=f"^{part.name}: {said} all three parts of the split"):
            split_by_identity(part)
