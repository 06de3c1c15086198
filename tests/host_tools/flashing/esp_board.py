"""The ESP32-CAM on a desk: the fake chip, and the simulated application that boots from what it was given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from codegen.board import Board
from host_tools.boards import load_board
from host_tools.simulator.faults import Faults
from host_tools.simulator.link import Link
from host_tools.simulator.process import RunningBoard


def esp32cam() -> Board:
    """The board as tinyface knows it."""
    return load_board("esp32cam")


def played(board: Board) -> Board:
    """The board with its application played by a program of this machine."""
    return replace(board, kind="sim", builds=load_board("sim").builds)


def boot(flash: Path, link: Link) -> RunningBoard:
    """Starts the application that lies in a flash file, as the second-stage boot loader would."""
    running = RunningBoard(played(esp32cam()), flash, (), link, Faults())
    running.switch_on()
    return running
