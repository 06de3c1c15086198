"""What interpreters, editors and systems leave in our folders never becomes part of a project."""

from __future__ import annotations

import compileall
import shutil
import subprocess
from pathlib import Path, PurePath

import pytest

import firmware
from codegen.own_files import is_left_behind
from host_tools.boards import list_boards, load_board, project_files
from host_tools.models import resolve
from host_tools.project.write import write_project
from tests.host_tools.toy_folder import write_landmark_toy

PIO_BOARDS = [board.name for board in list_boards() if board.flash.method == "platformio"]
LEFT = (
    ".DS_Store",
    "._empty_model.py",
    "._app.c",
    ".board.c.swp",
    ".#board.c",
    "#board.c#",
    "board.c~",
    "board.c.orig",
    "board.o",
    "Thumbs.db",
    "desktop.ini",
    "__pycache__/empty_model.cpython-312.pyc",
    "empty_model.pyc",
    ".vscode/settings.json",
    ".git/index",
)


def litter(folder: Path) -> None:
    """Leaves binary droppings in a folder and in each folder beneath it."""
    for place in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
        for name in LEFT:
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_bytes(b"\xff\xfe\x00left behind")


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_behind(name: str) -> None:
    assert is_left_behind(PurePath(name))
    assert is_left_behind(PurePath("src") / name)


def test_every_file_of_the_repository_belongs(repository: Path) -> None:
    command = ["git", "ls-files", "-z", "firmware", "codegen", "model_zoo/pretrained"]
    said = subprocess.run(command, cwd=repository, capture_output=True, check=False)
    if said.returncode != 0:
        pytest.skip(f"this is no checkout of git ({said.stderr.decode().strip()})")
    names = [PurePath(name) for name in said.stdout.decode().split("\0") if name]
    assert len(names) > 100
    assert not [name for name in names if is_left_behind(name)]


@pytest.mark.parametrize("name", [*PIO_BOARDS, "sim"])
def test_a_project_from_a_littered_folder_is_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pip compiles an installed package, and as a Mac copies one."""
    ref = resolve(str(write_landmark_toy(tmp_path / "model")))
    clean = write_project(ref, load_board(name), "aot", tmp_path / "clean")
    root = tmp_path / "firmware"
    shutil.copytree(firmware.ROOT, root)
    assert compileall.compile_dir(root, quiet=1)
    litter(root)
    monkeypatch.setattr(firmware, "ROOT", root)
    monkeypatch.setattr("host_tools.boards.BOARDS", root / "boards")
    monkeypatch.setattr("host_tools.boards.CHIPS", root / "chips")
    littered = write_project(ref, load_board(name), "aot", tmp_path / "littered")
    assert littered.manifest == clean.manifest
    assert {p.relative_to(littered.folder) for p in littered.folder.rglob("*")} == {
        p.relative_to(clean.folder) for p in clean.folder.rglob("*")
    }


def test_a_template_that_is_no_text_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from codegen.errors import BoardError

    root = tmp_path / "chips"
    shutil.copytree(firmware.ROOT / "chips", root)
    (root / "espressif" / "project" / "logo.png").write_bytes(b"\x89PNG\xff")
    monkeypatch.setattr("host_tools.boards.CHIPS", root)
    with pytest.raises(BoardError, match=r"logo.png.*no UTF-8"):
        project_files(load_board("esp32cam"))
