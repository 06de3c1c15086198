"""`analyze --cores 2`: what each core computes, what it gives and what it can't give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from tests.host_tools.toy_folder import write_toy


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy("mini_mobilenet", tmp_path_factory.mktemp("model"))


def said(*arguments: object) -> str:
    outcome = CliRunner().invoke(app, [str(word) for word in arguments], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def report(model: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said("analyze", model, "--board", "esp32cam", *options, "--json"))
    return found


def test_the_document_tells_each_core(model: Path) -> None:
    one, usual, two = report(model, "--cores", "1"), report(model), report(model, "--cores", "2")
    assert one == usual, "one core is what nobody asks for"
    assert one["two_cores"] is None
    assert {layer["divided_by"] for layer in one["layers"]} == {""}
    found, layers = two["two_cores"], [layer for layer in two["layers"] if layer["divided_by"]]
    assert len(layers) == found["divided"] > 0
    for layer in layers:
        assert sum(layer["per_core"]) == pytest.approx(layer["instructions"])
        assert layer["cycles"]["handover"] == found["handover_cycles"] > 0
    assert sum(found["instructions"]) == pytest.approx(two["instructions"])
    assert 1 < found["speedup"] < found["bound"] <= 2
    assert two["milliseconds"]["middle"] < one["milliseconds"]["middle"]


def test_the_tables_tell_each_core(model: Path) -> None:
    one, two = (said("analyze", model, "--board", "esp32cam", "--cores", cores) for cores in (1, 2))
    assert "Amdahl" not in one
    assert "two cores: " in two
    assert "by Amdahl's law" in " ".join(two.split())
    assert "handing layers over" in " ".join(two.split())
