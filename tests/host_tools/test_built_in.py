"""Programs that come with tinyface stand by their names wherever a model does."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.errors import ModelError
from codegen.program.built_in import program_file, program_names
from host_tools.cli import app
from host_tools.models import resolve


@pytest.mark.parametrize("name", program_names())
def test_a_built_in_program_is_found_by_its_name(name: str, tmp_path: Path) -> None:
    ref = resolve(name)
    assert (ref.name, ref.typed) == (name, name)
    copy = shutil.copy(program_file(name), tmp_path)
    other = resolve(str(copy))
    assert (other.program, other.typed, other.model_hash) == (ref.program, str(copy), ref.model_hash)


def test_landmarks_is_what_the_network_alone_does() -> None:
    program, alone = resolve("landmarks").program, resolve("pfld-68-96")
    (stage,), (of_card,) = program.stages, alone.program.stages
    assert replace(stage, name=of_card.name, margin_q8=of_card.margin_q8) == of_card


def test_they_are_listed_and_an_unknown_name_lists_them() -> None:
    told = json.loads(CliRunner().invoke(app, ["models", "--json"]).stdout)["programs"]
    assert list(told) == program_names()
    assert told["landmarks"] == ["mark"]
    with pytest.raises(ModelError) as caught:
        resolve("landmark")
    assert "landmarks" in caught.value.remedy


def test_the_simulated_board_runs_one_by_its_name() -> None:
    run = CliRunner().invoke
    assert run(app, ["flash", "--board", "sim", "--model", "landmarks"]).exit_code == 0
    proof = run(app, ["validate", "landmarks", "--board", "sim", "-n", "2"])
    assert proof.exit_code == 0, proof.output
    assert "0 differing bytes" in " ".join(proof.output.split())
