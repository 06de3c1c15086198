"""Distillation of features: where a student's maps are strong, beside what its teacher's are strong at.

Maps are compared as attention transfer does (Zagoruyko and Komodakis, "Paying More Attention to Attention",
ICLR 2017, section 3.1, with the mean of squares over channels): that needs no projection of channels, as
FitNets (Romero et al., 2015) do, so nothing is learnt beside the student and networks of any widths fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.errors import DataError
from model_zoo.training.inner_maps import last_maps

Size = tuple[int, int]


def shared_sizes(teacher: Any, student: Any, where: str) -> list[Size]:
    """Heights and widths of the maps that both Keras models have, by `last_maps`, the largest first.

    Args:
        where: what the teacher is, for errors.
    Raises:
        DataError: there are none.
    """
    has, wants = last_maps(teacher), last_maps(student)
    sizes = [size for size in has if size in wants]
    if not sizes:
        raise DataError(
            f"teacher and student share no map: the teacher's are {_listed(has)}, the student's "
            f"{_listed(wants)}",
            where,
            "Name a teacher with maps of one of these sizes, or leave features out of the phases.",
        )
    return sizes


def _listed(sizes: Sequence[Size] | dict[Size, Any]) -> str:
    return ", ".join(f"{height}x{width}" for height, width in sizes) or "none"


def attention(features: Any) -> Any:
    """How strong a map is in each place: the mean of squares over its channels, as a vector of length 1.

    Args:
        features: float32 [B, H, W, C].
    Returns:
        float32 [B, H * W].
    """
    import tensorflow as tf

    strength = tf.reduce_mean(tf.square(features), axis=-1)
    flat = tf.reshape(strength, (tf.shape(strength)[0], strength.shape[1] * strength.shape[2]))
    return tf.math.l2_normalize(flat, axis=1, epsilon=1e-12)


def unlikeness(taught: Sequence[Any], own: Sequence[Any]) -> Any:
    """Squared distance of the attention of two networks, the mean over pairs of maps and pictures.

    Args:
        taught, own: of teacher and student, float32 [B, H, W, C] each, C as they have it.
    Returns:
        float32 [] tensor, 0 (alike) to 2.
    """
    import tensorflow as tf

    each = [
        tf.reduce_mean(tf.reduce_sum(tf.square(attention(t) - attention(s)), axis=1))
        for t, s in zip(taught, own, strict=True)
    ]
    return tf.add_n(each) / len(each)
