"""Expressions: how the file of FER+ is read, what figures say, and that a board's record means the same."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError
from codegen.program.spec import InputTensor
from model_zoo.datasets import drawn_moods
from model_zoo.datasets.emotion_set import CLASSES
from model_zoo.datasets.fer_plus import load, part_of
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation.classification import (
    area_under_roc,
    best_temperature,
    calibration_error,
    confusion,
    f1_scores,
    precisions,
    probabilities,
    recalls,
)
from model_zoo.evaluation.face_points import face_points
from model_zoo.evaluation.report.occlusion import chosen, maps_of, sensitivity
from model_zoo.evaluation.report.page import page_of
from model_zoo.evaluation.report.sections import Maps, Report
from model_zoo.tasks import emotions
from model_zoo.tasks.emotions import EmotionLesson, Emotions, EmotionSettings
from model_zoo.training.augment import AugmentSpec
from model_zoo.view import View

COUNT = 60
VIEW = View(48, 48, 1)


def columns(count: int = COUNT) -> dict[str, Any]:
    """A file of drawn noise, whose picture k is of class k % 7."""
    rng = np.random.default_rng(0)
    coded = []
    for k in range(count):
        stream = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (48, 48), np.uint8)).save(stream, "JPEG", quality=100 - k % 3)
        coded.append(stream.getvalue())
    label = np.arange(count) % 7
    votes = np.zeros((count, 10), np.uint8)
    votes[np.arange(count), [[4, 5, 6, 1, 3, 2, 0][c] for c in label]] = 6
    votes[:, 7] = 4  # contempt, which is none of the seven
    return {
        "jpeg": np.frombuffer(b"".join(coded), np.uint8),
        "offsets": np.concatenate([[0], np.cumsum([len(one) for one in coded])]),
        "label": label.astype(np.uint8),
        "votes": votes,
        "valid": np.arange(count) % 5 == 0,
        "row": np.arange(100, 100 + count, dtype=np.int32),
    }


def written(folder: Path, **changed: Any) -> Path:
    file = folder / "emotion_train.npz"
    np.savez(file, **{**columns(), **changed})
    return file


def test_a_file_is_read_with_its_own_test_part_and_a_hashed_validation_part(tmp_path: Path) -> None:
    samples = load(written(tmp_path))
    assert samples.pictures.shape == (COUNT, 48, 48)
    np.testing.assert_array_equal(samples.classes, np.arange(COUNT) % 7)
    np.testing.assert_array_equal(samples.shares.argmax(1), samples.classes)
    np.testing.assert_allclose(samples.shares.sum(1), 1)
    split = split_by_identity(samples)
    assert split.test.files == tuple(f"fer{100 + k:05d}" for k in range(0, COUNT, 5))
    assert set(split.validation.files) == {
        f"fer{100 + k:05d}" for k in range(COUNT) if k % 5 and part_of(f"fer{100 + k:05d}") == "validation"
    }
    assert 0 < len(split.validation) < len(split.train)
    assert not samples.people_stated
    assert split.is_told_by_its_rule
    assert not split_by_identity(drawn_moods.generate(people=8, seed=0)).is_told_by_its_rule
    assert open_samples("emotions", tmp_path).contents() == samples.contents()


def test_a_picture_stays_in_its_part_whatever_else_the_file_holds(tmp_path: Path) -> None:
    names = [f"fer{row:05d}" for row in range(5000)]
    share = np.mean([part_of(name) == "validation" for name in names])
    assert share == pytest.approx(0.1, abs=0.015)


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"label": np.full(COUNT, 7, np.uint8)}, "columns do not fit"),
        ({"offsets": np.arange(COUNT)}, "columns do not fit"),
        ({"votes": np.zeros((COUNT, 7), np.uint8)}, "columns do not fit"),
        ({"offsets": np.arange(COUNT + 1) * 9}, "picture 0 can't be read"),
        ({"jpeg": np.zeros(10, object)}, "can't be read"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    tmp_path: Path, changed: dict[str, Any], cause: str
) -> None:
    with pytest.raises(DataError, match=cause):
        load(written(tmp_path, **changed))


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no emotion_train\.npz there"):
        open_samples("emotions", tmp_path)
    (tmp_path / "emotion_train.npz").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(DataError, match="can't be read"):
        open_samples("emotions", tmp_path)


def test_figures_of_a_table_that_is_known() -> None:
    truth = np.array([0, 0, 0, 0, 1, 1, 2])
    found = np.array([0, 0, 0, 1, 1, 2, 2])
    table = confusion(found, truth, 4)
    assert table.tolist() == [[3, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(recalls(table), [75, 50, 100, np.nan])
    np.testing.assert_allclose(precisions(table), [100, 50, 50, 0])
    np.testing.assert_allclose(f1_scores(table), [600 / 7, 50, 200 / 3, np.nan])


def test_the_area_under_the_curve_is_the_chance_of_the_right_order() -> None:
    scores = np.array([0.1, 0.4, 0.4, 0.8])
    assert area_under_roc(scores, np.array([False, False, True, True])) == pytest.approx(3.5 / 4)
    assert np.isnan(area_under_roc(scores, np.zeros(4, bool)))


def test_who_is_as_sure_as_right_is_calibrated_and_a_temperature_makes_one() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (4000, 7))
    truth = np.array([rng.choice(7, p=shares) for shares in probabilities(logits)])
    assert calibration_error(probabilities(logits), truth) < 2.5
    too_sure = logits * 3
    assert calibration_error(probabilities(too_sure), truth) > 15
    assert best_temperature(too_sure, truth) == pytest.approx(3, rel=0.1)


def test_the_record_of_a_board_tells_the_logits_of_all_classes() -> None:
    task = Emotions(scale=0.5)
    item = (3, 20, 0, 10, 1, 0, 2, 0, 4, -6, 5, -8, 6, -128)
    assert task.understood([item]).tolist() == [5, 0, 0, 10, -3, -4, -64]
    outputs = (InputTensor("int8", (1, 7), 0.25, 3),)
    card = EmotionLesson(EmotionSettings(), VIEW).card(outputs)
    assert card["decoder"] == {"kind": "classes", "top": 7}
    assert tuple(card["labels"]) == CLASSES
    found = task.of_card({**card, "confidence": {"scale": 0.25, "temperature": 1.5}})
    assert (found.scale, found.temperature) == (0.25, 1.5)


def test_rare_classes_are_drawn_as_often_as_the_recipe_says() -> None:
    samples = drawn_moods.generate(people=8, seed=0)
    few = samples.take(
        np.concatenate([np.flatnonzero(samples.classes != 1), np.flatnonzero(samples.classes == 1)[:1]])
    )
    for balance, wanted in ((0.0, 1), (1.0, 7)):
        lesson = EmotionLesson(EmotionSettings(balance=balance), VIEW)
        rows = lesson.draw(few, np.random.default_rng(0))
        assert len(rows) == len(few)
        assert np.sum(few.classes[rows] == 1) == wanted


def test_targets_are_what_people_saw() -> None:
    samples = drawn_moods.generate(people=8, seed=0)
    for votes in (0.0, 1.0):
        lesson = EmotionLesson(EmotionSettings(votes=votes), VIEW)
        pixels, (targets,) = lesson.batch(samples, np.random.default_rng(0))
        assert pixels.shape == (len(samples), 48, 48)
        np.testing.assert_allclose(targets.sum(1), 1)
        np.testing.assert_array_equal(targets.argmax(1), samples.classes)


def test_the_points_that_guide_move_as_the_pictures_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """One bright place a picture, at which all points lie: it is bright there in the changed one, too."""
    samples = drawn_moods.generate(people=8, seed=0)
    places = np.random.default_rng(3).integers(30, 70, (len(samples), 2))
    pictures = np.zeros((len(samples), 102, 102), np.uint8)
    for picture, (x, y) in zip(pictures, places, strict=True):
        picture[y - 2 : y + 3, x - 2 : x + 3] = 255
    points = np.repeat(places[:, None].astype(np.float64), 68, 1)
    points[4] = np.nan
    monkeypatch.setattr(emotions, "face_points", lambda given: points)
    dotted = replace(samples, pictures=pictures)
    spec = AugmentSpec(light=0, gradient=0, blur=0, noise=0, occlusion=0)
    lesson = EmotionLesson(EmotionSettings(augment=spec), VIEW)
    pixels, guides = lesson.guided(dotted, np.random.default_rng(0))
    np.testing.assert_array_equal(pixels, lesson.batch(dotted, np.random.default_rng(0))[0])
    assert guides.shape == (len(samples), 42, 2)
    assert np.isnan(guides[4]).all()
    for row in np.delete(np.arange(len(samples)), 4):
        y, x = np.unravel_index(pixels[row].argmax(), (48, 48))
        assert np.abs(guides[row] * 48 - 0.5 - [x, y]).max() < 2.5


def test_the_shipped_network_finds_the_points_of_most_drawn_heads() -> None:
    pytest.importorskip("tflite_micro", reason="needs the tflite-micro wheel")
    pictures = drawn_moods.generate(people=8, seed=0).pictures[6::7]  # neutral ones
    points = face_points(pictures)
    seen = np.isfinite(points).all((1, 2))
    assert seen.sum() >= 6
    eyes, mouth = points[seen, 36:48].mean(1), points[seen, 48:].mean(1)
    assert (np.abs(eyes - [51, 36]) < 12).all()
    assert (mouth[:, 1] > eyes[:, 1] + 15).all()
    assert np.isnan(face_points(np.zeros((1, 48, 48), np.uint8))).all()


def test_guessing_the_most_frequent_class_is_the_baseline() -> None:
    samples = drawn_moods.generate(people=8, seed=0)
    often = samples.take(np.array([3, 3, 3, 0, 6]))
    guessed = Emotions().baseline(often, often, VIEW)
    assert guessed.score.value == 60
    further = {one.key: one.value for one in guessed.score.further}
    assert further["balanced_accuracy"] == pytest.approx(100 / 3)
    titles = [one.title for one in Emotions().sections([np.eye(7)[c] for c in often.classes], often)]
    assert titles == ["Classes", "What is taken for what", "Calibration", "Reliability"]


def test_hidden_parts_are_where_they_are_called() -> None:
    """A mask leaves the eyes, a bar leaves the mouth; labels stay, and so does what was there before."""
    samples = drawn_moods.generate(people=6, seed=1)
    before = [picture.copy() for picture in samples.pictures]
    changes = Emotions().stressed()
    assert {"a mask over nose, mouth and chin", "a dark bar over both eyes", "a mask, and dim"} <= set(
        changes
    )
    for name, change in changes.items():
        worse = change(samples)
        assert worse.files == samples.files
        assert (worse.classes == samples.classes).all()
        assert any((a != b).any() for a, b in zip(worse.pictures, before, strict=True)), name
    assert all((a == b).all() for a, b in zip(samples.pictures, before, strict=True))
    masked = changes["a mask over nose, mouth and chin"](samples)
    barred = changes["a dark bar over both eyes"](samples)
    for was, below, above in zip(before, masked.pictures, barred.pictures, strict=True):
        height, width = was.shape[:2]
        half = height // 2
        assert (below[: half - 1] == was[: half - 1]).all()
        assert (below[int(0.75 * height), width // 4 : 3 * width // 4] == 205).all()
        assert (above[half + 1 :] == was[half + 1 :]).all()
        assert (above[int(0.4 * height), width // 4 : 3 * width // 4] == 25).all()


def test_answers_hang_on_what_they_were_drawn_from() -> None:
    """A network that only looks at one corner: hiding that corner alone changes what it says."""
    pictures = tuple(np.full((48, 48), 200, np.uint8) for _ in range(3))

    def ask(changed: tuple[Any, ...]) -> Any:
        bright = np.array([picture[:12, 36:].mean() for picture in changed])
        return np.stack([bright / 20, np.full(len(changed), 5.0)], 1)

    drops = sensitivity(pictures, ask(pictures), ask)
    assert drops.shape == (3, 7, 7)
    assert (drops[:, 0, 6] == drops.max()).all()
    assert drops[0, 0, 6] > 10
    assert (drops[:, :, :4] == 0).all()
    assert (drops[:, 2:] == 0).all()
    told = maps_of(drops, np.array([0, 0, 2]), ("a", "b", "c"))
    assert [one.name for one in told.maps] == ["a (2)", "c (1)"]
    page = page_of(Report("title", {}, (told,)))
    assert page.count('class="heat"') == 2 * 49
    assert "most at row 1 of 7, column 7 of 7" in page


def test_a_report_explains_expressions() -> None:
    samples = drawn_moods.generate(people=6, seed=1)
    asked: list[int] = []

    def find(some: Any) -> list[Any]:
        asked.append(len(some))
        return [np.eye(7)[k] for k in some.classes]

    (told,) = Emotions().explained(find, find(samples), samples)
    assert asked == [len(samples)] + [len(chosen(samples.classes))] * 49
    assert isinstance(told, Maps)
    assert all(value == 0 for one in told.maps for row in one.rows for value in row)
