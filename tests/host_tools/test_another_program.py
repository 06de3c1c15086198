"""`validate` tells the cause where a board has another program of the same networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from codegen.program.facts_crc import facts_crc
from codegen.program.single import single_program
from codegen.program.stages import Program, Scale
from tests.host_tools.test_program_files import CASCADE, cascade, run  # noqa: F401 (a fixture)
from tests.toys.layers import Net


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("margin = 1.5", "margin = 1.6"),
        ("threshold = 0.05", "threshold = 0.06"),
        ("every = 2", "every = 3"),
        ("upright = [0, 1]", "upright = [1, 0]"),
        ("columns = 3, rows = 2", "columns = 2, rows = 3"),
    ],
)
def test_an_edited_file_is_another_program(cascade: Path, before: str, after: str) -> None:  # noqa: F811
    assert run("flash", cascade).exit_code == 0
    assert run("validate", cascade, "--count", 1).exit_code == 0
    assert before in CASCADE
    edited = cascade.with_name("edited.toml")
    edited.write_text(CASCADE.replace(before, after, 1), encoding="utf-8")
    refused = run("validate", edited, "--count", 1)
    said = " ".join(refused.output.split())
    assert refused.exit_code == 2
    assert "another program of this model" in said
    assert f"tinyface flash --board sim --model {edited}" in said


def test_other_labels_are_another_program(tmp_path: Path) -> None:
    net = Net(3)
    x = net.input(1, 8, 8, 3, scale=1 / 255, zero_point=-128)
    scores = net.conv(x, 2, (8, 8), padding="VALID", activation="NONE", scale=0.02, zero_point=4)
    model = tmp_path / "pets.tflite"
    model.write_bytes(net.model.finish([x], [scores]))
    for name, text in (("names", "cat\ndog\n"), ("others", "cat\ncow\n")):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    flags = ("--picture", "rgb", "--labels")
    assert run("flash", model, *flags, tmp_path / "names.txt").exit_code == 0
    for known in ((*flags, tmp_path / "names.txt"), ("--picture", "rgb"), ()):
        proved = run("validate", model, *known, "--count", 8, "--json")
        assert proved.exit_code == 0, proved.output
        assert json.loads(proved.stdout)["requests_differing"] == 0
    refused = run("validate", model, *flags, tmp_path / "others.txt", "--count", 8)
    assert refused.exit_code == 2
    assert f"--labels {tmp_path / 'others.txt'}" in " ".join(refused.output.split())


def _changed(**facts: object) -> Callable[[Program], Program]:
    return lambda program: replace(program, stages=(replace(program.stages[0], **facts),))


@pytest.mark.parametrize(
    "change",
    [
        _changed(margin_q8=300),
        _changed(upright=(0, 1)),
        _changed(every=2),
        _changed(phase=1),
        _changed(scales=(Scale(256),)),
        _changed(most=2),
        _changed(when="model"),
        _changed(beside="model"),
        _changed(unless="model"),
        _changed(labels=("a",)),
    ],
)
def test_each_fact_counts(change: Callable[[Program], Program]) -> None:
    program = single_program("one")
    assert facts_crc(change(program)) != facts_crc(program)
    assert facts_crc(replace(program, name="two")) == facts_crc(program)
