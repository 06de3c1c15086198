"""Networks with fewer channels and with two layers for one: what they compute, and how they are built."""

from __future__ import annotations

import os

import numpy as np
import pytest

from codegen.errors import DataError
from model_zoo.architectures import NETWORKS
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.channel_scores import by_landmarks, by_norm, by_scale, nearness
from model_zoo.training.channels import Channels, removable
from model_zoo.training.low_rank import factored, halves
from model_zoo.training.prune import pruned
from model_zoo.training.structure import Structure, read_structure, rebuilt, structure_of
from model_zoo.view import View

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOM = "model_zoo.architectures."
OWN = [spec.name for spec in NETWORKS.entries() if spec.build.__module__.startswith(ROOM)]
"""Of the zoo; toys of other tests may have been registered in this process."""


def test_nearness_falls_with_the_distance_to_the_nearest_point() -> None:
    near = nearness(np.array([[[0.125, 0.125], [0.875, 0.625]]]), 4, 4)[0]
    assert near[0, 0] == near[2, 3] == 1.0
    assert near[0, 1] == near[1, 0] == near[2, 2] < 0.01
    assert (near[0, 2] < near[0, 1]) & (near > 0).all()


def test_the_landmarks_that_guide_lie_in_the_crops_of_faces() -> None:
    task, recipe = TASKS.get("marks"), recipe_for("pfld-68-96-live-pico")
    samples = task.example()
    lesson = task.lesson(samples, recipe.task, View(96, 96, 1, recipe.margin))
    _, targets = lesson.batch(samples, np.random.default_rng(1))
    points = lesson.guides(targets)
    faces = targets[1][:, 0] > 0.5
    assert points.shape == (len(samples), 42, 2)
    assert np.isnan(points[~faces]).all()
    assert ((points[faces] > -0.5) & (points[faces] < 1.5)).all()
    assert 0.3 < points[faces].mean() < 0.7


@pytest.mark.parametrize(
    "facts",
    [
        {"structure": 1},
        {"structure": {"widths": {"a": "b"}}},
        {"structure": {"ranks": {"a": 0}}},
        {"structure": {"ranks": []}},
    ],
)
def test_a_structure_that_is_no_table_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(DataError, match="no table of layers"):
        read_structure(facts, "card.json")
    assert not read_structure({}, "card.json")


def test_a_matrix_of_rank_one_is_the_product_of_two_vectors() -> None:
    matrix = np.outer([1.0, 2.0, 4.0, 8.0], [1.0, -1.0, 0.5]).astype(np.float32)
    both = halves(matrix, 0.999)
    assert both is not None
    assert [half.shape for half in both] == [(4, 1), (1, 3)]
    assert halves(np.eye(4, dtype=np.float32), 0.99) is None


def plain() -> object:
    """Two convolutions with a depthwise one between them, whole numbers as weights."""
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input((6, 6, 2), name="picture")
    x = layers.Conv2D(12, 1, name="a")(entry)
    x = layers.ReLU(name="relu")(x)
    x = layers.DepthwiseConv2D(3, name="dw")(x)
    x = layers.Conv2D(3, 1, name="b")(x)
    model = tf.keras.Model(entry, x, name="plain")
    rng = np.random.default_rng(4)
    model.set_weights([rng.integers(-3, 4, w.shape).astype(np.float32) for w in model.get_weights()])
    return model


@pytest.mark.slow
def test_channels_that_say_nothing_can_go_without_a_trace() -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    model = plain()
    kernel, bias = model.get_layer("a").get_weights()
    silent = [1, 4, 7, 11]
    kernel[..., silent], bias[silent] = 0, 0
    model.get_layer("a").set_weights([kernel, bias])
    inner = model.get_layer("dw").get_weights()
    inner[1][silent] = 0
    model.get_layer("dw").set_weights(inner)
    small = pruned(model, 1 / 3, by_norm)
    assert structure_of(model, small) == Structure(widths={"a": 8})
    pictures = np.random.default_rng(5).integers(-8, 8, (3, 6, 6, 2)).astype(np.float32)
    assert (small.predict(pictures, verbose=0) == model.predict(pictures, verbose=0)).all()


@pytest.mark.slow
def test_landmarks_tell_channels_that_look_there_from_those_that_do_not() -> None:
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    entry = tf.keras.layers.Input((8, 8, 2), name="picture")
    middle = tf.keras.layers.Conv2D(2, 1, use_bias=False, name="a")(entry)
    model = tf.keras.Model(entry, tf.keras.layers.Conv2D(1, 1, name="b")(middle))
    model.get_layer("a").set_weights([np.eye(2, dtype=np.float32)[None, None]])
    pictures = np.zeros((1, 8, 8, 2), np.float32)
    pictures[0, 2, 3, 0] = pictures[0, 7, 7, 1] = 1.0  # channel 0 is bright at the point
    points = np.array([[[3.5 / 8, 2.5 / 8]]])
    scores = by_landmarks(model, removable(model.get_config()), pictures, points)["a"]
    assert scores[0] > 0 > scores[1]


@pytest.mark.slow
def test_a_scale_needs_a_normalisation() -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    with pytest.raises(DataError, match="the convolution a has no batch normalisation"):
        by_scale(plain(), [Channels("a", 12, ("relu", "dw"), ("b",))])


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_every_network_can_be_built_again_after_it_was_made_smaller(name: str) -> None:
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    spec = NETWORKS.get(name)
    task, recipe = TASKS.get(spec.task), recipe_for(name)
    lesson = task.lesson(task.example(), recipe.task, View(*spec.input_size, recipe.margin))
    shapes = spec.outputs or lesson.output_shapes

    def built() -> object:
        tf.keras.backend.reset_uids()
        return spec.build(shapes)

    small = factored(pruned(built(), 0.5, by_norm), 0.3)
    structure = structure_of(built(), small)
    assert structure.ranks
    assert structure.widths
    again = rebuilt(built(), structure, name)
    assert [w.shape for w in again.weights] == [w.shape for w in small.weights]
    assert [w.name for w in again.weights] == [w.name for w in small.weights]
    again.set_weights(small.get_weights())
    picture = np.zeros((1, *small.input_shape[1:]), np.float32)
    told = [np.concatenate([np.ravel(o) for o in tf.nest.flatten(m(picture))]) for m in (small, again)]
    assert told[0].tobytes() == told[1].tobytes()
