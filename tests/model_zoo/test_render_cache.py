"""Rendered sets are kept: made once, read whole or made anew, and never in the way."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.cache_folder import cache_folder
from host_tools.cli import app
from model_zoo.datasets import SOURCES, pasted_heads, render_cache, synthetic
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.render_cache import Report, rendered
from model_zoo.training.progress import Progress

TASK, NAME = "landmarks", "synthetic"


class Heard:
    """What a watcher was told."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int, int]] = []
        self.warned: list[str] = []

    def rendered(self, name: str, done: int, total: int) -> None:
        self.done.append((name, done, total))

    def warn(self, text: str) -> None:
        self.warned.append(text)


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, and few faces in the set of commands."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    monkeypatch.setattr(synthetic, "PEOPLE", 8)
    monkeypatch.setattr(synthetic, "PICTURES_EACH", 1)


def opened() -> tuple[LandmarkSet, Heard]:
    heard = Heard()
    return open_samples(TASK, None, watcher=heard), heard


def kept() -> Path:
    (file,) = (cache_folder() / "rendered").iterdir()
    return file


ALL_DONE = [(NAME, done, 8) for done in range(9)]


@pytest.mark.usefixtures("few")
def test_a_set_is_rendered_once() -> None:
    made, heard = opened()
    assert (heard.done, heard.warned) == (ALL_DONE, [])
    size = kept().stat().st_size
    again, heard = opened()
    assert (heard.done, heard.warned) == ([], [])
    assert kept().stat().st_size == size
    assert again.contents() == made.contents() == synthetic.generate(8, 1, 0).contents()
    assert (again.name, again.licence, again.scheme) == (made.name, made.licence, made.scheme)
    assert again.pictures.flags.writeable == made.pictures.flags.writeable


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("harm", [cut, flipped, lambda content: b"", lambda content: b"\0" * 500])
def test_a_damaged_file_is_made_anew(harm: Callable[[bytes], bytes]) -> None:
    made, _ = opened()
    whole = kept().read_bytes()
    kept().write_bytes(harm(whole))
    again, heard = opened()
    assert heard.done == ALL_DONE
    assert again.contents() == made.contents()
    assert kept().read_bytes() == whole


@pytest.mark.usefixtures("few")
def test_a_folder_in_its_place_stops_nothing() -> None:
    opened()
    place = kept()
    place.unlink()
    place.mkdir()
    made, heard = opened()
    assert len(made) == 8
    assert len(heard.warned) == 1
    assert [file.name for file in place.parent.iterdir()] == [place.name]


@pytest.mark.usefixtures("few")
def test_a_full_disk_stops_nothing_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_room)
        made, heard = opened()
    assert len(made) == 8
    (told,) = heard.warned
    assert "No space left on device" in told
    assert list((cache_folder() / "rendered").iterdir()) == []
    assert opened()[1].done == ALL_DONE


@pytest.mark.usefixtures("few")
def test_a_cache_that_takes_no_files_stops_nothing_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = opened()

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    again, heard = opened()
    assert (heard.done, len(heard.warned)) == (ALL_DONE, 1)
    assert again.contents() == made.contents()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "locked"))
    monkeypatch.setattr(Path, "mkdir", refuse)
    again, heard = opened()
    assert heard.done == ALL_DONE
    assert "Permission denied" in heard.warned[0]
    assert again.contents() == made.contents()


@pytest.mark.usefixtures("few")
def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(render_cache, "cache_folder", homeless)
    made, heard = opened()
    assert len(made) == 8
    assert "no home folder" in heard.warned[0]


@pytest.mark.usefixtures("few")
def test_a_set_is_cut_off_by_an_interrupt_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    paint, painted = synthetic.paint, iter(range(3))

    def interrupted(*arguments: object) -> object:
        if next(painted, None) is None:
            raise KeyboardInterrupt
        return paint(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(synthetic, "paint", interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened()
    assert not (cache_folder() / "rendered").exists()


def drawn(report: Report) -> LandmarkSet:
    """Another set of another version each time it is asked."""
    return synthetic.generate(3, 1, 1)


def test_the_key_is_all_that_determines_the_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    sources = tmp_path / "sources"
    sources.mkdir()
    for name in ("a.py", "b.py"):
        (sources / name).write_text("seed = 1\n")
    monkeypatch.setattr(sys.modules[__name__], "__file__", str(sources / "a.py"))
    keys = [render_cache._key("toy", drawn)]
    assert render_cache._key("toy", drawn) == keys[0]
    keys.append(render_cache._key("other", drawn))
    (sources / "b.py").write_text("seed = 2\n")
    keys.append(render_cache._key("toy", drawn))
    monkeypatch.setattr(render_cache, "version", lambda package: f"{package} of tomorrow")
    keys.append(render_cache._key("toy", drawn))
    assert len(set(keys)) == 4


def test_sets_of_older_versions_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    keys = []
    for k in range(4):
        monkeypatch.setattr(render_cache, "version", lambda package, k=k: str(k))
        rendered("toy", synthetic._set_of, drawn, Heard())
        keys.append(render_cache._key("toy", drawn))
        os.utime(cache_folder() / "rendered" / f"toy-{keys[-1]}.tensors", (k, k))
    rendered("toy-set", synthetic._set_of, drawn, Heard())
    names = {file.name for file in (cache_folder() / "rendered").iterdir()}
    assert {f"toy-{key}.tensors" for key in keys[2:]} < names
    assert len(names) == 3


def test_the_set_of_commands_is_kept() -> None:
    source = SOURCES.get(NAME)
    assert source.renders is not None
    assert (synthetic.PEOPLE, synthetic.PICTURES_EACH, synthetic.SEED) == (160, 6, 0)


@pytest.mark.usefixtures("few")
def test_progress_is_told_and_json_is_not_disturbed(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tflite_micro", reason="the tflite-micro wheel is not installed")
    command = ["evaluate", "pfld-68-96", "--engine", "tflm", "--limit", "1"]
    told = CliRunner().invoke(app, command, catch_exceptions=False)
    assert told.exit_code == 0, told.stderr
    shutil.rmtree(cache_folder())
    quiet = CliRunner().invoke(app, [*command, "--json"], catch_exceptions=False)
    assert json.loads(quiet.stdout)["dataset"] == NAME
    assert "rendering" not in quiet.stdout + quiet.stderr
    with Progress(quiet=False) as progress:
        open_samples(TASK, None, watcher=progress)
        shutil.rmtree(cache_folder())
        assert capsys.readouterr().err == ""
        open_samples(TASK, None, watcher=progress)
    assert "rendering 8 pictures of synthetic" in capsys.readouterr().err


def test_rows_of_each_picture_come_back(few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasted_heads, "SCENES", 3)
    made = open_samples("faces", None, watcher=Heard())
    heard = Heard()
    again = open_samples("faces", None, watcher=heard)
    assert heard.done == []
    assert again.contents() == made.contents()
    assert {len(boxes) for boxes in again.boxes} == {0, 1}
