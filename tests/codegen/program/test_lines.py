"""Mistakes in a program's file are told with their line; what a card says need not be said again."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from pathlib import Path

import pytest

from codegen import toml
from codegen.errors import ModelError
from codegen.program.built_in import program_file
from codegen.program.known import Network
from codegen.program.read import read_program
from codegen.program.stages import NetworkFacts
from codegen.toml_lines import Lines
from host_tools.models import resolve
from tests.codegen.program.test_read import CASCADE, read

TEXT = '''\
name = "a"
"odd key" = 1
[[stage]]
name = "x"
note = """
[[stage]]
name = "not this one"
"""
decoder.kind = "raw"
[[stage]]
name = "y"
  [stage.decoder]
  kind = "boxes"
  [[stage.decoder.level]]
  scores = 0
  [[stage.decoder.level]]
  scores = 1 # = 2
'''


def test_tables_and_keys_are_found() -> None:
    assert len(toml.loads(TEXT)["stage"]) == 2
    lines = Lines(TEXT)
    wanted = {
        ("odd key",): 2,
        ("stage", 0): 3,
        ("stage", 0, "name"): 4,
        ("stage", 0, "decoder", "kind"): 9,
        ("stage", 1, "name"): 11,
        ("stage", 1, "decoder"): 12,
        ("stage", 1, "decoder", "level", 0, "scores"): 15,
        ("stage", 1, "decoder", "level", 1, "scores"): 17,
        ("stage", 1, "decoder", "level", 1, "boxes"): 16,
        ("stage", 1, "most"): 10,
        ("else",): None,
    }
    assert {path: lines.of(path) for path in wanted} == wanted


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('source = "whole"', 'source = "hole"', 'source = "hole"'),
        ("most = 30", "most = 0", "most = 0"),
        ("most = 30", "most = 3", "most = 3"),
        ("every = 2", "every = 256", "every = 256"),
        ("every = 2", "every = 2\nphase = 2", "phase = 2"),
        ("every = 2", "phase = 1", "phase = 1"),
        ("every = 2", "every = 2\nphase = -1", "phase = -1"),
        ("margin = 1.5", "margin = 0", "margin = 0"),
        ("keep = 4", "keep = 0", "keep = 0"),
        ("threshold = 0.25", "threshold = 1e6", "threshold = 1e6"),
        ("key_points = 1", "key_points = 256", "key_points = 256"),
        ("keep = 4", "keep = true", "keep = true"),
        ("unit = 4", "unit = 4\nunits = 5", "units = 5"),
        ("threshold = 0.25\n", "", "[stage.decoder]"),
        ('of = "find"', 'of = "found"', 'of = "found"'),
        ('of = "find"', 'of = "find"\nunless = "nobody"', 'unless = "nobody"'),
        ('of = "find"', 'of = "find"\nupright = [0, 7]', "upright = [0, 7]"),
        ("std = 128", "std = 0", "std = 0"),
        ('form = "exponential"', 'form = "round"', 'form = "round"'),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: str, tmp_path: Path) -> None:
    text = CASCADE.replace(old, new, 1)
    with pytest.raises(ModelError) as caught:
        read(tmp_path, text)
    (number,) = re.findall(r"line (\d+)", caught.value.where)
    assert text.splitlines()[int(number) - 1] == line


def test_a_network_that_is_not_there_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    file.write_text('[[stage]]\nname = "mark"\nmodel = "pfld-68-69"\n')
    with pytest.raises(ModelError, match="'pfld-68-69'") as caught:
        resolve(str(file))
    assert caught.value.where.startswith(f"{file}, stage 0, line 3")


def test_a_stage_says_only_what_its_card_does_not(tmp_path: Path) -> None:
    """A program of one line a stage is that of the card."""
    file = tmp_path / "one.toml"
    file.write_text('[[stage]]\nname = "model"\nmodel = "pfld-68-96"\n')
    (mine,) = resolve(str(file)).program.stages
    ref = resolve("pfld-68-96")
    (cards,) = ref.program.stages
    assert mine == replace(cards, margin_q8=round(256 * ref.margin))
    file.write_text(
        '[[stage]]\nname = "model"\nmodel = "pfld-68-96"\nsource = "whole"\nmost = 2\nmargin = 2\n'
    )
    (other,) = resolve(str(file)).program.stages
    assert (other.source.name, other.most, other.margin_q8, other.decoder) == ("WHOLE", 2, 512, cards.decoder)


FOLLOWED = program_file("faces").read_text(encoding="utf-8")


@functools.cache
def network(name: str) -> Network:
    ref = resolve(name)
    return Network(NetworkFacts.of(ref.graph), ref.card.facts if ref.card else None)


WRONG = {
    "tracks": [
        "patience = 256",
        "patience = -1",
        "cover = 300",
        "refusals = 0",
        "overlap = 1.5",
        "same = -0.1",
        "birth = 1e6",
        "presence = -1e6",
        "eyes = [0, 5000]",
        "eyes = [0, 6]",
        "eyes = 3",
        "left = [41, 36]",
        "left = [0, -1]",
        "left = [36, 68]",
        "right = [42, 99]",
        "right = [1]",
    ],
    "steady": [
        "points = 0",
        "points = 4096",
        "points = 67",
        "presence = 1e6",
        "same = 2",
        "cutoff = -1",
        "slope = 257",
        "speed_cutoff = 1e4",
        "agility = 3000",
        "gate = 0.5",
        "gate = 257",
        'filter = "none"',
    ],
}


@pytest.mark.parametrize(
    ("kind", "wrong"), [(kind, wrong) for kind, lines in WRONG.items() for wrong in lines]
)
def test_values_out_of_range_name_file_line_and_key(kind: str, wrong: str, tmp_path: Path) -> None:
    """Of stages that work on what others found."""
    key = wrong.partition(" ")[0]
    head, found, rest = FOLLOWED.partition(f'kind = "{kind}"\n')
    assert found
    table, end = re.match(r"([^\[]*(?:\[[\d, ]+\][^\[]*)*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    table = re.sub(rf"(?m)^{key} = .*\n?", "", table)
    text = f"{head}{found}{wrong}\n{table}{end}"
    file = tmp_path / "wrong.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_program(file, network)
    assert caught.value.where.startswith(f"{file}, ")
    (number,) = re.findall(r"line (\d+)", caught.value.where)
    if key == "points" and wrong == "points = 67":
        assert text.splitlines()[int(number) - 1] == 'of = "mark"'  # it has 68
    else:
        assert text.splitlines()[int(number) - 1] == wrong
        assert key in f"{caught.value.cause} {caught.value.remedy}"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("stage", "old", "new"),
    [
        ("follow", 'of = "find"', 'of = "mark"'),
        ("follow", 'beside = "mark"', 'beside = "steady"'),
        ("follow", "most = 3", "most = 17"),
        ("steady", 'beside = "follow"', 'beside = "find"'),
        ("steady", "most = 3", "most = 2"),
        ("mark", "upright = [0, 1]", "upright = [0, 9]"),
        ("find", "every = 10", "every = 0"),
    ],
)
def test_what_stages_can_not_work_on_is_told_with_its_line(
    stage: str, old: str, new: str, tmp_path: Path
) -> None:
    head, found, rest = FOLLOWED.partition(f'name = "{stage}"\n')
    assert old in rest
    text = head + found + rest.replace(old, new, 1)
    file = tmp_path / "wrong.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_program(file, network)
    (number,) = re.findall(r"line (\d+)", caught.value.where)
    assert text.splitlines()[int(number) - 1] == new
