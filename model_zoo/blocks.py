"""Convolution blocks shared by the architectures, in Keras; every shape is [N, H, W, C].

BatchNorm sits behind each convolution and folds into it; the activation is ReLU6, which int8 holds exactly
in [0, 6]. Strided layers are unpadded (VALID), so no kernel needs asymmetric padding, unless `halves` asks
for maps of half the side; stride-1 layers pad alike on every side.
"""

from __future__ import annotations

from typing import Any


def conv_bn(
    x: Any,
    channels: int,
    kernel: int = 1,
    stride: int = 1,
    relu: bool = True,
    name: str = "",
    halves: bool = False,
) -> Any:
    """Convolution + BatchNorm (+ ReLU6).

    Args:
        x: float32 [N, H, W, C] Keras tensor.
        halves: strided ones are padded, too: H' = H / stride, rounded up.
    Returns:
        float32 [N, H', W', channels]; H' = H at stride 1, (H - kernel) // stride + 1 otherwise.
    """
    import tensorflow as tf

    layers = tf.keras.layers
    padding = "same" if stride == 1 or halves else "valid"
    x = layers.Conv2D(
        channels, kernel, stride, padding, use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(momentum=0.98, epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if relu else x


def depthwise_bn(
    x: Any, kernel: int = 3, stride: int = 1, relu: bool = True, name: str = "", halves: bool = False
) -> Any:
    """Depthwise convolution + BatchNorm (+ ReLU6); shapes as in conv_bn, C kept."""
    import tensorflow as tf

    layers = tf.keras.layers
    padding = "same" if stride == 1 or halves else "valid"
    x = layers.DepthwiseConv2D(
        kernel, stride, padding, use_bias=False, depthwise_initializer="he_normal", name=f"{name}_dw"
    )(x)
    x = layers.BatchNormalization(momentum=0.98, epsilon=1e-3, name=f"{name}_dw_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_dw_relu")(x) if relu else x


def inverted_residual(
    x: Any,
    channels: int,
    expanded: int,
    stride: int = 1,
    kernel: int = 3,
    name: str = "",
    halves: bool = False,
) -> Any:
    """Expand 1x1, depthwise, project 1x1 without activation, add where shapes agree.

    Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, section 3.3.

    Args:
        x: float32 [N, H, W, C] Keras tensor.
        channels: channels of the result.
        expanded: channels inside; equal to C leaves the expansion out.
        kernel: side of the depthwise one.
        halves: as of conv_bn.
    Returns:
        float32 [N, H', W', channels].
    """
    import tensorflow as tf

    entry = x
    if expanded != x.shape[-1]:
        x = conv_bn(x, expanded, name=f"{name}_expand")
    x = depthwise_bn(x, kernel, stride, name=name, halves=halves)
    x = conv_bn(x, channels, relu=False, name=f"{name}_project")
    if stride == 1 and entry.shape[-1] == channels:
        x = tf.keras.layers.Add(name=f"{name}_add")([entry, x])
    return x
