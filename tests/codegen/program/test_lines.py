"""Mistakes in a program's file are told with their line; what a card says need not be said again."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from codegen import toml
from codegen.errors import ModelError
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
        ("most = 30", "most = 0", 'name = "find"'),
        ("keep = 4", "keep = true", "keep = true"),
        ("unit = 4", "unit = 4\nunits = 5", "units = 5"),
        ("threshold = 0.25\n", "", "[stage.decoder]"),
        ('of = "find"', 'of = "found"', 'name = "mark"'),
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
