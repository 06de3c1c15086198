"""Temporary folders outlive no program for long, however it ended."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from codegen import scratch, staging
from codegen.scratch import ScratchFolder

HOLD = "from codegen.scratch import ScratchFolder as S; s = S(); (s.path / 'f').touch(); print(s.path); {}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, of this process and of those it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scratch._clear_once.cache_clear()
    return tmp_path


def hold(then: str, repository: Path) -> subprocess.Popen[str]:
    """A process with such a folder, which it has by now."""
    command = [sys.executable, "-u", "-c", HOLD.format(then)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=repository, text=True, stdout=pipe, stdin=pipe)
    assert process.stdout is not None
    assert Path(process.stdout.readline().strip(), "f").is_file()
    return process


def test_it_is_gone_at_the_end(place: Path) -> None:
    with ScratchFolder() as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "file").touch()
        assert folder.is_relative_to(place)
    assert not list(place.iterdir())


@pytest.mark.parametrize("then", ["input()", "input(); exit(3)", "input() / 0"])
def test_it_is_gone_with_its_process(then: str, place: Path, repository: Path) -> None:
    hold(then, repository).communicate("\n")
    assert not list(place.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_what_a_killed_process_left_goes_at_the_next_start(place: Path, repository: Path) -> None:
    living = hold("input()", repository)
    killed = hold("input()", repository)
    try:
        killed.kill()
        killed.communicate()
        assert len(list(place.iterdir())) == 2
        with ScratchFolder():
            assert len(list(place.iterdir())) == 2  # the living one's and this one
        assert len(list(place.iterdir())) == 1
    finally:
        living.communicate("\n")
    assert not list(place.iterdir())


def test_other_things_of_such_a_name_stay(place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / staging.LOCK).touch()
    (place / ".tinyface-link").symlink_to(elsewhere)
    (place / ".tinyface-notes").mkdir()
    (place / ".tinyface-notes" / "note").touch()
    (place / ".tinyface-file").touch()
    (place / "tinyface-fault-1.txt").touch()
    before = sorted(place.rglob("*"))
    ScratchFolder().close()
    assert sorted(place.rglob("*")) == before
    assert (elsewhere / staging.LOCK).is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="owners")
def test_a_folder_of_another_user_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = place / ".tinyface-0123456789ab"
    left.mkdir()
    (left / staging.LOCK).touch()
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    ScratchFolder().close()
    assert left.is_dir()
    monkeypatch.setattr(os, "geteuid", lambda: user)
    scratch._clear_once.cache_clear()
    ScratchFolder().close()
    assert not left.exists()
