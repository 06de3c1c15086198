"""`tinyface demo` takes no program of several stages: it says so before anything is flashed."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from host_tools.cli import app
from tests.host_tools.test_program_files import PROGRAM, write_cascade
from tests.toys.programs import anchor_file


def test_several_stages_are_refused_before_the_flash(tmp_path: Path) -> None:
    cascade = write_cascade(tmp_path)
    done = CliRunner().invoke(app, ["demo", str(cascade), "-o", str(tmp_path / "sheet.png")])
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert "the program cascade has more" in told
    for remedy in ("flash", "validate"):
        assert f"tinyface {remedy} {cascade} --board sim" in told
    assert "tinyface monitor --board sim --save" in told
    assert "Built" not in told
    assert not (tmp_path / "sheet.png").exists()


def test_windows_of_one_network_are_refused_likewise(tmp_path: Path) -> None:
    (tmp_path / "find.tflite").write_bytes(anchor_file(24, 32, 4, 1, 9))
    file = tmp_path / "windows.toml"
    windows = 'source = "whole"\nscale = [{size = 1}, {size = 0.5, columns = 2}]'
    file.write_text(PROGRAM.replace('source = "whole"', windows), encoding="utf-8")
    done = CliRunner().invoke(app, ["demo", str(file)])
    assert done.exit_code == 2
    assert "one run of one network a frame" in " ".join(done.stderr.split())


def test_one_stage_that_finds_boxes_is_shown(tmp_path: Path) -> None:
    (tmp_path / "find.tflite").write_bytes(anchor_file(24, 32, 4, 1, 9))
    file = tmp_path / "finder.toml"
    file.write_text(PROGRAM, encoding="utf-8")
    sheet = tmp_path / "sheet.png"
    done = CliRunner().invoke(app, ["demo", str(file), "--count", "3", "-o", str(sheet)])
    assert done.exit_code == 0, done.output
    assert sheet.stat().st_size > 0
