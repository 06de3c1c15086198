"""Training and evaluation know no task: nothing that they import, by any way, is of faces or one network."""

from __future__ import annotations

from pathlib import Path

import pytest

import model_zoo.tasks as tasks
from model_zoo.architectures import NETWORKS
from model_zoo.datasets import SOURCES
from tests.test_import_graph import Graph, read

GENERAL = [
    "model_zoo.training.train",
    "model_zoo.training.search",
    "model_zoo.training.fit",
    "model_zoo.evaluation.evaluate",
    "model_zoo.evaluation.data_check",
    "model_zoo.cards",
]


def reached(graph: Graph, module: str) -> set[str]:
    """The modules that a module imports, and those that these import."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting += new
    return found


@pytest.fixture(scope="module")
def graph(repository: Path) -> Graph:
    return read(repository / "model_zoo")


def of_one_task() -> set[str]:
    """The modules in which tasks, networks and data sets of the zoo register."""
    entries = [type(task) for task in tasks.TASKS.entries()]
    entries += [spec.build for spec in NETWORKS.entries()]
    entries += [source.load for source in SOURCES.entries()]
    return {entry.__module__ for entry in entries if entry.__module__.startswith("model_zoo.")}


@pytest.mark.parametrize("module", GENERAL)
def test_no_task_is_known(graph: Graph, module: str) -> None:
    special = of_one_task()
    assert {"model_zoo.tasks.landmarks", "model_zoo.architectures.pfld"} <= special
    special |= {"model_zoo.datasets.landmark_scheme", "model_zoo.datasets.points68"}
    special |= {"model_zoo.evaluation.metrics", "model_zoo.training.losses"}
    assert special <= graph.keys()
    assert reached(graph, module) & special == set()


def test_what_is_known_is_found(graph: Graph) -> None:
    assert "model_zoo.datasets.points68" in reached(graph, "model_zoo.tasks.landmarks")
    assert "model_zoo.tasks.task" in reached(graph, "model_zoo.training.train")
