"""Data by which nothing can be measured are refused before anything is learnt from them."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from codegen.errors import DataError
from codegen.program.spec import InputTensor
from host_tools.cli import app
from model_zoo.architectures import NETWORKS
from model_zoo.card_text import card_text
from model_zoo.cards import read_card
from model_zoo.datasets import live_faces, pasted_heads, synthetic
from model_zoo.datasets.face_boxes import BOX_COLUMNS, POINT_COLUMNS, identity_of
from model_zoo.datasets.face_set import FaceSet
from model_zoo.datasets.samples import Samples
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation.keep import keep
from model_zoo.evaluation.recall import Detections, curve_of
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.tasks.faces import FaceSettings
from model_zoo.training import course
from model_zoo.training.options import TrainOptions
from model_zoo.training.structure import Structure
from model_zoo.training.write_card import CardFacts, write_card
from model_zoo.view import View

NETWORK = "blazeface-128-small"
TASK = TASKS.get("faces")
VIEW = View(128, 96, 1)
FREE, FACES = "0 face-free pictures", "0 faces of 12% of the width or more"


@pytest.fixture(scope="module")
def heads() -> FaceSet:
    return pasted_heads.generate(32, seed=7)


def without(samples: FaceSet, part: int, free: bool) -> FaceSet:
    """The set without a kind of the pictures of one part: 0 test, 1 validation."""
    inside = samples.identities % 8 == part
    return samples.take(np.flatnonzero(~inside | (samples.face_free() != free)))


def ignored(samples: FaceSet) -> FaceSet:
    """The set as if nobody had labelled its faces well."""
    return replace(samples, ignore=tuple(np.ones(len(one), np.bool_) for one in samples.ignore))


def narrow(samples: FaceSet, part: int) -> FaceSet:
    """The set with faces that do not count in one part."""
    factors = np.where(samples.identities % 8 == part, 1e-3, 1.0)
    return replace(
        samples,
        boxes=tuple(b * np.float32([1, 1, f, f]) for b, f in zip(samples.boxes, factors, strict=True)),
    )


def begun(monkeypatch: pytest.MonkeyPatch, network: str, samples: Samples, tmp_path: Path) -> None:
    """Begins a training up to the choice of devices, for which TensorFlow would be needed."""

    def enough(devices: Any) -> None:
        raise StopIteration

    with monkeypatch.context() as patched:
        patched.setattr(course, "import_tensorflow", lambda: None)
        chosen = SimpleNamespace(
            source=SimpleNamespace(name="set"), read=lambda watcher: samples, folder=None
        )
        patched.setattr(course, "choose", lambda *_: chosen)
        patched.setattr(course, "strategy_of", enough)
        with contextlib.suppress(StopIteration):
            course.begin(TrainOptions(network, tmp_path / "run", batch=4))


def test_a_detector_is_not_trained_where_validation_tells_nothing(
    monkeypatch: pytest.MonkeyPatch, heads: FaceSet, tmp_path: Path
) -> None:
    begun(monkeypatch, NETWORK, heads, tmp_path)
    begun(monkeypatch, NETWORK, without(heads, 0, free=True), tmp_path)
    for samples, lacks in (
        (without(heads, 1, free=True), FREE),
        (without(heads, 1, free=False), FACES),
        (narrow(heads, 1), FACES),
        (ignored(heads), FACES),
    ):
        with pytest.raises(DataError, match=lacks) as caught:
            begun(monkeypatch, NETWORK, samples, tmp_path)
        assert caught.value.cause.startswith("the validation part has ")
        assert caught.value.where == heads.name
        assert caught.value.remedy


def test_points_are_not_trained_where_validation_tells_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    both = live_faces.generate(people=8, pictures_each=1, grounds=16, seed=0)
    begun(monkeypatch, "pfld-68-96-live-pico", both, tmp_path)
    own = both.identities % 8 == 1
    for seen, lacks in ((True, "0 faces"), (False, "0 face-free pictures")):
        less = both.take(np.flatnonzero(~own | (both.faces() != seen)))
        with pytest.raises(DataError, match=f"the validation part has .*{lacks}"):
            begun(monkeypatch, "pfld-68-96-live-pico", less, tmp_path)
    faces = synthetic.generate(people=10, pictures_each=1, seed=3)
    begun(monkeypatch, "pfld-68-96-pico", faces, tmp_path)
    for column, value, cause in (
        ("norms", 0.0, "has nothing to measure errors by: the inter-ocular distance is 0"),
        ("points", np.nan, "holds a point or a box that is no finite number"),
    ):
        spoilt = getattr(faces, column).copy()
        spoilt[faces.identities % 8 == 1] = value
        with pytest.raises(DataError, match=cause):
            begun(monkeypatch, "pfld-68-96-pico", replace(faces, **{column: spoilt}), tmp_path)


def test_a_detector_learns_from_both_kinds_or_says_what_is_missing(heads: FaceSet) -> None:
    rng = np.random.default_rng(1)
    faces, free = (heads.take(np.flatnonzero(heads.face_free() == kind)) for kind in (False, True))
    for samples, told in (
        (faces, f"of {len(faces)} training pictures {len(faces)} show a face to learn, 0 are face-free"),
        (free, f"of {len(free)} training pictures 0 show a face to learn, {len(free)} are face-free"),
        (ignored(heads), f"of {len(heads)} training pictures 0 show a face to learn"),
    ):
        with pytest.raises(DataError, match=told):
            TASK.lesson(samples, FaceSettings(), VIEW)
    alone = TASK.lesson(faces, FaceSettings(faces=1.0), VIEW)
    assert sorted(alone.draw(faces, rng)) == list(range(len(faces)))
    assert len(TASK.lesson(heads, FaceSettings(), VIEW).draw(heads, rng)) == len(heads)


def folder_of(path: Path, free: list[str], faces: list[str]) -> Path:
    """A data set of whole pictures with these files."""
    (path / "images").mkdir(parents=True)
    (path / "dataset.toml").write_text('name = "ours"\nlicence = "CC0"\n')
    files = [*free, *faces]
    for number, name in enumerate(files):
        Image.new("L", (64, 48), 3 * number).save(path / "images" / name)
    boxes = [[name, 2, 2, 30, 36, 0, *range(8)] for name in faces]
    for file, head, lines in (
        ("images.csv", ("file", "width", "height"), [(name, 64, 48) for name in files]),
        ("boxes.csv", ("file", *BOX_COLUMNS, "ignore", *POINT_COLUMNS), boxes),
    ):
        with (path / file).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([head, *lines])
    return path


def names(part: int, free: bool, count: int = 3) -> list[str]:
    """Files that the split puts into this part, 2 for training."""
    chosen = (f"{'free' if free else 'face'}{k}.png" for k in range(10_000))
    return [n for n in chosen if min(2, identity_of(n, free) % 8) == part][:count]


def test_data_check_tells_what_a_training_would_refuse(tmp_path: Path) -> None:
    every = {(part, free): names(part, free) for part in (0, 1, 2) for free in (False, True)}

    def checked(name: str, *lacking: tuple[int, bool]) -> tuple[int, dict[str, Any], str]:
        left = {key: value for key, value in every.items() if key not in lacking}
        files = [[n for (_, f), v in left.items() if f is free for n in v] for free in (True, False)]
        folder = folder_of(tmp_path / name, *files)
        told = CliRunner().invoke(app, ["data", "check", str(folder), "--json"])
        return told.exit_code, json.loads(told.stdout), told.stderr

    code, facts, _ = checked("all")
    assert (code, facts["faults"], facts["warnings"]) == (0, [], [])
    code, facts, said = checked("no free in validation", (1, True))
    assert code == 2
    assert f"the validation part has 3 {FACES[2:]} and {FREE}" in said
    code, facts, _ = checked("no faces to learn, none to measure", (2, False), (1, False))
    assert code == 2
    assert [fault["cause"].split(",")[0] for fault in facts["faults"]] == [
        "of 3 training pictures 0 show a face to learn",
        f"the validation part has {FACES} and 3 face-free pictures",
    ]
    code, facts, _ = checked("no free in test", (0, True))
    assert (code, facts["faults"]) == (0, [])
    (warning,) = facts["warnings"]
    assert warning.startswith(f"the test part has 3 {FACES[2:]} and {FREE}")


def test_no_recall_is_told_without_what_it_is_measured_on() -> None:
    found, face = [Detections(np.array([[0.0, 0, 9, 9]]), np.ones(1))], [np.array([[0.0, 0, 9, 9]])]
    alone = curve_of(found, face, np.array([False]))
    for tell in (alone.threshold, alone.found, alone.recall):
        with pytest.raises(DataError, match="counted on face-free pictures, and there are none"):
            tell(0.1)
    with pytest.raises(DataError, match="percent of the faces that count, and there are none"):
        curve_of(found, [np.empty((0, 4))], np.array([True])).recall(0.1)


def test_no_figure_is_told_by_which_nothing_is_measured(heads: FaceSet) -> None:
    score = TASK.score([Detections(b.astype(np.float64), np.ones(len(b))) for b in heads.boxes], heads)
    score.require_finite(heads.files, heads.name)
    first = replace(score.further[0], value=float("inf"))
    for spoilt in (replace(score, value=float("nan")), replace(score, further=(first,))):
        with pytest.raises(DataError, match="is no number: there is nothing to measure it by") as caught:
            spoilt.require_finite(heads.files, heads.name)
        assert caught.value.where == heads.name


def card_facts(heads: FaceSet) -> CardFacts:
    """Of a training of a detector that found nothing."""
    split = split_by_identity(heads)
    recipe = recipe_for(NETWORK)
    lesson = TASK.lesson(split.train, recipe.task, VIEW)
    baseline = TASK.baseline(split.train, split.validation, VIEW)
    outputs = tuple(InputTensor("int8", (1, *shape), 0.05, 0) for shape in lesson.output_shapes)
    trained = SimpleNamespace(
        spec=NETWORKS.get(NETWORK), task=TASK, lesson=lesson, view=VIEW, split=split, own=split.train,
        also=(), start=None, teacher=None, recipe=recipe, dataset="pasted-heads",
        options=TrainOptions(NETWORK, Path()), contents={"validation part": split.validation.contents()},
    )  # fmt: skip
    return CardFacts(
        trained, {"float": 1}, b"model", {"file": "w", "sha256": hashlib.sha256(b"").hexdigest(),
        "outputs": [[1]]}, "ptq", outputs, {"ptq": baseline.score}, baseline, {}, 1, 1, {},
        Structure(),
    )  # fmt: skip


def test_a_card_is_what_its_file_says(heads: FaceSet, tmp_path: Path) -> None:
    facts = card_facts(heads)
    card = write_card(tmp_path / "card.json", facts)
    assert card == read_card(tmp_path)
    assert (
        card.facts["data"]["split"]["train"] == heads.take(np.flatnonzero(heads.identities % 8 > 1)).people()
    )
    data, free = card.facts["data"], heads.face_free()
    assert data["people"] == "none: rendered heads, no photographs"
    assert data["face_free"]["train"] == int(free[heads.identities % 8 > 1].sum()) > 0
    assert "train_again_needs" not in card.facts  # nothing is read from a folder
    again, text = card_text(card.facts, tmp_path)
    assert again == card
    assert text == (tmp_path / "card.json").read_bytes()


def test_a_card_tells_numbers_that_a_network_has_learnt_to_tell(heads: FaceSet, tmp_path: Path) -> None:
    facts = card_facts(heads)
    assert "learnt" not in write_card(tmp_path / "card.json", facts).facts
    card = write_card(tmp_path / "card.json", replace(facts, learnt={"fused_alpha": 0.25}))
    assert card.facts["learnt"] == {"fused_alpha": 0.25}
    assert card == read_card(tmp_path)


def test_a_card_with_a_figure_that_is_no_number_is_not_written(heads: FaceSet, tmp_path: Path) -> None:
    facts = card_facts(heads)
    nan = replace(facts.validation["ptq"], value=float("nan"))
    with pytest.raises(DataError, match=r"the metrics\.primary\.value of the card is no finite number"):
        write_card(tmp_path / "card.json", replace(facts, validation={"ptq": nan}))
    with pytest.raises(DataError, match=r"the metrics\.strain\.far of the card is no finite number"):
        write_card(tmp_path / "card.json", replace(facts, strains={"strain": {"far": float("inf")}}))
    assert not list(tmp_path.iterdir())
    card = write_card(tmp_path / "card.json", facts)
    before = (tmp_path / "card.json").read_bytes()
    found = SimpleNamespace(score=nan, baseline=facts.baseline, strained=None)
    with pytest.raises(DataError, match=r"metrics\.primary\.value"):
        keep(card, found)
    assert (tmp_path / "card.json").read_bytes() == before
