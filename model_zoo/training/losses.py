"""Losses of landmark networks: three of the points, of which a recipe names one, and the cross entropy of a
face / no face answer."""

from __future__ import annotations

import math
from typing import Any

POINT_LOSSES = ("wing", "adaptive_wing", "smooth_l1")
"""What `task.loss` of a recipe may be."""


def wing_loss(target: Any, predicted: Any, width: float, curvature: float, weights: Any | None = None) -> Any:
    """Mean wing loss: width * ln(1 + |d| / curvature) for |d| < width, else |d| - c.

    Feng et al., "Wing Loss for Robust Facial Landmark Localisation with CNNs", CVPR 2018, equation 5.

    Args:
        target, predicted: float32 [B, 2 * points] tensors, in crop sides.
        width: w of the paper, in crop sides.
        curvature: epsilon of the paper, in crop sides.
        weights: float32 [B, 1], of each picture; None: all weigh the same.
    Returns:
        float32 [] tensor, divided by `width` so that its size does not hang on the unit.
    """
    import tensorflow as tf

    distance = tf.abs(target - predicted)
    constant = width - width * math.log(1.0 + width / curvature)
    near = width * tf.math.log(1.0 + distance / curvature)
    return _mean(tf.where(distance < width, near, distance - constant), weights) / width


def adaptive_wing_loss(
    target: Any, predicted: Any, width: float, curvature: float, power: float, weights: Any | None = None
) -> Any:
    """Mean adaptive wing loss: width * ln(1 + (|d| / curvature) ** power) for |d| < width, else a line that
    goes on with the same slope.

    Wang et al., "Adaptive Wing Loss for Robust Face Alignment via Heatmap Regression", ICCV 2019, equations
    3 to 5. There the exponent is alpha - y with the value y of a heatmap's pixel, alpha 2.1, so 1.1 where a
    point is. Coordinates have no background: their exponent is one number.

    Args:
        target, predicted: float32 [B, 2 * points] tensors, in crop sides.
        width: omega and theta of the paper, in crop sides.
        curvature: epsilon of the paper, in crop sides.
        power: its exponent; at 1 the curve is the wing loss's.
        weights: float32 [B, 1], of each picture; None: all weigh the same.
    Returns:
        float32 [] tensor, divided by `width`.
    """
    import tensorflow as tf

    distance = tf.abs(target - predicted)
    edge = (width / curvature) ** power
    slope = power * edge / (1.0 + edge)  # of the curve at `width`
    inside = tf.minimum(distance, width)  # so that no gradient comes from where the curve is not taken
    near = width * tf.math.log1p((tf.maximum(inside, 1e-12) / curvature) ** power)
    far = slope * (distance - width) + width * math.log1p(edge)
    return _mean(tf.where(distance < width, near, far), weights) / width


def smooth_l1_loss(target: Any, predicted: Any, width: float, weights: Any | None = None) -> Any:
    """Mean of d * d / (2 * width) for |d| < width, else |d| - width / 2.

    Girshick, "Fast R-CNN", ICCV 2015, equation 3, there with a width of 1.

    Args:
        target, predicted: float32 [B, 2 * points] tensors, in crop sides.
        width: error from which the loss grows in proportion, in crop sides.
        weights: float32 [B, 1], of each picture; None: all weigh the same.
    Returns:
        float32 [] tensor, divided by `width`.
    """
    import tensorflow as tf

    distance = tf.abs(target - predicted)
    near = tf.square(distance) / (2.0 * width)
    return _mean(tf.where(distance < width, near, distance - width / 2.0), weights) / width


def _mean(each: Any, weights: Any | None) -> Any:
    """Of [B, 2 * points], where pictures may weigh differently."""
    import tensorflow as tf

    return tf.reduce_mean(each if weights is None else each * (weights / tf.reduce_mean(weights)))


def presence_loss(target: Any, predicted: Any) -> Any:
    """Mean cross entropy.

    Args:
        target: float32 [B, 1], 1 for a face, 0 for none.
        predicted: float32 [B, 1], logits.
    Returns:
        float32 [] tensor.
    """
    import tensorflow as tf

    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=predicted))
