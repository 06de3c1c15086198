"""`refused`: runs `tinyface` on bad input and holds the answer against the rule for all bad input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.cli import app

Refused = Callable[..., str]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Refused:
    """Calls `tinyface ARGS...` in an empty working folder and returns what it said.

    Holds for every case: exit code 2, an error and a remedy, no traceback, nothing on stdout, and not one
    file below the test's folder made, changed or removed.
    """
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path / "state"))

    def run(*args: object) -> str:
        before = contents(tmp_path)
        result = CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)
        said = result.stderr
        assert result.exit_code == 2, said
        assert " error: " in said
        assert "\nremedy: " in said, said
        assert "Traceback" not in said
        assert result.stdout == ""
        assert contents(tmp_path) == before
        return said

    return run
