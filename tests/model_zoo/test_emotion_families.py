"""Expression networks of several kinds: their sizes and their marks, in the file that a board runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.graph import Graph
from model_zoo.architectures import NETWORKS
from model_zoo.recipes import recipe_for
from model_zoo.training.options import TrainOptions
from tests.model_zoo.compiled_families import compiled_alike, with_int8
from tests.model_zoo.family_marks import attentions, fire_modules, looks, weighings

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PICTURES = np.random.default_rng(0).integers(-128, 128, (3, 48, 48, 1)).astype(np.int8)


def looks_and_weight(graph: Graph) -> int:
    """Two heads that look, and one constant strictly between 0 and 1 that weighs both sides."""
    (alpha,) = weighings(graph)
    assert 0 < alpha < 1
    return looks(graph)


MARKS: dict[str, tuple[Callable[[Graph], int], int]] = {
    "emotion-48-attention": (attentions, 4),
    "emotion-48-squeezenet": (fire_modules, 6),
    "emotion-48-vit": (looks_and_weight, 2),
}
"""What makes a network one of its family, and how often it is there."""


def built(name: str) -> Any:
    """The untrained network."""
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    tf.keras.utils.set_random_seed(1)
    spec = NETWORKS.get(name)
    assert spec.outputs is not None
    return spec.build(spec.outputs)


def holds(graph: Graph, name: str) -> None:
    """Mark and size."""
    mark, times = MARKS[name]
    assert mark(graph) == times
    assert 3_300_000 <= graph.macs <= 3_500_000


def test_all_but_the_two_sizes_of_the_baseline_have_a_mark() -> None:
    """That of the one that remembers is its variable (test_remembering.py)."""
    names = {spec.name for spec in NETWORKS.entries() if spec.task == "emotions"}
    assert names == {*MARKS, "emotion-48-small", "emotion-48-large", "emotion-48-gru"}


@pytest.mark.parametrize("name", MARKS)
def test_networks_that_are_compared_are_trained_alike(name: str) -> None:
    assert recipe_for(name) == recipe_for("emotion-48-small")


@pytest.mark.slow
@pytest.mark.parametrize("name", MARKS)
def test_a_network_is_exported_and_computed_alike(name: str) -> None:
    model = built(name)
    from model_zoo.training import export, quantize

    content = export.to_tflite(model, quantize.calibration_images(PICTURES.astype(np.float32) / 128))
    holds(compiled_alike(content, name, PICTURES), name)


@pytest.mark.thorough
@pytest.mark.parametrize("name", MARKS)
def test_a_network_that_computed_with_int8_is_exported_and_computed_alike(name: str) -> None:
    holds(compiled_alike(with_int8(built(name), PICTURES), name, PICTURES), name)


@pytest.mark.slow
def test_channels_can_go_by_where_faces_are(tmp_path: Path) -> None:
    """Attention has layers without places, too: they go by their weights."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    from model_zoo.training import compress, export
    from model_zoo.training.course import begin

    name = "emotion-48-attention"
    own = recipe_for(name)
    prune = replace(own.phases[0], name="smaller", kind="prune", share=0.5, score="landmarks")
    options = TrainOptions(name, tmp_path, dataset="drawn-moods", limit=40)
    course = begin(options, replace(own, batch=8, phases=(own.phases[0], prune)))
    whole = course.network()
    small = compress.reshaped(whole, prune, course._guided)
    assert export.macs_of(small) < 0.7 * export.macs_of(whole)
    widths = course.structure(small).widths
    assert widths["s2_squeeze_conv"] == 4
    assert widths["s2_0_expand_conv"] == 64


@pytest.mark.slow
def test_alpha_is_told_and_is_the_constant_of_the_file() -> None:
    """0.73 is learnt, told and exported; the network is built again with it."""
    model = built("emotion-48-vit")
    from model_zoo.blend import learnt_in
    from model_zoo.training import export, quantize
    from model_zoo.training.structure import model_of

    assert learnt_in(model) == {"fused_alpha": 0.5}
    model.get_layer("fused_alpha").bias.assign(1.0)
    assert learnt_in(model)["fused_alpha"] == pytest.approx(1 / (1 + np.exp(-1)))
    again = model_of(model.get_config(), model)
    again.set_weights(model.get_weights())
    assert learnt_in(again) == learnt_in(model)
    content = export.to_tflite(again, quantize.calibration_images(PICTURES.astype(np.float32) / 128))
    graph = compiled_alike(content, "alpha", PICTURES)
    assert weighings(graph) == pytest.approx([0.7311], abs=0.003)
