"""Tasks: what networks can learn, one file each; train, fit and evaluate know nothing else of them."""

from __future__ import annotations

from typing import Any, TypeVar

from model_zoo.registry import Registry
from model_zoo.tasks.task import Task

TASKS: Registry[Task[Any]] = Registry("task", __name__)

Made = TypeVar("Made", bound=type[Task[Any]])


def register(task: Made) -> Made:
    """Class decorator: makes a task known by its NAME."""
    TASKS.add(task.NAME, task())
    return task
