"""A landmark network as a teacher: asked twice and averaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model_zoo.tasks.task import outputs_of


def mirrored_teacher(model: Any, mirror: tuple[int, ...]) -> Callable[[Any], Any]:
    """Mean of a network's answer and of the mirrored answer to the mirrored picture.

    The average is better than either answer alone, and it holds none of the label noise that a student would
    have to learn again (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, for the idea).

    Args:
        model: float Keras model, [N, H, W, 1] -> [N, 2 P], offsets from a mirror-symmetric mean shape;
            further outputs are not asked.
        mirror: point k of a mirrored picture is point mirror[k] of the original.
    Returns:
        function of float32 [N, H, W, 1] -> float32 [N, 2 P], without gradients; fit for tf.function.
    """
    import tensorflow as tf

    def answer(pictures: Any) -> Any:
        straight = outputs_of(model(pictures, training=False))[0]
        turned = outputs_of(model(tf.reverse(pictures, [2]), training=False))[0]
        turned = tf.reshape(turned, (-1, len(mirror), 2))
        turned = tf.gather(turned, list(mirror), axis=1) * tf.constant([-1.0, 1.0])
        return tf.stop_gradient((straight + tf.reshape(turned, tf.shape(straight))) / 2.0)

    return answer
