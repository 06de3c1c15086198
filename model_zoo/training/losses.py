"""Losses of landmark networks: the wing loss of the points, the cross entropy of a face / no face answer."""

from __future__ import annotations

import math
from typing import Any


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
    each = tf.where(distance < width, near, distance - constant)
    if weights is not None:
        each = each * (weights / tf.reduce_mean(weights))
    return tf.reduce_mean(each) / width


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
