"""Expression networks on 48x48: MobileNetV2 blocks, the baseline that the others are held against.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, section 3.3. Maps shrink
48 -> 23 -> 11 -> 5 without padding; the mean over the last one goes through dropout into one logit a class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn, inverted_residual

OUTPUTS: Shapes = ((7,),)
SIZE = (48, 48, 1)
DROPOUT = 0.2


@dataclass(frozen=True)
class Widths:
    """Channel counts; multiples of 8.

    Attributes:
        stem: channels at 23x23.
        stages: one a map (23x23, 11x11, 5x5): channels, expanded at its entry, expanded in the blocks behind,
            how many of those blocks.
        last: channels of the 1x1 convolution before the mean.
    """

    stem: int
    stages: tuple[tuple[int, int, int, int], ...]
    last: int


SMALL = Widths(stem=16, stages=((16, 16, 32, 1), (32, 32, 64, 1), (64, 64, 128, 2)), last=96)
LARGE = Widths(stem=24, stages=((24, 24, 56, 1), (48, 48, 112, 2), (88, 112, 184, 2)), last=128)


def trunk(widths: Widths, behind: Callable[[Any, int], Any] = lambda x, stage: x) -> tuple[Any, Any]:
    """From the picture to what the last stage makes: the Keras input, and float32 [N, 5, 5, channels].

    Args:
        behind: what is put behind each stage, given its map and its number.
    """
    import tensorflow as tf

    entry = tf.keras.layers.Input(SIZE, name="picture")  # (p - 128) / 128
    x = conv_bn(entry, widths.stem, 3, 2, name="stem")  # [N, 23, 23, stem]
    for s, (channels, at_entry, inside, blocks) in enumerate(widths.stages):
        x = inverted_residual(x, channels, at_entry, 1 if s == 0 else 2, name=f"s{s}_entry")
        for b in range(blocks):
            x = inverted_residual(x, channels, inside, name=f"s{s}_{b}")
        x = behind(x, s)
    return entry, x


def body(widths: Widths, behind: Callable[[Any, int], Any] = lambda x, stage: x) -> tuple[Any, Any]:
    """As `trunk`, and the 1x1 convolution behind it: the Keras input, and float32 [N, 5, 5, last]."""
    entry, x = trunk(widths, behind)
    return entry, conv_bn(x, widths.last, name="last")


def head(entry: Any, x: Any, outputs: Shapes, name: str) -> Any:
    """From a map to logits, a Keras model."""
    import tensorflow as tf

    return logits(entry, tf.keras.layers.GlobalAveragePooling2D(name="mean")(x), outputs, name)


def logits(entry: Any, x: Any, outputs: Shapes, name: str) -> Any:
    """From features, float32 [N, C], to logits, a Keras model."""
    import tensorflow as tf

    layers = tf.keras.layers
    x = layers.Dropout(DROPOUT, name="dropout")(x)
    return tf.keras.Model(entry, layers.Dense(outputs[0][0], name="logits")(x), name=name)


@network(
    "emotion-48-small",
    task="emotions",
    input_size=SIZE,
    summary="seven expressions, MobileNetV2 blocks, under 3.5 MMAC",
    outputs=OUTPUTS,
)
def emotion_48_small(outputs: Shapes) -> Any:
    """float32 [N, 48, 48, 1] -> [N, 7]."""
    return head(*body(SMALL), outputs, "emotion_small")


@network(
    "emotion-48-large",
    task="emotions",
    input_size=SIZE,
    summary="the same family under 9 MMAC",
    outputs=OUTPUTS,
)
def emotion_48_large(outputs: Shapes) -> Any:
    """float32 [N, 48, 48, 1] -> [N, 7]."""
    return head(*body(LARGE), outputs, "emotion_large")
