"""Cards: what is shipped is valid, what is wrong is named."""

import copy
import json
import subprocess
import sys

import numpy as np
import pytest

from codegen.errors import DataError
from codegen.program.picture import Region
from codegen.program.single import program_of_card
from model_zoo.cards import card_from_facts, list_pretrained, load_card, pretrained_names, read_card
from model_zoo.evaluation.keep import kept_before

NAMES = pretrained_names()


@pytest.fixture
def facts():
    score = {"nme": 5.0, "ci95": [4.5, 5.5]}
    return {
        "name": "toy",
        "task": "landmarks68",
        "model_file": "model.tflite",
        "sha256": "0" * 64,
        "input": {
            "width": 96,
            "height": 96,
            "channels": 1,
            "margin": 1.2,
            "quantization": {"scale": 0.0078125, "zero_point": 0},
        },
        "decoder": {
            "kind": "landmarks",
            "points": 2,
            "mean_q24": [0, 0, 2**23, 2**24],
            "scale_q24": 1 << 16,
            "zero_point": -3,
        },
        "data": {"name": "d", "licence": "l", "split": {"test": [0], "validation": [1], "train": [2]}},
        "recipe": {},
        "seed": 1,
        "metrics": {"float": score, "ptq": score, "qat": score},
        "size": {"tflite_bytes": 1, "macs": 2, "params": 3},
        "train_again": "tinyface train toy",
    }


def test_a_valid_card_is_read(facts, tmp_path):
    (tmp_path / "card.json").write_text(json.dumps(facts))
    for place in (tmp_path, tmp_path / "card.json"):
        card = read_card(place)
        assert card.model_path == tmp_path / "model.tflite"
        assert card.input.margin == 1.2
    decoder = program_of_card(card.facts).stages[0].decoder
    points = decoder.xy(np.full(4, -3, np.int8), Region.square(10, 20, 100))
    assert points.tolist() == [[10 * 256 - 128, 20 * 256 - 128], [60 * 256 - 128, 120 * 256 - 128]]


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("sha256",), "abc", "sha256"),
        (("sha256",), None, "sha256"),
        (("model_file",), "../model.tflite", "model_file"),
        (("input", "margin"), "1.2", "input.margin"),
        (("input", "margin"), 0, "input.margin"),
        (("input", "channels"), 2, "input.channels"),
        (("input", "width"), True, "input.width"),
        (("input", "quantization"), [], "input.quantization"),
        (("decoder", "kind"), "fortune", "decoder.kind"),
        (("decoder", "points"), 3, "decoder.mean_q24"),
        (("decoder", "mean_q24"), [0, 0, 0.5, 1], "decoder.mean_q24"),
        (("decoder", "scale_q24"), 0, "decoder.scale_q24"),
        (("decoder", "zero_point"), 200, "decoder.zero_point"),
        (("metrics", "qat"), {"nme": 5.0}, "metrics.qat.ci95"),
        (("data", "split", "test"), "all", "data.split.test"),
        (("size", "macs"), "many", "size.macs"),
    ],
)
def test_a_wrong_value_is_named(facts, tmp_path, path, value, named):
    inner = facts
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(DataError) as caught:
        card_from_facts(facts, tmp_path)
    assert named in caught.value.cause


def test_every_missing_key_is_named(facts, tmp_path):
    for key in facts:
        without = copy.deepcopy(facts)
        del without[key]
        with pytest.raises(DataError, match=f"{key} is missing"):
            card_from_facts(without, tmp_path)


def test_no_card_and_no_json(tmp_path):
    with pytest.raises(DataError, match="no card"):
        read_card(tmp_path)
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(DataError, match="no JSON"):
        read_card(tmp_path)


def test_an_unknown_name_lists_the_names():
    with pytest.raises(DataError) as caught:
        load_card("no-such-model")
    for name in NAMES:
        assert name in caught.value.remedy


def test_a_changed_model_file_is_refused(facts, tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"other")
    with pytest.raises(DataError, match="not the card's"):
        card_from_facts(facts, tmp_path).read_model()


def test_listing_imports_no_tensorflow():
    code = (
        "import sys; from model_zoo.cards import list_pretrained;"
        "from model_zoo.architectures import NETWORKS; from model_zoo.recipes import RECIPES;"
        "list_pretrained(), NETWORKS.entries(), RECIPES.entries();"
        "sys.exit(any(m.split('.')[0] in ('tensorflow', 'tf_keras') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_are_the_folders():
    assert [card.name for card in list_pretrained()] == NAMES


def newer(facts):
    """The same card as it is written today."""
    primary = {"name": "accuracy", "value": 91.25, "interval": [88, 94.5], "unit": "%"}
    metrics = {"primary": primary, "shipped": "ptq", "ptq": {"accuracy": 91.25}}
    return {**facts, "format": 2, "task": "emotion", "metrics": metrics, "decoder": {"kind": "classes"}}


def test_a_card_of_another_task_states_its_primary_figure_and_terms(facts, tmp_path):
    card = card_from_facts(newer(facts), tmp_path)
    assert (card.primary.name, card.primary.value, card.primary.unit) == ("accuracy", 91.25, "%")
    assert card.primary.interval == (88.0, 94.5)
    assert str(card.primary) == "accuracy 91.25 % (88.00 to 94.50)"
    assert (card.data.name, card.data.licence) == ("d", "l")
    assert card.shipped_metrics == {"accuracy": 91.25}


def test_a_card_says_where_there_is_no_interval_and_whom_it_is_by(facts, tmp_path):
    facts = newer(facts)
    primary = facts["metrics"]["primary"]
    primary["by"] = "picture"
    assert str(card_from_facts(facts, tmp_path).primary) == "accuracy 91.25 % (88.00 to 94.50, by picture)"
    primary["interval"] = None
    assert (
        str(card_from_facts(facts, tmp_path).primary) == "accuracy 91.25 % (no interval from so few pictures)"
    )
    del primary["by"]
    assert (
        str(card_from_facts(facts, tmp_path).primary) == "accuracy 91.25 % (no interval from so few people)"
    )


def test_a_card_that_nobody_evaluated_states_the_validation_part(facts, tmp_path):
    facts = newer(facts)
    metrics = facts["metrics"]
    metrics["primary"]["part"] = "validation"
    metrics["validation"] = {"ptq": metrics.pop("ptq")}
    card = card_from_facts(facts, tmp_path)
    assert str(card.primary) == "accuracy 91.25 % (88.00 to 94.50) on the validation part"
    assert card.shipped_metrics == {"accuracy": 91.25}
    metrics["test"] = {"ptq": {"accuracy": 90.0}}
    metrics["primary"]["part"] = "test"
    assert card_from_facts(facts, tmp_path).shipped_metrics == {"accuracy": 90.0}


def test_an_old_card_has_the_nme_of_what_is_shipped(facts, tmp_path):
    facts["metrics"] = {**facts["metrics"], "shipped": "ptq", "ptq": {"nme": 4.0, "ci95": [3.0, 5.0]}}
    card = card_from_facts(facts, tmp_path)
    assert str(card.primary) == "NME 4.00 % (3.00 to 5.00)"


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("metrics", "primary"), None, "metrics.primary"),
        (("metrics", "primary", "interval"), [1.0], "metrics.primary.interval"),
        (("metrics", "primary", "interval"), [1.0, "2"], "metrics.primary.interval"),
        (("metrics", "primary", "value"), "91", "metrics.primary.value"),
        (("metrics", "primary", "by"), "frame", "metrics.primary.by"),
        (("metrics", "primary", "unit"), None, "metrics.primary.unit"),
        (("metrics", "shipped"), "qat", "metrics.qat"),
        (("metrics", "primary", "part"), "train", "metrics.primary.part"),
        (("data", "licence"), None, "data.licence"),
        (("input", "source"), "items", "input.source"),
        (("confidence",), ["temperature"], "confidence"),
        (("confidence",), None, "confidence"),
        (("confidence",), {"temperature": "1.4"}, "confidence.temperature"),
        (("confidence",), {"temperature": 0}, "confidence.temperature"),
        (("confidence",), {"scale": -0.1, "temperature": 1.4}, "confidence.scale"),
        (("presence",), 0.5, "presence"),
        (("presence",), {"threshold": [0.5]}, "presence.threshold"),
        (("format",), 3, "format 3"),
        (("format",), "2", "format"),
    ],
)
def test_a_wrong_value_of_a_newer_card_is_named(facts, tmp_path, path, value, named):
    facts = copy.deepcopy(newer(facts))
    inner = facts
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(DataError) as caught:
        card_from_facts(facts, tmp_path)
    assert named in caught.value.cause


def test_figures_of_the_test_part_outlast_a_card_of_the_same_model_and_data(facts, tmp_path):
    new = newer(facts)
    new["metrics"]["primary"]["part"] = "validation"
    assert kept_before(new, tmp_path) == {}
    old = copy.deepcopy(new)
    told = {**old["metrics"]["primary"], "value": 88.0, "part": "test"}
    old["metrics"] |= {
        "primary": told,
        "test": {"ptq": {"accuracy": 88.0}},
        "baseline": {**told, "value": 20.0},
    }

    def before(**changed):
        (tmp_path / "card.json").write_text(json.dumps({**old, **changed}))
        return kept_before(new, tmp_path)

    assert before() == {key: old["metrics"][key] for key in ("primary", "baseline", "test")}
    assert before(sha256="1" * 64) == {}
    assert before(data={**old["data"], "contents": "others"}) == {}
    assert before(data={**old["data"], "split": {"test": [1], "validation": [0], "train": [2]}}) == {}
    assert before(metrics=new["metrics"]) == {}
    (tmp_path / "card.json").write_text("{")
    assert kept_before(new, tmp_path) == {}
