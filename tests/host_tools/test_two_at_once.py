"""Two `tinyface generate` at work in one folder at once: one project, whole, and one plain message."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from host_tools.project.target import digest_of
from tests.host_tools.toy_folder import write_toy

WAITING = """
import sys, time
from pathlib import Path
from host_tools.project import write as project
from host_tools.cli import main

place, step = Path(sys.argv[1]), sys.argv[2]
plain = getattr(project, step)

def pausing(*arguments):
    made = plain(*arguments)
    (place / "reached").touch()
    while not (place / "go").exists():
        time.sleep(0.01)
    return made

setattr(project, step, pausing)
sys.argv[1:] = sys.argv[3:]
main()
"""
"""A tinyface that stops after a step of writing a project until it is told to go on."""


@pytest.fixture
def models(tmp_path: Path) -> tuple[Path, Path]:
    return write_toy("mini_mobilenet", tmp_path / "a"), write_toy("add", tmp_path / "b")


def generate(model: Path, folder: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "host_tools.cli", "generate", str(model), "-o", str(folder)]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False, timeout=120)


def beside(
    step: str, models: tuple[Path, Path], folder: Path, repository: Path, place: Path
) -> tuple[subprocess.CompletedProcess[str], int, str]:
    """A second run while the first waits: how the second ended, and code and text of the first."""
    place.mkdir()
    command = [sys.executable, "-c", WAITING, str(place), step, "generate", str(models[0]), "-o", str(folder)]
    first = subprocess.Popen(command, cwd=repository, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 120
        while not (place / "reached").exists():
            assert first.poll() is None, first.communicate()[1]
            assert time.monotonic() < end
            time.sleep(0.02)
        second = generate(models[1], folder, repository)
        (place / "go").touch()
        _, said = first.communicate(timeout=120)
    finally:
        first.kill()
        first.wait()
    return second, first.returncode, said


def hash_in(folder: Path) -> str:
    """The model's hash of a project, every file of which is as its manifest says."""
    manifest = json.loads((folder / "tinyface.json").read_text())
    assert all(digest_of(folder / name) == digest for name, digest in manifest["files"].items())
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == {*manifest["files"], "tinyface.json"}
    return str(manifest["model_hash"])


@pytest.mark.slow
@pytest.mark.parametrize("step", ["project_files", "_fill"])
def test_the_slower_one_of_a_new_folder_gives_way(
    step: str, models: tuple[Path, Path], tmp_path: Path, repository: Path
) -> None:
    folder = tmp_path / "out"
    second, code, said = beside(step, models, folder, repository, tmp_path / "place")
    assert second.returncode == 0, second.stderr
    assert code == 2
    assert "another program wrote there while this project was made" in said
    assert "remedy: Run it again" in said
    assert "not empty" not in said
    generate(models[1], tmp_path / "alone", repository)
    assert hash_in(folder) == hash_in(tmp_path / "alone")
    assert not list(tmp_path.glob(".tinyface-*"))
    assert generate(models[0], folder, repository).returncode == 0


@pytest.mark.slow
def test_a_project_that_is_being_changed_is_left_alone(
    models: tuple[Path, Path], tmp_path: Path, repository: Path
) -> None:
    folder = tmp_path / "out"
    assert generate(models[1], folder, repository).returncode == 0
    before = hash_in(folder)
    second, code, said = beside("_fill", models, folder, repository, tmp_path / "place")
    assert second.returncode == 2
    assert "another tinyface writes this project just now" in second.stderr
    assert code == 0, said
    assert hash_in(folder) != before


@pytest.mark.slow
def test_a_project_that_changed_meanwhile_is_looked_at_again(
    models: tuple[Path, Path], tmp_path: Path, repository: Path
) -> None:
    folder = tmp_path / "out"
    assert generate(models[0], folder, repository).returncode == 0
    before = hash_in(folder)
    second, code, said = beside("project_files", models, folder, repository, tmp_path / "place")
    assert second.returncode == 0, second.stderr
    assert code == 0, said
    assert hash_in(folder) == before
