"""ShuffleNet V2 for landmarks: half of the channels pass a unit untouched, then the halves are mixed.

Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design", ECCV 2018
(arXiv 1807.11164), section 3.2, figure 3 (c) and (d), table 5 without conv5.
Maps shrink 96 -> 47 -> 23 -> 11 -> 5 without padding.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn, depthwise_bn
from model_zoo.three_scales import POINTS_68_AND_PRESENCE, three_scales

STEM = 24
STAGES = ((64, 3), (128, 4))
"""At 11x11 and 5x5: channels, units behind the strided one."""


def shuffle(x: Any, name: str) -> Any:
    """float32 [N, H, W, C] -> [N, H, W, C], the channels of both halves in turn: one transposition."""
    import tensorflow as tf

    layers = tf.keras.layers
    _, height, width, channels = x.shape
    x = layers.Reshape((height, width, 2, channels // 2), name=f"{name}_halves")(x)
    x = layers.Permute((1, 2, 4, 3), name=f"{name}_shuffle")(x)
    return layers.Reshape((height, width, channels), name=f"{name}_shuffled")(x)


def half(x: Any, first: bool, name: str) -> Any:
    """float32 [N, H, W, C] -> [N, H, W, C / 2]: one slice.

    Cropping2D cuts the last two of [N, C, H, W], which here are W and C.
    """
    import tensorflow as tf

    cut = (0, x.shape[-1] // 2) if first else (x.shape[-1] // 2, 0)
    return tf.keras.layers.Cropping2D(((0, 0), cut), data_format="channels_first", name=name)(x)


def unit(x: Any, name: str) -> Any:
    """Figure 3 (c): one half passes, the other goes through 1x1, depthwise 3x3 and 1x1; [N, H, W, C] kept."""
    import tensorflow as tf

    kept = half(x, True, f"{name}_kept")
    worked = half(x, False, f"{name}_taken")
    worked = conv_bn(worked, kept.shape[-1], name=f"{name}_in")
    worked = depthwise_bn(worked, relu=False, name=name)
    worked = conv_bn(worked, kept.shape[-1], name=f"{name}_out")
    return shuffle(tf.keras.layers.Concatenate(name=f"{name}_both")([kept, worked]), name)


def strided_unit(x: Any, channels: int, name: str) -> Any:
    """Figure 3 (d): both branches see all channels; [N, H, W, C] -> [N, (H - 1) // 2, _, channels]."""
    import tensorflow as tf

    near = depthwise_bn(x, stride=2, relu=False, name=f"{name}_near")
    near = conv_bn(near, channels // 2, name=f"{name}_near_out")
    far = conv_bn(x, channels // 2, name=f"{name}_in")
    far = depthwise_bn(far, stride=2, relu=False, name=name)
    far = conv_bn(far, channels // 2, name=f"{name}_out")
    return shuffle(tf.keras.layers.Concatenate(name=f"{name}_both")([near, far]), name)


@network(
    "shufflenet-v2-68-96-live",
    task="marks",
    input_size=(96, 96, 1),
    summary="68 landmarks and face or no face, ShuffleNet V2's units, 4 MMAC",
    outputs=POINTS_68_AND_PRESENCE,
)
def shufflenet_v2_68_96_live(outputs: Shapes) -> Any:
    """float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input((96, 96, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, STEM, 3, 2, name="stem")  # [N, 47, 47, 24]
    x = layers.MaxPooling2D(3, 2, name="stem_pool")(x)  # [N, 23, 23, 24]
    maps = []
    for s, (channels, units) in enumerate(STAGES):
        x = strided_unit(x, channels, f"s{s}_down")
        for u in range(units):
            x = unit(x, f"s{s}_{u}")
        maps.append(x)  # [N, 11, 11, 64], [N, 5, 5, 128]
    return three_scales(entry, maps[0], maps[1], (8, 16), outputs, "shufflenet_v2")
