"""Landmarks by BlazeFace's blocks in one stage: a body and the head of the other families, no boxes.

Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019 (arXiv 1907.05047),
section 3.1: depthwise 5x5 kernels, since a larger one costs little beside the 1x1 layer, and few blocks. The
strided blocks are 3x3 without a sum. Maps shrink 96 -> 47 -> 23 -> 11 -> 5 without padding.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn, depthwise_bn
from model_zoo.three_scales import POINTS_68_AND_PRESENCE, three_scales

STEM = 16
STAGES = ((32, 1), (64, 2), (96, 1))
"""At 23x23, 11x11 and 5x5: channels, blocks behind the strided one."""


def blaze_block(x: Any, name: str) -> Any:
    """Depthwise 5x5, 1x1, the entry added, ReLU6: float32 [N, H, W, C] -> [N, H, W, C]; figure 1."""
    import tensorflow as tf

    layers = tf.keras.layers
    inside = depthwise_bn(x, 5, relu=False, name=name)
    inside = conv_bn(inside, x.shape[-1], relu=False, name=f"{name}_project")
    return layers.ReLU(6.0, name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, inside]))


@network(
    "blaze-landmarks-68-96-live",
    task="marks",
    input_size=(96, 96, 1),
    summary="68 landmarks and face or no face, BlazeFace's blocks, 4 MMAC",
    outputs=POINTS_68_AND_PRESENCE,
)
def blaze_landmarks_68_96_live(outputs: Shapes) -> Any:
    """float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    import tensorflow as tf

    entry = tf.keras.layers.Input((96, 96, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, STEM, 3, 2, name="stem")  # [N, 47, 47, 16]
    maps = []
    for s, (channels, blocks) in enumerate(STAGES):
        x = depthwise_bn(x, stride=2, relu=False, name=f"s{s}_down")
        x = conv_bn(x, channels, name=f"s{s}_down_project")
        for b in range(blocks):
            x = blaze_block(x, f"s{s}_{b}")
        maps.append(x)  # [N, 23, 23, 32], [N, 11, 11, 64], [N, 5, 5, 96]
    return three_scales(entry, maps[1], maps[2], (8, 16), outputs, "blaze_landmarks")
