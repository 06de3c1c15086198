"""The plain network with attention behind each stage: first over channels, then over places.

Woo et al., "CBAM: Convolutional Block Attention Module", ECCV 2018 (arXiv 1807.06521), section 3: one
small network looks at the means and at the maxima, and a sigmoid of its answers scales the map. The body is
tinyface_cnn.py's, so that both networks side by side say what attention is worth.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.architectures.tinyface_cnn import plain
from model_zoo.three_scales import POINTS_68_AND_PRESENCE

REDUCTION = 8
"""Channels of a map / units between the two layers of channel attention, at least 4."""
WINDOW = 7
"""Side of the kernel of spatial attention."""


def channel_attention(x: Any, name: str) -> Any:
    """Scales each channel by what its mean and its maximum say: float32 [N, H, W, C] kept; equation 2.

    Both lie side by side as places of one map, so that the same two layers see them; of their answers the
    mean is taken, half of the paper's sum.
    """
    import tensorflow as tf

    layers = tf.keras.layers
    channels = x.shape[-1]
    both = [
        layers.Reshape((1, 1, channels), name=f"{name}_{kind}")(pooled(x))
        for kind, pooled in (
            ("mean", layers.GlobalAveragePooling2D(name=f"{name}_means")),
            ("most", layers.GlobalMaxPooling2D(name=f"{name}_maxima")),
        )
    ]
    y = layers.Concatenate(axis=2, name=f"{name}_pooled")(both)  # [N, 1, 2, C]
    y = layers.Conv2D(max(4, channels // REDUCTION), 1, name=f"{name}_squeeze_conv")(y)
    y = layers.ReLU(6.0, name=f"{name}_squeeze_relu")(y)
    y = layers.Conv2D(channels, 1, name=f"{name}_excite_conv")(y)
    y = layers.GlobalAveragePooling2D(name=f"{name}_answers")(y)
    y = layers.Activation("sigmoid", name=f"{name}_channels")(y)
    weights = layers.Reshape((1, 1, channels), name=f"{name}_weights")(y)
    return layers.Multiply(name=f"{name}_scaled")([x, weights])


def spatial_attention(x: Any, name: str, window: int = WINDOW) -> Any:
    """Scales each place by the means and maxima of channels around it: [N, H, W, C] kept; equation 3.

    Args:
        window: side of what is looked at around a place.
    """
    import tensorflow as tf

    layers = tf.keras.layers
    _, height, width, channels = x.shape
    places = layers.Reshape((height * width, channels), name=f"{name}_places")(x)
    over = {"data_format": "channels_first"}  # reduces the last axis
    mean = layers.GlobalAveragePooling1D(name=f"{name}_place_mean", **over)(places)
    most = layers.GlobalMaxPooling1D(name=f"{name}_place_most", **over)(places)
    maps = [
        layers.Reshape((height, width, 1), name=f"{name}_{kind}_map")(values)
        for kind, values in (("mean", mean), ("most", most))
    ]
    both = layers.Concatenate(name=f"{name}_maps")(maps)  # [N, H, W, 2]
    logits = layers.Conv2D(1, window, padding="same", name=f"{name}_place_conv")(both)
    weights = layers.Activation("sigmoid", name=f"{name}_place_weights")(logits)
    return layers.Multiply(name=f"{name}_placed")([x, weights])


@network(
    "attention-cnn-68-96-live",
    task="marks",
    input_size=(96, 96, 1),
    summary="68 landmarks and face or no face, plain convolutions with attention, 4 MMAC",
    outputs=POINTS_68_AND_PRESENCE,
)
def attention_cnn_68_96_live(outputs: Shapes) -> Any:
    """float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""

    def attentive(x: Any, name: str) -> Any:
        return spatial_attention(channel_attention(x, name), name)

    return plain(outputs, "attention_cnn", attentive)
