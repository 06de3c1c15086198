"""Where calibrations are kept: a file a board in the state folder, void where its cost table changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codegen.board import Board
from codegen.cost.estimate import Calibration, table_hash
from codegen.cost.time_range import Spread
from codegen.errors import DataError
from codegen.plain_text import parse_json, strict_json
from codegen.shell import quoted
from codegen.whole_file import write_whole
from host_tools.simulator.state import state_folder

if TYPE_CHECKING:
    from host_tools.measure.calibration import Calibrated

FILE = "calibration.json"


def calibration_file(board: Board) -> Path:
    """Where a board's calibration is kept; the file exists once it was calibrated."""
    return state_folder() / board.name / FILE


def store(found: Calibrated, board: Board) -> Path:
    """Keeps a calibration in place of the one before.

    Raises:
        DataError: the state folder can't be written.
    """
    file = calibration_file(board)
    try:
        write_whole(file, (strict_json(found.to_json(), indent=1) + "\n").encode())
    except OSError as error:
        raise DataError(
            f"the calibration can't be kept ({error.strerror})",
            str(file),
            "Check the folder (TINYFACE_STATE).",
        ) from error
    return file


def forget(board: Board) -> bool:
    """Removes a board's calibration; False where there was none.

    Raises:
        DataError: it can't be removed.
    """
    file = calibration_file(board)
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DataError(f"it can't be removed ({error.strerror})", str(file), "Check its folder.") from error
    return True


def load_calibration(board: Board, say: Callable[[str], None]) -> Calibration | None:
    """The board's calibration; None where there is none, or where it is void.

    Args:
        say: told why a calibration that exists is not used.
    Raises:
        DataError: the file holds something else.
    """
    file = calibration_file(board)
    try:
        facts = parse_json(file.read_text(encoding="utf-8"))
        kept, made_with = (
            facts["calibration"],
            (facts["cost_table"], facts["cost_table_hash"], facts["clock_hz"]),
        )
        date = str(kept["date"])
        void = not board.cost_table or made_with != (
            board.cost_table,
            table_hash(board.cost_table),
            board.clock_hz,
        )
        found = None if void else _calibration(kept)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"the calibration can't be read ({error})",
            str(file),
            f"Remove it with `tinyface bench --board {quoted(board.name)} --forget`.",
        ) from error
    if found is None:
        say(
            f"The calibration of {date} is of another cost table or clock and is not used: calibrate "
            "again with "
            f"`tinyface bench MODEL --board {quoted(board.name)} --calibrate --from {quoted(file)}`."
        )
    return found


def _calibration(kept: Mapping[str, Any]) -> Calibration:
    """Of what was kept with this cost table."""
    kernels = {str(name): float(value) for name, value in kept["kernels"].items()}
    spread = Spread(float(kept["spread"]["low"]), float(kept["spread"]["high"]))
    return Calibration(str(kept["date"]), int(kept["layers"]), float(kept["overall"]), kernels, spread)
