"""Ablations: what a plan may say, the table, and a toy comparison that is interrupted and goes on."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.errors import DataError
from codegen.tflite.reader import parse_model
from model_zoo.ablation.__main__ import main
from model_zoo.ablation.plan import read_plan
from model_zoo.ablation.run import asked
from model_zoo.ablation.stored import stored
from model_zoo.ablation.table import markdown, summary
from model_zoo.architectures import NETWORKS
from model_zoo.cards import load_card
from model_zoo.evaluation.metrics import NME
from model_zoo.evaluation.score import Figure
from model_zoo.recipes import recipe_for
from tests.model_zoo.toys import patch, stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
assert patch
assert stripes
PLAN = """
network = "stripes-wide"
dataset = "stripes"
seeds = [1, 2]
steps = 24
[recipe]
phases.coarse.epochs = 2
phases.fine.epochs = 0
phases.int8.epochs = 0
[[rows]]
name = "base"
[[rows]]
name = "pruned by L1"
[rows.recipe]
phases.coarse.epochs = 1
phases.smaller = {kind = "prune", epochs = 1, share = 0.5}
"""


SEVERAL = """
network = "stripes-wide"
seeds = [1, 2]
steps = 24
[recipe]
batch = 20
[[rows]]
name = "base"
[[rows]]
name = "narrow"
network = "stripes-narrow"
[rows.recipe]
phases.taught.epochs = 1
"""
BALANCED = Figure("balanced_accuracy", "balanced accuracy", "%", "mean recall of the classes", True)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    return path


def test_a_plan_has_rows_with_recipes_of_their_own(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, PLAN))
    assert [(p.name, p.kind, p.epochs) for row in plan.rows for p in row.recipe.phases] == [
        ("coarse", "float", 2),
        ("coarse", "float", 1),
        ("smaller", "prune", 1),
    ]
    assert (plan.seeds, plan.steps, plan.limit) == ((1, 2), 24, None)


def test_a_row_may_name_a_network_of_its_own(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, SEVERAL))
    assert [plan.network_of(row) for row in plan.rows] == ["stripes-wide", "stripes-narrow"]
    narrow = plan.rows[1]
    own = recipe_for("stripes-narrow")
    short = replace(own.phases[0], epochs=1, warm_up=0)
    assert narrow.recipe == replace(own, batch=20, phases=(short,))
    assert plan.options(narrow, 1, tmp_path).model == asked(plan, narrow, 1)["network"] == "stripes-narrow"
    assert asked(plan, plan.rows[0], 1)["network"] == "stripes-wide"


@pytest.mark.parametrize(
    ("own", "cause"),
    [
        ("patch-net", "the network patch-net has the task patch, and stripes-wide has stripes"),
        ("stripes-wild", "no network is called 'stripes-wild'"),
    ],
)
def test_a_row_with_a_network_of_another_task_is_refused(tmp_path: Path, own: str, cause: str) -> None:
    with pytest.raises(DataError, match=cause):
        read_plan(written(tmp_path, SEVERAL.replace("stripes-narrow", own)))


def test_the_table_names_networks_further_figures_and_what_was_learnt(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, SEVERAL))
    found = result(1, 4.0)
    for form, value in (("float", 50.0), ("ptq", 40.0)):
        found["figures"][form]["balanced_accuracy"] = value
    told = summary(plan, {"narrow": [{**found, "learnt": {"alpha": 0.25}}]}, NME, (BALANCED,))
    assert told["rows"][1]["beside"]["ptq"]["balanced_accuracy"]["values"] == [40.0]
    lines = markdown(told).splitlines()
    figures = "float NME % | int8 NME % | float balanced accuracy % | int8 balanced accuracy %"
    assert lines[0].startswith(f"| row | network | {figures} | form")
    assert lines[3].startswith("| narrow | `stripes-narrow` | 4.000 | 5.000 | 50.000 | 40.000 | ptq | 1,0")
    assert lines[2] == f"| base | `stripes-wide` |{'  |' * 10} none |"
    assert {line.count("|") for line in lines[:4]} == {14}
    assert lines[5].startswith("Seeds 1, 2, at most 24 steps a run")
    assert lines[-1] == "Learnt by narrow: alpha 0.250."


def test_the_plan_that_the_docs_tell_of_is_sound(repository: Path) -> None:
    plan = read_plan(repository / "model_zoo" / "ablation" / "landmarks.toml")
    assert {sum(phase.epochs for phase in row.recipe.phases) for row in plan.rows} == {8}


def test_the_plan_of_expressions_gives_each_network_the_same_epochs(repository: Path) -> None:
    plan = read_plan(repository / "model_zoo" / "ablation" / "emotions.toml")
    assert {sum(phase.epochs for phase in row.recipe.phases) for row in plan.rows} == {5}
    assert {NETWORKS.get(plan.network_of(row)).task for row in plan.rows} == {"emotions"}
    assert {row.recipe.batch for row in plan.rows} == {128}


def test_the_plan_of_detectors_differs_in_the_loss_of_scores_alone(repository: Path) -> None:
    plan = read_plan(repository / "model_zoo" / "ablation" / "faces.toml")
    losses = {(row.recipe.task.scores, row.recipe.task.gamma) for row in plan.rows}
    assert len(losses) == len(plan.rows)
    alike = {replace(row.recipe, task=replace(row.recipe.task, scores="", gamma=0.0)) for row in plan.rows}
    assert len(alike) == 1


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("steps = 24", "steps = 5001", "steps is 5001"),
        ("steps = 24", "", "a plan lacks steps"),
        ("steps = 24", "step = 24", "a plan has no step"),
        ("steps = 24", 'steps = "24"', "steps can't be '24'"),
        ("seeds = [1, 2]", "seeds = [1, 1]", "the seeds can't be [1, 1]"),
        ("seeds = [1, 2]", "seeds = []", "the seeds can't be []"),
        ("seeds = [1, 2]", "seeds = [1, -2]", "the seeds can't be [1, -2]"),
        ('"stripes-wide"', '"stripes-wild"', "no network is called 'stripes-wild'"),
        ('"pruned by L1"', '"base"', "a row can't be called 'base'"),
        ('"pruned by L1"', '"../base"', "a row can't be called '../base'"),
        ("share = 0.5", "share = 2.0", "the phases.smaller.share is 2.0"),
        ("share = 0.5", "part = 0.5", "a recipe has no phases.smaller.part"),
        ("steps = 24", "steps = 24\nlimit = 0", "limit is 0"),
        ("steps = 24", "steps = ", "the recipe is no TOML"),
    ],
)
def test_a_plan_without_sense_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, cause: str
) -> None:
    path = written(tmp_path, PLAN.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        read_plan(path)
    assert cause in caught.value.cause
    assert main([str(path), "-o", str(tmp_path / "runs")]) == 2
    assert cause in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def result(seed: int, nme: float) -> dict[str, Any]:
    figures = {"float": {"nme": nme}, "ptq": {"nme": nme + 1}}
    sizes = {"weights": 100, "zeros": 10, "deflated": 90}
    return {
        "seed": seed, "figures": figures, "macs": 1000, "parameters": 120, "stored": sizes, "steps": 12,
        "seconds": 1.5,
    }  # fmt: skip


def test_the_table_has_means_and_spreads_of_what_is_finished(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, PLAN))
    told = summary(plan, {"base": [result(1, 4.0), result(2, 8.0)]}, NME)
    assert told["unfinished"] == 2
    assert told["rows"][0]["float"] == {"mean": 6.0, "deviation": 8.0**0.5, "values": [4.0, 8.0]}
    lines = markdown(told).splitlines()
    assert lines[2] == "| base | 6.000 ± 2.828 | 7.000 ± 2.828 | ptq | 1,000 | 100 | 10 | 90 | 12 | 1, 2 |"
    assert lines[3] == f"| pruned by L1 |{'  |' * 8} none |"
    assert {line.count("|") for line in lines[:4]} == {11}
    assert "2 of 4 runs are not finished" in lines[-1]


def test_one_seed_has_no_spread(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, PLAN))
    told = summary(plan, {"base": [result(1, 4.0)]}, NME)
    assert told["rows"][0]["float"]["deviation"] is None
    assert "| base | 4.000 | 5.000 |" in markdown(told)


def test_weights_are_counted_as_they_are_stored() -> None:
    card = load_card("pfld-68-96")
    content = (card.folder / card.facts["model_file"]).read_bytes()
    found = stored(content, card.name)
    graph = parse_model(content, card.name)
    tensors = {t: graph.tensor(t) for op in graph.ops for t in op.inputs if t >= 0}
    whole = b"".join(
        np.asarray(t.data).tobytes() for t in tensors.values() if t.is_constant and t.dtype == "int8"
    )
    assert (found.weights, found.zeros) == (len(whole), whole.count(0))
    assert found.deflated == len(zlib.compress(whole, 9)) < found.weights


def test_a_result_of_another_plan_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, PLAN)
    plan = read_plan(path)
    folder = tmp_path / "runs" / "base" / "1"
    folder.mkdir(parents=True)
    facts = {"asked": {**asked(plan, plan.rows[0], 1), "limit": 7}}
    (folder / "result.json").write_text(json.dumps(facts))
    assert main([str(path), "-o", str(tmp_path / "runs"), "--table"]) == 2
    assert "the result is of another plan" in capsys.readouterr().err
    (folder / "result.json").write_text("{")
    assert main([str(path), "-o", str(tmp_path / "runs"), "--table"]) == 2
    assert "the result can't be read" in capsys.readouterr().err


@pytest.mark.slow
def test_a_comparison_that_is_interrupted_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")
    from model_zoo.ablation import run as one

    words = [str(written(tmp_path, PLAN)), "-o", str(tmp_path / "runs"), "--quiet", "--json"]
    learnt, calls = one._learnt, []

    def interrupted(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return learnt(*given)

    monkeypatch.setattr(one, "_learnt", interrupted)
    assert main(words) == 130
    first = json.loads((tmp_path / "runs" / "ablation.json").read_text())
    assert [row["seeds"] for row in first["rows"]] == [[1], [1]]
    capsys.readouterr()
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["seeds"] for row in told["rows"]] == [[1, 2], [1, 2]]
    assert len(calls) == 5
    base, small = told["rows"]
    assert small["macs"]["mean"] < base["macs"]["mean"]
    assert small["weights"]["mean"] < base["weights"]["mean"]
    assert first["rows"][0]["ptq"]["values"] == base["ptq"]["values"][:1]
    fewer = PLAN.replace("steps = 24", "steps = 5")
    assert main([str(written(tmp_path, fewer)), "-o", str(tmp_path / "others"), "--quiet"]) == 2
    assert "steps a run, and the plan allows 5" in capsys.readouterr().err
