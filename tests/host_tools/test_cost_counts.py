"""Fresh counts: a table fitted to them without a model predicts it; the kept ones are what is counted now."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codegen.cost.fit import samples_of
from codegen.errors import ToolError
from host_tools.boards import load_board
from host_tools.measure.counting import emulator_of
from tests.cost.__main__ import COUNTS, count_all, write_counts
from tests.cost.check import leave_out, totals_of
from tests.cost.models import REAL, graph_of, made_models, real_models

WITHIN = 0.10
"""Largest error of the total and of each layer above 1 % of it."""


def fresh_counts(name: str, every: bool, forced: bool) -> dict[str, Any]:
    """Counts of the REAL models on a board, or of all; those that are left out are the kept ones.

    Args:
        forced: with each kernel that is made for the board's core, too.
    """
    board, real = load_board(name), real_models()
    missing = [model for model in REAL if model not in real]
    if missing:
        pytest.skip(f"TINYFACE_DATA names no folder with {', '.join(missing)}")
    try:
        emulator_of(board)
    except ToolError as error:
        pytest.skip(str(error))
    models = {**made_models(), **real} if every else {model: real[model] for model in REAL}
    fresh = count_all(board, models, lambda names: names, forced=forced)
    kept = json.loads((COUNTS / f"{board.cost_table}.json").read_text(encoding="utf-8"))
    others = [run for run in kept["runs"] if run["model"] not in models]
    return {"source": fresh["source"], "runs": [*fresh["runs"], *others]}


def check(counts: dict[str, Any]) -> None:
    samples = samples_of(counts, graph_of)
    totals = totals_of(counts)
    assert {model for model, _ in totals} == set(REAL)
    for (model, forced), total in totals.items():
        found = leave_out(samples, [model], model, total, forced)
        print(found)
        assert found.worst <= WITHIN, str(found)


@pytest.mark.thorough
@pytest.mark.timeout(1200)
def test_a_table_of_fresh_counts_predicts_a_model_that_it_never_saw() -> None:
    check(fresh_counts("qemu-cortex-m4", every=True, forced=True))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa"])
def test_the_kept_counts_predict_what_is_counted_now(name: str) -> None:
    check(fresh_counts(name, every=False, forced=False))


@pytest.mark.thorough
@pytest.mark.timeout(3600)
def test_the_kept_counts_predict_the_kernels_for_mac16_that_no_layer_chooses() -> None:
    check(fresh_counts("qemu-xtensa", every=False, forced=True))


def test_counts_are_written_as_they_are_read(tmp_path: Any) -> None:
    counts = {"source": 'a "core"', "runs": [
        {"model": "m", "total": 7, "layers": [["00 ADD", "tfk_add_s8", 3], ["01 RESHAPE", "", 0]]},
        {"model": "n", "layers": [["00 ADD", "tfk_add_s8", 4]]},
    ]}  # fmt: skip
    write_counts(counts, tmp_path / "counts.json")
    assert json.loads((tmp_path / "counts.json").read_text()) == counts
