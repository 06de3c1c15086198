"""A plain small network for landmarks: 3x3 convolutions alone, what other families are held against.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015
(arXiv 1409.1556), section 2: small kernels throughout, channels grow where maps shrink; strides stand in the
place of its poolings. Maps shrink 96 -> 47 -> 23 -> 11 -> 5 without padding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn
from model_zoo.three_scales import POINTS_68_AND_PRESENCE, three_scales

STEM = 8
STAGES = ((24, 0), (40, 0), (64, 1))
"""At 23x23, 11x11 and 5x5: channels, convolutions behind the strided one."""


def plain(outputs: Shapes, name: str, behind_stage: Callable[[Any, str], Any] = lambda x, _: x) -> Any:
    """The network; `behind_stage` changes the map that a stage ends in, and is told the stage's name."""
    import tensorflow as tf

    entry = tf.keras.layers.Input((96, 96, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, STEM, 3, 2, name="stem")  # [N, 47, 47, 8]
    maps = []
    for s, (channels, blocks) in enumerate(STAGES):
        x = conv_bn(x, channels, 3, 2, name=f"s{s}_down")
        for b in range(blocks):
            x = conv_bn(x, channels, 3, name=f"s{s}_{b}")
        x = behind_stage(x, f"s{s}")
        maps.append(x)  # [N, 23, 23, 24], [N, 11, 11, 40], [N, 5, 5, 64]
    return three_scales(entry, maps[1], maps[2], (8, 16), outputs, name)


@network(
    "tinyface-cnn-68-96-live",
    task="marks",
    input_size=(96, 96, 1),
    summary="68 landmarks and face or no face, plain 3x3 convolutions, 4 MMAC",
    outputs=POINTS_68_AND_PRESENCE,
)
def tinyface_cnn_68_96_live(outputs: Shapes) -> Any:
    """float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    return plain(outputs, "tinyface_cnn")
