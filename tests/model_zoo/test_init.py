"""Going on from float weights: what fits goes on where it was, what does not is refused first."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from codegen.errors import DataError, TinyfaceError
from host_tools.cli import app
from model_zoo.cards import card_from_facts, read_card
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.split import split_by_identity
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.tensor_file import pack
from model_zoo.training.options import TrainOptions, TrainResult
from model_zoo.training.starting_point import StartingPoint, mean_of, read_starting_point
from model_zoo.training.train import train
from model_zoo.view import View
from tests.model_zoo.conftest import write_landmarks68
from tests.model_zoo.toys import patch, stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
TRAINING = "tensorflow_model_optimization"
WHY = "TensorFlow is not installed: pip install -e '.[train]'"
assert patch
assert stripes

PICO = "pfld-68-96-pico"
MEAN = [int(v) for v in np.linspace(0.2, 0.8, 136) * 2**24]
Facts = dict[str, Any]


def write_run(
    folder: Path, change: Callable[[Facts], None] | None = None, arrays: dict[str, np.ndarray] | None = None
) -> Path:
    """A finished training of the small landmark network with float weights, as far as a card tells."""
    folder.mkdir()
    content = pack(arrays or {"a": np.ones(3, np.float32)}, {})
    (folder / "weights.safetensors").write_bytes(content)
    score = {"nme": 5.0, "ci95": [4.5, 5.5]}
    decoder = {"kind": "landmarks", "points": 68, "mean_q24": MEAN, "scale_q24": 1 << 16, "zero_point": 0}
    facts: Facts = {
        "name": PICO,
        "task": "landmarks",
        "model_file": "model.tflite",
        "sha256": "0" * 64,
        "input": {"width": 96, "height": 96, "channels": 1, "margin": 1.15,
                  "quantization": {"scale": 1 / 128, "zero_point": 0}},
        "decoder": decoder,
        "data": {"name": "d", "licence": "l", "split": {"test": [], "validation": [], "train": []}},
        "recipe": {},
        "seed": 1,
        "metrics": {"float": score, "ptq": score, "qat": score},
        "size": {"tflite_bytes": 1, "macs": 2, "params": 3},
        "train_again": "",
        "weights": {"file": "weights.safetensors", "sha256": hashlib.sha256(content).hexdigest(),
                    "bytes": len(content), "outputs": [[136]]},
    }  # fmt: skip
    if change is not None:
        change(facts)
    (folder / "card.json").write_text(json.dumps(facts))
    return folder


VIEW = View(96, 96, 1, 1.15)


def test_the_weights_of_a_run_are_read(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    for named in (run, run / "card.json", run / "weights.safetensors"):
        start = read_starting_point(str(named), PICO, "landmarks", VIEW)
        np.testing.assert_array_equal(start.arrays["a"], np.ones(3))
    assert start.to_json() == {
        "name": PICO, "weights_sha256": start.sha256, "data": {"name": "d", "licence": "l"},
    }  # fmt: skip


def test_the_mean_of_several_runs(tmp_path: Path, folder: Path) -> None:
    def point(name: str, value: float, change: Callable[[Facts], None] | None = None) -> StartingPoint:
        run = write_run(tmp_path / name, change, {"a": np.full(3, value, np.float32)})
        return read_starting_point(str(run), PICO, "landmarks", VIEW)

    one, three = point("one", 1), point("three", 3)
    assert mean_of([one]) is one
    mean = mean_of([one, three])
    np.testing.assert_array_equal(mean.arrays["a"], np.full(3, 2, np.float32))
    assert mean.arrays["a"].dtype == one.arrays["a"].dtype
    assert mean.sha256 == one.sha256 + three.sha256
    assert mean.to_json() == {**one.to_json(), "mean_with": [three.to_json()]}
    with pytest.raises(DataError, match="named twice"):
        mean_of([one, three, point("again", 1)])

    def elsewhere(facts: Facts) -> None:
        facts["decoder"]["mean_q24"] = [value + 1 for value in MEAN]

    samples = open_samples("landmarks", folder)
    own = TASKS.get("landmarks").lesson(samples, recipe_for(PICO).task, VIEW)
    assert mean.lesson(own).teaches_the_same(three.card.facts)
    with pytest.raises(DataError, match="mean something else than those of"):
        mean_of([one, point("other", 5, elsewhere)]).lesson(own)
    longer = write_run(tmp_path / "longer", None, {"a": np.ones(4, np.float32)})
    with pytest.raises(DataError, match="another version"):
        mean_of([one, read_starting_point(str(longer), PICO, "landmarks", VIEW)])


def test_offsets_stay_those_from_the_cards_mean_shape(tmp_path: Path, folder: Path) -> None:
    start = read_starting_point(str(write_run(tmp_path / "run")), PICO, "landmarks", VIEW)
    samples = open_samples("landmarks", folder)
    own = TASKS.get("landmarks").lesson(samples, recipe_for(PICO).task, VIEW)
    lesson = start.lesson(own)
    np.testing.assert_array_equal(lesson.mean.reshape(-1) * 2**24, MEAN)
    assert lesson.teaches_the_same(start.card.facts)
    assert not own.teaches_the_same(start.card.facts)
    pictures, targets = lesson.batch(samples, np.random.default_rng(1))
    same_pictures, own_targets = own.batch(samples, np.random.default_rng(1))
    np.testing.assert_array_equal(pictures, same_pictures)
    shift = (own.mean - lesson.mean).reshape(1, -1)
    np.testing.assert_allclose(targets[0] - own_targets[0], np.repeat(shift, len(samples), 0), atol=1e-6)


def nothing(facts: Facts) -> None:
    pass


def other(path: str, value: Any) -> Callable[[Facts], None]:
    def change(facts: Facts) -> None:
        *steps, last = path.split(".")
        for step in steps:
            facts = facts[step]
        facts[last] = value

    return change


def gone(facts: Facts) -> None:
    del facts["weights"]


REFUSED = {
    "another network": (other("name", "pfld-68-96"), {}, "of the network pfld-68-96, not of pfld-68-96-pico"),
    "another task": (other("task", "stripes"), {}, "has learnt stripes, pfld-68-96-pico learns landmarks"),
    "another margin": (other("input.margin", 1.3), {}, "has learnt to see"),
    "another size": (other("input.width", 64), {}, "has learnt to see"),
    "no weights": (gone, {}, "no float weights beside the card"),
    "another hash": (other("weights.sha256", "1" * 64), {}, "are not the card's"),
    "no file": (other("weights.file", "none.safetensors"), {}, "can't be read"),
    "no number": (nothing, {"b": np.array([1, np.nan], np.float32)}, "b holds a number that is not finite"),
    "infinite": (nothing, {"b": np.array([1, np.inf], np.float16)}, "b holds a number that is not finite"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_before_anything_is_built(tmp_path: Path, case: str) -> None:
    change, arrays, cause = REFUSED[case]
    run = write_run(tmp_path / "run", change, arrays)
    with pytest.raises(DataError) as caught:
        train(TrainOptions(PICO, tmp_path / "out", init=(str(run),), quiet=True))
    assert cause in caught.value.cause
    assert caught.value.where.startswith(str(run))
    assert caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_another_margin_is_told_as_the_option_that_gives_it(tmp_path: Path) -> None:
    run = str(write_run(tmp_path / "run", other("input.margin", 1.3)))
    with pytest.raises(DataError, match=r"--set margin=1\.3\.$"):
        read_starting_point(run, PICO, "landmarks", VIEW)
    assert read_starting_point(run, PICO, "landmarks", View(96, 96, 1, 1.3)).arrays


def test_other_outputs_are_refused(tmp_path: Path, folder: Path) -> None:
    run = str(write_run(tmp_path / "run", other("weights.outputs", [[10]])))
    start = read_starting_point(run, PICO, "landmarks", VIEW)
    own = TASKS.get("landmarks").lesson(open_samples("landmarks", folder), recipe_for(PICO).task, VIEW)
    with pytest.raises(DataError, match="pfld-68-96-pico has learnt 5 points, the data have 68 points"):
        start.lesson(own)


def test_the_same_outputs_of_other_points_are_refused(tmp_path: Path, folder: Path) -> None:
    own = TASKS.get("landmarks").lesson(open_samples("landmarks", folder), recipe_for(PICO).task, VIEW)
    for scheme, fits in ((own.scheme.facts(), True), ({**own.scheme.facts(), "name": "other"}, False)):
        run = write_run(tmp_path / str(fits), other("scheme", scheme))
        start = read_starting_point(str(run), PICO, "landmarks", VIEW)
        if fits:
            assert start.lesson(own).output_shapes == own.output_shapes
        else:
            with pytest.raises(DataError, match="mean something else"):
                start.lesson(own)


def test_the_command_says_what_a_model_without_float_weights_needs(tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = CliRunner().invoke(app, ["train", "pfld-68-96", "--init", "pfld-68-96", "-o", str(out)])
    said = " ".join(told.stderr.split())
    assert told.exit_code == 2
    assert "no float weights beside the card of pfld-68-96" in said
    assert "`tinyface train pfld-68-96 -o RUN`, and name that RUN with --init" in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("nowhere", "no such folder, and no pretrained model"),
        ("a" * 300, "can't be looked for"),
        ("", "no card"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, cause: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=cause):
        train(TrainOptions(PICO, tmp_path / "out", init=(name,), quiet=True))


def test_a_training_that_is_not_finished_says_so(tmp_path: Path) -> None:
    (tmp_path / "float.ckpt.npz").write_bytes(b"")
    with pytest.raises(DataError, match="not finished") as caught:
        read_starting_point(str(tmp_path), PICO, "landmarks", VIEW)
    assert "--resume" in caught.value.remedy


@pytest.mark.parametrize(
    ("key", "value"),
    [("file", "../x"), ("file", 3), ("sha256", "x"), ("outputs", []), ("outputs", [[0]]), ("outputs", "136")],
)
def test_a_card_with_wrong_words_on_its_weights_is_refused(tmp_path: Path, key: str, value: Any) -> None:
    facts = json.loads((write_run(tmp_path / "run") / "card.json").read_text())
    facts["weights"][key] = value
    with pytest.raises(DataError, match=f"weights.{key}"):
        card_from_facts(facts, tmp_path)


WIDE = {"epochs": 2, "qat_epochs": 1, "quiet": True}
STILL = ("phases.coarse.rate=0.0", "phases.coarse.weight_decay=0.0")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    """A toy after a few epochs."""
    pytest.importorskip(TRAINING, reason=WHY)
    return train(TrainOptions("stripes-wide", tmp_path_factory.mktemp("first"), epochs=6, quiet=True))


Arrays = dict[str, np.ndarray]


def run_with(folder: Path, run: Path, change: Callable[[Arrays], Arrays]) -> Path:
    """A run with other weights that its card states."""
    from model_zoo.training.float_weights import read

    arrays = read(read_card(run))
    assert "classes/bias" in arrays
    folder.mkdir()
    content = pack(change(arrays), {})
    facts = json.loads((run / "card.json").read_text())
    facts["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "card.json").write_text(json.dumps(facts))
    (folder / "weights.safetensors").write_bytes(content)
    return folder


def measured(out: Path, **options: Any) -> tuple[float, float]:
    """Loss and figure of the first epoch of a training that moves no weight."""
    train(TrainOptions("stripes-wide", out, epochs=1, qat_epochs=0, quiet=True, changes=STILL, **options))
    loss, _, figure = (out / "history.csv").read_text().splitlines()[1].split(",")[2:]
    return float(loss), float(figure)


@pytest.mark.slow
@pytest.mark.usefixtures("unrehearsed")
def test_the_first_epoch_is_where_the_old_training_ended(first: TrainResult, tmp_path: Path) -> None:
    init = str(first.card_path.parent)
    last = (first.card_path.parent / "history.csv").read_text().splitlines()
    before = next(float(row.split(",")[2]) for row in reversed(last) if row.startswith("fine"))
    loss, figure = measured(tmp_path / "on", init=(init,))
    fresh_loss, fresh_figure = measured(tmp_path / "fresh")
    assert figure == first.card.metrics["validation"]["float"]["accuracy"]
    assert figure >= fresh_figure + 20
    assert abs(loss - before) < abs(fresh_loss - before) / 4


@pytest.mark.slow
@pytest.mark.usefixtures("unrehearsed")
def test_weights_may_be_quantized_as_they_are(first: TrainResult, tmp_path: Path) -> None:
    from model_zoo.training.float_weights import read

    run = first.card_path.parent
    none = ("phases.coarse.epochs=0", "phases.fine.epochs=0")
    options = TrainOptions(
        "stripes-wide", tmp_path / "out", quiet=True, changes=(*none, "phases.int8.epochs=2")
    )
    with pytest.raises(DataError, match="without float epochs nothing is learnt"):
        train(options)
    result = train(replace(options, init=(str(run),)))
    card = read_card(result.card_path)
    before, after = read(read_card(first.card_path)), read(card)
    for name, values in before.items():
        np.testing.assert_array_equal(after[name], values)
    figures = [one.metrics["validation"]["float"] for one in (first.card, card)]
    assert figures[0] == figures[1]
    assert [(phase["name"], phase["epochs"]) for phase in card.facts["recipe"]["phases"]] == [
        ("fine", 0),
        ("int8", 2),
    ]
    assert (tmp_path / "out" / "model-ptq.tflite").read_bytes() == (run / "model-ptq.tflite").read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("unrehearsed")
def test_the_card_says_what_it_went_on_from_and_a_resume_knows(first: TrainResult, tmp_path: Path) -> None:
    from model_zoo.training.progress import Progress

    init, out = str(first.card_path.parent), tmp_path / "out"
    with pytest.MonkeyPatch.context() as broken:

        def interrupt(self: Progress, record: dict[str, float]) -> None:
            raise KeyboardInterrupt

        broken.setattr(Progress, "step", interrupt)
        with pytest.raises(TinyfaceError, match="--resume"):
            train(TrainOptions("stripes-wide", out, init=(init,), **WIDE))
    others = run_with(tmp_path / "others", first.card_path.parent, lambda a: {k: v + 1 for k, v in a.items()})
    for wrong in ((), (str(others),)):
        with pytest.raises(DataError, match=r"another starting point \(--init\)"):
            train(TrainOptions("stripes-wide", out, init=wrong, resume=True, **WIDE))
    resumed = train(TrainOptions("stripes-wide", out, init=(init,), resume=True, **WIDE))
    whole = train(TrainOptions("stripes-wide", tmp_path / "whole", init=(init,), **WIDE))
    for name in ("model-ptq.tflite", "model-qat.tflite", "weights.safetensors", "card.json"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert first.card.weights is not None
    stated = {
        "name": "stripes-wide",
        "weights_sha256": first.card.weights.sha256,
        "data": {"name": "stripes", "licence": "drawn by a test"},
    }
    assert resumed.card.facts["init"] == stated
    assert "init" not in first.card.facts
    assert whole.model_path.read_bytes() != first.model_path.read_bytes()
    further = read_starting_point(str(out), "stripes-wide", "stripes", resumed.card.input.view)
    assert further.to_json()["init"] == stated


@pytest.mark.slow
def test_weights_of_another_version_of_the_network_are_refused(first: TrainResult, tmp_path: Path) -> None:
    bias = "classes/bias"
    changes: dict[str, Callable[[Arrays], Arrays]] = {
        "lack": lambda a: {k: v for k, v in a.items() if k != bias},
        "one more": lambda a: {**a, "more": np.zeros(1, np.float32)},
        "shape": lambda a: {**a, bias: np.zeros(3, np.float32)},
        "type": lambda a: {**a, bias: a[bias].astype(np.float64)},
    }
    for name, change in changes.items():
        other = run_with(tmp_path / name, first.card_path.parent, change)
        with pytest.raises(DataError, match=r"the float weights .*(classes/bias|more)"):
            train(TrainOptions("stripes-wide", tmp_path / "out", init=(str(other),), **WIDE))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("unrehearsed")
def test_own_data_go_on_from_weights_of_other_data(
    training_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The decoder keeps the first mean shape, and without learning the weights stay those of the first."""
    pytest.importorskip(TRAINING, reason=WHY)
    root = tmp_path_factory.mktemp("landmarks")
    small = {"batch": 24, "epochs": 1, "qat_epochs": 0, "quiet": True}
    old = train(TrainOptions(PICO, root / "old", training_data, **small))
    data = write_landmarks68(root / "own", 10, 4, seed=9)
    still = ("phases.float.rate=0.0", "phases.float.weight_decay=0.0")
    new = train(TrainOptions(PICO, root / "new", data, init=(str(root / "old"),), changes=still, **small))
    assert new.card.facts["decoder"]["mean_q24"] == old.card.facts["decoder"]["mean_q24"]
    learnt = split_by_identity(open_samples("landmarks", data)).train
    own = TASKS.get("landmarks").lesson(learnt, recipe_for(PICO).task, VIEW)
    assert not own.teaches_the_same(old.card.facts)
    for array, kept in zip(*(weights(root / name) for name in ("old", "new")), strict=True):
        if "moving" not in array[0]:  # statistics of batches go on
            np.testing.assert_array_equal(array[1], kept[1])


def weights(run: Path) -> list[tuple[str, np.ndarray]]:
    from model_zoo.training.float_weights import read

    return list(read(read_card(run)).items())
