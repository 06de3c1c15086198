"""Heat maps of points as a branch in training: where each point lies, in the cells of an inner map.

Networks here answer with coordinates, which is cheap on a board; heat maps as outputs would need maps of many
more cells than theirs. So heat maps are what an inner map has to tell by one 1x1 convolution, in training
alone: for each point a distribution over the cells, beside a Gaussian around the label. Heat maps of points
are those of Tompson et al., "Joint Training of a Convolutional Network and a Graphical Model for Human Pose
Estimation", NIPS 2014; squared differences, as there, mean little on a coarse map, so distributions are
compared, as Nibali et al., "Numerical Coordinate Regression with Convolutional Neural Networks", 2018, do.
"""

from __future__ import annotations

from typing import Any

from model_zoo.training.branches import Branch

LEAST_SIDE = 8
"""Of the map that the branch stands on."""
SPREAD = 1.0
"""Standard deviation of a Gaussian, in cells."""


def branch(points: int) -> Branch:
    """One value a cell and point, float32 [N, H, W, P]: logits over the cells."""

    def build(shape: tuple[int, int, int]) -> Any:
        import tensorflow as tf

        entry = tf.keras.layers.Input(shape, name="points_map")
        maps = tf.keras.layers.Conv2D(points, 1, name="points_cells")(entry)
        return tf.keras.Model(entry, maps, name="point_maps")

    return Branch("the branch of heat maps (task.heat_map)", LEAST_SIDE, build)


def gaussians(points: Any, height: int, width: int) -> Any:
    """Distributions over the cells of a map that divide the crop evenly.

    Args:
        points: float32 [B, P, 2] tensor, x and y in crop sides.
    Returns:
        float32 [B, H, W, P], of sum 1 over the cells.
    """
    import tensorflow as tf

    def along(place: Any, cells: int) -> Any:
        """Of one axis: float32 [B, cells, P], of sum 1 over the cells."""
        middles = tf.range(cells, dtype=tf.float32) + 0.5
        away = middles[None, :, None] - place[:, None, :] * cells
        return tf.nn.softmax(-0.5 * tf.square(away / SPREAD), axis=1)

    return along(points[..., 1], height)[:, :, None] * along(points[..., 0], width)[:, None]


def map_loss(told: Any, points: Any, seen: Any = True) -> Any:
    """Mean Kullback-Leibler divergence of maps from the Gaussians, over the points that lie in the crop.

    Args:
        told: float32 [B, H, W, P], logits.
        points: float32 [B, P, 2], x and y in crop sides.
        seen: bool [B, 1], whose pictures show the points; True: all.
    Returns:
        float32 [] tensor; 0 where no point is seen.
    """
    import tensorflow as tf

    height, width, count = told.shape[1:]
    wanted = gaussians(points, height, width)
    flat = tf.reshape(told, (-1, height * width, count))
    wanted = tf.reshape(wanted, (-1, height * width, count))
    apart = tf.math.log(tf.maximum(wanted, 1e-12)) - tf.nn.log_softmax(flat, axis=1)
    each = tf.reduce_sum(wanted * apart, axis=1)  # [B, P]
    inside = tf.reduce_all((points >= 0.0) & (points <= 1.0), axis=-1) & seen
    counted = tf.cast(inside, tf.float32)
    return tf.reduce_sum(each * counted) / tf.maximum(tf.reduce_sum(counted), 1.0)
