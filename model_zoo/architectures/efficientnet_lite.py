"""EfficientNet-Lite for landmarks: MBConv blocks without squeeze-and-excite, scaled down from B0.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019
(arXiv 1905.11946), table 1 and equation 3; ReLU6 and no squeeze-and-excite as in the Lite variants
(github.com/tensorflow/tpu, models/official/efficientnet/lite). Scaled by RESOLUTION, WIDTH and DEPTH below:
1.15^phi is 96 pixels of 224 at phi = -6.06, and depth is the paper's 1.2^phi there. Its width, 1.1^phi,
would be 0.56, more than the budget of 4 MMAC lets through.

Strided blocks have 3x3 kernels, so that no map is padded on one side alone, and the fifth stride is left out,
since 5x5 is the last map that tells where a point is. Maps shrink 96 -> 47 -> 23 -> 11 -> 5.
"""

from __future__ import annotations

import math
from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn, inverted_residual
from model_zoo.three_scales import POINTS_68_AND_PRESENCE, three_scales

RESOLUTION, WIDTH, DEPTH = 96 / 224, 0.22, 0.33
"""Of B0's 224 pixels, its channels and its blocks."""

B0_STEM = 32
B0_STAGES = (
    (16, 1, 1, 3, 1), (24, 2, 6, 3, 2), (40, 2, 6, 5, 2), (80, 3, 6, 3, 2),
    (112, 3, 6, 5, 1), (192, 4, 6, 5, 1), (320, 1, 6, 3, 1),
)  # fmt: skip
"""Channels, blocks, expansion, kernel, stride; the stride of the sixth is 2 in the paper."""
FINE = 2
"""The stage whose map is 11x11."""


def scaled_channels(channels: int) -> int:
    """WIDTH times as many, as a multiple of 8 that is not more than a tenth too few."""
    wanted = channels * WIDTH
    nearest = max(8, int(wanted + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * wanted else nearest + 8


def scaled_blocks(blocks: int) -> int:
    """DEPTH times as many, rounded up."""
    return math.ceil(blocks * DEPTH)


@network(
    "efficientnet-lite-68-96-live",
    task="marks",
    input_size=(96, 96, 1),
    summary="68 landmarks and face or no face, EfficientNet-Lite's blocks, 4 MMAC",
    outputs=POINTS_68_AND_PRESENCE,
)
def efficientnet_lite_68_96_live(outputs: Shapes) -> Any:
    """float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    import tensorflow as tf

    side = round(224 * RESOLUTION)
    entry = tf.keras.layers.Input((side, side, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, scaled_channels(B0_STEM), 3, 2, name="stem")  # [N, 47, 47, 8]
    maps = []
    for s, (channels, blocks, expansion, kernel, stride) in enumerate(B0_STAGES):
        for b in range(scaled_blocks(blocks)):
            step = stride if b == 0 else 1
            expanded = expansion * x.shape[-1]
            window = kernel if step == 1 else 3
            x = inverted_residual(x, scaled_channels(channels), expanded, step, window, f"s{s}_{b}")
        maps.append(x)  # 47x47, 23x23, 11x11, and 5x5 four times
    return three_scales(entry, maps[FINE], maps[-1], (8, 16), outputs, "efficientnet_lite")
