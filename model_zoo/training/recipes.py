"""The recipe of each network; choices were made on the validation part."""

from __future__ import annotations

from model_zoo.training.recipe import Phase, Recipe

RECIPES: dict[str, Recipe] = {
    "pfld-68-96": Recipe(),
    "pfld-68-96-nano": Recipe(
        batch=32,
        float_phase=Phase(60, 3, 4e-3, 0.01, 0.99),
        qat_phase=Phase(10, 1, 4e-4, 0.0, 0.98),
        calibration_images=128,
    ),
}


def recipe_for(model: str) -> Recipe:
    """The recipe of a network in the registry; the default one for a network without its own."""
    return RECIPES.get(model, Recipe())
