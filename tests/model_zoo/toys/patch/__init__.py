"""One box a picture: a coloured patch. Importing this registers the toy."""

from tests.model_zoo.toys.patch import data, network, recipe, task

__all__ = ["data", "network", "recipe", "task"]
