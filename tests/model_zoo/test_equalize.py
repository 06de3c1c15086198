"""Branches in front of a dense layer get like ranges, and the network computes what it did."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.errors import DataError, ModelError
from model_zoo.architectures import NETWORKS, Shapes, network
from model_zoo.cards import read_card
from model_zoo.recipes import recipe, recipe_for
from model_zoo.training.equalize import Branch, equalize, joints
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe import Recipe
from tests.model_zoo.toys import stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
TRAINING = "tensorflow_model_optimization"
WHY = "TensorFlow is not installed: pip install -e '.[train]'"
NAMES = ("fine", "coarse")
assert stripes


@network("stripes-beside", task="stripes", input_size=(32, 32, 1), summary="a map and means beside it")
def beside(outputs: Shapes) -> Any:
    import tensorflow as tf

    from model_zoo.blocks import conv_bn

    layers = tf.keras.layers
    entry = layers.Input((32, 32, 1), name="picture")
    x = conv_bn(entry, 8, 3, 2, name="a")
    means = layers.GlobalAveragePooling2D(name="means")(conv_bn(x, 8, 3, 2, relu=False, name="b"))
    places = layers.Flatten(name="places")(conv_bn(x, 2, 3, 4, name="c"))
    joined = layers.Concatenate(name="joined")([places, means])
    return tf.keras.Model(entry, layers.Dense(outputs[0][0], name="classes")(joined))


@recipe("stripes-beside")
def besides() -> Recipe:
    return recipe_for("stripes-wide")


@pytest.fixture
def tf() -> Any:
    pytest.importorskip(TRAINING, reason=WHY)
    return pytest.importorskip("tensorflow", reason=WHY)


def pictures(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(5).uniform(-1, 127 / 128, (count, 12, 12, 1)).astype(np.float32)


def two_branches(tf: Any, small: float = 0.02, limit: float | None = 6.0, read_twice: bool = False) -> Any:
    """A branch of small values with ReLU and pool, and one of large values without BatchNorm, in front of a
    dense layer."""
    layers = tf.keras.layers
    tf.keras.utils.set_random_seed(3)
    entry = layers.Input((12, 12, 1))
    x = layers.Conv2D(4, 3, use_bias=False)(entry)
    x = layers.BatchNormalization(
        name="norm",
        gamma_initializer=tf.keras.initializers.RandomUniform(small / 4, small),
        beta_initializer=tf.keras.initializers.RandomUniform(0, small),
    )(x)
    x = layers.ReLU(limit, name="cut")(x)
    pooled = layers.AveragePooling2D(2, name="pool")(x)
    small_ones = layers.Flatten(name="flat")(pooled)
    large = layers.Dense(6, name="large")(layers.Flatten()(entry))
    joined = layers.Concatenate(name="joined")([small_ones, large])
    outputs = [layers.Dense(5, name="points")(joined), layers.Dense(1, name="presence")(joined)]
    if read_twice:
        outputs.append(layers.GlobalMaxPooling2D()(x))
    return tf.keras.Model(entry, outputs)


def answers(model: Any, inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [np.asarray(part) for part in model(inputs, training=False)]


def peaks(tf: Any, model: Any, name: str, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    inner = tf.keras.Model(model.input, model.get_layer(name).output)
    return np.abs(inner(inputs, training=False).numpy()).reshape(-1, 4).max(0)


@pytest.mark.slow
def test_small_channels_grow_and_answers_stay(tf: Any) -> None:
    model, known, others = two_branches(tf), pictures(64), pictures(96)[64:]
    before, small = answers(model, others), peaks(tf, model, "pool", known)
    largest = np.abs(tf.keras.Model(model.input, model.get_layer("large").output)(known).numpy()).max()
    equalize(model, known)
    grown = peaks(tf, model, "pool", known)
    assert (grown >= 5 * small).all()
    assert grown.max() <= largest * 1.0001
    assert peaks(tf, model, "cut", known).max() <= 3.0001  # half of the limit
    for was, now in zip(before, answers(model, others), strict=True):
        np.testing.assert_allclose(now, was, atol=1e-5 * np.abs(was).max())


@pytest.mark.slow
def test_shares_of_values_and_weights_become_equal(tf: Any) -> None:
    model, known = two_branches(tf, limit=None), pictures(64)
    large = np.abs(tf.keras.Model(model.input, model.get_layer("large").output)(known).numpy()).max()
    ranges = [np.abs(model.get_layer(name).kernel.numpy()).max() for name in ("points", "presence")]
    equalize(model, known)
    of_values = peaks(tf, model, "pool", known) / large
    of_weights = np.max(
        [
            np.abs(model.get_layer(name).kernel.numpy()[:-6]).reshape(-1, 4, outputs).max((0, 2)) / most
            for name, outputs, most in zip(("points", "presence"), (5, 1), ranges, strict=True)
        ],
        0,
    )
    np.testing.assert_allclose(of_values, of_weights, rtol=1e-4)


@pytest.mark.slow
def test_channels_at_their_limit_stay(tf: Any) -> None:
    model, known = two_branches(tf, small=400.0), pictures(64)
    assert peaks(tf, model, "cut", known).min() == 6
    weights = model.get_weights()
    equalize(model, known)
    for was, now in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(now, was)


@pytest.mark.slow
def test_a_channel_that_says_nothing_stays_finite(tf: Any) -> None:
    model, known = two_branches(tf), pictures(16)
    norm = model.get_layer("norm")
    norm.gamma.assign(np.zeros(4, np.float32))
    norm.beta.assign(np.full(4, -1, np.float32))
    before = answers(model, known)
    equalize(model, known)
    for was, now in zip(before, answers(model, known), strict=True):
        np.testing.assert_allclose(now, was, atol=1e-6)


@pytest.mark.slow
def test_int8_errs_by_less(tf: Any) -> None:
    from model_zoo.evaluation.engines import micro_engine
    from model_zoo.training import export, quantize

    known, others = quantize.calibration_images(pictures(64)), pictures(96)[64:]
    bytes_in = np.round(others * 128).astype(np.int8)
    reals = bytes_in.astype(np.float32) / 128

    def error(model: Any) -> float:
        engine = micro_engine(export.to_tflite(model, known))
        (index,) = (k for k, output in enumerate(engine.outputs) if output.shape[-1] == 5)
        facts = engine.outputs[index]
        got = np.concatenate([engine.run(picture[None])[index] for picture in bytes_in]).astype(np.float32)
        return float(np.abs((got - facts.zero_point) * facts.scale - answers(model, reals)[0]).mean())

    model = two_branches(tf)
    points = model.get_layer("points").kernel
    weights = points.numpy()
    weights[:-6] *= 30  # a training weighs what is small
    points.assign(weights)
    before = error(model)
    equalize(model, known)
    assert error(model) < before / 2


@pytest.mark.slow
def test_what_others_read_is_no_branch(tf: Any) -> None:
    assert joints(two_branches(tf).get_config())[0].branches == (Branch("norm", "cut", 6.0, "flat"),)
    assert joints(two_branches(tf, read_twice=True).get_config()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pfld-68-96-live", "efficientnet-lite-68-96-live", "pfld-68-96"])
def test_the_zoos_head_has_two_branches(tf: Any, name: str) -> None:
    spec = NETWORKS.get(name)
    assert spec.outputs is not None
    (joint,) = joints(spec.build(spec.outputs).get_config())
    assert [one.norm for one in joint.branches] == [f"{name}_bn" for name in NAMES]
    assert joint.readers == ("points", "presence")[: len(spec.outputs)]


def joined_maps(layers: Any, entry: Any, small: Any, large: Any) -> Any:
    return layers.Dense(5)(layers.Concatenate()([small, large]))


def joined_by_height(layers: Any, entry: Any, small: Any, large: Any) -> Any:
    pooled = [layers.GlobalMaxPooling2D(keepdims=True)(x) for x in (small, large)]
    return layers.Dense(5)(layers.Concatenate(axis=1)(pooled))


def dense_read_twice(layers: Any, entry: Any, small: Any, large: Any) -> Any:
    dense = layers.Dense(5)
    return [dense(joined(layers, small, large)), dense(layers.Dense(8)(layers.Flatten()(entry)))]


def joined_twice(layers: Any, entry: Any, small: Any, large: Any) -> Any:
    join = layers.Concatenate()
    pair = [layers.GlobalMaxPooling2D()(x) for x in (small, large)]
    others = [layers.Dense(4)(layers.Flatten()(entry)) for _ in pair]
    return [layers.Dense(5)(join(pair)), layers.Dense(5)(join(others))]


def norm_of_lines(layers: Any, entry: Any, small: Any, large: Any) -> Any:
    lines = layers.BatchNormalization(axis=1)(layers.Conv2D(4, 3)(entry))
    return layers.Dense(5)(layers.Concatenate()([layers.Flatten()(lines), layers.Flatten()(entry)]))


def joined(layers: Any, *maps: Any) -> Any:
    return layers.Concatenate()([layers.GlobalMaxPooling2D()(x) for x in maps])


@pytest.mark.slow
@pytest.mark.parametrize(
    "end",
    [joined_maps, joined_by_height, dense_read_twice, joined_twice, norm_of_lines],
    ids=lambda f: f.__name__,
)
def test_what_weighs_other_values_too_is_left_alone(tf: Any, end: Any) -> None:
    layers = tf.keras.layers
    entry = layers.Input((12, 12, 1))
    small = layers.BatchNormalization(gamma_initializer=tf.keras.initializers.Constant(0.01))(
        layers.Conv2D(4, 3)(entry)
    )
    model = tf.keras.Model(entry, end(layers, entry, small, layers.Conv2D(4, 3)(entry)))
    weights = model.get_weights()
    assert joints(model.get_config()) == []
    equalize(model, pictures(16))
    for was, now in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(now, was)


@pytest.mark.slow
@pytest.mark.parametrize("silent", [("presence",), ("points", "presence"), ("norm", "large")])
def test_layers_of_zeros_stay_finite(tf: Any, silent: tuple[str, ...]) -> None:
    model, known = two_branches(tf), pictures(16)
    for name in silent:
        layer = model.get_layer(name)
        layer.set_weights([np.zeros_like(values) for values in layer.get_weights()])
    before = answers(model, known)
    equalize(model, known)
    for was, now in zip(before, answers(model, known), strict=True):
        np.testing.assert_allclose(now, was, rtol=1e-5, atol=1e-6)


def options(out: Path, name: str, *changes: str, **more: Any) -> TrainOptions:
    """One epoch of the first phase, and one that is quantization-aware."""
    words = ("phases.coarse.epochs=1", "phases.fine.epochs=0", "phases.int8.epochs=1", *changes)
    return TrainOptions(name, out, quiet=True, changes=words, dataset="stripes", **more)


@pytest.mark.slow
@pytest.mark.usefixtures("tf")
def test_a_training_equalizes_and_its_card_says_so(tmp_path: Path) -> None:
    from model_zoo.training.train import train

    plain = train(options(tmp_path / "plain", "stripes-beside"))
    asked = train(options(tmp_path / "asked", "stripes-beside", "equalize=true"))
    assert "equalize" not in read_card(plain.card_path).facts["recipe"]
    card = read_card(asked.card_path)
    assert card.facts["recipe"]["equalize"] is True
    assert "--set equalize=true" in card.facts["train_again"]
    before, after = (read_weights(one.card_path) for one in (plain, asked))
    assert (np.abs(after["c_bn/gamma"]) > np.abs(before["c_bn/gamma"])).any()


@pytest.mark.slow
@pytest.mark.usefixtures("tf")
def test_a_float_phase_of_before_is_gone_on_with(tmp_path: Path) -> None:
    from model_zoo.training.train import train

    train(options(tmp_path, "stripes-beside"))
    (tmp_path / "int8.ckpt.npz").unlink()
    again = options(tmp_path, "stripes-beside", "equalize=true", resume=True)
    assert read_card(train(again).card_path).facts["recipe"]["equalize"] is True


@pytest.mark.slow
@pytest.mark.usefixtures("tf")
def test_a_network_without_branches_is_told_before_the_first_epoch(tmp_path: Path) -> None:
    from model_zoo.training.train import train

    with pytest.raises(ModelError, match="it has no branches to equalize"):
        train(options(tmp_path, "stripes-wide", "equalize=true"))


def test_few_values_stay_few() -> None:
    from model_zoo.training.chosen_recipe import own_recipe

    few = options(
        Path("out"), "stripes-wide", "equalize=true", "phases.few.kind=cluster", "phases.few.epochs=1"
    )
    with pytest.raises(DataError, match="equalize would scale the weights that few gives few values"):
        own_recipe(few).check("stripes-wide")


def read_weights(card: Path) -> dict[str, Any]:
    from model_zoo.training.float_weights import read

    return read(read_card(card))
