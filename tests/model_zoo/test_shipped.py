"""The pretrained model: the file is the card's, within its limits, and as good as the card says."""

import numpy as np
import pytest

from codegen.program.picture import face_crop, to_input
from codegen.program.single import program_of_card
from codegen.tflite.reader import read_model
from model_zoo.cards import load_card
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation.evaluate import EvaluateOptions, evaluate
from model_zoo.tasks import TASKS

NAME = "pfld-68-96"
ALLOWED_OPS = {
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "ADD",
    "CONCATENATION",
    "AVERAGE_POOL_2D",
    "MEAN",
    "PAD",
    "RESHAPE",
}


@pytest.fixture(scope="module")
def card():
    return load_card(NAME)


@pytest.fixture(scope="module")
def decoder(card):
    return program_of_card(card.facts).stages[0].decoder


def test_size_and_hash_are_the_cards(card):
    content = card.read_model()  # raises where the hash differs
    assert len(content) == card.size["tflite_bytes"] <= 250_000
    assert card.size["macs"] <= 8_000_000


def test_the_graph_is_what_the_card_says(card, decoder):
    graph = read_model(card.model_path)
    assert graph.macs == card.size["macs"]
    assert {op.kind for op in graph.ops} <= ALLOWED_OPS
    entry, output = graph.tensor(graph.inputs[0]), graph.tensor(graph.outputs[0])
    assert (entry.shape, entry.scale, entry.zero_point) == ((1, 96, 96, 1), card.input.scale, 0)
    assert output.shape == (1, 136)
    assert output.zero_point == decoder.zero_point
    assert round(output.scale * 2**24) == decoder.scale_q24


def test_the_bar_is_met(card):
    form = card.metrics["shipped"]
    for scores in (card.metrics, card.metrics["validation"]):
        assert scores[form]["nme"] - scores["float"]["nme"] <= 0.05
        for figures in (scores["float"], scores["ptq"], scores["qat"]):
            assert figures["ci95"][0] < figures["nme"] < figures["ci95"][1]
    assert card.metrics[form]["nme"] <= 5.3
    assert (card.primary.name, card.primary.unit) == ("NME", "%")
    assert card.primary.value == card.metrics[form]["nme"]
    assert list(card.primary.interval) == card.metrics[form]["ci95"]
    assert (card.data.name, card.data.licence) == (
        card.facts["data"]["name"],
        card.facts["data"]["licence"],
    )


def test_the_split_keeps_people_apart(card):
    split = card.facts["data"]["split"]
    assert all(i % 8 == 0 for i in split["test"])
    assert all(i % 8 == 1 for i in split["validation"])
    assert all(i % 8 > 1 for i in split["train"])


def test_the_mean_shape_is_a_face_in_the_middle_of_the_crop(card, decoder):
    mean = np.array(decoder.mean_q24).reshape(-1, 2) / 2**24
    np.testing.assert_allclose((mean.min(0) + mean.max(0)) / 2, 0.5, atol=0.03)
    assert 0.8 / card.input.margin < np.ptp(mean, axis=0).max() <= 1.01 / card.input.margin


def test_it_finds_the_eyes_of_a_flat_gray_picture_somewhere_in_it(card, decoder):
    runtime = pytest.importorskip("tflite_micro", reason="the tflite-micro wheel is not installed")
    del runtime
    from model_zoo.evaluation.engines import micro_engine

    box = face_crop(100, 100, 80, 100, card.input.margin)
    (output,) = micro_engine(card.read_model()).run(to_input(np.full((1, 96, 96, 1), 128, np.uint8)))
    points = decoder.xy(output, box) / 256
    assert (points > [box.x - box.width, box.y - box.width]).all()
    assert (points < [box.x + 2 * box.width, box.y + 2 * box.width]).all()


@pytest.mark.slow
def test_the_cards_baseline_comes_out_again(card, shared_data):
    task, split = TASKS.get(card.task), split_by_identity(open_samples(card.task, shared_data))
    found = task.baseline(split.train, split.test, card.input.view).to_json()
    assert {**found, "part": "test"} == card.metrics["baseline"]


@pytest.mark.slow
def test_the_cards_test_figures_come_out_again(card, shared_data):
    pytest.importorskip("tflite_micro", reason="the tflite-micro wheel is not installed")
    found = evaluate(EvaluateOptions(card, data=shared_data)).to_json()
    stated = card.metrics[card.metrics["shipped"]]
    assert {key: found[key] for key in stated} == stated
    assert {**found["strained"], "part": "test"} == card.metrics["strained"]
    assert found["given"] == "labelled face boxes"


@pytest.mark.thorough
def test_the_cards_validation_figures_come_out_again(card, shared_data):
    pytest.importorskip("tflite_micro", reason="the tflite-micro wheel is not installed")
    found = evaluate(EvaluateOptions(card, data=shared_data, part="validation")).to_json()
    stated = card.metrics["validation"][card.metrics["shipped"]]
    assert {key: found[key] for key in stated} == stated
