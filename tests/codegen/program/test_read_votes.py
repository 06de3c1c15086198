"""Votes from a program's file: what the classifier's stage says is not said again; mistakes have a line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from codegen.errors import ModelError
from codegen.program.decoders.votes import MOST_CLASSES, STEPS, Votes
from codegen.program.facts import Facts
from codegen.program.known import Network
from codegen.program.read import read_program
from codegen.program.records import VOTE_ONE
from codegen.program.spec import InputTensor
from codegen.program.stages import Program
from tests.codegen.program.test_read import CASCADE, FOUND, NETWORKS

TEXT = (
    CASCADE.partition('[[stage]]\nname = "mark"')[0]
    + """\
[[stage]]
name = "follow"
of = "find"
most = 3
[stage.decoder]
kind = "tracks"

[[stage]]
name = "see"
model = "kinds"
picture = "rgb"
of = "follow"
every = 3
most = 3
labels = "names.txt"
[stage.decoder]
kind = "classes"
top = 5

[[stage]]
name = "vote"
of = "see"
beside = "follow"
most = 3
[stage.decoder]
kind = "votes"
time_constant = 1.5
sure = 0.6
"""
)


def read(folder: Path, text: str, card: dict[str, object] | None = None) -> Program:
    (folder / "names.txt").write_text("a\nb\nc\nd\ne\n", encoding="utf-8")
    file = folder / "toy.toml"
    file.write_text(text, encoding="utf-8")
    if card is None:
        return read_program(file, FOUND.__getitem__).program
    found = {**FOUND, "kinds": Network(NETWORKS["kinds"], card)}
    return read_program(file, found.__getitem__).program


def test_every_key(tmp_path: Path) -> None:
    vote = read(tmp_path, TEXT).stages[-1]
    decoder = vote.decoder
    assert isinstance(decoder, Votes)
    assert (decoder.classes, decoder.time_ms, decoder.sure_q16) == (5, 1500, round(0.6 * VOTE_ONE))
    assert vote.labels == ("a", "b", "c", "d", "e")
    assert (vote.of, vote.beside, vote.model) == ("see", "follow", None)
    assert vote.state_bytes == 3 * (8 + 4 * 5)
    assert len(decoder.weights_q16) == STEPS
    assert list(decoder.weights_q16) == sorted(decoder.weights_q16, reverse=True)


def test_the_temperature_is_the_cards_or_the_files(tmp_path: Path) -> None:
    quantization = {"scale": 1 / 128, "zero_point": 0}
    card: dict[str, object] = {
        "name": "kinds",
        "input": {"width": 12, "height": 12, "channels": 3, "quantization": quantization},
        "confidence": {"scale": NETWORKS["kinds"].outputs[0].scale, "temperature": 1.37},
    }
    texts = TEXT, TEXT + "temperature = 1.37\n", TEXT + "temperature = 1\n"
    of_card, _, _ = (read(tmp_path, text, card).stages[-1].decoder for text in texts)
    usual, stated, one = (read(tmp_path, text).stages[-1].decoder for text in texts)
    assert of_card == stated
    assert usual == one == read(tmp_path, texts[2], card).stages[-1].decoder
    assert one != stated


def test_another_file_of_names(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("v\nw\nx\ny\nz\n", encoding="utf-8")
    text = TEXT.replace('of = "see"\n', 'of = "see"\nlabels = "other.txt"\n')
    assert read(tmp_path, text).stages[-1].labels == ("v", "w", "x", "y", "z")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("sure = 0.6", "sure = 1.5", "sure = 1.5"),
        ("sure = 0.6", "sure = true", "sure = true"),
        ("sure = 0.6", "surely = 0.6", "surely = 0.6"),
        ("time_constant = 1.5", "time_constant = 0", "time_constant = 0"),
        ("time_constant = 1.5", "time_constant = 1e4", "time_constant = 1e4"),
        ("sure = 0.6", "temperature = 0.001", "temperature = 0.001"),
        ('of = "see"', 'of = "follow"', 'kind = "votes"'),
        ('of = "see"', 'of = "find"', 'of = "find"'),
        ('of = "see"', 'of = "seen"', 'kind = "votes"'),
        ("top = 5", "top = 4", 'of = "see"'),
        ('beside = "follow"', 'beside = "find"', 'beside = "find"'),
        ('beside = "follow"\n', "", '[[stage]]'),
        ("every = 3\nmost = 3", "every = 3\nmost = 2", 'of = "see"'),
        ('beside = "follow"\nmost = 3', 'beside = "follow"\nmost = 2', "most = 2"),
        ('beside = "follow"\nmost = 3', 'beside = "follow"\nmost = 17', "most = 17"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: str, tmp_path: Path) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    with pytest.raises(ModelError) as caught:
        read(tmp_path, text)
    (number,) = re.findall(r"line (\d+)", caught.value.where)
    assert text.splitlines()[int(number) - 1] == line, caught.value
    assert caught.value.remedy


@pytest.mark.parametrize(("every", "phase"), [("every = 3\n", 3), ("every = 3\n", 254), ("", 1)])
def test_a_phase_that_never_comes_is_told_with_its_cycle(every: str, phase: int, tmp_path: Path) -> None:
    text = TEXT.replace("every = 3\n", f"{every}phase = {phase}\n", 1)
    with pytest.raises(ModelError, match=f"phase is {phase}, and `every` is {3 if every else 1}") as caught:
        read(tmp_path, text)
    (number,) = re.findall(r"line (\d+)", caught.value.where)
    assert text.splitlines()[int(number) - 1] == f"phase = {phase}"


def test_more_classes_than_votes_count() -> None:
    scores = InputTensor("int8", (1, MOST_CLASSES), 0.1, 0)
    assert Votes.from_facts(Facts({}, "toy"), [scores]).classes == MOST_CLASSES
    with pytest.raises(ModelError, match="tells 4,097 classes") as caught:
        Votes.from_facts(Facts({}, "toy"), [replace(scores, shape=(1, MOST_CLASSES + 1))])
    assert "`of`" in caught.value.remedy


def test_as_many_names_as_classes(tmp_path: Path) -> None:
    program = read(tmp_path, TEXT)
    *others, vote = program.stages
    wrong = replace(program, stages=(*others, replace(vote, labels=("a", "b"))))
    with pytest.raises(ModelError, match="2 labels for 5 values"):
        wrong.check([NETWORKS["find"], NETWORKS["kinds"]])
