"""The table of networks: unique names, builders that exist, an error that lists the names."""

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

import model_zoo
from codegen.errors import DataError
from model_zoo.cards import pretrained_names
from model_zoo.registry import MODELS, model_names, model_spec
from model_zoo.training.recipes import recipe_for

ROOT = Path(model_zoo.__file__).parent.parent


def test_names_are_unique_and_pretrained_ones_are_registered():
    assert len(set(model_names())) == len(MODELS)
    assert set(pretrained_names()) <= set(model_names())


@pytest.mark.parametrize("spec", MODELS, ids=model_names())
def test_the_builder_is_a_function_of_its_module(spec):
    module, _, function = spec.builder.rpartition(".")
    source = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    functions = [n.name for n in ast.parse(source.read_text()).body if isinstance(n, ast.FunctionDef)]
    assert function in functions


def test_an_unknown_name_lists_the_names():
    with pytest.raises(DataError) as caught:
        model_spec("resnet-152")
    assert all(name in caught.value.remedy for name in model_names())


def test_another_number_in_a_recipe_changes_its_fingerprint():
    recipe = recipe_for("pfld-68-96")
    other_crop, other_calibration = replace(recipe, margin=2.0), replace(recipe, calibration_images=7)
    for phase in ("float", "qat"):
        assert recipe.fingerprint(phase) == recipe_for("pfld-68-96").fingerprint(phase)
        assert recipe.fingerprint(phase) != other_crop.fingerprint(phase)
    assert recipe.fingerprint("qat") != other_calibration.fingerprint("qat")
    assert recipe.fingerprint("float") == other_calibration.fingerprint("float")
    assert json.loads(json.dumps(recipe.to_json())) == recipe.to_json()
