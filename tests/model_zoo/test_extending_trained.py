"""docs/extending.md is true of a data set, a task and a network when they are trained, too."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.test_extending import extended, halves, page, tinyface

assert all((extended, halves, page))  # fixtures
pytestmark = pytest.mark.slow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tflite_micro", reason="the tflite-micro wheel is not installed")


def test_the_network_is_trained_and_a_board_runs_it(page: str, extended: Path, halves: Path) -> None:
    """The page's four commands."""
    lines = re.findall(r"^ {4}tinyface (.*(?:DIR|RUN/).*)$", page.partition("## A network")[2], re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["train", "evaluate", "flash", "validate"]
    where = {"DIR": halves.name, "RUN": "run", "RUN/model.tflite": "run/model.tflite"}
    told = {}
    for line in lines:
        verb, *words = [where.get(word, word) for word in shlex.split(line)]
        options = {"train": ["--quiet"], "evaluate": ["--json"], "validate": ["--json", "--count", 8]}
        told[verb] = tinyface(extended, verb, *words, *options.get(verb, []))
    card = json.loads((extended / "run" / "card.json").read_text())
    assert (card["task"], card["labels"]) == ("picture-class", ["above", "below"])
    assert json.loads(told["evaluate"])["accuracy"] > 90
    assert card["metrics"]["primary"]["part"] == "test"
    assert json.loads(told["validate"])["bytes_differing"] == 0
    assert (extended / "run" / "history.csv").exists()
