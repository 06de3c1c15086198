"""Whether a network can be shipped is learnt before the first epoch."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.backends.host_library import CompiledModel
from codegen.errors import ModelError
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from model_zoo.architectures import NETWORKS, Shapes
from model_zoo.evaluation.engines import micro_engine
from model_zoo.training.options import TrainOptions
from tests.model_zoo.toys import stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")
layers = tf.keras.layers
assert stripes


def pooled() -> Any:
    """64x64 colour, both poolings, softmax."""
    entry = layers.Input((64, 64, 3), name="picture")
    x = layers.Conv2D(8, 3, padding="same", name="a_conv")(entry)
    x = layers.ReLU(6.0, name="a_relu")(x)
    x = layers.MaxPooling2D(2, name="most")(x)
    x = layers.Conv2D(8, 3, name="b_conv")(x)
    x = layers.ReLU(6.0, name="b_relu")(x)
    x = layers.AveragePooling2D(2, name="mean")(x)
    x = layers.Flatten(name="flat")(x)
    return tf.keras.Model(entry, layers.Softmax(name="shares")(layers.Dense(2, name="classes")(x)))


@pytest.mark.parametrize("form", ["ptq", "qat"])
def test_pooling_and_softmax_in_colour_are_exported_and_computed_alike(form: str) -> None:
    from model_zoo.training import export, quantize

    tf.keras.utils.set_random_seed(1)
    pixels = np.random.default_rng(0).integers(-128, 128, (12, 64, 64, 3)).astype(np.int8)
    real = quantize.calibration_images(pixels.astype(np.float32) / 128)
    model = pooled()
    if form == "qat":
        aware = quantize.quantization_aware(model, 0.9)
        for _ in range(20):
            aware(real, training=True)
        content = export.to_tflite(aware, None)
    else:
        content = export.to_tflite(model, real)
    ops = export.check(content, form)
    assert {"MAX_POOL_2D", "AVERAGE_POOL_2D", "SOFTMAX"} <= set(ops)
    engine, compiled = micro_engine(content), CompiledModel(make_plan(optimize(parse_model(content, form))))
    for picture in pixels:
        (wanted,), (found,) = engine.run(picture[None]), compiled.invoke([picture[None]])
        np.testing.assert_array_equal(found, wanted)


def replaced(monkeypatch: pytest.MonkeyPatch, middle: Callable[[Any], Any]) -> None:
    """Gives stripes-wide a layer in its middle."""

    def build(outputs: Shapes) -> Any:
        entry = layers.Input((32, 32, 1), name="picture")
        x = middle(layers.Conv2D(8, 3, 2, name="a_conv")(entry))
        x = layers.GlobalAveragePooling2D(name="whole")(x)
        return tf.keras.Model(entry, layers.Dense(outputs[0][0], name="classes")(x))

    monkeypatch.setitem(NETWORKS._entries, "stripes-wide", replace(NETWORKS.get("stripes-wide"), build=build))


@pytest.mark.parametrize(
    ("middle", "cause"),
    [
        (lambda x: layers.Lambda(tf.math.cumsum, name="sums")(x), "CUMSUM|sums|Lambda"),
        (lambda x: layers.Lambda(lambda t: tf.math.segment_sum(t, [0]), name="odd")(x), "SEGMENT_SUM"),
    ],
)
def test_what_can_not_be_shipped_is_told_before_the_first_epoch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, middle: Callable[[Any], Any], cause: str
) -> None:
    from model_zoo.training import course
    from model_zoo.training.train import train

    def never(*_: Any) -> None:
        raise AssertionError("an epoch was begun")

    monkeypatch.setattr(course, "fit", never)
    replaced(monkeypatch, middle)
    with pytest.raises(ModelError, match=cause) as caught:
        train(TrainOptions("stripes-wide", tmp_path, quiet=True))
    assert "stripes-wide" in str(caught.value)
    assert not list(tmp_path.glob("*.npz"))


def test_pooling_and_softmax_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from model_zoo.training.train import train

    def middle(x: Any) -> Any:
        x = layers.MaxPooling2D(2, name="most")(x)
        return layers.Softmax(name="shares")(layers.AveragePooling2D(2, name="mean")(x))

    replaced(monkeypatch, middle)
    result = train(TrainOptions("stripes-wide", tmp_path, epochs=1, qat_epochs=1, quiet=True))
    assert {"MAX_POOL_2D", "AVERAGE_POOL_2D", "SOFTMAX"} <= set(result.card.size["ops"])
