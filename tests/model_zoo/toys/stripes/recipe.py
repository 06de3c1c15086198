"""Recipes with phase lists of their own: three phases, and one that learns from a teacher alone."""

from __future__ import annotations

from model_zoo.recipes import recipe
from model_zoo.training.recipe import Phase, Recipe
from tests.model_zoo.toys.stripes.task import StripeSettings


@recipe("stripes-wide")
def wide() -> Recipe:
    return Recipe(
        task=StripeSettings(),
        batch=24,
        phases=(
            Phase("coarse", "float", 10, 1, 1e-2, 0.01, 0.9),
            Phase("fine", "float", 6, 0, 2e-3, 0.0, 0.95),
            Phase("int8", "qat", 4, 0, 5e-4, 0.0, 0.9, teacher=0.5),
        ),
        calibration_images=48,
    )


@recipe("stripes-narrow")
def narrow() -> Recipe:
    return Recipe(
        task=StripeSettings(),
        batch=24,
        phases=(Phase("taught", "float", 30, 1, 2e-2, 0.0, 0.9, teacher=1.0),),
        calibration_images=48,
    )
