"""Faces with the expression that people saw in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.samples import WHOLE, Samples

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""In the order of FER2013."""


@dataclass(frozen=True)
class EmotionSet(Samples):
    """Pictures of one face each, cut tightly.

    Attributes:
        classes: int64 [N], places in CLASSES: what most people saw.
        shares: float32 [N, 7], the share of people who saw each; rows sum to 1.
        strangers: tight crops of faces from elsewhere in which nobody named an expression, uint8 [M, S, S]; a
            training part alone may have them. None: none are there.
    """

    classes: NDArray[np.int64]
    shares: NDArray[np.float32]
    strangers: Samples | None = field(default=None, kw_only=True, metadata=WHOLE)

    def contents(self) -> str:
        """As `Samples.contents`, and of the strangers, whom a training sees, too."""
        own = super().contents()
        if self.strangers is None:
            return own
        return hashlib.sha256(f"{own} {self.strangers.contents()}".encode()).hexdigest()

    def labelling(self) -> tuple[str, Any]:
        """The classes."""
        return ", ".join(CLASSES), CLASSES


def one_hot(classes: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    """Shares where one voice counts: float32 [N, 7]."""
    shares: NDArray[np.float32] = np.eye(len(CLASSES), dtype=np.float32)[classes]
    return shares
