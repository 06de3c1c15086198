"""Expressions by a MobileNetV2 and a transformer side by side, which one learnt number weighs.

Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", ICLR 2021
(arXiv 2010.11929), section 3.1: tokens, attention of several heads, two dense layers. Here the tokens are the
places of a convolutional map, as in the paper's hybrid; where each lies a depthwise kernel tells them by the
zeros around the map (Chu et al., "Conditional Positional Encodings for Vision Transformers", 2021, arXiv
2102.10882); and BatchNorm stands in the place of LayerNorm, which int8 kernels have no operator for.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.architectures.emotion_cnn import OUTPUTS, Widths, logits, trunk
from model_zoo.architectures.mobilevit_lite import attention
from model_zoo.blend import blend
from model_zoo.blocks import conv_bn, depthwise_bn, inverted_residual

SHARED = Widths(stem=16, stages=((16, 16, 32, 1), (32, 32, 64, 1), (64, 64, 128, 0)), last=96)
"""What both see: the small network without the two blocks on the last map."""
INSIDE = 128
"""Expanded channels of the one block there that the convolutional side keeps."""
TOKEN, HEADS, DEPTH = 40, 2, 1
"""Channels of a token, heads among them, transformer layers."""


def tokens_of(x: Any, name: str) -> Any:
    """A map through the transformer: float32 [N, H, W, C] -> [N, H, W, TOKEN]."""
    import tensorflow as tf

    layers = tf.keras.layers
    x = conv_bn(x, TOKEN, relu=False, name=f"{name}_embed")
    x = layers.Add(name=f"{name}_placed")([x, depthwise_bn(x, relu=False, name=f"{name}_place")])
    for layer in range(DEPTH):
        x = attention(x, f"{name}_{layer}", HEADS)
        inside = conv_bn(x, 2 * TOKEN, name=f"{name}_{layer}_wide")
        inside = conv_bn(inside, TOKEN, relu=False, name=f"{name}_{layer}_narrow")
        x = layers.Add(name=f"{name}_{layer}_both")([x, inside])
    return x


def features(x: Any, name: str) -> Any:
    """The means of a map's SHARED.last 1x1 convolutions: float32 [N, H, W, C] -> [N, last].

    BatchNorm has no factor: those of both sides are of one size, and alpha says what each is worth.
    """
    import tensorflow as tf

    layers = tf.keras.layers
    x = layers.Conv2D(SHARED.last, 1, use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv")(x)
    x = layers.BatchNormalization(momentum=0.98, epsilon=1e-3, scale=False, name=f"{name}_bn")(x)
    x = layers.ReLU(6.0, name=f"{name}_relu")(x)
    return layers.GlobalAveragePooling2D(name=f"{name}_mean")(x)


@network(
    "emotion-48-vit",
    task="emotions",
    input_size=(48, 48, 1),
    summary="seven expressions, MobileNetV2 blocks and a transformer of two heads, weighed, under 3.5 MMAC",
    outputs=OUTPUTS,
)
def emotion_48_vit(outputs: Shapes) -> Any:
    """float32 [N, 48, 48, 1] -> [N, 7]."""
    entry, x = trunk(SHARED)  # [N, 5, 5, 64]
    near = features(inverted_residual(x, x.shape[-1], INSIDE, name="s2_0"), "near")
    far = features(tokens_of(x, "vit"), "far")
    return logits(entry, blend(near, far, "fused"), outputs, "emotion_vit")
