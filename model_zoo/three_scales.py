"""The head that the landmark networks share: a small network is told from another by its body alone.

Guo et al., "PFLD", 2019 (arXiv 1902.10859), section 3.3: the last layer sees a fine map, a coarse map and the
mean of the coarse one.
"""

from __future__ import annotations

from typing import Any

from model_zoo.architectures import Shapes
from model_zoo.blocks import conv_bn

POINTS_68: Shapes = ((136,),)
"""x and y of each."""


POINTS_68_AND_PRESENCE: Shapes = ((136,), (1,))
"""The same, and one logit: whether there is a face."""


def three_scales(
    entry: Any, fine_map: Any, coarse_map: Any, head: tuple[int, int], outputs: Shapes, name: str
) -> Any:
    """The network from its entry to points and, where it is asked for, presence.

    Args:
        entry: the Keras input.
        fine_map: float32 [N, H, W, C].
        coarse_map: float32 [N, H', W', C'].
        head: channels of the fine and of the coarse map that reach the last layer with their positions.
        outputs: shapes of the points and of presence, or of the points alone.
        name: of the Keras model.
    Returns:
        a Keras model.
    """
    import tensorflow as tf

    layers = tf.keras.layers
    fine = conv_bn(fine_map, head[0], name="fine")
    fine = layers.AveragePooling2D(3, 2, "valid", name="fine_pool")(fine)  # [N, (H - 1) / 2, _, head 0]
    coarse = conv_bn(coarse_map, head[1], name="coarse")  # [N, H', W', head 1]
    whole = layers.GlobalAveragePooling2D(name="whole")(coarse_map)  # [N, C']
    features = layers.Concatenate(name="scales")(
        [layers.Flatten(name="fine_flat")(fine), layers.Flatten(name="coarse_flat")(coarse), whole]
    )
    shape = layers.Dense(
        outputs[0][0], kernel_initializer=tf.keras.initializers.RandomNormal(0, 0.002), name="points"
    )
    heads = [shape(features)]  # offsets from the mean shape, in crop sides
    if len(outputs) > 1:
        heads.append(layers.Dense(1, name="presence")(features))
    return tf.keras.Model(entry, heads if len(heads) > 1 else heads[0], name=name)
