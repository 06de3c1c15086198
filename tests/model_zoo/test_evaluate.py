"""Evaluation through the deployed program, with engines whose answers are known."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError, ModelError
from codegen.program.decoders.points import Points
from model_zoo.cards import Card, CardInput
from model_zoo.datasets.open import open_landmarks
from model_zoo.evaluation.engines import micro_engine
from model_zoo.evaluation.evaluate import EvaluateOptions, choose_part, evaluate
from model_zoo.evaluation.metrics import image_errors
from model_zoo.evaluation.preview import draw_preview

MARGIN = 1.2


def card_with(mean: np.ndarray, scale: float = 1 / 256) -> Card:
    """A card whose decoder adds int8 * scale to `mean` (crop sides, [68, 2])."""
    decoder = Points(tuple(int(v) for v in np.round(mean.reshape(-1) * 2**24)), round(scale * 2**24), 0)
    return Card(
        "toy", "landmarks68", Path(), "none", "0" * 64, CardInput(96, 96, 1, MARGIN, 1 / 128, 0), decoder, {}
    )


def test_an_engine_that_knows_the_truth_is_right_up_to_its_rounding(folder):
    data = choose_part(open_landmarks(folder), "test")
    truth = []
    for row in range(len(data)):
        box = data.crop_box(row, MARGIN)
        offsets = (data.points[row] + 0.5 - [box.x, box.y]) / box.width - 0.5
        truth.append(np.round(offsets.reshape(1, -1) * 256).astype(np.int8))
    answers = iter(truth)
    seen = []

    def engine(picture: np.ndarray) -> np.ndarray:
        seen.append((picture.shape, picture.dtype))
        return next(answers)

    card = card_with(np.full((68, 2), 0.5))
    found = evaluate(EvaluateOptions(card, data=folder, engine=engine, engine_name="oracle"))
    assert seen == [((1, 96, 96, 1), np.dtype(np.int8))] * len(data)
    assert found.score.nme < 0.6  # half a step of 1/256 crop side against about half a crop side
    assert (found.engine, found.dataset, found.part) == ("oracle", "landmarks68", "test")
    assert found.files == data.files


def test_the_score_is_that_of_the_points(folder):
    data = choose_part(open_landmarks(folder), "validation")
    mean = np.random.default_rng(0).uniform(0.3, 0.7, (68, 2))
    found = evaluate(
        EvaluateOptions(
            card_with(mean), data=folder, part="validation", engine=lambda _: np.zeros((1, 136), np.int8)
        )
    )
    boxes = [data.crop_box(row, MARGIN) for row in range(len(data))]
    points = np.stack([mean * box.width + [box.x - 0.5, box.y - 0.5] for box in boxes])
    np.testing.assert_allclose(found.errors, image_errors(points, data.points), atol=0.05)
    assert found.to_json()["nme"] == round(float(np.mean(found.errors)), 4)


def test_all_people_are_every_picture(folder):
    whole = open_landmarks(folder)
    assert choose_part(whole, "all") is whole
    parts = [set(choose_part(whole, part).files) for part in ("test", "validation", "train")]
    assert set.union(*parts) == set(whole.files)
    assert sum(map(len, parts)) == len(whole.files)


def test_limit_and_wrong_part(folder):
    card = card_with(np.full((68, 2), 0.5))
    blind = EvaluateOptions(card, data=folder, engine=lambda _: np.zeros((1, 136), np.int8), limit=1)
    assert evaluate(blind).score.images == 1
    with pytest.raises(DataError, match="no part"):
        choose_part(open_landmarks(folder), "holdout")


def test_a_file_that_is_no_model_is_refused():
    pytest.importorskip("tflite_micro", reason="the tflite-micro wheel is not installed")
    with pytest.raises(ModelError):
        micro_engine(b"no model at all")


def test_the_preview_is_a_sheet_of_eight(tmp_path):
    card = card_with(np.random.default_rng(1).uniform(0.2, 0.8, (68, 2)))
    path = tmp_path / "preview.png"
    draw_preview(lambda _: np.zeros((1, 136), np.int8), card.decoder, MARGIN, 96, path)
    assert Image.open(path).size == (960, 480)


def test_curves_are_drawn_also_where_nothing_was_measured(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from model_zoo.evaluation.plots import draw_curves

    record = {"epoch": 1, "loss": 1.0, "rate": 0.1}
    histories = {"float": [record, {**record, "epoch": 2, "nme": 6.0}], "qat": [record]}
    for k, given in enumerate((histories, {"float": [], "qat": []})):
        path = tmp_path / f"{k}.png"
        draw_curves(given, "toy", path)
        assert path.read_bytes().startswith(b"\x89PNG")
