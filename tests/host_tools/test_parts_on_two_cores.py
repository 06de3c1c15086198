"""A program of several stages on two cores under ThreadSanitizer: its parts go from one core to the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.build import build
from host_tools.project.write import write_project
from host_tools.simulator import Faults, run_board
from host_tools.simulator.flash import write_flash
from host_tools.wire.messages import InferPicture, Pixels, Want
from host_tools.wire.session import FOREVER, Session
from host_tools.wire.timing import Timing
from tests.firmware.camera_pictures import pictures_in
from tests.host_tools.test_program_files import write_cascade
from tests.thread_sanitizer import watched

STREAMS, FRAMES = 4, 3


@pytest.mark.slow
@pytest.mark.usefixtures("thread_sanitizer")
def test_streams_and_requests_in_turns(tmp_path: Path) -> None:
    board = watched(load_board("sim"))
    project = write_project(resolve(str(write_cascade(tmp_path))), board, "aot", tmp_path / "project").folder
    write_flash(board, build(project, board).path, tmp_path / "flash.bin")
    faults, pictures = Faults(camera_fps=100), pictures_in(tmp_path, 3)
    want = Want.RUNS | Want.LAYER_CRC | Want.PICTURE
    with (
        run_board(board, tmp_path / "flash.bin", pictures=pictures, faults=faults) as running,
        Session(running.port, timing=Timing(boot_s=60, reply_s=30)) as session,
    ):
        assert (session.board.cores, session.board.stages) == (2, 3)
        for _ in range(STREAMS):
            for _, inference in zip(range(FRAMES), session.stream(FOREVER, want=want), strict=False):
                assert inference.is_whole
            sent = InferPicture(int(want), 5, Pixels.GRAY8, 40, 30, 0, 0, 0, 0, 0, bytes(range(240)) * 5)
            assert session.infer_picture(sent).result.time_ms == 5
        assert running.stderr_tail() == ""
