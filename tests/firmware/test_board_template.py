"""A new board is facts alone: the one file that firmware/boards/README.md prints makes one that boots."""

from __future__ import annotations

import re

import numpy as np
import pytest

import firmware
from host_tools.boards import list_boards, load_board, project_files
from host_tools.project.build import build
from host_tools.simulator import run_board
from host_tools.simulator.flash import write_flash
from host_tools.wire.messages import Ack, InferTensor, Result, Stream
from tests.firmware.esp_on_fakes import add_fakes, on_fakes
from tests.firmware.fake_model import reference, write_project
from tests.firmware.wire_client import WireClient


@pytest.fixture
def new_board(tmp_path, monkeypatch) -> str:
    """A board `brand-new` outside the checkout, written as the README says."""
    text = (firmware.ROOT / "boards" / "README.md").read_text(encoding="utf-8")
    folder = tmp_path / "boards" / "brand-new"
    folder.mkdir(parents=True)
    block = re.search(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    (folder / "board.toml").write_text(block[1], encoding="utf-8")
    monkeypatch.setenv("TINYFACE_BOARDS", str(folder.parent))
    return folder.name


def test_it_is_listed_and_has_a_whole_project(new_board):
    assert new_board in [board.name for board in list_boards()]
    files = project_files(load_board(new_board))
    assert f"[env:{new_board}]" in files["platformio.ini"]
    assert "TINYFACE_PIN_XCLK=15" in files["src/CMakeLists.txt"]
    assert "CONFIG_SPIRAM_MODE_OCT=y" in files["sdkconfig.defaults"]


@pytest.mark.slow
def test_it_boots_and_computes(new_board, tmp_path):
    board = on_fakes(new_board)
    project = write_project(tmp_path / "project", board)
    add_fakes(project, board)
    write_flash(board, build(project, board, strict=True).path, tmp_path / "flash.bin")
    with run_board(board, tmp_path / "flash.bin") as running, WireClient(running.port) as client:
        hello = client.boot()
        assert (hello.board, hello.has_camera, hello.cores) == (new_board, 1, 2)
        data = np.random.default_rng(1).integers(0, 256, 64, np.uint8).tobytes()
        assert client.ask(InferTensor(0, data))[0].outputs == reference(data)[1].tobytes()
        assert isinstance(client.ask(Stream(0, 1, 0))[0], Ack)
        assert isinstance(client.message()[1], Result)
