"""Every number a training hangs on, in one frozen record that is written into the card."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

from model_zoo.training.augment import AugmentSpec

LATER = ("qat_phase", "range_decay", "teacher_weight", "calibration_images")
"""Fields of a recipe that the float phase does not hang on."""


@dataclass(frozen=True)
class Phase:
    """One run of the optimiser.

    Attributes:
        epochs: passes over the training part.
        warm_up: epochs in which the rate climbs from 0; cosine to 0 afterwards.
        rate: peak learning rate of AdamW.
        weight_decay: decoupled decay of kernels (Loshchilov and Hutter 2019).
        weight_average: decay a step of the weights' moving average, which is what is evaluated and kept.
    """

    epochs: int
    warm_up: int
    rate: float
    weight_decay: float
    weight_average: float


@dataclass(frozen=True)
class Recipe:
    """A training from the first weight to the int8 file.

    Attributes:
        margin: crop side / face-box side.
        batch: images a step.
        wing_width, wing_curvature: w and epsilon of the wing loss, in crop sides.
        augment: how far pictures are changed.
        float_phase: the training proper.
        qat_phase: the quantization-aware one that starts from it.
        range_decay: moving average of the activation ranges in quantization-aware training.
        teacher_weight: share of the float network's mirrored answer in the targets of quantization-aware
            training; the labels have the rest.
        calibration_images: training images from which post-training quantization takes its ranges.
    """

    margin: float = 1.15
    batch: int = 64
    wing_width: float = 0.1
    wing_curvature: float = 0.02
    augment: AugmentSpec = field(default_factory=AugmentSpec)
    float_phase: Phase = Phase(1000, 10, 2e-3, 0.05, 0.998)
    qat_phase: Phase = Phase(80, 2, 4e-4, 0.0, 0.998)
    range_decay: float = 0.98
    teacher_weight: float = 1.0
    calibration_images: int = 512

    def to_json(self) -> dict[str, object]:
        """Plain numbers and dicts."""
        return asdict(self)

    def fingerprint(self, phase: str) -> str:
        """16 hex digits that change with any number that matters up to the end of a phase.

        A checkpoint of another recipe is refused by it. What comes after the float phase can be changed
        without losing the float phase.
        """
        facts = self.to_json()
        if phase == "float":
            facts = {key: value for key, value in facts.items() if key not in LATER}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
