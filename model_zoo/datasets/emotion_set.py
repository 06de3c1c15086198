"""Faces with the expression that people saw in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.samples import Samples

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""In the order of FER2013."""


@dataclass(frozen=True)
class EmotionSet(Samples):
    """Pictures of one face each, cut tightly.

    Attributes:
        classes: int64 [N], places in CLASSES: what most people saw.
        shares: float32 [N, 7], the share of people who saw each; rows sum to 1.
    """

    classes: NDArray[np.int64]
    shares: NDArray[np.float32]

    def labelling(self) -> tuple[str, Any]:
        """The classes."""
        return ", ".join(CLASSES), CLASSES


def one_hot(classes: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    """Shares where one voice counts: float32 [N, 7]."""
    shares: NDArray[np.float32] = np.eye(len(CLASSES), dtype=np.float32)[classes]
    return shares
