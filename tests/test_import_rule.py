"""The import rule: host_tools -> codegen and model_zoo.cards, model_zoo -> codegen, nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOMS = ("codegen", "host_tools", "model_zoo", "firmware", "tests", "tinyface_esp32")
ALLOWED = {
    "codegen": {"codegen", "firmware"},
    "model_zoo": {"model_zoo", "codegen"},
    "host_tools": {"host_tools", "codegen", "firmware"},
    "tinyface_esp32": {"host_tools"},
}
COMMANDS = (
    *("train.py", "data.py", "search.py"),
    *("evaluate.py", "evaluate_cascade.py", "evaluate_program.py", "evaluate_report.py"),
)
LEARNING = ("model_zoo.training", "model_zoo.evaluation", "model_zoo.labelling", "model_zoo.search")
TENSORFLOW = {"tensorflow", "tf_keras", "keras", "tensorflow_model_optimization"}


def imports(tree: ast.AST) -> list[tuple[str, bool]]:
    """(module, at module level) of every import statement."""
    found = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
            if node.module in ROOMS:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
        found += [(name, getattr(node, "col_offset", 0) == 0) for name in names]
    return found


def violations(room: str, path: Path, source: str) -> list[str]:
    """What breaks the rule in one file, in words."""
    bad = []
    for module, top_level in imports(ast.parse(source)):
        top = module.split(".")[0]
        if top in TENSORFLOW and (room != "model_zoo" or top_level):
            bad.append(f"{path.name}: {module} is imported outside a training function")
        if top not in ROOMS or top in ALLOWED[room]:
            continue
        if room == "host_tools" and module.startswith("model_zoo.cards"):
            continue
        in_command = path.name in COMMANDS and path.parent.name == "commands"
        if room == "host_tools" and module.startswith(LEARNING) and in_command and not top_level:
            continue
        bad.append(f"{path.name}: {room} imports {module}")
    return bad


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_rooms_import_only_what_they_may(room: str, repository: Path) -> None:
    files = sorted((repository / room).rglob("*.py"))
    assert files, f"{room} is empty"
    bad = [text for path in files for text in violations(room, path, path.read_text())]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize(
    ("room", "name", "source"),
    [
        ("codegen", "x.py", "import model_zoo.cards"),
        ("codegen", "x.py", "def f():\n    from host_tools import cli"),
        ("model_zoo", "x.py", "from host_tools.boards import load_board"),
        ("model_zoo", "x.py", "import tensorflow as tf"),
        ("host_tools", "x.py", "def f():\n    import tensorflow"),
        ("host_tools", "train.py", "from model_zoo.training.train import train"),
        ("host_tools", "x.py", "def f():\n    from model_zoo.evaluation import evaluate"),
    ],
)
def test_the_rule_catches_a_breach(room: str, name: str, source: str) -> None:
    assert violations(room, Path("commands") / name, source)
