"""Two toy tasks, each from new files alone, from pictures to the program of a board; seams of training."""

from __future__ import annotations

import csv
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from codegen.errors import DataError, ModelError, TinyfaceError
from codegen.program.decoders.boxes import Boxes
from codegen.program.decoders.classes import Classes
from codegen.program.reference import Reference, StageEnd
from codegen.program.stages import Source
from host_tools.cli import app
from host_tools.models import resolve
from model_zoo.architectures import NETWORKS
from model_zoo.cards import read_card
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.split import draw_people, split_by_identity
from model_zoo.evaluation.evaluate import EvaluateOptions, evaluate
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.options import TrainOptions, TrainResult
from tests.model_zoo.toys import patch, stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")


def tinyface(*words: object) -> Result:
    """Calls `tinyface` in this process, which knows the toys."""
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


TOYS = {"stripes": (stripes, "stripes-wide", Classes), "patch": (patch, "patch-net", Boxes)}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TrainResult]:
    """Both toys after their recipes."""
    from model_zoo.training.train import train

    folders = {task: tmp_path_factory.mktemp(task) for task in TOYS}
    return {task: train(TrainOptions(TOYS[task][1], folder, quiet=True)) for task, folder in folders.items()}


def without_learning(task: str) -> float:
    """The validation part's figure of one answer to all pictures: the larger class, the box in the middle."""
    measured = split_by_identity(open_samples(task, None)).validation
    if task == "stripes":
        return max(TASKS.get(task).score([k] * len(measured), measured).value for k in (0, 1))
    sizes = [np.array([p.shape[1], p.shape[0]]) for p in measured.pictures]
    share = np.mean([box[2:] / size for box, size in zip(measured.boxes, sizes, strict=True)], axis=0)
    middle = [np.concatenate([size * (1 - share) / 2, size * share]) for size in sizes]
    return TASKS.get(task).score(middle, measured).value


@pytest.mark.parametrize("task", TOYS)
def test_a_task_from_new_files_learns(trained: dict[str, TrainResult], task: str) -> None:
    result, spec = trained[task], NETWORKS.get(TOYS[task][1])
    card = read_card(result.card_path)
    assert card == result.card
    assert (card.task, card.name, card.data.licence) == (task, spec.name, "drawn by a test")
    assert {"float", "ptq", "qat"} == set(card.metrics["validation"])
    figure = TASKS.get(task).FIGURE
    assert (card.primary.name, card.primary.unit) == (figure.name, figure.unit)
    assert card.primary.value == card.shipped_metrics[figure.key]
    assert card.primary.interval is None  # the toys have fewer than five people to draw from
    assert card.primary.value >= 30 + without_learning(task)
    assert card.baseline is not None
    assert (card.baseline.name, card.baseline.part) == (TASKS.get(task).BASELINE, "validation")
    assert card.baseline.value <= without_learning(task) + 10
    best = max(card.metrics["validation"][form][figure.key] for form in ("ptq", "qat"))
    assert card.metrics["validation"][result.shipped][figure.key] == best
    assert result.preview_path is None


@pytest.mark.parametrize("task", TOYS)
def test_the_cards_figures_come_out_again(trained: dict[str, TrainResult], task: str) -> None:
    card = trained[task].card
    stated = card.metrics["validation"][trained[task].shipped]
    found = evaluate(EvaluateOptions(card, part="validation")).to_json()
    assert {key: found[key] for key in stated} == stated


@pytest.mark.parametrize("task", TOYS)
def test_the_generated_c_measures_the_same(trained: dict[str, TrainResult], task: str) -> None:
    result = trained[task]
    told = tinyface("evaluate", result.model_path, "--engine", "c", "--part", "validation", "--json")
    assert told.exit_code == 0, told.stderr
    primary = {key: value for key, value in result.card.metrics["primary"].items() if key != "part"}
    assert json.loads(told.stdout)["primary"] == primary
    shown = tinyface("evaluate", result.model_path, "--engine", "tflm", "--limit", 3)
    assert shown.exit_code == 0, shown.stderr
    assert result.card.primary.name in shown.stdout
    assert read_card(result.card_path) == result.card  # neither of them measured the whole test part


@pytest.mark.usefixtures("unrehearsed")
def test_a_training_never_sees_the_test_part(tmp_path: Path) -> None:
    from model_zoo.training.train import train

    options = TrainOptions("stripes-wide", tmp_path, dataset="stripes-without-test", epochs=1, quiet=True)
    card = train(replace(options, qat_epochs=1)).card
    assert (card.primary.part, "test" in card.metrics) == ("validation", False)
    assert str(card.primary).endswith("on the validation part")
    again = train(replace(options, qat_epochs=1, resume=True)).card
    assert again.metrics == card.metrics


def test_evaluating_the_test_part_makes_it_the_cards_figure(
    trained: dict[str, TrainResult], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(trained["stripes"].card_path.parent, folder)
    before = read_card(folder)
    foreign = {**before.facts, "data": {**before.facts["data"], "contents": "of another set"}}
    (folder / "card.json").write_text(json.dumps(foreign))
    told = tinyface("evaluate", folder / "model.tflite")
    assert (told.exit_code, read_card(folder).primary) == (0, before.primary)
    (folder / "card.json").write_text(json.dumps(before.facts))
    told = tinyface("evaluate", folder / "model.tflite", "--part", "test", "--engine", "tflm", "--json")
    assert told.exit_code == 0, told.stderr
    after = read_card(folder)
    found = json.loads(told.stdout)
    assert after.metrics["primary"] == {**found["primary"], "part": "test"}
    assert after.metrics["baseline"] == {**found["baseline"], "part": "test"}
    assert after.shipped_metrics == after.metrics["test"][after.metrics["shipped"]]
    assert after.metrics["validation"] == before.metrics["validation"]
    assert "from now on" in told.stderr


@pytest.mark.parametrize("task", TOYS)
def test_a_board_runs_the_cards_program(trained: dict[str, TrainResult], task: str) -> None:
    result, (_, _, decoder) = trained[task], TOYS[task]
    ref = resolve(str(result.model_path))
    stage = ref.program.stages[0]
    assert isinstance(stage.decoder, decoder)
    assert stage.labels == {"stripes": ("lying", "standing"), "patch": ("patch",)}[task]
    assert stage.source == {"stripes": Source.CENTRE, "patch": Source.WHOLE}[task]
    samples = draw_people(split_by_identity(open_samples(task, None)).test, 6)
    reference = Reference(ref.program, [ref.graph])
    found = []
    for picture in samples.pictures:
        (record,) = [e.record for e in reference.frame(picture) if isinstance(e, StageEnd)]
        assert record.kind == decoder.KIND
        found.append(TASKS.get(task).understood(record.items))
    measured = evaluate(EvaluateOptions(result.card, limit=6)).score
    assert TASKS.get(task).score(found, samples) == measured


def test_a_board_finds_the_same_boxes(trained: dict[str, TrainResult]) -> None:
    model = trained["patch"].model_path
    flashed = tinyface("flash", "--model", model, "--board", "sim")
    assert flashed.exit_code == 0, flashed.stderr
    told = tinyface("validate", model, "--board", "sim", "--count", 6)
    assert told.exit_code == 0, told.stdout + told.stderr


def test_phases_run_in_the_recipes_order(trained: dict[str, TrainResult]) -> None:
    folder = trained["stripes"].card_path.parent
    phases = recipe_for("stripes-wide").phases
    assert [phase.name for phase in phases] == ["coarse", "fine", "int8"]
    assert sorted(file.name for file in folder.glob("*.ckpt.npz")) == [
        "coarse.ckpt.npz", "fine.ckpt.npz", "int8.ckpt.npz",
    ]  # fmt: skip
    stated = trained["stripes"].card.facts["recipe"]["phases"]
    assert [(p["name"], p["kind"], p["epochs"]) for p in stated] == [
        (phase.name, phase.kind, phase.epochs) for phase in phases
    ]


BREAKS = (("coarse", 10), ("fine", 3), ("int8", 2))
"""Phases and the epochs behind which they break off."""


@pytest.mark.usefixtures("unrehearsed")
def test_a_break_in_every_phase_changes_nothing(
    trained: dict[str, TrainResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One training breaks off in each of its phases and goes on each time."""
    from model_zoo.training.progress import Progress
    from model_zoo.training.train import train

    options, step = TrainOptions("stripes-wide", tmp_path, quiet=True, resume=True), Progress.step
    for phase, epoch in BREAKS:

        def interrupt(
            self: Progress, record: dict[str, float], where: tuple[str, int] = (phase, epoch)
        ) -> None:
            step(self, record)
            if (self.name, record["epoch"]) == where:
                raise KeyboardInterrupt

        total = {p.name: p.epochs for p in recipe_for("stripes-wide").phases}[phase]
        with monkeypatch.context() as broken:
            broken.setattr(Progress, "step", interrupt)
            with pytest.raises(TinyfaceError, match=f"epoch {epoch} of {total} of the {phase} phase"):
                train(options)
    train(options)
    whole = trained["stripes"].card_path.parent
    for name in ("model-ptq.tflite", "model-qat.tflite"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()


TAUGHT = {"dataset": "stripes-mislabelled", "quiet": True}
"""Whoever believes the labels of the training part calls every picture by the wrong name."""


@pytest.mark.usefixtures("unrehearsed")
def test_a_teacher_of_another_architecture_outweighs_wrong_labels(
    trained: dict[str, TrainResult], tmp_path: Path
) -> None:
    from model_zoo.training.train import train

    teacher = trained["stripes"].card_path.parent
    result = train(TrainOptions("stripes-narrow", tmp_path, teacher=teacher, **TAUGHT))
    assert (tmp_path / "taught.ckpt.npz").is_file()
    assert result.card.primary.value >= 90
    assert f"--teacher {teacher}" in result.card.facts["train_again"]
    terms = trained["stripes"].card.data
    told = result.card.facts["teacher"]
    assert told["data"] == {"name": terms.name, "licence": terms.licence}
    assert (told["name"], len(told["weights"])) == ("stripes-wide", 16)
    assert set(result.card.metrics["validation"]) == {"float", "ptq"}  # no phase of the last kind
    assert result.shipped == "ptq"

    other = tmp_path / "other"
    shutil.copytree(teacher, other)
    (other / "weights.safetensors").unlink()  # the checkpoint has them, too
    with np.load(other / "fine.ckpt.npz") as kept:
        arrays = {name: kept[name] for name in kept.files}
    arrays["best_0"] = arrays["best_0"] + 0.01
    np.savez(other / "fine.ckpt.npz", **arrays)
    with pytest.raises(DataError, match="another teacher"):
        train(TrainOptions("stripes-narrow", tmp_path, teacher=other, resume=True, **TAUGHT))


def test_without_the_teacher_the_wrong_labels_are_learnt(tmp_path: Path) -> None:
    from model_zoo.training.search import objective

    recipe = recipe_for("stripes-narrow")
    alone = replace(recipe, phases=(replace(recipe.phases[0], teacher=0.0),))
    objective(TrainOptions("stripes-narrow", tmp_path, **TAUGHT), alone)
    with (tmp_path / "history.csv").open() as stream:
        last = list(csv.DictReader(stream))[-1]
    assert (int(last["epoch"]), float(last["accuracy"]) <= 10) == (alone.phases[0].epochs, True)


def test_a_teacher_that_does_not_fit_is_refused(
    trained: dict[str, TrainResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_zoo.training.train import train

    def refused(match: str, model: str = "stripes-narrow", teacher: str | None = None) -> None:
        folder = trained[teacher].card_path.parent if teacher else None
        with pytest.raises(DataError, match=match):
            train(TrainOptions(model, tmp_path / "run", teacher=folder, quiet=True))

    refused("has learnt patch, not stripes", teacher="patch")
    refused("has learnt stripes, not patch", "patch-net", "stripes")
    shutil.copytree(trained["stripes"].card_path.parent, tmp_path / "bare")
    for kept in (*(tmp_path / "bare").glob("*.npz"), tmp_path / "bare" / "weights.safetensors"):
        kept.unlink()
    monkeypatch.setattr("model_zoo.training.course.import_tensorflow", None)  # what is wrong is told before
    refused("learns from a teacher, and there is none")
    with pytest.raises(DataError, match="no float weights beside the card of stripes-wide") as caught:
        train(TrainOptions("stripes-narrow", tmp_path / "run", teacher=tmp_path / "bare", quiet=True))
    assert caught.value.remedy.endswith("name that RUN with --teacher.")
    for name, cause in (("none", "there is no such folder"), ("", "there is no card")):
        with pytest.raises(DataError, match=cause):
            train(TrainOptions("stripes-narrow", tmp_path / "run", teacher=tmp_path / name, quiet=True))
    assert not (tmp_path / "run").exists()


def test_a_network_that_is_not_the_tasks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_zoo.training.train import train

    other = NETWORKS.get("patch-net").build
    wrong = replace(NETWORKS.get("stripes-wide"), build=lambda _: other(((12, 1), (12, 4))))
    monkeypatch.setitem(NETWORKS._entries, "stripes-wide", wrong)
    with pytest.raises(ModelError, match="the network takes 32x40x3, the task stripes needs 32x32x1"):
        train(TrainOptions("stripes-wide", tmp_path, quiet=True))


def test_a_network_without_a_recipe_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_zoo.training.train import train

    monkeypatch.setitem(NETWORKS._entries, "loner", replace(NETWORKS.get("stripes-wide"), name="loner"))
    with pytest.raises(DataError, match="loner has no recipe"):
        train(TrainOptions("loner", tmp_path / "run", quiet=True))
    assert not (tmp_path / "run").exists()
