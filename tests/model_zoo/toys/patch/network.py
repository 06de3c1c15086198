"""Three strided convolutions down to a grid of 4x3 cells, with two heads."""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn


@network("patch-net", task="patch", input_size=(40, 32, 3), summary="three convolutions, two heads")
def patch_net(outputs: Shapes) -> Any:
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input((32, 40, 3), name="picture")
    x = conv_bn(entry, 8, 3, 2, name="a")  # [N, 15, 19, 8]
    x = conv_bn(x, 16, 3, 2, name="b")  # [N, 7, 9, 16]
    x = conv_bn(x, 32, 3, 2, name="c")  # [N, 3, 4, 32]
    x = conv_bn(x, 32, 3, name="d")
    scores = layers.Reshape(outputs[0], name="scores")(layers.Conv2D(1, 1, name="scores_conv")(x))
    boxes = layers.Reshape(outputs[1], name="boxes")(layers.Conv2D(4, 1, name="boxes_conv")(x))
    return tf.keras.Model(entry, [scores, boxes], name="patch")
