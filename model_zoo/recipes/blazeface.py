"""Recipes of the face detectors; choices were made on the validation part."""

from __future__ import annotations

from model_zoo.recipes import recipe
from model_zoo.tasks.faces import FaceSettings
from model_zoo.training.recipe import Phase, Recipe

_BOTH = Recipe(
    task=FaceSettings(),
    batch=96,
    phases=(
        Phase("float", "float", epochs=300, warm_up=4, rate=4e-3, weight_decay=0.02, weight_average=0.998),
        Phase("qat", "qat", epochs=24, warm_up=1, rate=4e-4, weight_decay=0.0, weight_average=0.998),
    ),
    calibration_images=512,
)


@recipe("blazeface-128-small")
@recipe("blazeface-128-free")
def blazeface_128_small() -> Recipe:
    """Float first, then quantization-aware."""
    return _BOTH


@recipe("blazeface-128-large")
def blazeface_128_large() -> Recipe:
    """As the small one."""
    return _BOTH
