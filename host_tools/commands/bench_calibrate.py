"""`tinyface bench --calibrate`: times the layers of a real board, for the estimates of `analyze`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from codegen.shell import command_line
from host_tools.terminal.console import ERR, OUT, note, print_json, table

if TYPE_CHECKING:
    from codegen.board import Board
    from host_tools.measure.calibration import Calibrated, Profile
    from host_tools.models import ModelRef

DEFAULT_RUNS = 20


def run(model: str, board: str, port: str | None, source: Path | None, runs: int, as_json: bool) -> None:
    """Measures a board, or reads a profile that was measured; keeps and prints what follows.

    Args:
        source: a profile instead of a board.
        runs: inferences to measure.
    Raises:
        OptionError: it is a program of several stages.
        BoardError, DataError, ModelError: see host_tools.measure.calibration.
    """
    import datetime

    from codegen.errors import OptionError
    from host_tools.boards import load_board
    from host_tools.measure.calibration import calibrate, check_board, read_profile
    from host_tools.measure.calibration_store import store
    from host_tools.models import resolve

    ref, target = resolve(model), load_board(board)
    check_board(target)
    if ref.has_stages:
        network = ref.networks[0].typed
        flashes = command_line("tinyface", "flash", network, "--board", board, "--port", port or "PORT")
        again = command_line(
            "tinyface", "bench", network, "--board", board, "--calibrate", "--port", port or "PORT"
        )
        raise OptionError(
            "--calibrate times the layers of one network, and this is a program of several stages",
            model,
            f"Flash one of its networks by itself, for example with `{flashes}`, then `{again}`; `analyze` "
            "uses what it finds for the whole program.",
        )
    profile = _measure(ref, target, port, runs) if source is None else read_profile(source, ref, target)
    found = calibrate(profile, ref, target, datetime.date.today().isoformat())
    file = store(found, target)
    if as_json:
        print_json(found.to_json())
    else:
        show(found)
    forgets = command_line("tinyface", "bench", "--board", board, "--forget")
    note(f"Kept in {file}; `tinyface analyze` uses it, `{forgets}` removes it")


def forget(board: str) -> None:
    """Removes a board's calibration."""
    from host_tools.boards import load_board
    from host_tools.measure.calibration_store import forget as remove

    gone = remove(load_board(board))
    note(f"The calibration of {board} is forgotten." if gone else f"There is no calibration of {board}.")


def _measure(ref: ModelRef, board: Board, port: str | None, runs: int) -> Profile:
    from rich.progress import Progress

    from codegen.errors import BoardError
    from host_tools.attach import open_board
    from host_tools.measure.calibration import record

    if port is None:
        raise BoardError(
            f"{board.title} is a real board and no port is given",
            "--port",
            "Give --port (for example /dev/ttyUSB0 or COM3), or an earlier profile with --from.",
        )

    with (
        open_board(board, port) as session,
        Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress,
    ):
        task = progress.add_task(f"{ref.name} on {board.name}", total=runs)
        return record(session, ref, board, runs, lambda: progress.advance(task))


def show(found: Calibrated) -> None:
    """Prints the layers, then cycles per instruction."""
    profile, calibration = found.profile, found.calibration
    layers = table(
        f"{profile.model} on {profile.board}: median of {len(profile.runs)} runs",
        "layer",
        ">1000 instr.",
        ">measured ms",
        ">estimated ms",
        ">cycles/instr.",
    )
    for layer in found.layers:
        cycles = layer.micros * found.clock_hz / 1e6
        layers.add_row(
            layer.name,
            f"{layer.instructions / 1000:,.0f}",
            f"{layer.micros / 1000:.2f}",
            f"{layer.estimated_micros / 1000:.2f}",
            f"{cycles / layer.instructions:.2f}" if layer.instructions else "-",
        )
    layers.add_section()
    layers.add_row(
        "all layers",
        f"{sum(layer.instructions for layer in found.layers) / 1000:,.0f}",
        f"{sum(layer.micros for layer in found.layers) / 1000:.1f}",
        f"{sum(layer.estimated_micros for layer in found.layers) / 1000:.1f}",
        f"{calibration.overall:.2f}",
    )
    OUT.print(layers)
    kernels = table("Cycles an instruction", "kernel", ">cycles")
    for name, cycles in calibration.kernels.items():
        kernels.add_row(name, f"{cycles:.3f}")
    kernels.add_row("all others", f"{calibration.overall:.3f}")
    OUT.print(kernels)
    spread = calibration.spread
    OUT.print(
        f"{calibration.label}; estimates of layers hold from {spread.low:.2f} to {spread.high:.2f}",
        markup=False,
    )
