"""What registers itself: unique names, parts that fit each other, errors that list the names."""

import json
import os
from dataclasses import is_dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from codegen.errors import DataError
from codegen.program.decoders import decoder_names
from codegen.program.single import SOURCES as CUTS
from codegen.program.spec import InputTensor
from model_zoo.architectures import NETWORKS, networks_for
from model_zoo.cards import list_pretrained, pretrained_names
from model_zoo.datasets import SOURCES
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.samples import PARTS
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation.deployed import Deployed
from model_zoo.evaluation.engines import Engine
from model_zoo.recipes import RECIPES, recipe_for
from model_zoo.registry import Registry
from model_zoo.tasks import TASKS
from model_zoo.training.write_card import program_facts
from model_zoo.view import View
from tests.model_zoo.keras_shapes import stand_in


def test_pretrained_networks_and_their_tasks_are_registered():
    assert set(pretrained_names()) <= set(NETWORKS.names())
    for card in list_pretrained():
        assert NETWORKS.get(card.name).task == card.task
        assert card.facts["decoder"]["kind"] in ("landmarks", *decoder_names())


@pytest.mark.parametrize("spec", NETWORKS.entries(), ids=lambda spec: spec.name)
def test_a_network_has_a_task_with_data_and_a_recipe_of_it(spec):
    task = TASKS.get(spec.task)
    recipe = recipe_for(spec.name)
    recipe.check(spec.name)
    assert isinstance(recipe.task, task.SETTINGS)
    assert any(source.task == task.data_of for source in SOURCES.entries())


def test_recipes_and_data_sets_are_of_something():
    assert set(RECIPES.names()) == set(NETWORKS.names())
    assert {source.task for source in SOURCES.entries()} <= set(TASKS.names())


@pytest.mark.parametrize("name", TASKS.names())
def test_a_task_is_whole(name):
    task = TASKS.get(name)
    assert name == task.NAME
    assert is_dataclass(task.SETTINGS)
    assert task.SETTINGS() == task.SETTINGS()
    assert task.FIGURE.key.isidentifier()
    assert task.SOURCE in CUTS
    split = split_by_identity(task.example())
    assert min(split.pictures(part) for part in PARTS) > 0
    assert task.example().contents() == split.whole.contents()
    assert any(spec.task == name for spec in NETWORKS.entries())
    assert any(source.task == task.data_of for source in SOURCES.entries())


@pytest.mark.parametrize("spec", NETWORKS.entries(), ids=lambda spec: spec.name)
def test_a_network_is_built_and_runs_as_a_board_would_run_it(spec, monkeypatch):
    """Without TensorFlow and without weights: shapes, batches, the card's program, the score of zeros."""
    task, recipe = TASKS.get(spec.task), recipe_for(spec.name)
    split = split_by_identity(task.example())
    view = View(*spec.input_size, recipe.margin)
    lesson = task.lesson(split.train, recipe.task, view)
    wants = spec.outputs or lesson.output_shapes
    assert spec.name in networks_for(task.NAME, wants)

    with monkeypatch.context() as without:
        stand_in(without)
        model = spec.build(wants)
    assert model.input_shape == (None, view.height, view.width, view.channels)
    assert tuple(output.shape[1:] for output in model.outputs) == wants

    if wants != lesson.output_shapes:
        pytest.skip(f"the example of {task.NAME} has other outputs than {spec.name} is for")

    rows = split.train.take(np.arange(4))
    pixels, targets = lesson.batch(rows, np.random.default_rng(1))
    again, same = lesson.batch(rows, np.random.default_rng(1))
    colours = () if view.channels == 1 else (3,)
    assert (pixels.dtype, pixels.shape) == (np.uint8, (4, view.height, view.width, *colours))
    np.testing.assert_array_equal(pixels, again)
    for target, twin, shape in zip(targets, same, wants, strict=True):
        assert target.shape == (4, *shape)
        np.testing.assert_array_equal(target, twin)
    assert sorted(lesson.draw(split.train, np.random.default_rng(1)).shape) == [len(split.train)]

    outputs = tuple(InputTensor("int8", (1, *shape), 0.05, 0) for shape in wants)
    engine = Engine("zeros", outputs, lambda _: [np.zeros(o.shape, np.int8) for o in outputs])
    course = SimpleNamespace(view=view, spec=spec, task=task, lesson=lesson)
    deployed = Deployed.of_card(task, view, program_facts(course, outputs), engine)
    score = deployed.score(split.validation)
    assert (score.figure.key, score.images) == (task.FIGURE.key, len(split.validation))
    score.require_finite(split.validation.files, spec.name)
    guessed = task.baseline(split.train, split.validation, view)
    assert guessed.name
    guessed.score.require_finite(split.validation.files, spec.name)


@pytest.mark.slow
@pytest.mark.parametrize("spec", NETWORKS.entries(), ids=lambda spec: spec.name)
def test_tensorflow_builds_the_same_network(spec, monkeypatch):
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    task, recipe = TASKS.get(spec.task), recipe_for(spec.name)
    train = split_by_identity(task.example()).train
    lesson = task.lesson(train, recipe.task, View(*spec.input_size, recipe.margin))
    wants = spec.outputs or lesson.output_shapes
    model = spec.build(wants)
    width, height, channels = spec.input_size
    assert model.input_shape == (None, height, width, channels)
    assert tuple(tuple(output.shape[1:]) for output in model.outputs) == wants


@pytest.mark.parametrize("source", SOURCES.entries(), ids=lambda source: source.name)
def test_a_data_set_does_not_find_itself_where_it_is_not(source, tmp_path, monkeypatch):
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    if source.find is None:
        assert source.look is None  # made, not read
        return
    assert source.find(None) is None
    with pytest.raises(DataError) as caught:
        source.find(tmp_path)
    assert str(tmp_path) in caught.value.where
    assert caught.value.remedy
    with pytest.raises(DataError):
        source.find(tmp_path / "nowhere")


@pytest.mark.thorough
@pytest.mark.parametrize("source", SOURCES.entries(), ids=lambda source: source.name)
def test_a_data_set_that_is_made_fills_the_split(source):
    if source.find is not None:
        pytest.skip("it is read from a folder")
    split = split_by_identity(open_samples(source.task, None, source.name))
    assert min(split.pictures(part) for part in PARTS) > 0
    task = TASKS.get(source.task)
    assert type(split.train) is type(task.example())


def test_an_unknown_name_lists_the_names():
    for registry in (NETWORKS, TASKS, SOURCES, RECIPES):
        with pytest.raises(DataError, match=f"no {registry.kind} is called 'resnet-152'") as caught:
            registry.get("resnet-152")
        assert all(name in caught.value.remedy for name in registry.names())


def test_a_name_is_taken_once():
    toys = Registry("toy", "model_zoo.tasks")
    toys.add("one", 1)
    with pytest.raises(ValueError, match="'one'"):
        toys.add("one", 2)
    assert toys.get("one") == 1


def test_a_network_without_a_recipe_is_an_error():
    with pytest.raises(DataError, match="pfld-98 has no recipe") as caught:
        recipe_for("pfld-98")
    assert '@recipe("pfld-98")' in caught.value.remedy


def test_another_number_in_a_recipe_changes_its_fingerprint():
    recipe = recipe_for("pfld-68-96")
    other_crop, other_calibration = replace(recipe, margin=2.0), replace(recipe, calibration_images=7)
    other_wing = replace(recipe, task=replace(recipe.task, wing_width=0.2))
    float_phase, qat_phase = recipe.phases
    shorter = replace(recipe, phases=(float_phase, replace(qat_phase, epochs=1)))
    for phase in ("float", "qat"):
        assert recipe.fingerprint(phase) == recipe_for("pfld-68-96").fingerprint(phase)
        assert recipe.fingerprint(phase) != other_crop.fingerprint(phase)
        assert recipe.fingerprint(phase) != other_wing.fingerprint(phase)
    for later in (other_calibration, shorter):
        assert recipe.fingerprint("qat") != later.fingerprint("qat")
        assert recipe.fingerprint("float") == later.fingerprint("float")
    assert json.loads(json.dumps(recipe.to_json())) == recipe.to_json()


@pytest.mark.parametrize(
    ("kinds", "cause"),
    [
        ((), "begins with no float phase"),
        (("qat",), "begins with no float phase"),
        (("float", "qat", "float"), "the float phase p2 follows a qat one"),
        (("float", "halve"), "the phase p1 is of the kind 'halve'; there are float, prune, low_rank, sparse"),
        (("float", "qat", "prune"), "the prune phase p2 follows a qat one"),
        (("float", "sparse", "prune"), "the prune phase p2 follows a sparse one"),
        (("float", "sparse", "low_rank"), "the low_rank phase p2 follows a sparse one"),
        (("float", "cluster", "sparse"), "the sparse phase p2 follows a cluster one"),
        (("prune", "float"), "begins with no float phase"),
    ],
)
def test_phases_that_can_not_follow_each_other_are_refused(kinds, cause):
    first = recipe_for("pfld-68-96").phases[0]
    phases = tuple(replace(first, name=f"p{k}", kind=kind) for k, kind in enumerate(kinds))
    with pytest.raises(DataError, match=cause):
        replace(recipe_for("pfld-68-96"), phases=phases).check("toy")


def test_two_phases_of_one_name_are_refused():
    recipe = recipe_for("pfld-68-96")
    with pytest.raises(DataError, match="two phases are called float"):
        replace(recipe, phases=(recipe.phases[0],) * 2).check("toy")
