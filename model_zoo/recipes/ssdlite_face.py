"""Recipe of the SSDLite detector: default boxes, and of the scores without a face the hardest.

Liu et al., "SSD", ECCV 2016, section 2.2: matching, loss and hard negatives, 3 to 1; box offsets count as
much as scores.
"""

from __future__ import annotations

from model_zoo.recipes import recipe
from model_zoo.tasks.faces import FaceSettings
from model_zoo.training.recipe import Phase, Recipe


@recipe("ssdlite-face-128")
def ssdlite_face_128() -> Recipe:
    """Float first, then quantization-aware."""
    return Recipe(
        task=FaceSettings(heads="default-boxes", scores="mined", box_weight=1.0, point_weight=0.25),
        batch=96,
        phases=(
            Phase("float", "float", epochs=70, warm_up=4, rate=4e-3, weight_decay=0.02, weight_average=0.998),
            Phase("qat", "qat", epochs=4, warm_up=1, rate=4e-4, weight_decay=0.0, weight_average=0.998),
        ),
        calibration_images=512,
    )
