"""Project folders: whole or not at all, never over somebody's files, complete enough to be built."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from codegen.errors import BudgetError, ToolError
from codegen.lowering.target import Target
from codegen.memory.options import PlanOptions
from codegen.plain_text import readable
from host_tools.boards import load_board
from host_tools.measure.footprint import footprint
from host_tools.models import resolve
from host_tools.project import write as project
from host_tools.project.build import build, image_sizes
from host_tools.project.write import ProjectError, open_project, project_files, write_project
from tests.host_tools.toy_folder import write_toy


@pytest.fixture
def toy(tmp_path: Path) -> object:
    return resolve(str(write_toy("mini_mobilenet", tmp_path / "model")))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_project_holds_model_firmware_and_board(toy: object, tmp_path: Path) -> None:
    made = write_project(toy, load_board("sim"), "aot", tmp_path / "out")
    names = set(contents(tmp_path / "out"))
    for needed in (
        "model.c",
        "model_data.c",
        "program_data.c",
        "tinyface.json",
        "firmware/include/tinyface/board.h",
        "firmware/src/picture.c",
        "firmware/src/program.c",
        "firmware/boards/sim/board.toml",
    ):
        assert needed in names
    assert (made.board, made.runtime) == ("sim", "aot")
    assert open_project(tmp_path / "out").manifest == made.manifest
    assert set(made.manifest["files"]) == names - {"tinyface.json"}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_arena_is_planned_as_asked(tmp_path: Path) -> None:
    toy = resolve(str(write_toy("segmentation", tmp_path / "model")))
    plain, overlap = (
        write_project(toy, load_board("sim"), "aot", tmp_path / mode, options=PlanOptions(mode)).manifest
        for mode in ("plain", "overlap")
    )
    assert overlap["arena_bytes"] < plain["arena_bytes"]
    assert overlap["plan_hash"] != plain["plan_hash"]


@pytest.mark.parametrize("runtime", ["aot", "tflm"])
def test_a_project_for_the_real_board_is_one_of_platformio(toy: object, tmp_path: Path, runtime: str) -> None:
    if runtime == "tflm":
        pytest.importorskip("tflite_micro", reason="measures the arena")
    made = write_project(toy, load_board("esp32cam"), runtime, tmp_path / "out")
    names = set(contents(tmp_path / "out"))
    assert {"platformio.ini", "partitions.csv", "sdkconfig.defaults", "src/idf_component.yml"} <= names
    assert not any(name.startswith("firmware/boards/esp32cam/project") for name in names)
    readme, about = ((tmp_path / "out" / name).read_text() for name in ("README.md", "MODEL.md"))
    assert "pio run -t upload" in readme
    assert "@" not in readme
    assert "mini" in about
    ini = (tmp_path / "out" / "platformio.ini").read_text()
    assert "esp32cam" in ini
    assert "@" not in ini.replace("espressif32@", "")
    assert made.runtime == runtime


@pytest.mark.parametrize(("goal", "flag", "level"), [("speed", "-O2", "PERF"), ("size", "-Os", "SIZE")])
def test_the_whole_project_is_optimized_as_asked(
    toy: object, tmp_path: Path, goal: str, flag: str, level: str
) -> None:
    options = PlanOptions(target=Target(goal=goal))
    write_project(toy, load_board("esp32cam"), "aot", tmp_path / "out", options=options)
    text = (tmp_path / "out" / "sdkconfig.defaults").read_text()
    levels = re.findall(r"^CONFIG_COMPILER_OPTIMIZATION_(PERF|SIZE|DEBUG)=y$", text, re.MULTILINE)
    assert levels == [level]
    assert f"PRIVATE {flag} " in (tmp_path / "out" / "src" / "CMakeLists.txt").read_text()


def test_the_same_project_again_gives_the_same_bytes(toy: object, tmp_path: Path) -> None:
    board = load_board("sim")
    write_project(toy, board, "aot", tmp_path / "a")
    write_project(toy, board, "aot", tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_an_old_project_is_replaced_and_what_builds_left_is_kept(toy: object, tmp_path: Path) -> None:
    other = resolve(str(write_toy("add", tmp_path / "model")))
    board = load_board("sim")
    write_project(toy, board, "aot", tmp_path / "out")
    (tmp_path / "out" / "build").mkdir()
    (tmp_path / "out" / "build" / "model.o").write_bytes(b"object")
    (tmp_path / "out" / "sdkconfig.esp32cam").write_bytes(b"written by ESP-IDF")
    write_project(other, board, "aot", tmp_path / "out")
    assert open_project(tmp_path / "out").manifest["model"] == "add"
    assert (tmp_path / "out" / "build" / "model.o").read_bytes() == b"object"
    assert (tmp_path / "out" / "sdkconfig.esp32cam").read_bytes() == b"written by ESP-IDF"


def test_files_of_others_are_never_touched(toy: object, tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.txt").write_text("years of work")
    with pytest.raises(ProjectError, match="did not write"):
        write_project(toy, load_board("sim"), "aot", folder)
    assert contents(folder) == {"chapter.txt": b"years of work"}
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".thesis")]


def test_files_edited_by_hand_are_kept_unless_forced(toy: object, tmp_path: Path) -> None:
    folder, board = tmp_path / "out", load_board("sim")
    write_project(toy, board, "aot", folder)
    (folder / "model.c").write_text("/* mine */")
    (folder / "extra.c").write_text("/* mine too */")
    with pytest.raises(ProjectError, match=r"edited since tinyface wrote the project: model\.c"):
        write_project(toy, board, "aot", folder)
    assert (folder / "model.c").read_text() == "/* mine */"
    made = write_project(toy, board, "aot", folder, force=True)
    assert made.kept == ("extra.c",)
    assert (folder / "extra.c").read_text() == "/* mine too */"
    assert (folder / "model.c").read_text() != "/* mine */"


def test_a_file_in_the_way(toy: object, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ProjectError, match="a file of this name"):
        write_project(toy, load_board("sim"), "aot", tmp_path / "out")


def test_a_failure_half_way_leaves_the_old_project(
    toy: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, board = tmp_path / "out", load_board("sim")
    write_project(toy, board, "aot", folder)
    before = contents(folder)

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(project.shutil, "copytree", full_disk)
    with pytest.raises(ProjectError, match="No space left"):
        write_project(toy, board, "aot", folder)
    assert contents(folder) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model", "out"]


def test_a_model_too_large_leaves_nothing(
    toy: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = load_board("sim")
    tiny = replace(board, memory=replace(board.memory, static_ram=64, heap=64, heap_block=64, psram=0))
    with pytest.raises(BudgetError):
        write_project(toy, tiny, "aot", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", json.dumps({"board": "sim", "runtime": "magic"})])
def test_what_is_no_project(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "tinyface.json").write_text(text)
    with pytest.raises(ProjectError):
        open_project(tmp_path)


def test_make_in_a_project_does_not_block_the_next_generate(toy: object, tmp_path: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("no make: apt install make")
    made = write_project(toy, load_board("sim"), "aot", tmp_path / "out")
    subprocess.run(["make"], cwd=made.folder, check=True, capture_output=True)
    assert (made.folder / "build" / "example").is_file()
    assert write_project(toy, load_board("sim"), "aot", made.folder).manifest == made.manifest
    subprocess.run(["make", "clean"], cwd=made.folder, check=True, capture_output=True)
    assert not (made.folder / "build" / "example").exists()


@pytest.mark.parametrize("board", ["sim", "esp32cam"])
def test_names_of_a_model_bring_no_hidden_character_into_a_project(board: str, tmp_path: Path) -> None:
    """Controls and direction marks in the names of model and tensors."""
    ref = resolve(str(write_toy("mini_mobilenet", tmp_path / "model")))
    hostile = 'int */ "x" ??/\n#define main 0\\ \x1b[2J\x9b\u202e\u2066\u200b\u2028\x7f'
    tensors = tuple(replace(t, name=f"{hostile} {n}") for n, t in enumerate(ref.graph.tensors))
    named = replace(ref, name=hostile, core=replace(ref.graph, tensors=tensors, name=hostile))
    for name, text in project_files(named, load_board(board), "aot").items():
        assert text == readable(text), name


def test_a_folder_whose_name_is_an_option_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = resolve(str(write_toy("add", tmp_path / "model")))
    monkeypatch.chdir(tmp_path)
    folder, board = Path("-x"), load_board("sim")
    write_project(toy, board, "aot", folder)
    assert build(folder, board).text_bytes > 0
    assert footprint(folder, board).code > 0


def test_a_failure_of_size_is_none_of_the_code(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="size does not read what was compiled") as caught:
        image_sizes(shutil.which("size") or pytest.skip("no `size`: install binutils"), tmp_path / "no.elf")
    assert "binutils" in caught.value.remedy
