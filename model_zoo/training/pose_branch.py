"""The branch of poses: in training a network tells from an inner map how a head is turned, too, and pictures
in which it is wrong about that weigh more.

Guo et al., "PFLD: A Practical Facial Landmark Detector", 2019 (arXiv 1902.10859), equation 2, without its
weights of classes of pictures: the loss of a picture is multiplied by the sum over yaw, pitch and roll of
1 - cos(told - true). Here 1 is added to it, since otherwise points of a head whose pose is told exactly would
not be learnt. The true angles are those of the labelled points, by a weak-perspective fit of a mean face in
3D.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.synthetic_shape import Expression, Identity, face_points
from model_zoo.training.branches import Branch

LEAST_SIDE = 8
"""Of the map that the branch stands on: the second but last of the landmark networks, as in the paper."""
WIDTH = 32
FITTED = (17, 21, 22, 26, *range(27, 36), 36, 39, 42, 45, 48, 54)
"""Of the 68 points, those that expressions move least: ends of brows, nose, corners of eyes and mouth."""


def branch() -> Branch:
    """Yaw, pitch and roll in radians, float32 [N, 3]."""
    return Branch("the branch of poses (task.pose)", LEAST_SIDE, _build)


def _build(shape: tuple[int, int, int]) -> Any:
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input(shape, name="pose_map")
    x = layers.Conv2D(WIDTH, 3, 2, activation="relu", name="pose_conv")(entry)
    x = layers.Dense(WIDTH, activation="relu", name="pose_inner")(layers.Flatten(name="pose_flat")(x))
    return tf.keras.Model(entry, layers.Dense(3, name="pose_angles")(x), name="pose")


@lru_cache(maxsize=1)
def _mean_face() -> NDArray[np.float64]:
    """FITTED points of the average face of `synthetic_shape` with a calm look: float64 [K, 3]."""
    average = Identity(
        width=1.0, chin=1.0, squareness=0.3, eye_distance=1.0, eye_size=1.0, eye_tilt=0.0, brow_height=1.0,
        brow_arch=1.0, nose_length=1.0, nose_width=1.0, mouth_width=1.0, lips=1.0, skin=0.0, hair=0.0,
        iris=0.0, brow_weight=0.0, bald=False, glasses=False,
    )  # fmt: skip
    return face_points(average, Expression(eyes=0.7, mouth=0.0, smile=0.0, brows=0.0))[list(FITTED)]


def angles_of(points: Any) -> Any:
    """Yaw (to image right), pitch (down) and roll (clockwise), radians, as `synthetic_shape.rotation` has
    them.

    The 2 x 3 matrix that takes the centred mean face to the centred points is the best in the sense of least
    squares; its rows, made orthogonal, are the first two of the rotation.

    Args:
        points: float32 [B, 68, 2] tensor, y down, in any unit.
    Returns:
        float32 [B, 3].
    """
    import tensorflow as tf

    face = _mean_face()
    inverse = tf.constant(np.linalg.pinv(face - face.mean(0)), tf.float32)  # [3, K]
    fitted = tf.gather(points, list(FITTED), axis=1)
    fitted -= tf.reduce_mean(fitted, axis=1, keepdims=True)
    rows = tf.einsum("ik,bkj->bji", inverse, fitted)  # [B, 2, 3]
    first = tf.math.l2_normalize(rows[:, 0], axis=-1)
    second = rows[:, 1] - tf.reduce_sum(rows[:, 1] * first, axis=-1, keepdims=True) * first
    second = tf.math.l2_normalize(second, axis=-1)
    third = tf.linalg.cross(first, second)
    yaw = tf.atan2(-third[:, 0], third[:, 2])
    pitch = tf.asin(tf.clip_by_value(-third[:, 1], -1.0, 1.0))
    roll = tf.atan2(-first[:, 1], second[:, 1])
    return tf.stop_gradient(tf.stack([yaw, pitch, roll], axis=-1))


def wrongness(told: Any, true: Any) -> Any:
    """The sum over angles of 1 - cos(told - true): float32 [B, 1], 0 to 6.

    Args:
        told, true: float32 [B, 3], radians.
    """
    import tensorflow as tf

    return tf.reduce_sum(1.0 - tf.cos(told - true), axis=-1, keepdims=True)
