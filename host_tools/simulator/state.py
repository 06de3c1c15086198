"""Where the flash contents of simulated boards are kept between commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from codegen.board import Board
from codegen.errors import BoardError


def state_folder() -> Path:
    """$TINYFACE_STATE, else the user's folder for such things on this system.

    Raises:
        BoardError: the system knows no home for this user.
    """
    try:
        return _state_folder()
    except RuntimeError as error:
        raise BoardError(
            f"there is no place for the state of boards ({error})",
            "TINYFACE_STATE",
            "Set TINYFACE_STATE to a folder of yours.",
        ) from error


def _state_folder() -> Path:
    given = os.environ.get("TINYFACE_STATE")
    if given:
        return Path(given).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "tinyface"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "tinyface"
    xdg = os.environ.get("XDG_STATE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".local" / "state") / "tinyface"


def flash_file(board: Board) -> Path:
    """The flash contents of a simulated board; the file exists once the board was flashed."""
    return state_folder() / board.name / "flash.bin"
