"""Learning from a labelled source that a network is also to work elsewhere, where nobody named the answers.

Sun and Saenko, "Deep CORAL: Correlation Alignment for Deep Domain Adaptation", ECCV 2016 workshops (arXiv
1607.01719), section 3: the covariance of the logits is made alike in the labelled and in the other half of a
batch; in the same way mean and covariance of the features before them, which attention has weighed where a
network has any. Lee, "Pseudo-Label", ICML 2013 workshops: what is answered surely is learnt as if it were a
label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model_zoo.training.branches import Branch
from model_zoo.training.ranges import outside

RANGES = {
    "match": (0.0, 100.0),
    "features": (0.0, 100.0),
    "pseudo": (0.0, 10.0),
    "confident": (0.0, 1.0),
    "strangers": (0.05, 2.0),
}

LEAST_SIDE = 2
"""Of the map whose mean is taken."""


@dataclass(frozen=True)
class Adaptation:
    """Numbers of it in a recipe.

    Attributes:
        match: weight of the distance of the covariances of logits in the loss.
        features: weight of the distance of means and covariances of the features that logits are made of.
        pseudo: weight of the cross entropy with sure answers.
        confident: probability from which an answer is sure: the teacher's where the phase has one, else the
            network's own at that step. Who learns shares of votes is seldom surer.
        strangers: pictures without a label for each labelled one in a batch.
    """

    match: float = 0.0
    features: float = 0.0
    pseudo: float = 0.0
    confident: float = 0.8
    strangers: float = 0.5

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.match > 0 or self.features > 0 or self.pseudo > 0

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        return outside(self, RANGES, "task.adapt.")


def branch_of_features() -> Branch:
    """The mean over the smallest map, of which logits are made, float32 [N, C]; it has no weights."""
    return Branch("the distance of features (task.adapt.features)", LEAST_SIDE, _mean_of_map)


def _mean_of_map(shape: tuple[int, int, int]) -> Any:
    import tensorflow as tf

    entry = tf.keras.layers.Input(shape, name="adapted_map")
    return tf.keras.Model(
        entry, tf.keras.layers.GlobalAveragePooling2D(name="adapted")(entry), name="adapted"
    )


def apart(values: Any, strange: Any, *, means: bool = False) -> Any:
    """Equation 1: squared distance of both covariances over 4 C^2, 0 where a side has fewer than two rows.

    Args:
        values: float32 [N, C] tensor, logits or features.
        strange: float32 [N], 1 where nobody named the answer, else 0.
        means: the squared distance of both means over C is added.
    Returns:
        float32 [] tensor.
    """
    import tensorflow as tf

    def moments(mine: Any) -> tuple[Any, Any, Any]:
        count = tf.reduce_sum(mine)
        mean = tf.reduce_sum(mine[:, None] * values, 0) / tf.maximum(count, 1.0)
        off = mine[:, None] * (values - mean)
        return mean, tf.matmul(off, off, transpose_a=True) / tf.maximum(count - 1.0, 1.0), count

    (first, one, here), (second, other, there) = moments(1.0 - strange), moments(strange)
    distance = tf.reduce_sum((one - other) ** 2) / (4.0 * values.shape[1] ** 2)
    if means:
        distance += tf.reduce_mean((first - second) ** 2)
    return tf.where(tf.minimum(here, there) < 2.0, 0.0, distance)


def surely(logits: Any, taught: Any, strange: Any, confident: float) -> Any:
    """Cross entropy with the best class of sure answers, the mean over all that nobody named.

    Args:
        logits, strange: as of `apart`.
        taught: float32 [N, C], a teacher's probabilities; rows of 0 where none says anything.
        confident: least probability of a sure answer.
    Returns:
        float32 [] tensor; no gradient goes through answers.
    """
    import tensorflow as tf

    own = tf.stop_gradient(tf.nn.softmax(logits))
    answers = tf.where(tf.reduce_sum(taught, 1, keepdims=True) > 0.5, taught, own)
    sure = strange * tf.cast(tf.reduce_max(answers, 1) >= confident, tf.float32)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.argmax(answers, 1), logits)
    return tf.reduce_sum(sure * each) / tf.maximum(tf.reduce_sum(strange), 1.0)
