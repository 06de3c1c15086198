"""Previews: the twin's bytes, gray pictures, and a slow line where no result waits for more than some rows.

The line is the loop board's: it counts bytes and has a clock that only the test moves, so that nothing here
depends on how fast this computer is.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from codegen.program.picture import to_gray
from codegen.program.preview import preview_of
from host_tools.boards import load_board
from host_tools.simulator import Faults, run_board
from host_tools.wire.framing import encode
from host_tools.wire.messages import Message, Picture, Pixels, Preview, Result, Stream, Want, unpack
from tests.firmware.camera_pictures import pictures_in
from tests.firmware.loop_board import LoopBoard
from tests.firmware.previews import pixels_of, whole_previews
from tests.firmware.wire_client import WireClient

FOREVER = 0xFFFFFFFF
BAUD = 921_600
BITS_A_BYTE = 10
STEP_MS = 0.1
"""Of the loop around the firmware's steps."""


def size_of(message: Message) -> int:
    """Its bytes on the line."""
    return len(encode(message.CODE, 1, message.pack()))


@pytest.mark.slow
@pytest.mark.parametrize("baud", [0, BAUD])
def test_previews_are_the_twins_of_their_frames(flashed, tmp_path, baud):
    """On two cores, from RGB565 frames, one of them of little more pixels than its preview."""
    fps, frames = (20, 16) if not baud else (3, 6)
    with (
        run_board(
            load_board("sim"),
            flashed("sim", sanitize=True),
            pictures=pictures_in(tmp_path, 3 if not baud else 1),
            faults=Faults(camera_fps=fps, baud=baud),
        ) as running,
        WireClient(running.port) as client,
    ):
        assert client.boot().cores == 2
        client.ask(Stream(Want.PICTURE | Want.PREVIEW, frames + 1, 0))
        pictures, parts = [], []
        while len(pictures) <= frames:
            message = client.message()[1]
            if isinstance(message, Preview):
                parts.append(message)
            elif isinstance(message, Picture):
                pictures.append(message)
        assert running.stderr_tail() == ""
    by_time = {picture.time_ms: picture for picture in pictures}
    compared = 0
    for first, pixels in whole_previews(parts):
        picture = by_time.get(first.time_ms)
        if picture is not None:
            assert (first.frame_width, first.frame_height) == (picture.width, picture.height)
            assert np.array_equal(pixels, preview_of(pixels_of(picture)))
            compared += 1
    assert compared >= 2


@pytest.mark.slow
def test_gray_pictures_are_the_luma_of_the_camera_s(flashed, tmp_path):
    """Each picture was seen in colour before; results are the same either way."""
    with (
        run_board(
            load_board("sim"), flashed("sim", sanitize=True), pictures=pictures_in(tmp_path, 3)
        ) as running,
        WireClient(running.port) as client,
    ):
        client.boot()
        told = {}
        for want in (Want.PICTURE, Want.PICTURE | Want.GRAY):
            client.ask(Stream(want, 3, 0))
            told[want] = [(client.message()[1], client.message()[1]) for _ in range(3)]
        assert running.stderr_tail() == ""
    in_colour, in_gray = told.values()
    assert {colour.format for colour, _ in in_colour} == {Pixels.RGB565}
    results = {to_gray(pixels_of(colour)).tobytes(): result for colour, result in in_colour}
    assert len(results) == 3
    for gray, after in in_gray:
        assert gray.format == Pixels.GRAY8
        before = results[pixels_of(gray).tobytes()]
        assert before.outputs == after.outputs
        assert before.input_crc == after.input_crc


class PacedBoard(LoopBoard):
    """The loop board on a line of BAUD.

    Attributes:
        results: those told, each with the bytes that lay before it on the line.
        parts: rows of previews.
    """

    def __init__(self, program: Path) -> None:
        self._buffer = ctypes.create_string_buffer(1 << 14)
        super().__init__(program)
        self["baud"] = BAUD
        self.results: list[tuple[Result, float]] = []
        self.parts: list[Preview] = []

    def _hear(self) -> None:
        size = self._library.loop_take(self._buffer, len(self._buffer))
        for found in self._decoder.feed(self._buffer[:size]) if size else ():
            assert not isinstance(found, bytes)
            self.said.append((found, unpack(found.type, found.payload)))

    @property
    def unsent_bytes(self) -> float:
        until = ctypes.c_uint64.in_dll(self._library, "loop_sent_until").value
        return max(0.0, until - 1000 * self.ms) * BAUD / BITS_A_BYTE / 1e6

    def run_for(self, ms: float) -> None:
        end = self.ms + ms
        while self.ms < end:
            ahead = self.unsent_bytes
            wait_ms = self.step()
            for message in self.take():
                if isinstance(message, Result):
                    self.results.append((message, ahead))
                elif isinstance(message, Preview):
                    self.parts.append(message)
                ahead += size_of(message)
            self.pass_time(max(STEP_MS, min(wait_ms, 1)))


@pytest.mark.parametrize("period_ms", [25, 40, 66])
def test_eight_previews_a_second_beside_results_that_wait_for_one_part_at_most(loop_program, period_ms):
    """Ten seconds at 921,600 baud: every result came, behind less than one part; the line was not overrun."""
    board = PacedBoard(loop_program)
    board["frames"] = 100_000
    board.send(Stream(Want.PREVIEW, FOREVER, period_ms))
    board.run_for(100)
    board.results.clear()
    board.parts.clear()
    seconds = 10
    board.run_for(1000 * seconds)

    numbers = [result.frame for result, _ in board.results]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(numbers) >= 1000 * seconds // period_ms - 1

    assert len(whole_previews(board.parts)) >= 8 * seconds
    part_bytes = {size_of(part) for part in board.parts}
    assert part_bytes == {614}
    waited = [before for _, before in board.results]
    assert 0 < max(waited) <= 614

    sent = sum(map(size_of, board.parts)) + sum(size_of(result) for result, _ in board.results)
    assert sent <= seconds * BAUD / BITS_A_BYTE + 614


def test_a_slow_network_on_one_core_lets_rows_out_while_it_runs(loop_program):
    """A frame is always due: each run takes six rows along, and no result finds any of them on the line."""
    board = PacedBoard(loop_program)
    board["frames"] = 100_000
    board["run_us"] = 50_000
    board.send(Stream(Want.PREVIEW, FOREVER, 0))
    board.run_for(3000)
    assert len(board.results) >= 58
    assert len(board.results) - 3 <= len(board.parts) <= len(board.results)
    assert len(whole_previews(board.parts)) >= 4


def test_no_previews_unless_they_are_asked_for_and_none_after_the_stream(loop_program):
    board = PacedBoard(loop_program)
    board["frames"] = 100_000
    board.send(Stream(0, FOREVER, 40))
    board.run_for(500)
    assert (len(board.results) > 10, board.parts) == (True, [])
    board.send(Stream(Want.PREVIEW, FOREVER, 40))
    board.run_for(500)
    assert board.parts[0].number == board.parts[0].row == 0
    assert max(part.number for part in board.parts) >= 4
    board.send(Stream(0, 0, 0))
    board.run_for(20)
    board.parts.clear()
    board.run_for(200)
    assert board.parts == []
    board.send(Stream(Want.PREVIEW, FOREVER, 40))
    board.run_for(100)
    assert (board.parts[0].number, board.parts[0].row) == (0, 0)  # a preview that was not sent is given up


def test_a_host_that_takes_nothing_ends_previews_too(loop_program):
    board = PacedBoard(loop_program)
    board["frames"] = 100_000
    board.send(Stream(Want.PREVIEW, FOREVER, 40))
    board.run_for(100)
    board["deaf"] = 1
    board.run_for(300)
    board["deaf"] = 0
    board.parts.clear()
    board.run_for(300)
    assert board.parts == []
