"""Writing a project: all or nothing, never over foreign files."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.backends.write import write_files
from codegen.errors import TinyfaceError

FILES = {"tinyface.json": "{}\n", "model.c": "int x;\n", "kernels/a.h": "/* a */\n"}


def listing(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_writes_and_writes_again(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "project"
    write_files(FILES, folder)
    assert listing(folder) == sorted(FILES)
    before = (folder / "model.c").stat().st_mtime_ns
    (folder / "own.txt").write_text("mine")
    write_files({"tinyface.json": "{1}\n", "model.c": "int x;\n", "kernels/b.h": ""}, folder)
    assert listing(folder) == ["kernels/b.h", "model.c", "own.txt", "tinyface.json"]
    assert (folder / "tinyface.json").read_text() == "{1}\n"
    assert (folder / "model.c").stat().st_mtime_ns == before


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(TinyfaceError, match="did not write") as error:
        write_files(FILES, tmp_path)
    assert "-o" in error.value.remedy
    assert listing(tmp_path) == ["thesis.txt"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(TinyfaceError, match="stands in the way"):
        write_files(FILES, tmp_path / "x")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a\\b", ""])
def test_names_stay_inside(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name inside"):
        write_files({name: "x"}, tmp_path / "p")
    assert not (tmp_path / "p").exists()


def test_a_failure_changes_nothing(tmp_path: Path) -> None:
    """A file stands where a folder is needed: the old files stay and no temporary file is left."""
    folder = tmp_path / "p"
    write_files({"tinyface.json": "old"}, folder)
    (folder / "blocked").write_text("a file where a directory is needed")
    with pytest.raises(TinyfaceError, match="can't be written"):
        write_files({"tinyface.json": "new", "blocked/x.c": "x"}, folder)
    assert (folder / "tinyface.json").read_text() == "old"
    assert listing(folder) == ["blocked", "tinyface.json"]
