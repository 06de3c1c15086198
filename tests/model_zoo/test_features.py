"""Inner maps of networks, and distillation of features by them: which, how unlike, and a short training."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.architectures import NETWORKS
from model_zoo.recipes import recipe_for
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe_file import changed, table_of
from model_zoo.training.teacher import require_listeners
from tests.model_zoo.toys import stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
assert stripes
WHY = "TensorFlow is not installed: pip install -e '.[train]'"
LIVE = ((136,), (1,))


def test_features_are_stated_where_there_are_some() -> None:
    recipe = recipe_for("pfld-68-96-live-pico")
    assert all("features" not in phase for phase in recipe.to_json()["phases"])
    other = changed(recipe, table_of(["phases.float.features=0.5"]), "--set")
    assert [phase.get("features") for phase in other.to_json()["phases"]] == [0.5, None]
    assert other.fingerprint("float") != recipe.fingerprint("float")
    other.check("here")
    with pytest.raises(DataError, match=r"the features of float is 1001\.0; it may be from 0 to 1000"):
        changed(recipe, table_of(["phases.float.features=1001"]), "--set").check("here")


def test_features_ask_for_a_teacher_and_are_enough_for_one() -> None:
    recipe = recipe_for("pfld-68-96-live-pico")
    first, second = recipe.phases
    looking = (replace(first, features=0.5), second)
    with pytest.raises(DataError, match="the phase float learns from a teacher, and there is none"):
        require_listeners(looking, "pfld-68-96-live-pico", None)
    require_listeners(looking, "pfld-68-96-live-pico", "pfld-68-96-live")
    own = (first, replace(second, teacher=0.0, features=0.5))  # its own float network
    require_listeners(own, "pfld-68-96-live-pico", None)


@pytest.mark.slow
def test_any_two_networks_of_one_input_share_maps() -> None:
    pytest.importorskip("tensorflow", reason=WHY)
    from model_zoo.training.feature_maps import shared_sizes
    from model_zoo.training.inner_maps import last_maps

    names = (
        "pfld-68-96-live",
        "pfld-68-96-live-pico",
        "shufflenet-v2-68-96-live",
        "attention-cnn-68-96-live",
    )
    models = [NETWORKS.get(name).build(LIVE) for name in names]
    for one in models:
        assert list(last_maps(one)) == [(47, 47), (23, 23), (11, 11), (5, 5)]
        for other in models:
            assert shared_sizes(one, other, "here") == list(last_maps(one))
    kept = {size: features.name.partition("/")[0] for size, features in last_maps(models[0]).items()}
    assert kept == {  # where maps become smaller; those that the head alone reads are none of them
        (47, 47): "stem_relu",
        (23, 23): "s1_down_expand_relu",
        (11, 11): "s2_down_expand_relu",
        (5, 5): "s2_1_add",
    }
    whole = NETWORKS.get("emotion-48-small").build(((7,),))
    with pytest.raises(DataError, match="share no map: the teacher's are 47x47, 23x23") as caught:
        shared_sizes(models[0], narrowed(), "here")
    assert "features" in caught.value.remedy
    assert (5, 5) in shared_sizes(models[0], whole, "here")


def narrowed() -> Any:
    """A network with maps of other sizes."""
    return NETWORKS.get("stripes-narrow").build(((2,),))


@pytest.mark.slow
def test_fake_quantization_hides_no_map() -> None:
    pytest.importorskip("tensorflow_model_optimization", reason=WHY)
    from model_zoo.training.inner_maps import last_maps
    from model_zoo.training.quantize import quantization_aware

    model = NETWORKS.get("pfld-68-96-live-pico").build(LIVE)
    aware = last_maps(quantization_aware(model, 0.9))
    names = {size: features.name.partition("/")[0] for size, features in last_maps(model).items()}
    assert {s: f.name.partition("/")[0].removeprefix("quant_") for s, f in aware.items()} == names


@pytest.mark.slow
def test_unlikeness_is_of_places_alone() -> None:
    pytest.importorskip("tensorflow", reason=WHY)
    from model_zoo.training.feature_maps import attention, unlikeness

    rng = np.random.default_rng(1)
    some = rng.normal(size=(3, 5, 4, 6)).astype(np.float32)
    strength = (some**2).mean(-1).reshape(3, -1)
    np.testing.assert_allclose(
        attention(some), strength / np.linalg.norm(strength, axis=1, keepdims=True), rtol=1e-5
    )
    wider = np.concatenate([some[..., ::-1], some], -1) * np.float32(-7.0)  # other channels, sign and size
    assert float(unlikeness([some], [wider])) == pytest.approx(0.0, abs=1e-10)
    here, there = np.zeros((1, 2, 2, 1), np.float32), np.zeros((1, 2, 2, 3), np.float32)
    here[0, 0, 0], there[0, 1, 1] = 1.0, 2.0
    assert float(unlikeness([here], [there])) == pytest.approx(2.0)
    assert float(unlikeness([here, here], [there, here])) == pytest.approx(1.0)
    assert np.isfinite(attention(np.zeros((1, 2, 2, 1), np.float32))).all()


def weights_of(out: Path, stop: int | None, words: tuple[str, ...], teacher: str | None) -> list[Any]:
    """The weights after all phases; a training that ends after so many epochs raises KeyboardInterrupt."""
    from model_zoo.training.course import begin
    from model_zoo.training.progress import Progress

    class Stop(Progress):
        steps = 0

        def step(self, record: dict[str, float]) -> None:
            self.steps += 1
            if self.steps == stop:
                raise KeyboardInterrupt

    out.mkdir(exist_ok=True)
    options = TrainOptions(
        "stripes-wide", out, quiet=True, changes=words, dataset="stripes", teacher=teacher, resume=True
    )
    with Stop(True) as progress:
        found: list[NDArray[Any]] = [*begin(options).phases(progress)][-1].model.get_weights()
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("unrehearsed")
def test_a_training_learns_from_maps_and_goes_on_exactly(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow_model_optimization", reason=WHY)
    from model_zoo.training.train import train

    short = ("phases.coarse.epochs=2", "phases.fine.epochs=0", "phases.int8.epochs=2")
    teacher = str(tmp_path / "teacher")
    train(TrainOptions("stripes-wide", Path(teacher), quiet=True, changes=short, dataset="stripes", seed=5))
    looking = (*short, "phases.coarse.features=2", "phases.int8.features=2")
    whole = weights_of(tmp_path / "whole", None, looking, teacher)
    blind = weights_of(tmp_path / "blind", None, (*short, "phases.coarse.teacher=1e-9"), teacher)
    assert any((one != other).any() for one, other in zip(whole, blind, strict=True))
    for stop in (1, 3):  # a phase that is gone on with is reported once more
        with pytest.raises(KeyboardInterrupt):
            weights_of(tmp_path / "parts", stop, looking, teacher)
    for one, other in zip(whole, weights_of(tmp_path / "parts", None, looking, teacher), strict=True):
        assert one.tobytes() == other.tobytes()
