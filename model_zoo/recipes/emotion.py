"""Recipes of the expression networks; choices were made on the validation part."""

from __future__ import annotations

from dataclasses import replace

from model_zoo.recipes import recipe
from model_zoo.tasks.emotions import EmotionSettings
from model_zoo.training.recipe import Phase, Recipe


@recipe("emotion-48-gru")
def emotion_48_gru() -> Recipe:
    """On sequences of four frames; int8 after training, for quantization-aware training (tfmot) knows no
    recurrent unit."""
    given = emotion_48()
    first = given.phases[0]
    return replace(given, task=EmotionSettings(frames=4), batch=256, phases=(first,))


@recipe("emotion-48-small")
@recipe("emotion-48-large")
@recipe("emotion-48-attention")
@recipe("emotion-48-squeezenet")
@recipe("emotion-48-vit")
def emotion_48() -> Recipe:
    """Float first, then quantization-aware with the float network as the teacher."""
    return Recipe(
        task=EmotionSettings(),
        margin=1.0,
        batch=128,
        phases=(
            Phase(
                name="float",
                kind="float",
                epochs=40,
                warm_up=2,
                rate=3e-3,
                weight_decay=0.05,
                weight_average=0.998,
            ),
            Phase(
                name="qat",
                kind="qat",
                epochs=4,
                warm_up=0,
                rate=2e-4,
                weight_decay=0.0,
                weight_average=0.998,
                teacher=0.5,
            ),
        ),
        calibration_images=512,
    )
