"""Face detectors of the BlazeFace family: two grids of cells, each with a score, a box and four key points.

Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019 (arXiv 1907.05047),
sections 3.1 and 3.2, with 3x3 depthwise kernels and one box a cell, as in FCOS (Tian 2019).
Maps shrink 128x96 -> 64x48 -> 32x24 -> 16x12 -> 8x6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model_zoo.architectures import Shapes, network

FIRST_SCORE = -4.0
"""Bias of the scores before training: faces are rare (Lin 2017, section 4.1)."""


@dataclass(frozen=True)
class BlazeWidths:
    """Channel counts; multiples of 8.

    Attributes:
        stem: channels at 64x48.
        stages: channels and blocks behind the strided one at 32x24, 16x12 and 8x6.
    """

    stem: int
    stages: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


SMALL = BlazeWidths(stem=16, stages=((24, 1), (48, 3), (72, 1)))
LARGE = BlazeWidths(stem=16, stages=((32, 1), (72, 4), (88, 3)))


def _convolution(x: Any, channels: int, kernel: int, stride: int, name: str, relu: bool = True) -> Any:
    import tensorflow as tf

    layers = tf.keras.layers
    x = layers.Conv2D(
        channels, kernel, stride, "same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(momentum=0.98, epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if relu else x


def _blaze(x: Any, channels: int, stride: int, name: str) -> Any:
    """Depthwise 3x3, 1x1, and the entry added where shapes agree: figure 1 of the paper."""
    import tensorflow as tf

    layers = tf.keras.layers
    entry = x
    x = layers.DepthwiseConv2D(
        3, stride, "same", use_bias=False, depthwise_initializer="he_normal", name=f"{name}_dw"
    )(x)
    x = layers.BatchNormalization(momentum=0.98, epsilon=1e-3, name=f"{name}_dw_bn")(x)
    if stride == 1 and entry.shape[-1] == channels:
        x = _convolution(x, channels, 1, 1, name, relu=False)
        x = layers.Add(name=f"{name}_add")([entry, x])
        return layers.ReLU(6.0, name=f"{name}_relu")(x)
    return _convolution(x, channels, 1, 1, name)


def _blazeface(widths: BlazeWidths, outputs: Shapes) -> Any:
    """The network; `outputs`: cells and values of the fine grid's scores and boxes, then the coarse one's."""
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input((96, 128, 1), name="picture")  # (p - 128) / 128
    x = _convolution(entry, widths.stem, 3, 2, "stem")  # [N, 48, 64, stem]
    maps = []
    for s, (channels, blocks) in enumerate(widths.stages):
        x = _blaze(x, channels, 2, f"s{s}_down")
        for b in range(blocks):
            x = _blaze(x, channels, 1, f"s{s}_{b}")
        maps.append(x)
    names = ("fine_scores", "fine_boxes", "coarse_scores", "coarse_boxes")
    heads = []
    for name, (cells, values), grid in zip(names, outputs, (*maps[1:2] * 2, *maps[2:] * 2), strict=True):
        start = FIRST_SCORE if name.endswith("scores") else 0.0
        head = layers.Conv2D(
            values * (cells // (grid.shape[1] * grid.shape[2])),
            1,
            kernel_initializer=tf.keras.initializers.RandomNormal(0, 0.01),
            bias_initializer=tf.keras.initializers.Constant(start),
            name=f"{name}_conv",
        )(grid)
        heads.append(layers.Reshape((cells, values), name=name)(head))
    return tf.keras.Model(entry, heads, name="blazeface")


@network(
    "blazeface-128-small",
    task="faces",
    input_size=(128, 96, 1),
    summary="faces with four key points, two grids of cells, under 4 MMAC",
)
def blazeface_128_small(outputs: Shapes) -> Any:
    """Float32 [N, 96, 128, 1] -> scores and boxes of the fine and of the coarse grid."""
    return _blazeface(SMALL, outputs)


@network(
    "blazeface-128-free",
    task="faces",
    input_size=(128, 96, 1),
    summary="the small one, for a training on rendered faces and freely licensed pictures alone",
)
def blazeface_128_free(outputs: Shapes) -> Any:
    """As blazeface-128-small: float32 [N, 96, 128, 1] -> scores and boxes of both grids."""
    return _blazeface(SMALL, outputs)


@network(
    "blazeface-128-large",
    task="faces",
    input_size=(128, 96, 1),
    summary="the same family under 9 MMAC",
)
def blazeface_128_large(outputs: Shapes) -> Any:
    """Float32 [N, 96, 128, 1] -> scores and boxes of the fine and of the coarse grid."""
    return _blazeface(LARGE, outputs)
