"""The shipped cost tables: fitted without a model they predict it; they are fitted to the counts kept
here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from codegen.cost.estimate import TABLES
from codegen.cost.fit import Sample, cycles_of, fit, predict, samples_of
from host_tools.boards import list_boards
from tests.cost.__main__ import COUNTS
from tests.cost.check import leave_out, of_run, totals_of
from tests.cost.forced import rounds_of
from tests.cost.models import REAL, graph_of, real_models
from tests.toys.networks import NETWORKS

WITHIN = 0.10
"""Largest error of the total and of each layer above 1 % of it."""

AGAIN = "count again with `python -m tests.cost BOARD`"

pytestmark = pytest.mark.parametrize("table", sorted(path.stem for path in TABLES.glob("*.json")))


@cache
def counts_of(table: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((COUNTS / f"{table}.json").read_text(encoding="utf-8"))
    missing = {run["model"] for run in content["runs"]} & set(REAL) - set(real_models())
    if missing:
        pytest.skip(f"TINYFACE_DATA names no folder with {', '.join(sorted(missing))}")
    return content


@cache
def samples(table: str) -> tuple[Sample, ...]:
    return tuple(samples_of(counts_of(table), graph_of))


def check(table: str, hidden: Sequence[str], model: str) -> None:
    """Fitted without `hidden`, it predicts a model as it takes its kernels and with each one forced."""
    totals = {key: total for key, total in totals_of(counts_of(table)).items() if key[0] == model}
    assert (model, ()) in totals
    for (_, forced), total in totals.items():
        found = leave_out(samples(table), hidden, model, total, forced)
        assert len(found.layers) >= 9
        assert found.worst <= WITHIN, (forced, str(found))


@pytest.mark.slow
@pytest.mark.parametrize("model", REAL)
def test_a_table_predicts_a_model_that_it_never_saw(table: str, model: str) -> None:
    check(table, [model], model)


@pytest.mark.slow
@pytest.mark.parametrize("model", REAL)
def test_a_table_that_never_saw_a_real_model_predicts_them(table: str, model: str) -> None:
    check(table, REAL, model)


@pytest.mark.slow
def test_it_predicts_drawn_networks_that_it_never_saw(table: str) -> None:
    """Nearly all layers of other networks: 1 in 20 is left to the compiler's moods."""
    judged, missed = 0, []
    runs = {(sample.model, sample.forced) for sample in samples(table) if sample.model in NETWORKS}
    for model, forced in sorted(runs):
        rows = [sample for sample in samples(table) if of_run(sample, model, forced)]
        total = sum(sample.instructions for sample in rows)
        found = leave_out(samples(table), [model], model, total, forced)
        assert abs(found.total) <= WITHIN, str(found)
        judged += len(found.layers)
        missed += [(model, forced, *row) for row in found.layers if abs(row[2]) > WITHIN]
    assert judged > 200
    assert len(missed) <= judged / 20, missed


def test_it_is_fitted_to_the_counts_that_are_kept(table: str) -> None:
    again = fit(samples(table), counts_of(table)["source"], cycles_of(table))
    kept = json.loads((TABLES / f"{table}.json").read_text(encoding="utf-8"))
    assert kept["source"] == again["source"], AGAIN
    assert kept["layers_fitted"] == again["layers_fitted"], AGAIN
    for sample in samples(table):
        assert predict(kept, sample) == pytest.approx(predict(again, sample), rel=1e-3, abs=1), AGAIN


def test_kernels_that_not_every_core_has_are_counted(table: str) -> None:
    """Forced, each round of them in more than one network."""
    core = next(board.core for board in list_boards() if board.kind == "qemu" and board.cost_table == table)
    runs = Counter(tuple(run["forced"]) for run in counts_of(table)["runs"] if "forced" in run)
    assert runs.keys() == {forced.functions for forced in rounds_of(core)}, AGAIN
    assert min(runs.values(), default=2) > 1


def test_kept_counts_are_of_the_models_as_they_are(table: str) -> None:
    assert Path(COUNTS / f"{table}.json").is_file()
    assert {run["model"] for run in counts_of(table)["runs"]} >= set(REAL), AGAIN
    assert len(samples(table)) > 800
