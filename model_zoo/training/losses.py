"""Wing loss for landmark regression."""

from __future__ import annotations

import math
from typing import Any


def wing_loss(target: Any, predicted: Any, width: float, curvature: float) -> Any:
    """Mean wing loss: width * ln(1 + |d| / curvature) for |d| < width, else |d| - c.

    Feng et al., "Wing Loss for Robust Facial Landmark Localisation with CNNs", CVPR 2018, equation 5.

    Args:
        target, predicted: float32 [B, 2 * points] tensors, in crop sides.
        width: w of the paper, in crop sides.
        curvature: epsilon of the paper, in crop sides.
    Returns:
        float32 [] tensor, divided by `width` so that its size does not hang on the unit.
    """
    import tensorflow as tf

    distance = tf.abs(target - predicted)
    constant = width - width * math.log(1.0 + width / curvature)
    near = width * tf.math.log(1.0 + distance / curvature)
    return tf.reduce_mean(tf.where(distance < width, near, distance - constant)) / width
