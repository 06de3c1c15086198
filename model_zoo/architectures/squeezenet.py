"""SqueezeNet for landmarks: fire modules, which squeeze the channels before the costly 3x3 kernels.

Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016
(arXiv 1602.07360), section 3.2 and figure 1; as many 1x1 as 3x3 kernels in the expand layers, as there.
Maps shrink 96 -> 47 -> 23 -> 11 -> 5 without padding, by poolings behind the first.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn
from model_zoo.three_scales import POINTS_68_AND_PRESENCE, three_scales

STEM = 16
STAGES = (((8, 16),), ((16, 32), (16, 32)), ((24, 48), (24, 48), (24, 48)))
"""At 23x23, 11x11 and 5x5: of each fire module the squeezed channels and those of each expand layer."""


def fire(x: Any, squeezed: int, expanded: int, name: str) -> Any:
    """1x1 squeeze, then 1x1 and 3x3 side by side: float32 [N, H, W, C] -> [N, H, W, 2 expanded]."""
    import tensorflow as tf

    x = conv_bn(x, squeezed, name=f"{name}_squeeze")
    points = conv_bn(x, expanded, name=f"{name}_expand1")
    squares = conv_bn(x, expanded, 3, name=f"{name}_expand3")
    return tf.keras.layers.Concatenate(name=f"{name}_fire")([points, squares])


@network(
    "squeezenet-68-96-live",
    task="marks",
    input_size=(96, 96, 1),
    summary="68 landmarks and face or no face, SqueezeNet's fire modules, 4 MMAC",
    outputs=POINTS_68_AND_PRESENCE,
)
def squeezenet_68_96_live(outputs: Shapes) -> Any:
    """float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input((96, 96, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, STEM, 3, 2, name="stem")  # [N, 47, 47, 16]
    maps = []
    for s, modules in enumerate(STAGES):
        x = layers.MaxPooling2D(3, 2, name=f"s{s}_pool")(x)
        for m, (squeezed, expanded) in enumerate(modules):
            x = fire(x, squeezed, expanded, f"s{s}_{m}")
        maps.append(x)  # [N, 23, 23, 32], [N, 11, 11, 64], [N, 5, 5, 96]
    return three_scales(entry, maps[1], maps[2], (8, 16), outputs, "squeezenet")
