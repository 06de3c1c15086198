"""Recipe of the centroid network."""

from __future__ import annotations

from model_zoo.recipes import recipe
from model_zoo.training.recipe import Phase, Recipe
from model_zoo.training.scene_lesson import SceneSettings


@recipe("fomo-face-128")
def fomo_face_128() -> Recipe:
    """Float first, then quantization-aware."""
    return Recipe(
        task=SceneSettings(),
        batch=96,
        phases=(
            Phase("float", "float", epochs=60, warm_up=4, rate=4e-3, weight_decay=0.01, weight_average=0.998),
            Phase("qat", "qat", epochs=4, warm_up=1, rate=4e-4, weight_decay=0.0, weight_average=0.998),
        ),
        calibration_images=512,
    )
