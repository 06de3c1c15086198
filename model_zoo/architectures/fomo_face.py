"""Centroids of faces in the manner of FOMO: MobileNetV2 cut off at an eighth of the side, 1x1 scores behind.

Moreau and Kelcey, "Announcing FOMO (Faster Objects, More Objects)", Edge Impulse, 2022 (no paper): a
classifier whose end is left out, so that each place of its last map is classified by itself. The trunk's
blocks are those of Sandler et al., "MobileNetV2", CVPR 2018, section 3.3; the last one's kernel is 5x5, since
no coarser map widens what a place sees. Maps shrink 128x96 -> 64x48 -> 32x24 -> 16x12.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn, inverted_residual

FIRST_SCORE = -4.0
"""Bias of the scores before training: faces are rare (Lin 2017, section 4.1)."""
STEM = 8
NARROW = 16
"""Channels between blocks."""
BLOCKS = ((2, 8, 3), (2, 16, 3), (1, 40, 5))
"""Of each inverted residual the stride, the channels inside (strided ones expand nothing), the kernel."""
HEAD = 16


@network(
    "fomo-face-128",
    task="centroids",
    input_size=(128, 96, 1),
    summary="middles of faces without their sizes, one map of stride 8, under 1 MMAC",
)
def fomo_face_128(outputs: Shapes) -> Any:
    """Float32 [N, 96, 128, 1] -> scores [N, 192, 1]."""
    import tensorflow as tf

    layers = tf.keras.layers
    ((cells, values),) = outputs
    entry = layers.Input((96, 128, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, STEM, 3, 2, name="stem", halves=True)  # [N, 48, 64, 8]
    for b, (stride, inside, kernel) in enumerate(BLOCKS):
        x = inverted_residual(x, NARROW, inside, stride, kernel, f"b{b}", halves=True)
    x = conv_bn(x, HEAD, name="head")  # [N, 12, 16, HEAD]
    x = layers.Conv2D(
        values,
        1,
        kernel_initializer=tf.keras.initializers.RandomNormal(0, 0.01),
        bias_initializer=tf.keras.initializers.Constant(FIRST_SCORE),
        name="scores_conv",
    )(x)
    return tf.keras.Model(entry, layers.Reshape((cells, values), name="scores")(x), name="fomo_face")
