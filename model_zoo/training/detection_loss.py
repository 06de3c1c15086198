"""Losses of detectors: focal for scores, GIoU for boxes, distance for key points."""

from __future__ import annotations

from typing import Any


def focal_loss(target: Any, logits: Any, gamma: float) -> Any:
    """Sum of the focal loss: -|y - p|**gamma * (y ln p + (1 - y) ln (1 - p)), p the score.

    Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, equation 4, in the form that takes soft
    targets: Li et al., "Generalized Focal Loss", NeurIPS 2020, equation 3.

    Args:
        target: float32 tensor; 1 object, 0 none, between them what a teacher says; -1 not learnt.
        logits: of the same shape.
    Returns:
        float32 [] tensor.
    """
    import tensorflow as tf

    counts = tf.cast(target >= 0, tf.float32)
    wanted = tf.maximum(target, 0.0)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(wanted, logits)
    # From below as well: the slope of a power below 1 has no end where a score is met.
    wrong = tf.maximum(tf.abs(wanted - tf.sigmoid(logits)), 1e-6)
    return tf.reduce_sum(counts * tf.pow(wrong, gamma) * entropy)


def box_loss(target: Any, predicted: Any, there: Any) -> tuple[Any, Any]:
    """Sums over the cells with an object: 1 - GIoU of the boxes, smooth distance of boxes and key points.

    Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019, algorithm 1. Distances are in widths
    of the object and count as Huber's with a knee at 0.1.

    Args:
        target, predicted: float32 [..., 4 + 2 k]: middle, width, height, key points, in one unit; target
            values that are not known are NaN.
        there: bool [...].
    Returns:
        two float32 [] tensors.
    """
    import tensorflow as tf

    known = tf.math.is_finite(target) & there[..., None]
    goal = tf.where(known, target, tf.ones_like(target))
    guess = tf.where(known, predicted, goal)
    size, guessed = goal[..., 2:4], tf.maximum(guess[..., 2:4], 1e-3)
    low, high = goal[..., :2] - size / 2, goal[..., :2] + size / 2
    own_low, own_high = guess[..., :2] - guessed / 2, guess[..., :2] + guessed / 2
    shared = tf.reduce_prod(tf.maximum(tf.minimum(high, own_high) - tf.maximum(low, own_low), 0.0), -1)
    union = tf.reduce_prod(size, -1) + tf.reduce_prod(guessed, -1) - shared
    hull = tf.reduce_prod(tf.maximum(high, own_high) - tf.minimum(low, own_low), -1)
    overlap = shared / union - (hull - union) / hull
    boxes = tf.reduce_sum(tf.where(there, 1.0 - overlap, tf.zeros_like(overlap)))
    away = tf.abs(guess - goal) / tf.maximum(goal[..., 2:3], 1e-3)
    smooth = tf.where(away < 0.1, away**2 / 0.2, away - 0.05)
    return boxes, tf.reduce_sum(tf.where(known, smooth, tf.zeros_like(smooth)))
