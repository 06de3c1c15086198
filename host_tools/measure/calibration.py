"""Cycles per instruction of a real board, from the microseconds that its firmware reports for each layer.

They take the place of the model of codegen/cost/cycles.py: what the board waits for is in them. How far the
layers' times lie from them is measured too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from codegen.board import Board
from codegen.cost.estimate import Calibration, estimate, table_hash
from codegen.cost.prices import targets_of
from codegen.cost.time_range import UNCALIBRATED, Spread
from codegen.errors import BoardError, DataError
from codegen.memory.options import find_plan
from codegen.memory.plan import Plan
from codegen.passes import optimize
from codegen.plain_text import parse_json
from codegen.shell import quoted
from host_tools.boards import list_boards
from host_tools.measure.counting import SEED
from host_tools.models import ModelRef
from host_tools.proof.validate import check_identity
from host_tools.wire.messages import Runtime, TickUnit, Want
from host_tools.wire.session import Session

LEAST_MICROS = 20.0
"""A shorter layer says nothing about its kernel: the clock counts whole microseconds."""

LEAST_LAYERS = 3
"""A kernel with fewer layers takes the cycles per instruction of all."""

OUTSIDE = 0.05
"""Share of the measured time that may lie below the range of estimates, and above it."""

PLAUSIBLE = (0.3, 50.0)
"""Cycles per instruction that a small core can have, its memory included."""


@dataclass(frozen=True)
class Profile:
    """Microseconds of each layer of a model on a board.

    Attributes:
        board, model, model_hash, plan_hash, arena_bytes: what ran; the hashes in hexadecimal.
        runs: one tuple of microseconds a layer for each inference.
    """

    board: str
    model: str
    model_hash: str
    plan_hash: str
    arena_bytes: int
    runs: tuple[tuple[float, ...], ...]

    @property
    def warm(self) -> tuple[tuple[float, ...], ...]:
        """The runs without the first where there are more: caches are cold."""
        return self.runs[1:] or self.runs

    @property
    def micros(self) -> tuple[float, ...]:
        """The median of each layer over the warm runs."""
        return tuple(float(median(values)) for values in zip(*self.warm, strict=True))


@dataclass(frozen=True)
class CalibratedLayer:
    """One layer: what was measured, and what the calibrated estimate makes of it.

    Attributes:
        name, kernel: layer name and C kernel ("" where no code is needed).
        micros: measured.
        instructions: from the board's cost table.
        estimated_micros: instructions * calibrated cycles per instruction / clock.
    """

    name: str
    kernel: str
    micros: float
    instructions: float
    estimated_micros: float


@dataclass(frozen=True)
class Calibrated:
    """A calibration and what it comes from.

    Attributes:
        calibration: what estimates use.
        cost_table, cost_table_hash, clock_hz: what the instructions and cycles were taken from; where one of
            them changes, the calibration is void.
        profile: what was measured.
        layers: of the profile.
    """

    calibration: Calibration
    cost_table: str
    cost_table_hash: str
    clock_hz: int
    profile: Profile
    layers: tuple[CalibratedLayer, ...]

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON types."""
        return asdict(self)


def check_board(board: Board) -> None:
    """Refuses a board whose time says nothing.

    Raises:
        BoardError: it is simulated or emulated, or it has no cost table.
    """
    if board.kind == "serial" and board.cost_table:
        return
    cause = {
        "sim": "the simulated board's microseconds are those of this computer",
        "qemu": "an emulated board counts instructions and has no time of its own",
    }.get(board.kind, "the board has no cost table, so its instructions are not known")
    raise BoardError(
        cause, board.name, "Calibrate a real board, for example --board esp32cam --port /dev/ttyUSB0."
    )


def _require_time(name: str, port: str) -> None:
    """Refuses a port behind which a board plays that is simulated or emulated, whatever --board says.

    Raises:
        BoardError: see there.
    """
    if any(board.name == name and board.kind != "serial" for board in list_boards()):
        raise BoardError(
            f"the board says that it is {name!r}, whose time is not that of a real board",
            port,
            "Name the port of a real board, for example --port /dev/ttyUSB0; without one there is nothing to "
            "calibrate, and `tinyface analyze` keeps its uncalibrated estimate.",
        )


def record(
    session: Session, ref: ModelRef, board: Board, runs: int, progress: Callable[[], None] = lambda: None
) -> Profile:
    """Microseconds of each layer over several inferences on noise.

    Args:
        progress: called after each inference.
    Raises:
        BoardError: another board or model, a simulated one, a runtime that does not tell its layers, no
            time, no answer.
    """
    hello = session.board
    _require_time(hello.board, session.port)
    check_identity(hello, ref, board, session.port)
    if hello.runtime != Runtime.AOT:
        raise BoardError(
            "the board runs the interpreter; cost tables are of generated C",
            session.port,
            f"Flash it with `tinyface flash --board {quoted(board.name)} --model {quoted(ref.typed)} "
            "--runtime aot`.",
        )
    if hello.tick_unit == TickUnit.INSTRUCTIONS:
        raise BoardError(
            "the firmware counts instructions, not time", session.port, "Name a real board's port."
        )
    scale = 1e6 / board.clock_hz if hello.tick_unit == TickUnit.CYCLES else 1.0
    rng, taken = np.random.default_rng(SEED), []
    for _ in range(runs):
        answer = session.infer_tensor(rng.bytes(hello.input_bytes), Want.PROFILE)
        ticks = answer.layers.ticks if answer.layers else ()
        if len(ticks) != hello.layers:
            raise BoardError(
                f"the firmware reports {len(ticks)} of {hello.layers} layers",
                session.port,
                "Flash it again: it was built without its profiler.",
            )
        taken.append(tuple(count * scale for count in ticks))
        progress()
    return Profile(
        board.name,
        ref.name,
        ref.model_hash.hex(),
        bytes(hello.plan_hash).hex(),
        hello.arena_bytes,
        tuple(taken),
    )


def read_profile(file: Path, ref: ModelRef, board: Board) -> Profile:
    """A profile that `tinyface bench --calibrate --json` printed, or the "profile" in it alone.

    Raises:
        DataError: the file can't be read, or holds no profile.
        BoardError: it is of another board or model.
    """
    try:
        if file.exists() and not file.is_file():
            raise ValueError("it is no file")
        facts = parse_json(file.read_text(encoding="utf-8"))
        profile = _profile(facts.get("profile", facts))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"the file holds no profile ({error})",
            str(file),
            "Name one that `tinyface bench --calibrate --port PORT --json` printed.",
        ) from error
    if profile.board != board.name:
        raise BoardError(
            f"the profile is of the board {profile.board!r}, not {board.name!r}", str(file), "Name its board."
        )
    if profile.model_hash != ref.model_hash.hex():
        raise BoardError(
            f"the profile is of another model: {profile.model!r} with hash {profile.model_hash}, while "
            f"{ref.name!r} has hash {ref.model_hash.hex()}",
            str(file),
            "Name the model that was measured.",
        )
    return profile


def _profile(facts: Mapping[str, Any]) -> Profile:
    runs = tuple(tuple(float(value) for value in run) for run in facts["runs"])
    if not runs or not runs[0] or len({len(run) for run in runs}) != 1:
        raise ValueError("its runs are empty or of different lengths")
    bytes.fromhex(facts["plan_hash"])
    if not all(0 <= value < 1e9 for run in runs for value in run):
        raise ValueError("a layer takes no time that can be")
    return Profile(
        str(facts["board"]),
        str(facts["model"]),
        str(facts["model_hash"]),
        str(facts["plan_hash"]),
        int(facts["arena_bytes"]),
        runs,
    )


def calibrate(profile: Profile, ref: ModelRef, board: Board, date: str) -> Calibrated:
    """Cycles per instruction: of all layers of LEAST_MICROS, and of each kernel with LEAST_LAYERS of them.

    Cycles are microseconds times the clock of board.toml, instructions those of the cost table.

    Args:
        date: of the measurement, "2026-11-20".
    Raises:
        BoardError: the firmware's plan is of another version, or no core computes that fast or slow.
    """
    check_board(board)
    plan = find_plan(
        optimize(ref.graph), bytes.fromhex(profile.plan_hash), profile.arena_bytes, targets_of(board)
    )
    if plan is None or len(plan.graph.ops) != len(profile.micros):
        raise BoardError(
            "the firmware was generated by another version of tinyface: its layers can't be told",
            board.name,
            f"Flash it again with `tinyface flash --board {quoted(board.name)} --model {quoted(ref.typed)}`.",
        )
    calibration = _fit(plan, board, profile.micros, date)
    calibration = replace(calibration, spread=_spread(plan, board, profile, calibration))
    layers = []
    for position, (cost, micros) in enumerate(
        zip(estimate(plan, board, calibration), profile.micros, strict=True)
    ):
        call = plan.graph.call(plan.graph.ops[position])
        name, kernel = plan.graph.layer_name(position), call.function if call else ""
        layers.append(
            CalibratedLayer(name, kernel, micros, cost.instructions, 1000 * cost.milliseconds.middle)
        )
    return Calibrated(
        calibration, board.cost_table, table_hash(board.cost_table), board.clock_hz, profile, tuple(layers)
    )


def _fit(plan: Plan, board: Board, micros: tuple[float, ...], date: str) -> Calibration:
    sums: dict[str, list[tuple[float, float]]] = {}
    for op, cost, time in zip(plan.graph.ops, estimate(plan, board), micros, strict=True):
        call = plan.graph.call(op)
        if call is not None and cost.fitted and cost.instructions > 0 and time >= LEAST_MICROS:
            sums.setdefault(call.function, []).append((time * board.clock_hz / 1e6, cost.longest))
    every = [pair for pairs in sums.values() for pair in pairs]
    if not every:
        raise BoardError(
            f"no layer of the model takes {LEAST_MICROS:.0f} microseconds",
            board.name,
            "Calibrate with a larger one.",
        )
    overall = _ratio(every)
    if not PLAUSIBLE[0] <= overall <= PLAUSIBLE[1]:
        raise BoardError(
            f"{overall:.2f} cycles an instruction are no small core's",
            board.name,
            f"Check clock_hz = {board.clock_hz:,} in {board.folder / 'board.toml'}, and that this board was "
            "measured.",
        )
    kernels = {name: _ratio(pairs) for name, pairs in sorted(sums.items()) if len(pairs) >= LEAST_LAYERS}
    return Calibration(date, len(every), overall, kernels, UNCALIBRATED)


def _spread(plan: Plan, board: Board, profile: Profile, calibration: Calibration) -> Spread:
    """Between which factors of the estimates the layers' times lie in the warm runs, but for OUTSIDE of the
    time at either end."""
    found = []
    for position, cost in enumerate(estimate(plan, board, calibration)):
        estimated = 1000 * cost.milliseconds.middle
        if estimated > 0 and profile.micros[position] >= LEAST_MICROS:
            found += [(run[position] / estimated, run[position]) for run in profile.warm]
    return Spread(min(1.0, _quantile(sorted(found))), max(1.0, _quantile(sorted(found, reverse=True))))


def _quantile(ratios: list[tuple[float, float]]) -> float:
    """The first ratio before which OUTSIDE of the weight lies. ratios: (ratio, weight), in order."""
    left = OUTSIDE * sum(weight for _, weight in ratios)
    for ratio, weight in ratios:
        left -= weight
        if left < 0:
            return ratio
    return 1.0


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return sum(cycles for cycles, _ in pairs) / sum(instructions for _, instructions in pairs)
