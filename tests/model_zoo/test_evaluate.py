"""Evaluation through the deployed program, with engines whose answers are known."""

from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError, ModelError
from codegen.program.spec import InputTensor
from model_zoo.cards import Card, CardInput, Primary, Terms
from model_zoo.datasets.open import open_samples
from model_zoo.evaluation.deployed import Deployed
from model_zoo.evaluation.engines import Engine, micro_engine
from model_zoo.evaluation.evaluate import EvaluateOptions, choose_part, evaluate
from model_zoo.evaluation.metrics import NME, image_errors
from model_zoo.evaluation.preview import CAPTION_PX, face_sheet
from model_zoo.tasks import TASKS

MARGIN = 1.2


TASK = "landmarks"


def card_with(mean: np.ndarray, scale: float = 1 / 256) -> Card:
    """A card whose decoder adds int8 * scale to `mean` (crop sides, [68, 2])."""
    facts = {
        "name": "toy",
        "input": {"width": 96, "height": 96, "channels": 1, "margin": MARGIN,
                  "quantization": {"scale": 1 / 128, "zero_point": 0}},
        "decoder": {"kind": "landmarks", "points": 68, "scale_q24": round(scale * 2**24), "zero_point": 0,
                    "mean_q24": [int(v) for v in np.round(mean.reshape(-1) * 2**24)]},
    }  # fmt: skip
    return Card(
        name="toy",
        task=TASK,
        folder=Path(),
        model_file="none",
        sha256="0" * 64,
        input=CardInput(96, 96, 1, MARGIN, 1 / 128, 0),
        primary=Primary("NME", 0.0, (0.0, 0.0), "%"),
        data=Terms("faces", "free"),
        facts=facts,
    )


def answering(run) -> Engine:
    """An engine with one output of 68 points."""
    return Engine("oracle", (InputTensor("int8", (1, 136), 1 / 256, 0),), lambda picture: (run(picture),))


BLIND = answering(lambda _: np.zeros((1, 136), np.int8))


def test_an_engine_that_knows_the_truth_is_right_up_to_its_rounding(folder):
    data = choose_part(open_samples(TASK, folder), "test")
    truth = []
    for row in range(len(data)):
        box = data.crop_box(row, MARGIN)
        offsets = (data.points[row] + 0.5 - [box.x, box.y]) / box.width - 0.5
        truth.append(np.round(offsets.reshape(1, -1) * 256).astype(np.int8))
    answers = cycle(truth)  # the same, where the boxes are wrong
    seen = []

    def engine(picture: np.ndarray) -> np.ndarray:
        seen.append((picture.shape, picture.dtype))
        return next(answers)

    card = card_with(np.full((68, 2), 0.5))
    found = evaluate(EvaluateOptions(card, data=folder, engine=answering(engine)))
    assert seen == [((1, 96, 96, 1), np.dtype(np.int8))] * 2 * len(data)
    assert found.strained is not None
    assert found.strained.score.value > 5  # it answers as if the boxes were right
    assert found.score.value < 0.6  # half a step of 1/256 crop side against about half a crop side
    assert (found.engine, found.dataset, found.part) == ("oracle", "faces of the lab", "test")
    assert found.files == data.files


def test_the_score_is_that_of_the_points(folder):
    data = choose_part(open_samples(TASK, folder), "validation")
    mean = np.random.default_rng(0).uniform(0.3, 0.7, (68, 2))
    found = evaluate(EvaluateOptions(card_with(mean), data=folder, part="validation", engine=BLIND))
    boxes = [data.crop_box(row, MARGIN) for row in range(len(data))]
    points = np.stack([mean * box.width + [box.x - 0.5, box.y - 0.5] for box in boxes])
    np.testing.assert_allclose(found.score.each, image_errors(points, data.points, data.norms), atol=0.05)
    assert found.to_json()["nme"] == round(float(np.mean(found.score.each)), 4)


def test_all_people_are_every_picture(folder):
    whole = open_samples(TASK, folder)
    assert choose_part(whole, "all") is whole
    parts = [set(choose_part(whole, part).files) for part in ("test", "validation", "train")]
    assert set.union(*parts) == set(whole.files)
    assert sum(map(len, parts)) == len(whole.files)


def test_limit_and_wrong_part(folder):
    card = card_with(np.full((68, 2), 0.5))
    blind = EvaluateOptions(card, data=folder, engine=BLIND, limit=1)
    assert evaluate(blind).score.images == 1
    with pytest.raises(DataError, match="no part"):
        choose_part(open_samples(TASK, folder), "holdout")


def test_a_file_that_is_no_model_is_refused():
    pytest.importorskip("tflite_micro", reason="the tflite-micro wheel is not installed")
    with pytest.raises(ModelError):
        micro_engine(b"no model at all")


def test_the_preview_is_a_sheet_of_eight():
    card = card_with(np.random.default_rng(1).uniform(0.2, 0.8, (68, 2)))
    deployed = Deployed.of_card(TASKS.get(TASK), card.input.view, card.facts, BLIND)
    sheet = face_sheet(deployed.find, MARGIN)
    assert sheet.size == (960, 480 + CAPTION_PX)
    assert sheet.getextrema() != ((0, 0),) * 3


def test_curves_are_drawn_also_where_nothing_was_measured(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from model_zoo.evaluation.plots import draw_curves

    record = {"epoch": 1, "loss": 1.0, "rate": 0.1}
    histories = {"float": [record, {**record, "epoch": 2, "nme": 6.0}], "qat": [record]}
    for k, given in enumerate((histories, {"float": [], "qat": []})):
        path = tmp_path / f"{k}.png"
        draw_curves(given, NME, "toy", path)
        assert path.read_bytes().startswith(b"\x89PNG")
