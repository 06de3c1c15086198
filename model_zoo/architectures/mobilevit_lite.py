"""MobileViT for landmarks: inverted residuals, then a transformer in which each place sees all others.

Mehta and Rastegari, "MobileViT: Light-weight, General-purpose, and Mobile-friendly Vision Transformer", 2022
(arXiv 2110.02178), section 3.1 and figure 1 (b). Light in four ways: one block, on the 5x5 map, each place a
token of its own; one head; depthwise and 1x1 kernels where the paper has full 3x3 ones; and BatchNorm, which
folds into the layer before it, in the place of LayerNorm, which int8 kernels have no operator for.
Maps shrink 96 -> 47 -> 23 -> 11 -> 5 without padding.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn, depthwise_bn, inverted_residual
from model_zoo.three_scales import POINTS_68_AND_PRESENCE, three_scales

STEM = 16
STAGES = ((24, 16), (40, 48), (56, 80))
"""At 23x23, 11x11 and 5x5: channels, expanded at the stride."""
DEPTH = 2
"""Transformer layers."""


def attention(x: Any, name: str, heads: int = 1) -> Any:
    """Each place takes from all places by likeness, and the entry is added: float32 [N, H, W, C] kept.

    Vaswani et al., "Attention Is All You Need", 2017 (arXiv 1706.03762), equation 1; of several heads each
    has its own C / heads channels, as section 3.2.2. The queries' BatchNorm starts with the factor
    1 / sqrt(channels of a head), so that it costs no layer.
    """
    import tensorflow as tf

    layers = tf.keras.layers
    _, height, width, channels = x.shape
    own = channels // heads

    def tokens(kind: str, gain: float) -> Any:
        y = layers.Conv2D(own, 1, use_bias=False, kernel_initializer="he_normal", name=f"{kind}_conv")(x)
        start = tf.keras.initializers.Constant(gain)
        y = layers.BatchNormalization(
            momentum=0.98, epsilon=1e-3, gamma_initializer=start, name=f"{kind}_bn"
        )(y)
        return layers.Reshape((height * width, own), name=kind)(y)  # [N, T, C / heads]

    taken = []
    for head in [name] if heads == 1 else [f"{name}_head{number}" for number in range(heads)]:
        query, key = tokens(f"{head}_query", own**-0.5), tokens(f"{head}_key", 1.0)
        value = tokens(f"{head}_value", 1.0)
        likeness = layers.Dot((2, 2), name=f"{head}_likeness")([query, key])  # [N, T, T]
        shares = layers.Softmax(name=f"{head}_shares")(likeness)
        taken.append(layers.Dot((2, 1), name=f"{head}_taken")([shares, value]))  # [N, T, C / heads]
    whole = taken[0] if heads == 1 else layers.Concatenate(name=f"{name}_heads")(taken)
    whole = layers.Reshape((height, width, channels), name=f"{name}_map")(whole)
    whole = conv_bn(whole, channels, relu=False, name=f"{name}_out")
    return layers.Add(name=f"{name}_add")([x, whole])


def transformer(x: Any, name: str) -> Any:
    """Attention and two 1x1 layers, each added to its entry: float32 [N, H, W, C] kept."""
    import tensorflow as tf

    channels = x.shape[-1]
    x = attention(x, name)
    inside = conv_bn(x, 2 * channels, name=f"{name}_wide")
    inside = conv_bn(inside, channels, relu=False, name=f"{name}_narrow")
    return tf.keras.layers.Add(name=f"{name}_both")([x, inside])


def mobilevit_block(x: Any, name: str) -> Any:
    """Near by a depthwise kernel, far by transformers, and both joined: float32 [N, H, W, C] kept."""
    import tensorflow as tf

    channels = x.shape[-1]
    far = conv_bn(depthwise_bn(x, name=f"{name}_near"), channels, relu=False, name=f"{name}_tokens")
    for layer in range(DEPTH):
        far = transformer(far, f"{name}_{layer}")
    far = conv_bn(far, channels, name=f"{name}_far")
    both = tf.keras.layers.Concatenate(name=f"{name}_joined")([x, far])
    return conv_bn(both, channels, name=f"{name}_fused")


@network(
    "mobilevit-lite-68-96-live",
    task="marks",
    input_size=(96, 96, 1),
    summary="68 landmarks and face or no face, MobileViT's attention among places, 4 MMAC",
    outputs=POINTS_68_AND_PRESENCE,
)
def mobilevit_lite_68_96_live(outputs: Shapes) -> Any:
    """float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    import tensorflow as tf

    entry = tf.keras.layers.Input((96, 96, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, STEM, 3, 2, name="stem")  # [N, 47, 47, 16]
    maps = []
    for s, (channels, expanded) in enumerate(STAGES):
        x = inverted_residual(x, channels, expanded, 2, name=f"s{s}_down")
        maps.append(x)  # [N, 23, 23, 24], [N, 11, 11, 40], [N, 5, 5, 56]
    return three_scales(entry, maps[1], mobilevit_block(x, "vit"), (8, 16), outputs, "mobilevit_lite")
