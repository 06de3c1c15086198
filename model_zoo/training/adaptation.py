"""Learning from a labelled source that a network is also to work elsewhere, where nobody named the answers.

Sun and Saenko, "Deep CORAL: Correlation Alignment for Deep Domain Adaptation", ECCV 2016 workshops (arXiv
1607.01719), section 3: the covariance of the logits is made alike in the labelled and in the other half of a
batch. Lee, "Pseudo-Label", ICML 2013 workshops: what is answered surely is learnt as if it were a label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model_zoo.training.ranges import outside

RANGES = {"match": (0.0, 100.0), "pseudo": (0.0, 10.0), "confident": (0.0, 1.0), "strangers": (0.05, 2.0)}


@dataclass(frozen=True)
class Adaptation:
    """Numbers of it in a recipe.

    Attributes:
        match: weight of the distance of covariances in the loss.
        pseudo: weight of the cross entropy with sure answers.
        confident: probability from which an answer is sure: the teacher's where the phase has one, else the
            network's own at that step. Who learns shares of votes is seldom surer.
        strangers: pictures without a label for each labelled one in a batch.
    """

    match: float = 0.0
    pseudo: float = 0.0
    confident: float = 0.8
    strangers: float = 0.5

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.match > 0 or self.pseudo > 0

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        return outside(self, RANGES, "task.adapt.")


def apart(logits: Any, strange: Any) -> Any:
    """Equation 1: squared distance of both covariances over 4 C^2, 0 where a side has fewer than two rows.

    Args:
        logits: float32 [N, C] tensor.
        strange: float32 [N], 1 where nobody named the answer, else 0.
    Returns:
        float32 [] tensor.
    """
    import tensorflow as tf

    def covariance(mine: Any) -> tuple[Any, Any]:
        count = tf.reduce_sum(mine)
        mean = tf.reduce_sum(mine[:, None] * logits, 0) / tf.maximum(count, 1.0)
        off = mine[:, None] * (logits - mean)
        return tf.matmul(off, off, transpose_a=True) / tf.maximum(count - 1.0, 1.0), count

    (one, here), (other, there) = covariance(1.0 - strange), covariance(strange)
    distance = tf.reduce_sum((one - other) ** 2) / (4.0 * logits.shape[1] ** 2)
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
