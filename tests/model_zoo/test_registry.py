"""What registers itself: unique names, parts that fit each other, errors that list the names."""

import json
from dataclasses import replace

import pytest

from codegen.errors import DataError
from codegen.program.decoders import decoder_names
from model_zoo.architectures import NETWORKS
from model_zoo.cards import list_pretrained, pretrained_names
from model_zoo.datasets import SOURCES
from model_zoo.recipes import RECIPES, recipe_for
from model_zoo.registry import Registry
from model_zoo.tasks import TASKS


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
    assert any(source.task == spec.task for source in SOURCES.entries())


def test_recipes_and_data_sets_are_of_something():
    assert set(RECIPES.names()) == set(NETWORKS.names())
    assert {source.task for source in SOURCES.entries()} <= set(TASKS.names())


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
        (("float", "prune"), "the phase p1 is neither float nor qat"),
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
