"""What is rendered is told as such, and what a command hangs on beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from host_tools.commands.train import of_same_data
from model_zoo.cards import load_card
from model_zoo.datasets import live_faces, pasted_heads, synthetic
from model_zoo.datasets.samples import Samples
from model_zoo.training.options import TrainOptions, TrainResult
from model_zoo.training.useless import useless
from model_zoo.training.write_card import UNNAMED, _people, needed

SETS: dict[str, Samples] = {
    "landmarks": synthetic.generate(people=3, pictures_each=1, seed=1),
    "marks": live_faces.generate(people=3, pictures_each=1, grounds=2, seed=1),
    "faces": pasted_heads.generate(4, seed=7),
}


@pytest.mark.parametrize("task", SETS)
def test_rendered_heads_are_no_people(task: str) -> None:
    samples = SETS[task]
    assert samples.of_people(3) == "of rendered heads"
    assert _people(samples) == "none: rendered heads, no photographs"
    assert _people(replace(samples, made="")) == "as the labels name them"
    assert _people(replace(samples, made="", people_stated=False)) == UNNAMED
    assert (
        samples.take(samples.identities[:1]).contents()
        == replace(samples.take(samples.identities[:1]), made="").contents()
    )  # checkpoints of them go on being theirs


def test_a_command_that_needs_the_variable_says_so() -> None:
    options = TrainOptions("pfld-68-96", Path("out"))
    told = needed(options, "landmarks68")
    assert told.startswith("TINYFACE_DATA names the folder")
    assert needed(replace(options, data=Path("faces")), "landmarks68") == ""
    assert needed(options, "synthetic") == ""


def test_the_next_command_reads_the_same_data() -> None:
    heads = cast(TrainResult, SimpleNamespace(dataset="synthetic", made="rendered heads"))
    faces = cast(TrainResult, SimpleNamespace(dataset="folder", made=""))
    assert of_same_data(None, "auto", heads) == " --dataset synthetic"
    assert of_same_data(Path("my faces"), "auto", faces) == " --data 'my faces'"
    assert of_same_data(Path("own"), "folder", faces) == " --data own --dataset folder"
    assert of_same_data(None, "auto", faces) == ""


def test_a_network_that_guessing_beats_is_called_useless() -> None:
    card = load_card("pfld-68-96")
    assert card.baseline is not None
    assert useless(card) == ""
    assert useless(replace(card, baseline=None)) == ""
    for worse in (card.baseline.value, card.baseline.value + 1):
        bad = replace(card, primary=replace(card.primary, value=worse))
        assert "no better than the mean shape" in useless(bad)
    guess = replace(card.baseline, name="mean box", value=9.0)
    for recall, told in ((8.0, True), (9.0, True), (10.0, False)):  # of a detector more is better
        found = replace(card, task="faces", baseline=guess, primary=replace(card.primary, value=recall))
        assert ("no better than the mean box" in useless(found)) is told
