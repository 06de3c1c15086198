"""Weights of three values: -a, 0 and a, the magnitude one of each output channel.

Li, Zhang and Liu, "Ternary Weight Networks", 2016 (arXiv 1605.04711): the network computes with three
values, and what it learns goes to full ones behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from model_zoo.training.held_weights import kernels_of

LEAST = 0.7
"""Of the mean magnitude: what is smaller becomes 0; section 2.2, equation 6."""
CONVOLUTION = 4
"""Axes of the kernel of a convolution, [H, W, in, out]: each output channel has a magnitude of its own, as
it has a scale of its own in the int8 file. A dense layer has one scale there, and one magnitude here."""


def ternary(values: Any) -> Any:
    """The nearest weights of three values, nearly; what has three values already stays.

    Section 2.2, equations 3 and 6: magnitudes above 0.7 of their mean become their own mean.

    Args:
        values: float32 tensor, [H, W, in, out] or [in, out].
    Returns:
        float32 tensor of the same shape; fit for tf.function.
    """
    import tensorflow as tf

    over = list(range(len(values.shape) - 1)) if len(values.shape) == CONVOLUTION else None
    size = tf.abs(values)
    large = tf.cast(size > LEAST * tf.reduce_mean(size, over, keepdims=True), values.dtype)
    count = tf.maximum(1.0, tf.reduce_sum(large, over, keepdims=True))
    return tf.sign(values) * large * tf.reduce_sum(size * large, over, keepdims=True) / count


@dataclass
class Ternary:
    """Keeps full weights behind the three values that a phase computes with.

    The gradient at three values moves the full ones (straight-through, section 2.3), and so it is with the
    moving average: its three values are those of the full weights' average.
    """

    _kernels: list[int] = field(default_factory=list)
    _full: list[Any] = field(default_factory=list)
    _means: list[Any] = field(default_factory=list)

    @property
    def variables(self) -> Sequence[Any]:
        """The full weights and their moving average, which a checkpoint holds."""
        return [*self._full, *self._means]

    def take(self, model: Any) -> None:
        """Keeps the weights that a phase begins with, and gives the network three values."""
        import tensorflow as tf

        self._kernels = kernels_of(model)
        for k in self._kernels:
            value = model.weights[k].numpy()
            self._full.append(tf.Variable(value, trainable=False))
            self._means.append(tf.Variable(value, trainable=False))
            model.weights[k].assign(ternary(tf.constant(value)))

    def begin(self, epoch: int, model: Any, average: Sequence[Any]) -> None:
        """The start of an epoch: all is as it was."""

    def done(self, epoch: int) -> bool:
        """In every epoch all weights have three values."""
        return True

    def after_step(self, weights: Sequence[Any], average: Sequence[Any], decay: Any) -> None:
        """Moves the full weights as the step moved the network's; fit for tf.function."""
        for k, full, mean in zip(self._kernels, self._full, self._means, strict=True):
            full.assign_add(weights[k] - ternary(full))
            mean.assign_add((1.0 - decay) * (full - mean))
            weights[k].assign(ternary(full))
            average[k].assign(ternary(mean))
