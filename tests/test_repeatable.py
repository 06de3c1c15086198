"""Property tests draw the same examples in every run, whatever else the process has imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DRAW = """
import hashlib
from tests import conftest
from hypothesis import given, strategies

imported = {imported!r}
for name in imported:
    __import__(name)
found = hashlib.sha256()


@given(strategies.lists(strategies.integers()), strategies.binary(), strategies.floats())
def draw(numbers, data, real):
    found.update(repr((numbers, data, real)).encode())


draw()
print(found.hexdigest())
"""


def drawn(repository: Path, imported: list[str], **variables: str) -> str:
    """A hash of the examples that a process of its own draws."""
    kept = {key: value for key, value in os.environ.items() if key not in ("TINYFACE_EXPLORE", "CI")}
    return subprocess.run(
        [sys.executable, "-c", DRAW.format(imported=imported)],
        cwd=repository, env={**kept, **variables}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


@pytest.mark.parametrize(
    ("imported", "variables"),
    [(["host_tools.cli"], {}), ([], {"PYTHONHASHSEED": "7"}), ([], {"CI": "true"})],
    ids=["imports", "hashes", "ci"],
)
def test_the_same_examples(imported: list[str], variables: dict[str, str], repository: Path) -> None:
    assert drawn(repository, imported, **variables) == drawn(repository, [])


@pytest.mark.parametrize("variables", [{}, {"CI": "true"}], ids=["plain", "ci"])
def test_explore_draws_others(variables: dict[str, str], repository: Path, tmp_path: Path) -> None:
    variables = {**variables, "TINYFACE_EXPLORE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)}
    assert drawn(repository, [], **variables) != drawn(repository, [], **variables)
