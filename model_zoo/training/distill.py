"""A landmark network as a teacher: asked twice and averaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model_zoo.datasets.points68 import MIRROR


def mirrored_teacher(model: Any) -> Callable[[Any], Any]:
    """Mean of a network's answer and of the mirrored answer to the mirrored picture.

    The average is better than either answer alone, and it holds none of the label noise that a student would
    have to learn again (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, for the idea).

    Args:
        model: float Keras model, [N, H, W, 1] -> [N, 136], offsets from a mirror-symmetric mean shape.
    Returns:
        function of float32 [N, H, W, 1] -> float32 [N, 136], without gradients; fit for tf.function.
    """
    import tensorflow as tf

    def answer(pictures: Any) -> Any:
        straight = model(pictures, training=False)
        turned = tf.reshape(model(tf.reverse(pictures, [2]), training=False), (-1, len(MIRROR), 2))
        turned = tf.gather(turned, list(MIRROR), axis=1) * tf.constant([-1.0, 1.0])
        return tf.stop_gradient((straight + tf.reshape(turned, tf.shape(straight))) / 2.0)

    return answer
