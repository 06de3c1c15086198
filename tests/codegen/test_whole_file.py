"""Files are written whole or not at all; links, pipes and rights stay what they are."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from codegen.whole_file import write_picture, write_whole


def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(tmp_path / "a" / "x", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "a" / "x", b"new")
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "a").iterdir()] == [("x", b"old")]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "fresh").symlink_to("not-yet")
    write_whole(tmp_path / "link", b"new")
    write_whole(tmp_path / "fresh", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == (tmp_path / "not-yet").read_bytes() == b"new"


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_rights_stay(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    (tmp_path / "x").chmod(0o600)
    write_whole(tmp_path / "x", b"new")
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices of POSIX")
def test_what_is_no_file_is_written_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()), daemon=True)
    reader.start()
    write_whole(tmp_path / "pipe", b"new")
    reader.join(20)
    assert got == [b"new"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    write_whole(Path("/dev/null"), b"new")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_folders_and_circles_are_refused(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    for path in (tmp_path, tmp_path / "circle"):
        with pytest.raises(OSError):
            write_whole(path, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["circle"]


def test_a_picture_is_of_the_kind_its_name_says(tmp_path: Path) -> None:
    picture = Image.new("RGB", (4, 3), "white")
    write_picture(picture, tmp_path / "x.bmp")
    assert Image.open(tmp_path / "x.bmp").format == "BMP"
    write_picture(picture, tmp_path / "x", "PNG")
    assert Image.open(tmp_path / "x").format == "PNG"
    with pytest.raises(ValueError, match="extension"):
        write_picture(picture, tmp_path / "x.nonsense")
