"""Nothing of a user is lost where a project is written: whatever place, whatever cut."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codegen import staging
from host_tools.boards import load_board
from host_tools.models import ModelRef, resolve
from host_tools.project import target as project_target
from host_tools.project.target import ProjectError, digest_of
from host_tools.project.write import open_project, write_project
from tests.host_tools.toy_folder import write_toy

BOARD = load_board("sim")


@pytest.fixture
def toy(tmp_path: Path) -> ModelRef:
    return resolve(str(write_toy("mini_mobilenet", tmp_path / "model")))


@pytest.fixture
def other(tmp_path: Path) -> ModelRef:
    return resolve(str(write_toy("add", tmp_path / "model")))


def everything(folder: Path) -> dict[str, object]:
    """Each name below a folder: the bytes of a file, the goal of a link, None for a folder."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink())
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def is_whole(folder: Path) -> bool:
    files = json.loads((folder / "tinyface.json").read_text())["files"]
    return all(digest_of(folder / name) == digest for name, digest in files.items())


def leave_things(folder: Path) -> dict[str, object]:
    """What users and their tools put into a project."""
    before = set(everything(folder))
    (folder / "sdkconfig.esp32cam").write_text("CONFIG_MINE=y")
    (folder / "build").mkdir()
    (folder / "build" / "notes.txt").write_text("my measurements")
    (folder / ".vscode").mkdir()
    (folder / ".vscode" / "settings.json").write_text("{}")
    (folder / ".pio" / "libdeps").mkdir(parents=True)
    (folder / "empty" / "inner").mkdir(parents=True)
    (folder / "dangling").symlink_to("nowhere/at/all")
    (folder / "elsewhere").symlink_to(folder.parent)
    (folder / "firmware" / "src" / "mine.c").write_text("/* mine */")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main")
    return {name: what for name, what in everything(folder).items() if name not in before}


@pytest.mark.parametrize("force", [False, True])
def test_what_others_put_there_is_kept_byte_for_byte(
    force: bool, toy: ModelRef, other: ModelRef, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    theirs = leave_things(folder)
    made = write_project(other, BOARD, "aot", folder, force=force)
    now = everything(folder)
    assert {name: now.get(name, "gone") for name in theirs} == theirs
    assert open_project(folder).manifest["model"] == "add"
    assert is_whole(folder)
    assert set(made.kept) == {
        ".git/HEAD", "dangling", "elsewhere", "empty/inner", "firmware/src/mine.c",
        ".pio/", ".vscode/", "build/", "sdkconfig.esp32cam",
    }  # fmt: skip


def test_files_of_an_older_project_go_unless_they_were_edited(toy: ModelRef, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    manifest = json.loads((folder / "tinyface.json").read_text())
    for name in ("old/of_us.c", "old/edited.c"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("/* an older tinyface */")
        manifest["files"][name] = digest_of(folder / name)
    (folder / "tinyface.json").write_text(json.dumps(manifest))
    (folder / "old" / "edited.c").write_text("/* mine now */")
    with pytest.raises(ProjectError, match=r"old/edited\.c"):
        write_project(toy, BOARD, "aot", folder)
    write_project(toy, BOARD, "aot", folder, force=True)
    assert not (folder / "old" / "of_us.c").exists()
    assert (folder / "old" / "edited.c").read_text() == "/* mine now */"
    (folder / "old" / "edited.c").unlink()
    write_project(toy, BOARD, "aot", folder)
    assert (folder / "old").exists()  # by now it is the user's


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
@pytest.mark.parametrize("force", [False, True])
def test_a_strangers_file_in_the_place_of_a_new_one(
    kind: str, force: bool, toy: ModelRef, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    manifest = json.loads((folder / "tinyface.json").read_text())
    del manifest["files"]["model.c"]  # as if tinyface had not known that file before
    (folder / "tinyface.json").write_text(json.dumps(manifest))
    (folder / "model.c").unlink()
    if kind == "file":
        (folder / "model.c").write_text("/* mine */")
    elif kind == "link":
        (folder / "model.c").symlink_to(tmp_path / "precious")
    else:
        (folder / "model.c").mkdir()
    before = everything(tmp_path)
    with pytest.raises(ProjectError, match=r"model\.c was not written by tinyface"):
        write_project(toy, BOARD, "aot", folder, force=force)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_written_through_a_folder_that_is_a_link(
    force: bool, toy: ModelRef, tmp_path: Path
) -> None:
    folder, moved = tmp_path / "out", tmp_path / "elsewhere"
    write_project(toy, BOARD, "aot", folder)
    (folder / "firmware").rename(moved)
    (folder / "firmware").symlink_to(moved)
    before = everything(tmp_path)
    with pytest.raises(ProjectError, match="firmware"):
        write_project(toy, BOARD, "aot", folder, force=force)
    assert everything(tmp_path) == before


def test_force_replaces_a_link_not_what_it_points_to(toy: ModelRef, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    (tmp_path / "precious").write_text("mine")
    (folder / "model.c").unlink()
    (folder / "model.c").symlink_to(tmp_path / "precious")
    with pytest.raises(ProjectError, match=r"model\.c"):
        write_project(toy, BOARD, "aot", folder)
    write_project(toy, BOARD, "aot", folder, force=True)
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (folder / "model.c").is_symlink()


@pytest.mark.parametrize("name", ["../precious", "/precious", "a/../../precious", ""])
def test_a_manifest_that_names_files_elsewhere(name: str, toy: ModelRef, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    (tmp_path / "precious").write_text("mine")
    manifest = json.loads((folder / "tinyface.json").read_text())
    manifest["files"][name] = digest_of(tmp_path / "precious")
    (folder / "tinyface.json").write_text(json.dumps(manifest))
    with pytest.raises(ProjectError, match="did not write"):
        write_project(toy, BOARD, "aot", folder, force=True)
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_link_to_a_folder_stays_one(toy: ModelRef, other: ModelRef, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    link = tmp_path / "out"
    link.symlink_to("disk")
    for ref in (toy, other):
        write_project(ref, BOARD, "aot", link)
        assert str(link.readlink()) == "disk"
        assert open_project(tmp_path / "disk").manifest["model"] == ref.graph.name
        assert is_whole(link)


def test_a_link_to_nothing_is_refused(toy: ModelRef, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("nowhere")
    before = everything(tmp_path)
    with pytest.raises(ProjectError, match="link to nothing"):
        write_project(toy, BOARD, "aot", tmp_path / "out")
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(ProjectError):
        write_project(toy, BOARD, "aot", tmp_path / "circle")
    (tmp_path / "circle").unlink()
    assert everything(tmp_path) == before


def test_the_folder_one_stands_in(
    toy: ModelRef, other: ModelRef, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for ref in (toy, other):
        write_project(ref, BOARD, "aot", Path())
        assert Path("tinyface.json").is_file()  # the same folder, not a new one under its name
        assert is_whole(here)


@pytest.mark.parametrize("place", ["/", "home"])
def test_home_and_root_are_no_places(
    place: str, toy: ModelRef, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    with pytest.raises(ProjectError, match="no place"):
        write_project(toy, BOARD, "aot", Path("/") if place == "/" else tmp_path / "home", force=True)
    assert not list((tmp_path / "home").iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_a_mount_point(toy: ModelRef, other: ModelRef, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "none", folder], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        write_project(toy, BOARD, "aot", folder)
        (folder / "mine").write_text("mine")
        write_project(other, BOARD, "aot", folder)
        assert is_whole(folder)
        assert open_project(folder).manifest["model"] == "add"
        assert (folder / "mine").read_text() == "mine"
        assert not list(folder.glob(".tinyface-*"))
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_folder_inside_that_lies_on_another_file_system(
    toy: ModelRef, other: ModelRef, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    replace = Path.replace

    def crossing(path: Path, goal: Path) -> Path:
        if ("firmware" in path.parts) and path.parent != Path(goal).parent:
            raise OSError(18, "Invalid cross-device link")
        return replace(path, goal)

    monkeypatch.setattr(Path, "replace", crossing)
    write_project(other, BOARD, "aot", folder)
    assert is_whole(folder)
    assert open_project(folder).manifest["model"] == "add"


@pytest.mark.parametrize("name", ["x" * 300, "nul\0byte"])
def test_names_that_no_folder_has(name: str, toy: ModelRef, tmp_path: Path) -> None:
    with pytest.raises(ProjectError):
        write_project(toy, BOARD, "aot", tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("fails_at", [0, 1, 7, 40])
def test_a_file_that_cannot_be_moved_leaves_the_old_project(
    fails_at: int, toy: ModelRef, other: ModelRef, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    (folder / "mine").write_text("mine")
    before = everything(folder)
    move, count = project_target._move, 0

    def failing(source: Path, goal: Path) -> None:
        nonlocal count
        count += 1
        if count == fails_at + 1:
            raise PermissionError(13, "Permission denied")
        move(source, goal)

    monkeypatch.setattr(project_target, "_move", failing)
    with pytest.raises(ProjectError, match="Permission denied"):
        write_project(other, BOARD, "aot", folder)
    assert everything(folder) == before
    assert open_project(folder).manifest["model"] != "add"


def cut(model: Path, folder: Path, moves: int, repository: Path) -> None:
    """Runs a generation that is killed after so many files were moved."""
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from host_tools.project import target as project_target, write as project\n"
        "from host_tools.boards import load_board\n"
        "from host_tools.models import resolve\n"
        f"left, move, fill = {moves}, project_target._move, project._fill\n"
        "def cutting(source, goal):\n"
        "    global left\n"
        "    if left == 0:\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    left -= 1\n"
        "    move(source, goal)\n"
        "def filling(*arguments):\n"
        "    made = fill(*arguments)\n"
        "    if left < 0:\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return made\n"
        "project_target._move, project._fill = cutting, filling\n"
        f"project.write_project(resolve({str(model)!r}), load_board('sim'), 'aot', Path({str(folder)!r}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("moves", [-1, 0, 1, 2, 31])
def test_the_next_run_goes_on_after_a_cut(
    moves: int, toy: ModelRef, other: ModelRef, tmp_path: Path, repository: Path
) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    theirs = leave_things(folder)
    cut(other.path, folder, moves, repository)
    now = everything(folder)
    assert {name: now.get(name, "gone") for name in theirs} == theirs
    if moves >= 0:
        with pytest.raises(ProjectError, match="cut off"):
            open_project(folder)
    write_project(other, BOARD, "aot", folder)
    now = everything(folder)
    assert {name: now.get(name, "gone") for name in theirs} == theirs
    assert is_whole(folder)
    assert open_project(folder).manifest["model"] == "add"
    assert not list(tmp_path.rglob(".tinyface-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_cuts_before_a_new_folder_leave_nothing_for_long(
    toy: ModelRef, tmp_path: Path, repository: Path
) -> None:
    for _ in range(2):
        cut(toy.path, tmp_path / "out", -1, repository)
    assert not (tmp_path / "out").exists()
    assert len(list(tmp_path.glob(".tinyface-*"))) == 2
    write_project(toy, BOARD, "aot", tmp_path / "another")
    assert not list(tmp_path.glob(".tinyface-*"))


def test_work_folders_in_use_and_things_that_only_look_like_one_stay(toy: ModelRef, tmp_path: Path) -> None:
    mine = tmp_path / ".tinyface-notes"
    mine.mkdir()
    (mine / "note").write_text("mine")
    (tmp_path / ".tinyface-link").symlink_to(mine)
    with staging.work_folder(tmp_path) as place:
        (place / "half").write_text("half done")
        write_project(toy, BOARD, "aot", tmp_path / "out")
        assert (place / "half").exists()
    assert (mine / "note").read_text() == "mine"
    assert (tmp_path / ".tinyface-link").is_symlink()


def test_two_at_a_time_in_one_folder(toy: ModelRef, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    with staging.work_folder(folder), pytest.raises(ProjectError, match="another tinyface"):
        write_project(toy, BOARD, "aot", folder)
    write_project(toy, BOARD, "aot", folder)


def test_the_same_again_touches_no_file(toy: ModelRef, other: ModelRef, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_project(toy, BOARD, "aot", folder)
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    write_project(toy, BOARD, "aot", folder)
    assert (folder / "model.c").stat().st_mtime == 1
    write_project(other, BOARD, "aot", folder)  # all are new then: builds go by the time of a file
    assert all(p.stat().st_mtime > time.time() - 600 for p in folder.rglob("*") if p.is_file())
