"""A search for networks: genes say what is built, dear ones are not trained, it goes on where it stopped."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from codegen.errors import DataError
from host_tools.cli import app
from model_zoo.architectures import NETWORKS
from model_zoo.architectures.mnas_lite import CHOICES, Genes, Stage, genes_of, spec_of

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
SMALL = {key: min(values) for key, values in CHOICES.items()}
BUSY = ("tensorflow", "tensorflow_model_optimization", "optuna")


@pytest.fixture(autouse=True)
def _known_here_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a search registers is forgotten: other tests ask that every network has a recipe."""
    known = {spec.name: spec for spec in NETWORKS.entries()}
    monkeypatch.setattr(NETWORKS, "_entries", known)


def test_genes_are_one_value_of_each_choice() -> None:
    chosen = {**SMALL, "kernel1": 5, "blocks2": 3}
    genes = genes_of(chosen)
    assert genes == Genes(8, (Stage(16, 1, 3, 0), Stage(24, 1, 5, 1), Stage(40, 1, 3, 3)))
    assert str(genes) == "s8-c16e1k3n0-c24e1k5n1-c40e1k3n3"
    with pytest.raises(DataError, match="kernel1 is 4, and it may be 3, 5"):
        genes_of({**chosen, "kernel1": 4})
    with pytest.raises(DataError, match="stem is None"):
        genes_of({key: value for key, value in chosen.items() if key != "stem"})


def test_a_network_is_known_by_its_genes() -> None:
    spec = spec_of(genes_of(SMALL))
    assert spec_of(genes_of(SMALL)) is spec
    assert NETWORKS.get("mnas-lite-s8-c16e1k3n0-c24e1k3n1-c40e1k3n1") is spec


def priced_as(instructions: float, seen: list[str]) -> Any:
    """A board on which everything takes as much."""

    def price(content: bytes, name: str) -> Any:
        assert content[4:8] == b"TFL3"
        seen.append(name)
        time = SimpleNamespace(middle=1.5)
        return SimpleNamespace(instructions=instructions, arena_bytes=1_000, milliseconds=time)

    return price


@pytest.mark.slow
def test_a_search_gives_up_what_is_too_dear_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in BUSY:
        pytest.importorskip(module, reason=f"{module} is not installed: pip install -e '.[train]'")
    from model_zoo.search import study
    from model_zoo.search.study import SearchOptions, found_in, run, study_in

    monkeypatch.setattr(study, "CHOICES", {key: (min(values),) for key, values in CHOICES.items()})
    monkeypatch.setattr(study, "genes_of", lambda chosen: genes_of(dict(chosen)))
    trained: list[str] = []
    stops = iter([True, False])

    def objective(options: Any, recipe: Any) -> float:
        assert [phase.kind for phase in recipe.phases] == ["float"]
        trained.append(options.out.name)
        if next(stops):
            raise KeyboardInterrupt
        return 7.5

    monkeypatch.setattr(study, "objective", objective)
    options = SearchOptions(tmp_path / "search", trials=1, epochs=1, most_instructions=5e6, most_arena=2_000)
    seen: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run(options, priced_as(4e6, seen))
    assert found_in(study_in(options.out, 1)) == []
    (found,) = run(options, priced_as(4e6, seen))
    name = str(genes_of(SMALL))
    assert (found.genes, found.value, found.instructions, found.best) == (name, 7.5, 4e6, True)
    assert trained == [name, name]
    assert run(options, priced_as(4e6, seen)) == [found]  # the same genes: known, not trained again
    assert trained == [name, name]
    dear = SearchOptions(tmp_path / "dear", trials=1, epochs=1, most_instructions=3e6, most_arena=2_000)
    told: list[str] = []
    assert run(dear, priced_as(4e6, seen), lambda done, of, what: told.append(what)) == []
    assert trained == [name, name]
    assert told == [f"{name}: given up"]
    assert len(seen) == 3


@pytest.mark.slow
def test_networks_of_few_and_many_genes_export(tmp_path: Path) -> None:
    for module in BUSY[:2]:
        pytest.importorskip(module, reason=f"{module} is not installed: pip install -e '.[train]'")
    from codegen.tflite.reader import parse_model
    from model_zoo.search.study import priced

    macs = {}
    for pick in (min, max):
        genes = genes_of({key: pick(values) for key, values in CHOICES.items()})
        macs[pick] = priced(genes, lambda content, name: parse_model(content, name).macs)
    assert 0.5e6 < macs[min] < 2e6
    assert macs[max] > 10e6


@pytest.mark.slow
def test_the_command_searches_with_the_boards_prices(tmp_path: Path) -> None:
    for module in BUSY:
        pytest.importorskip(module, reason=f"{module} is not installed: pip install -e '.[train]'")
    words = ["--trials", "1", "--epochs", "1", "--limit", "48", "--dataset", "live-rendered", "--most", "100"]
    folder = str(tmp_path / "s")
    result = CliRunner().invoke(app, ["search", *words, "--arena", "1000000", "-o", folder, "--json"])
    assert result.exit_code == 0, result.stderr
    (found,) = json.loads(result.stdout)["found"]
    assert found["instructions"] > 1e6
    assert found["value"] > 0
    result = CliRunner().invoke(app, ["search", "--trials", "0", "-o", folder, "--json"])
    assert json.loads(result.stdout)["found"] == [found]
