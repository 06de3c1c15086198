"""Two classes: stripes that lie or stand. Importing this registers the toy."""

from tests.model_zoo.toys.stripes import data, network, recipe, task

__all__ = ["data", "network", "recipe", "task"]
