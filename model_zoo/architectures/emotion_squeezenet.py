"""Expressions by SqueezeNet's fire modules; those and the paper stand in squeezenet.py.

Maps shrink 48 -> 23 -> 11 -> 5 without padding, by poolings behind the first.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.architectures.emotion_cnn import OUTPUTS, SIZE, head
from model_zoo.architectures.squeezenet import fire
from model_zoo.blocks import conv_bn

STEM = 16
STAGES = (((8, 16),), ((16, 32), (16, 32)), ((24, 48), (24, 48), (24, 48)))
"""At 23x23, 11x11 and 5x5: of each fire module the squeezed channels and those of each expand layer."""
LAST = 64
"""Channels of the 1x1 convolution before the mean."""


@network(
    "emotion-48-squeezenet",
    task="emotions",
    input_size=SIZE,
    summary="seven expressions, SqueezeNet's fire modules, under 3.5 MMAC",
    outputs=OUTPUTS,
)
def emotion_48_squeezenet(outputs: Shapes) -> Any:
    """float32 [N, 48, 48, 1] -> [N, 7]."""
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input(SIZE, name="picture")  # (p - 128) / 128
    x = conv_bn(entry, STEM, 3, 2, name="stem")  # [N, 23, 23, 16]
    for s, modules in enumerate(STAGES):
        if s > 0:
            x = layers.MaxPooling2D(3, 2, name=f"s{s}_pool")(x)
        for m, (squeezed, expanded) in enumerate(modules):
            x = fire(x, squeezed, expanded, f"s{s}_{m}")
    return head(entry, conv_bn(x, LAST, name="last"), outputs, "emotion_squeezenet")  # [N, 5, 5, 64]
