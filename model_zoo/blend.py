"""Two features weighed against each other by one number that is learnt with them."""

from __future__ import annotations

from functools import cache
from typing import Any

FIRST = 0.0
"""What the weight starts as: both have half."""


@cache
def weigher() -> Any:
    """The class of the layer x -> alpha * x with alpha = sigmoid(weight), strictly between 0 and 1.

    The weight is a bias: its decay would pull alpha to a half. In an exported graph alpha is a constant.
    """
    import tensorflow as tf

    @tf.keras.utils.register_keras_serializable("tinyface")
    class Weigher(tf.keras.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            start = tf.keras.initializers.Constant(FIRST)
            self.bias = self.add_weight("bias", (), initializer=start)
            super().build(shape)

        def call(self, x: Any) -> Any:
            return tf.sigmoid(self.bias) * x

        def told(self) -> float:
            """Alpha."""
            return float(tf.sigmoid(self.bias))

    return Weigher


def blend(a: Any, b: Any, name: str) -> Any:
    """alpha * a + (1 - alpha) * b: float32 of one shape each, kept.

    Computed as b + alpha * (a - b), the same with one product.
    """
    import tensorflow as tf

    layers = tf.keras.layers
    apart = layers.Subtract(name=f"{name}_apart")([a, b])
    return layers.Add(name=f"{name}_both")([b, weigher()(name=f"{name}_alpha")(apart)])


def learnt_in(model: Any) -> dict[str, float]:
    """The numbers that a trained Keras model has learnt and a person wants to know, by the layer's name."""
    layers = [getattr(layer, "layer", layer) for layer in model.layers]  # of a quantization-aware one inside
    return {layer.name: layer.told() for layer in layers if hasattr(layer, "told")}
