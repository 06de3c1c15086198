"""Recipes of the landmark networks; choices were made on the validation part."""

from __future__ import annotations

from dataclasses import replace

from model_zoo.recipes import recipe
from model_zoo.tasks.landmark_settings import LandmarkSettings
from model_zoo.tasks.marks import MarkSettings
from model_zoo.training.live_crops import LiveSpec
from model_zoo.training.recipe import Phase, Recipe


@recipe("pfld-68-96")
@recipe("pfld-96")
def pfld_68_96() -> Recipe:
    """The shipped network: float first, then quantization-aware with the float network as the teacher."""
    return Recipe(
        task=LandmarkSettings(),
        margin=1.15,
        batch=64,
        phases=(
            Phase(
                name="float",
                kind="float",
                epochs=1000,
                warm_up=10,
                rate=2e-3,
                weight_decay=0.05,
                weight_average=0.998,
            ),
            Phase(
                name="qat",
                kind="qat",
                epochs=80,
                warm_up=2,
                rate=4e-4,
                weight_decay=0.0,
                weight_average=0.998,
                teacher=1.0,
            ),
        ),
        calibration_images=512,
    )


@recipe("pfld-68-96-pico")
@recipe("pfld-96-pico")
def pfld_68_96_pico() -> Recipe:
    """The small one: minutes."""
    return Recipe(
        task=LandmarkSettings(),
        margin=1.15,
        batch=32,
        phases=(
            Phase(
                name="float",
                kind="float",
                epochs=60,
                warm_up=3,
                rate=4e-3,
                weight_decay=0.01,
                weight_average=0.99,
            ),
            Phase(
                name="qat",
                kind="qat",
                epochs=10,
                warm_up=1,
                rate=4e-4,
                weight_decay=0.0,
                weight_average=0.98,
                teacher=1.0,
            ),
        ),
        calibration_images=128,
    )


@recipe("pfld-68-96-live")
def pfld_68_96_live() -> Recipe:
    """As the shipped network's, in tighter crops, since a box with its forehead is already generous."""
    given = pfld_68_96()
    first, second = given.phases
    return replace(
        given,
        task=MarkSettings(live=LiveSpec(coarse=0.3)),
        margin=1.0,
        phases=(replace(first, epochs=400, warm_up=5), replace(second, epochs=32, warm_up=1)),
    )


@recipe("pfld-68-96-live-nano")
def pfld_68_96_live_nano() -> Recipe:
    """Twice the smallest one's work; more and smaller batches than the large one's."""
    given = pfld_68_96_live()
    first, second = given.phases
    float_phase = replace(first, epochs=300, rate=3e-3, weight_decay=0.01)
    return replace(given, task=MarkSettings(), batch=32, phases=(float_phase, replace(second, epochs=20)))


@recipe("pfld-68-96-live-pico")
def pfld_68_96_live_pico() -> Recipe:
    """The smallest one: minutes."""
    return replace(pfld_68_96_pico(), task=MarkSettings(), margin=1.1)
