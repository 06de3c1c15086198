"""Float, then quantization-aware with the float network as the teacher of half of each target."""

from __future__ import annotations

from model_zoo.recipes import recipe
from model_zoo.training.recipe import Phase, Recipe
from tests.model_zoo.toys.patch.task import PatchSettings


@recipe("patch-net")
def patch_net() -> Recipe:
    return Recipe(
        task=PatchSettings(),
        batch=24,
        phases=(
            Phase("float", "float", 60, 2, 1e-2, 0.01, 0.95),
            Phase("qat", "qat", 8, 1, 1e-3, 0.0, 0.9, teacher=0.5),
        ),
        calibration_images=48,
    )
