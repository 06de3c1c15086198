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


def mined_loss(target: Any, logits: Any, negatives: float = 3.0) -> Any:
    """Sum of the cross entropy of the scores with an object and of the hardest ones without.

    Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016, section 2.2: at most three negatives a
    positive, those of the highest loss; here of a batch, since many a picture shows no object, and as if
    there was one positive at least.

    Args:
        target: float32 tensor; 1 object, 0 none, between them what a teacher says; -1 not learnt.
        logits: of the same shape.
        negatives: how many of them count for each positive.
    Returns:
        float32 [] tensor.
    """
    import tensorflow as tf

    entropy = tf.nn.sigmoid_cross_entropy_with_logits(tf.maximum(target, 0.0), logits)
    positive, without = target >= 0.5, (target >= 0.0) & (target < 0.5)
    hard = tf.reshape(tf.where(without, entropy, tf.zeros_like(entropy)), [-1])
    count = tf.maximum(1.0, tf.reduce_sum(tf.cast(positive, tf.float32))) * negatives
    most = tf.minimum(tf.cast(count, tf.int32), tf.size(hard))
    mined = tf.reduce_sum(tf.math.top_k(hard, most, sorted=False).values)
    return tf.reduce_sum(tf.where(positive, entropy, tf.zeros_like(entropy))) + mined


def offset_loss(target: Any, predicted: Any, there: Any) -> tuple[Any, Any]:
    """Sums over the default boxes with an object: smooth distance of box offsets, of key points.

    Liu et al., "SSD", ECCV 2016, equation 2: Huber's, here with a knee at 0.1 sides of the default box, which
    is where the paper's lies behind its scaling of offsets.

    Args:
        target, predicted: float32 [..., 4 + 2 k]; target values that are not known are NaN.
        there: bool [...].
    Returns:
        two float32 [] tensors.
    """
    import tensorflow as tf

    known = tf.math.is_finite(target) & there[..., None]
    away = tf.abs(tf.where(known, predicted - target, tf.zeros_like(target)))
    smooth = tf.where(away < 0.1, away**2 / 0.2, away - 0.05)
    return tf.reduce_sum(smooth[..., :4]), tf.reduce_sum(smooth[..., 4:])
