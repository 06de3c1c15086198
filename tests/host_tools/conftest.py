"""Runs `tinyface` inside the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from host_tools.cli import app

Cli = Callable[..., Result]


@pytest.fixture
def cli() -> Cli:
    """Calls `tinyface ARGS...` in this process."""
    return lambda *args: CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


@pytest.fixture
def tinyface(repository: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `tinyface ARGS...` as a program of its own."""

    def run(*args: object, timeout_s: float = 120, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "host_tools.cli", *map(str, args)],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=repository,
            env={**os.environ, **env},
            check=False,
        )

    return run
