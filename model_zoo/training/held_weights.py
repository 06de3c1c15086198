"""What the weights of a phase have to keep to while they are learnt: zeros, and values that are shared.

tensorflow-model-optimization has both as wrappers of layers, which its own quantization then refuses; here
weights are brought back after each step, so that any network and any later phase keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


def kernels_of(model: Any) -> list[int]:
    """Places in `model.weights` of the kernels of convolutions and dense layers, depthwise ones left out; the
    same layers in the same order in a network with fake quantization."""
    return [k for k, variable in enumerate(model.weights) if variable.name.endswith("/kernel:0")]


def ramp_epochs(epochs: int) -> int:
    """In how many of its epochs a sparse phase comes to its share: half of them."""
    return max(1, epochs // 2)


def share_at(epoch: int, epochs: int, share: float) -> float:
    """The share of weights that are 0 from the start of an epoch of a sparse phase on.

    Zhu and Gupta, "To Prune, or Not to Prune", 2017, equation 1: a third power, most at first; from the last
    epoch of the ramp on it is `share`.

    Args:
        epoch: from 0.
    """
    done = min(1.0, (epoch + 1) / ramp_epochs(epochs))
    return share * (1 - (1 - done) ** 3)


def mask_of(values: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """0 for so great a share of an array, its smallest absolute values, 1 for the others."""
    mask = np.ones(values.size, np.float32)
    mask[np.argsort(np.abs(values.reshape(-1)), kind="stable")[: round(share * values.size)]] = 0
    return mask.reshape(values.shape)


class Keeper(Protocol):
    """What the training loop asks of it."""

    @property
    def variables(self) -> Sequence[Any]:
        """What a checkpoint holds of it."""

    def take(self, model: Any) -> None:
        """Looks at the weights that a phase begins with."""

    def begin(self, epoch: int, model: Any, average: Sequence[Any]) -> None:
        """The start of an epoch, from 0."""

    def done(self, epoch: int) -> bool:
        """Whether in this epoch, from 0, all is kept that has to be in the end: earlier ones are not those of
        the network that was asked for."""

    def after_step(self, weights: Sequence[Any], average: Sequence[Any], decay: Any) -> None:
        """Assigns the weights and their moving average, whose decay that was; fit for tf.function."""


@dataclass
class Held:
    """Brings weights back to what a phase keeps to.

    Attributes:
        zeros: what is 0 stays 0.
        shared: what has one value keeps to one.
        share: of weights that become 0 within this phase.
        epochs: of the phase.
    """

    zeros: bool = False
    shared: bool = False
    share: float = 0.0
    epochs: int = 0
    _kernels: list[int] = field(default_factory=list)
    _masks: list[Any] = field(default_factory=list)
    _groups: list[tuple[Any, int]] = field(default_factory=list)

    @property
    def variables(self) -> Sequence[Any]:
        """None: it goes by the weights that a phase begins with."""
        return ()

    def take(self, model: Any) -> None:
        """Looks at the weights that a phase begins with."""
        import tensorflow as tf

        self._kernels = kernels_of(model)
        values = [model.weights[k].numpy() for k in self._kernels]
        if self.zeros:
            self._masks = [tf.Variable((v != 0).astype(np.float32), trainable=False) for v in values]
        if self.shared:
            for v in values:
                different, groups = np.unique(v, return_inverse=True)
                self._groups.append((tf.constant(groups.reshape(-1), tf.int32), len(different)))

    def begin(self, epoch: int, model: Any, average: Sequence[Any]) -> None:
        """The start of an epoch, from 0: more weights become 0 where the phase makes zeros. A function of the
        weights and the epoch alone."""
        if self.share:
            share = share_at(epoch, self.epochs, self.share)
            for mask, k in zip(self._masks, self._kernels, strict=True):
                mask.assign(mask_of(model.weights[k].numpy(), share))
            self._bring_back(model.weights, average)

    def done(self, epoch: int) -> bool:
        """Whether the share is come to."""
        return not self.share or epoch + 1 >= ramp_epochs(self.epochs)

    def after_step(self, weights: Sequence[Any], average: Sequence[Any], decay: Any) -> None:
        """Whatever the decay was, both are brought back."""
        self._bring_back(weights, average)

    def _bring_back(self, weights: Sequence[Any], average: Sequence[Any]) -> None:
        import tensorflow as tf

        for number, k in enumerate(self._kernels):
            for variable in (weights[k], average[k]):
                value = tf.convert_to_tensor(variable)
                if self._groups:
                    groups, count = self._groups[number]
                    means = tf.math.unsorted_segment_mean(tf.reshape(value, [-1]), groups, count)
                    value = tf.reshape(tf.gather(means, groups), value.shape)
                if self._masks:
                    value = value * self._masks[number]
                variable.assign(value)
