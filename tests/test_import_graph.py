"""The import graph of the rooms: how many there are, how many arrows join them, and no circle among files.

A file or folder right below a package is a room. Every import counts, also those inside functions and those
for type checkers alone (`if TYPE_CHECKING:`): files that need each other to be understood are one.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

MOST_ROOMS = 16
MOST_ARROWS = 55

Graph = dict[str, set[str]]
"""Module -> the modules of the same package that it imports, wherever it does."""


def graph_of(files: dict[str, str]) -> Graph:
    """The graph of a package.

    Args:
        files: module ("codegen.ops.add"; a package by its own name) -> source.
    """
    graph: Graph = {}
    for module, source in files.items():
        names: set[str] = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                names |= whole if whole <= files.keys() else {node.module} | (whole & files.keys())
        graph[module] = (names & files.keys()) - {module}
    return graph


def read(package: Path) -> Graph:
    """The graph of a package on disk."""
    files = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return graph_of(files)


def circle(graph: Graph) -> list[str]:
    """The modules of one circle, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def rooms_and_arrows(graph: Graph, package: str) -> tuple[set[str], set[tuple[str, str]]]:
    """The rooms of a package and which of them import which."""

    def room(module: str) -> str:
        return module.split(".")[1]

    inner = {module: targets - {package} for module, targets in graph.items() if module != package}
    arrows = {(room(a), room(b)) for a, targets in inner.items() for b in targets}
    return {room(module) for module in inner}, {(a, b) for a, b in arrows if a != b}


@pytest.mark.parametrize("package", ["codegen", "host_tools", "model_zoo"])
def test_no_file_imports_itself_by_way_of_others(package: str, repository: Path) -> None:
    graph = read(repository / package)
    assert len(graph) > 10
    assert circle(graph) == []


def test_the_rooms_of_host_tools_are_few(repository: Path) -> None:
    rooms, arrows = rooms_and_arrows(read(repository / "host_tools"), "host_tools")
    sources = defaultdict(list)
    for source, target in sorted(arrows):
        sources[source].append(target)
    drawn = "\n".join(f"{source} -> {' '.join(targets)}" for source, targets in sources.items())
    assert len(rooms) <= MOST_ROOMS, sorted(rooms)
    assert len(arrows) <= MOST_ARROWS, f"{len(arrows)} arrows\n{drawn}"


def test_a_circle_is_found() -> None:
    files = {
        "p": "",
        "p.a": "from p.b import x",
        "p.b": "def f():\n    from p.c.d import y",
        "p.c.d": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p import a",
    }
    assert set(circle(graph_of(files))) == {"p.a", "p.b", "p.c.d"}
    files["p.c.d"] = "from typing import TYPE_CHECKING"
    assert circle(graph_of(files)) == []
    rooms, arrows = rooms_and_arrows(graph_of(files), "p")
    assert rooms == {"a", "b", "c"}
    assert arrows == {("a", "b"), ("b", "c")}
