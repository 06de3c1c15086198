"""Recipes, one file a network's family; each registers the numbers that its networks are trained by."""

from __future__ import annotations

from collections.abc import Callable

from codegen.errors import DataError
from model_zoo.registry import Registry
from model_zoo.training.recipe import Recipe

Made = Callable[[], Recipe]

RECIPES: Registry[Made] = Registry("recipe", __name__)


def recipe(network: str) -> Callable[[Made], Made]:
    """Decorator: makes a function the recipe of a network."""

    def register(make: Made) -> Made:
        RECIPES.add(network, make)
        return make

    return register


def recipe_for(network: str) -> Recipe:
    """The recipe of a network.

    Raises:
        DataError: it has none; a default one would be numbers that nobody chose for it.
    """
    if network not in RECIPES.names():
        raise DataError(
            f"the network {network} has no recipe",
            "model_zoo/recipes",
            f'Write a function there with @recipe("{network}"), which returns its Recipe.',
        )
    return RECIPES.get(network)()
