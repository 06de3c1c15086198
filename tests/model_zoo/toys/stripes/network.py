"""Two architectures for stripes: convolutions, and a smaller one, depthwise and without normalisation."""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn


@network("stripes-wide", task="stripes", input_size=(32, 32, 1), summary="three convolutions")
def wide(outputs: Shapes) -> Any:
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input((32, 32, 1), name="picture")
    x = conv_bn(entry, 8, 3, 2, name="a")  # [N, 15, 15, 8]
    x = conv_bn(x, 16, 3, 2, name="b")  # [N, 7, 7, 16]
    x = conv_bn(x, 16, 3, name="c")
    x = layers.GlobalAveragePooling2D(name="whole")(x)
    return tf.keras.Model(entry, layers.Dense(outputs[0][0], name="classes")(x), name="wide")


@network("stripes-narrow", task="stripes", input_size=(32, 32, 1), summary="one convolution, one depthwise")
def narrow(outputs: Shapes) -> Any:
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input((32, 32, 1), name="picture")
    x = layers.Conv2D(8, 3, 2, name="a_conv")(entry)  # [N, 15, 15, 8]
    x = layers.ReLU(6.0, name="a_relu")(x)
    x = layers.DepthwiseConv2D(3, 2, name="b_conv")(x)  # [N, 7, 7, 8]
    x = layers.ReLU(6.0, name="b_relu")(x)
    x = layers.GlobalAveragePooling2D(name="whole")(x)
    return tf.keras.Model(entry, layers.Dense(outputs[0][0], name="classes")(x), name="narrow")
