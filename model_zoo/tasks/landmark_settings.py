"""The numbers of landmark networks in a recipe: losses, branches in training, mended labels, augmentation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from model_zoo.training.augment import AugmentSpec
from model_zoo.training.losses import POINT_LOSSES, adaptive_wing_loss, smooth_l1_loss, wing_loss
from model_zoo.training.ranges import outside
from model_zoo.training.stated import LATER

RANGES = {
    "wing_width": (1e-4, 10.0),
    "wing_curvature": (1e-4, 10.0),
    "wing_power": (1.0, 3.0),
    "smooth_width": (1e-4, 10.0),
    "mend": (0.0, 1.0),
    "pose": (0.0, 100.0),
    "heat_map": (0.0, 100.0),
}
"""Of the settings below."""


@dataclass(frozen=True)
class LandmarkSettings:
    """The task's numbers in a recipe.

    Attributes:
        loss: of the points: "wing", "adaptive_wing" or "smooth_l1".
        wing_width, wing_curvature: w and epsilon of both wing losses, in crop sides.
        wing_power: exponent of the adaptive one.
        smooth_width: of the smooth L1 loss, in crop sides.
        pose: how much more a picture weighs whose pose a branch tells wrongly; 0: no branch.
        heat_map: weight of the heat maps that a branch makes of the points; 0: no branch.
        mend: share of the second opinion in the inner points of training labels.
        drop_suspect: training pictures with doubted labels are left out.
        augment: how far pictures are changed.
    """

    loss: str = "wing"
    wing_width: float = 0.1
    wing_curvature: float = 0.02
    wing_power: float = 1.1
    smooth_width: float = 0.02
    pose: float = field(default=0.0, metadata=LATER)
    heat_map: float = field(default=0.0, metadata=LATER)
    mend: float = field(default=0.0, metadata=LATER)
    drop_suspect: bool = field(default=False, metadata=LATER)
    augment: AugmentSpec = field(default_factory=AugmentSpec)

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        if self.loss not in POINT_LOSSES:
            return f"the task.loss is {self.loss!r}; it may be {', '.join(POINT_LOSSES)}"
        if self.drop_suspect not in (True, False):
            return f"the task.drop_suspect is {self.drop_suspect!r}; it may be true or false"
        return outside(self, RANGES) or self.augment.senseless()

    def point_loss(self, target: Any, predicted: Any, weights: Any | None = None) -> Any:
        """The chosen loss of points.

        Args:
            target, predicted: float32 [B, 2 P] tensors, in crop sides.
            weights: float32 [B, 1], of each picture; None: all weigh the same.
        Returns:
            float32 [] tensor.
        """
        width, curvature = self.wing_width, self.wing_curvature
        if self.loss == "adaptive_wing":
            return adaptive_wing_loss(target, predicted, width, curvature, self.wing_power, weights)
        if self.loss == "smooth_l1":
            return smooth_l1_loss(target, predicted, self.smooth_width, weights)
        return wing_loss(target, predicted, width, curvature, weights)
