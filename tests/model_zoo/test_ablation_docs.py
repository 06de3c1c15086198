"""The tables of docs/ablations.md are what the kept results of their runs say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from model_zoo.ablation.__main__ import finished
from model_zoo.ablation.plan import read_plan
from model_zoo.ablation.table import markdown, summary
from model_zoo.architectures import NETWORKS
from model_zoo.tasks import TASKS

KEPT = Path(__file__).parents[2] / "docs" / "ablations"
PLANS = sorted(path.name for path in KEPT.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", PLANS)
def test_a_table_is_that_of_the_kept_results(name: str, repository: Path) -> None:
    plan = read_plan(repository / "model_zoo" / "ablation" / f"{name}.toml")
    results = finished(plan, KEPT / name)
    assert results, f"no result of docs/ablations/{name} is one of the plan"
    task = TASKS.get(NETWORKS.get(plan.network).task)
    page = (repository / "docs" / "ablations.md").read_text(encoding="utf-8")
    block = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", page, re.S)
    assert block is not None
    assert block[1] == markdown(summary(plan, results, task.FIGURE, task.BESIDE))


def test_every_kept_result_belongs_to_a_row(repository: Path) -> None:
    for name in PLANS:
        plan = read_plan(repository / "model_zoo" / "ablation" / f"{name}.toml")
        known = {Path(row.name) / str(seed) / "result.json" for row in plan.rows for seed in plan.seeds}
        assert {path.relative_to(KEPT / name) for path in (KEPT / name).rglob("*.*")} <= known
