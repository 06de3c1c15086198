"""A network that remembers frames: sequences in training, one run behind the other on a board."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.backends.host_library import CompiledModel
from codegen.errors import DataError
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.program.kept import first_values
from codegen.tflite.reader import parse_model
from model_zoo.architectures import NETWORKS
from model_zoo.architectures.emotion_gru import FRAMES, UNITS
from model_zoo.datasets import drawn_moods
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.augment import AugmentSpec, drawn_changes
from model_zoo.training.chosen_recipe import adjusted
from model_zoo.training.motion import TURN_DEG, moved, still
from model_zoo.training.options import TrainOptions
from model_zoo.view import View
from tests.model_zoo.compiled_families import FLAGS, compiled_alike

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

NAME = "emotion-48-gru"
PICTURES = np.random.default_rng(0).integers(-128, 128, (3, 48, 48, 1)).astype(np.int8)


def test_the_first_frame_stays_and_the_others_walk() -> None:
    rng = np.random.default_rng(1)
    forward, _, scale, shift = drawn_changes(200, AugmentSpec(), rng)
    turned, sizes, ways = moved(forward, scale, shift, 3, rng)
    assert (turned.shape, sizes.shape, ways.shape) == ((600, 2, 2), (600,), (600, 2))
    np.testing.assert_allclose(turned[::3], forward, atol=1e-12)
    np.testing.assert_array_equal(sizes[::3], scale)
    np.testing.assert_array_equal(ways[::3], shift)
    first, second = (turned[k::3] @ np.linalg.inv(forward) for k in (1, 2))
    angles = [np.rad2deg(np.arctan2(turn[:, 1, 0], turn[:, 0, 0])) for turn in (first, second)]
    assert angles[0].std() == pytest.approx(TURN_DEG, rel=0.2)
    assert angles[1].std() == pytest.approx(TURN_DEG * 2**0.5, rel=0.2)  # two steps


def test_a_batch_holds_whole_sequences() -> None:
    assert still(np.arange(11), 4).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert still(np.arange(2), 4).tolist() == [0, 0, 0, 0]
    samples, settings = drawn_moods.generate(people=8, seed=0), recipe_for(NAME).task
    lesson = TASKS.get("emotions").lesson(samples, settings, View(48, 48, 1))
    assert settings.frames == FRAMES
    pixels, (targets,) = lesson.batch(samples.take(np.arange(11)), np.random.default_rng(3))
    assert (pixels.shape, targets.shape) == ((8, 48, 48), (8, 7))
    assert (targets[:4] == targets[0]).all()
    assert (pixels[1] != pixels[0]).any()
    again = lesson.batch(samples.take(np.arange(11)), np.random.default_rng(3))
    np.testing.assert_array_equal(again[0], pixels)
    single = TASKS.get("emotions").lesson(samples, replace(settings, frames=1), View(48, 48, 1))
    assert len(single.batch(samples.take(np.arange(11)), np.random.default_rng(3))[0]) == 11


def test_epochs_that_its_recipe_does_not_have_are_refused() -> None:
    options = TrainOptions(NAME, Path("unused"), qat_epochs=1)
    with pytest.raises(DataError, match="no quantization-aware phase") as caught:
        adjusted(recipe_for(NAME), options)
    assert "--qat-epochs" in caught.value.remedy
    assert adjusted(recipe_for(NAME), replace(options, qat_epochs=0)) == recipe_for(NAME)


def built() -> Any:
    """The untrained network."""
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    tf.keras.utils.set_random_seed(1)
    spec = NETWORKS.get(NAME)
    assert spec.outputs is not None
    return spec.build(spec.outputs)


@pytest.mark.slow
def test_a_sequence_is_what_one_frame_behind_the_other_gives() -> None:
    built()
    from model_zoo.recurrence import recurrence

    layer = recurrence()(5, 3, name="cell")
    x = np.random.default_rng(2).normal(0, 1, (6, 4)).astype(np.float32)
    told = layer(x, training=True).numpy()
    kept = np.zeros((2, 5), np.float32)
    for frame in range(3):
        kept = layer.step(x.reshape(2, 3, 4)[:, frame], kept).numpy()
        np.testing.assert_allclose(told.reshape(2, 3, 5)[:, frame], kept, atol=1e-6)
    alone = layer(x, training=False).numpy()
    np.testing.assert_allclose(alone[::3], told[::3], atol=1e-6)  # the first of each knows nothing
    assert np.abs(alone[1::3] - told[1::3]).max() > 0.01
    assert layer.macs() == (4 + 5) * 15


@pytest.mark.slow
def test_a_board_remembers_what_tensorflow_lite_micro_does() -> None:
    """The compiled network, frame after frame, is the interpreter's; what it kept is what it answers by."""
    model = built()
    from model_zoo.training import export, quantize
    from tests.codegen.ops.oracle import Oracle

    content = export.to_tflite(model, quantize.calibration_images(PICTURES.astype(np.float32) / 128))
    graph = optimize(parse_model(content, NAME))
    (state,) = graph.states
    assert len(state.initial) == UNITS
    assert graph.macs == export.macs_of(model) <= 3_500_000
    compiled_alike(content, NAME, PICTURES)
    compiled, oracle, kept = (
        CompiledModel(make_plan(graph), flags=FLAGS),
        Oracle(content),
        first_values(graph),
    )
    told = []
    for _ in range(2):
        for picture in PICTURES:
            logits, *kept = compiled.invoke([picture[None], *kept])
            assert logits.tobytes() == oracle.run([picture[None]], 1)[0].tobytes()
            told.append(logits.tobytes())
    assert told[:3] != told[3:]
    logits, *_ = compiled.invoke([PICTURES[0][None], *first_values(graph)])
    assert logits.tobytes() == told[0]


@pytest.mark.slow
def test_a_recipe_without_its_sequences_is_refused() -> None:
    model, recipe = built(), recipe_for(NAME)
    from model_zoo.training.sequences import require_sequences

    require_sequences(model, recipe, NAME)
    aware = replace(recipe_for("emotion-48-small").phases[1], name="late")
    for other, cause in (
        (replace(recipe, task=replace(recipe.task, frames=3)), "task.frames is 3, and its sequences have 4"),
        (replace(recipe, batch=2), "one sequence has 4 pictures"),
        (replace(recipe, phases=(*recipe.phases, aware)), "knows no recurrent unit"),
    ):
        with pytest.raises(DataError, match=cause):
            require_sequences(model, other, NAME)
    small = NETWORKS.get("emotion-48-small")
    with pytest.raises(DataError, match="remembers nothing"):
        require_sequences(small.build(((7,),)), recipe, small.name)
