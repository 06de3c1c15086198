"""Face detectors of the SSDLite family: inverted residuals, and default boxes on two maps of them.

Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016 (arXiv 1512.02325), section 2.1, on MobileNets as
in Howard et al., "MobileNets", 2017 (arXiv 1704.04861), section 4.6; blocks and heads of Sandler et al.,
"MobileNetV2", CVPR 2018, sections 3.3 and 6.2: SSDLite's heads are a depthwise 3x3 and a 1x1 layer.
Maps shrink 128x96 -> 64x48 -> 32x24 -> 16x12 -> 8x6.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn, depthwise_bn, inverted_residual

FIRST_SCORE = -4.0
"""Bias of the scores before training: faces are rare (Lin 2017, section 4.1)."""
STEM = 8
STAGES = ((16, 1, 1), (24, 3, 3), (32, 3, 2))
"""At 32x24, 16x12 and 8x6: channels, how many times as many are inside, blocks with the strided one."""


def _head(x: Any, values: int, cells: int, first: float, name: str) -> Any:
    """Depthwise 3x3 and 1x1: float32 [N, H, W, C] -> [N, cells, values], several cells a place."""
    import tensorflow as tf

    layers = tf.keras.layers
    places = x.shape[1] * x.shape[2]
    x = depthwise_bn(x, name=name)
    x = layers.Conv2D(
        values * (cells // places),
        1,
        kernel_initializer=tf.keras.initializers.RandomNormal(0, 0.01),
        bias_initializer=tf.keras.initializers.Constant(first),
        name=f"{name}_conv",
    )(x)
    return layers.Reshape((cells, values), name=name)(x)


@network(
    "ssdlite-face-128",
    task="faces",
    input_size=(128, 96, 1),
    summary="faces with four key points, SSD's default boxes on MobileNetV2's blocks, under 4 MMAC",
)
def ssdlite_face_128(outputs: Shapes) -> Any:
    """Float32 [N, 96, 128, 1] -> scores and boxes of the fine and of the coarse map."""
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input((96, 128, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, STEM, 3, 2, name="stem", halves=True)  # [N, 48, 64, 8]
    maps = []
    for s, (channels, times, blocks) in enumerate(STAGES):
        for b in range(blocks):
            inside = times * x.shape[-1]
            x = inverted_residual(x, channels, inside, 2 if b == 0 else 1, name=f"s{s}_{b}", halves=True)
        maps.append(x)
    fine, coarse = maps[1:]  # [N, 12, 16, 24], [N, 6, 8, 32]
    names = ("fine_scores", "fine_boxes", "coarse_scores", "coarse_boxes")
    heads = []
    for name, (cells, values), at in zip(names, outputs, (fine, fine, coarse, coarse), strict=True):
        first = FIRST_SCORE if name.endswith("scores") else 0.0
        heads.append(_head(at, values, cells, first, name))
    return tf.keras.Model(entry, heads, name="ssdlite_face")
