"""What a detector's outputs say of faces: one file a form, for training, float networks and cards."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from model_zoo.evaluation.recall import Detections
from model_zoo.training.face_scene import FaceScene
from model_zoo.training.face_targets import Assignment
from model_zoo.view import View


class Heads(ABC):
    """The outputs: of each map its scores, logits float32 [anchors, 1], and where places have sizes its boxes
    behind them, float32 [anchors, 4 and two a key point].

    Attributes:
        KEY_POINTS: of each box.
        OVERLAP: intersection over union above which the worse one of two boxes goes.
    """

    KEY_POINTS: ClassVar[int]
    OVERLAP: ClassVar[float]

    @property
    @abstractmethod
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the outputs, without the batch."""

    @abstractmethod
    def targets(
        self, scene: FaceScene, view: View, assignment: Assignment
    ) -> tuple[NDArray[np.float32], ...]:
        """What they are to say of a scene: scores 1 face, 0 none, -1 not learnt; boxes NaN where unknown.

        Args:
            assignment: which cells learn a face, where that is chosen.
        """

    @abstractmethod
    def found(self, outputs: Sequence[NDArray[np.float32]], view: View, least: float) -> Detections:
        """Boxes in input px that reach a score, overlapping ones, too.

        Args:
            outputs: of one picture.
            least: logit.
        """

    @abstractmethod
    def levels(self) -> list[dict[str, Any]]:
        """Tables of the decoder `boxes`, one a map."""


class BoxHeads(Heads):
    """Those whose places have sizes."""

    @abstractmethod
    def box_loss(self, target: Any, predicted: Any, there: Any) -> tuple[Any, Any]:
        """Sums over the anchors with a face: of boxes, of key points.

        Args:
            target, predicted: float32 [..., values of a box] tensors; NaN where not known.
            there: bool [...].
        """
