"""Recipes of the landmark networks; choices were made on the validation part."""

from __future__ import annotations

from model_zoo.recipes import recipe
from model_zoo.tasks.landmarks68 import LandmarkSettings
from model_zoo.training.recipe import Phase, Recipe


@recipe("pfld-68-96")
def pfld_68_96() -> Recipe:
    """The shipped network: float first, then quantization-aware with the float network as the teacher."""
    return Recipe(
        task=LandmarkSettings(),
        margin=1.15,
        batch=64,
        phases=(
            Phase("float", "float", 1000, 10, 2e-3, 0.05, 0.998),
            Phase("qat", "qat", 80, 2, 4e-4, 0.0, 0.998, teacher=1.0),
        ),
        calibration_images=512,
    )


@recipe("pfld-68-96-nano")
def pfld_68_96_nano() -> Recipe:
    """The small one: minutes."""
    return Recipe(
        task=LandmarkSettings(),
        margin=1.15,
        batch=32,
        phases=(
            Phase("float", "float", 60, 3, 4e-3, 0.01, 0.99),
            Phase("qat", "qat", 10, 1, 4e-4, 0.0, 0.98, teacher=1.0),
        ),
        calibration_images=128,
    )
