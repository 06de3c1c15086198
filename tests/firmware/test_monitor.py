"""`tinyface monitor` on a board whose outputs are no int8: it asks for their type."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.simulator.state import flash_file
from tests.firmware.conftest import Flasher


def test_the_command_asks_the_board(
    flashed: Flasher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path))
    picture, seen = tmp_path / "picture.png", {}
    Image.effect_noise((320, 240), 80).save(picture)
    for dtype in ("int8", "int32"):
        flash = flash_file(load_board("sim"))
        flash.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(flashed("sim", dtype=dtype), flash)
        done = CliRunner().invoke(
            app, ["monitor", "--frames", "2", "--json", "--pictures", str(picture)], catch_exceptions=False
        )
        assert done.exit_code == 0, done.stderr
        seen[dtype] = [json.loads(line)["outputs"] for line in done.stdout.splitlines()]
    assert [len(outputs) for outputs in seen["int8"]] == [4, 4]
    whole = [np.array(outputs, np.int8).view("<i4").tolist() for outputs in seen["int8"]]
    assert seen["int32"] == whole
