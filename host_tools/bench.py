"""Instructions, memory and bytes of a model on an emulated board, measured with its own firmware.

Two images are built: the unmarked one (no profiler in it) gives the total, the usual one gives the layers.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codegen.board import Board
from codegen.errors import BoardError, ToolError
from codegen.memory.plan import Plan
from host_tools.attach import open_board
from host_tools.boards import list_boards
from host_tools.build import COMMON, build
from host_tools.footprint import Footprint, footprint
from host_tools.models import ModelRef
from host_tools.project import plan_of, write_project
from host_tools.reference import expect
from host_tools.simulator.flash import write_flash
from host_tools.toolchains import PACKAGES, find_program, find_toolchain, version_of
from host_tools.validate import check_identity
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Stats, TickUnit, Want

UNMARKED = "TINYFACE_NO_PROFILER"
"""Leaves the profiler's hooks out of the generated code (codegen/templates/model.c.jinja)."""

SEED = 1
"""Draws the input, full-range int8 noise; instructions depend a little on what saturates."""

RUNS = 2
"""Each count is taken so often and must be the same."""


@dataclass(frozen=True)
class LayerBench:
    """One layer.

    Attributes:
        name, kernel: layer name and C kernel ("" where no code is needed).
        macs: multiply-accumulates.
        instructions: retired, the profiler's own taken off.
    """

    name: str
    kernel: str
    macs: int
    instructions: int


@dataclass(frozen=True)
class Bench:
    """What one model takes on one emulated board; every count repeated exactly.

    Attributes:
        model, model_hash, plan_hash, board: what was measured.
        variant: the board's toolchain, which tells its core ("de233_fpu" or "lx106" on qemu-xtensa).
        macs: of the whole network.
        instructions: one invoke of the unmarked build.
        layers: of the build with profiler hooks; their sum differs from `instructions` by under 1 %: what
            lies between layers, and what the compiler inlines otherwise because of the hooks.
        arena_bytes: input, output, activations, scratch.
        stack_high_water: deepest stack of the whole firmware since boot, the inference included.
        code_bytes, constant_bytes, static_ram_bytes: see host_tools.footprint; unmarked build.
        compiler, flags, emulator: what made and ran it.
        seed: of the input.
    """

    model: str
    model_hash: str
    plan_hash: str
    board: str
    variant: str
    macs: int
    instructions: int
    layers: tuple[LayerBench, ...]
    arena_bytes: int
    stack_high_water: int
    code_bytes: int
    constant_bytes: int
    static_ram_bytes: int
    compiler: str
    flags: str
    emulator: str
    seed: int

    @property
    def layer_sum(self) -> int:
        """Instructions of all layers in the build with hooks."""
        return sum(layer.instructions for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON types, and what follows from them."""
        fields = asdict(self)
        for row, layer in zip(fields["layers"], self.layers, strict=True):
            row["instructions_per_mac"] = per_mac(layer.instructions, layer.macs)
        fields["instructions_per_mac"] = per_mac(self.instructions, self.macs)
        fields["layer_sum"] = self.layer_sum
        fields["difference_percent"] = round(
            100 * (self.layer_sum - self.instructions) / self.instructions, 3
        )
        return fields


def per_mac(instructions: int, macs: int) -> float | None:
    """Instructions a multiply-accumulate, None for what has none."""
    return round(instructions / macs, 3) if macs else None


def counting_boards() -> tuple[list[Board], list[ToolError]]:
    """The boards that count instructions and whose tools are here, and what is missing for the others."""
    here, missing = [], []
    for board in list_boards():
        if board.kind == "qemu":
            try:
                _emulator(board)
                here.append(board)
            except ToolError as error:
                missing.append(error)
    return here, missing


def measure(ref: ModelRef, board: Board, step: Callable[[str], None] = lambda _: None) -> Bench:
    """Builds both images of a model, runs them in the emulator and counts. The board's flash stays as it is.

    Args:
        step: called with what happens next, for people.
    Raises:
        ToolError: the board counts no instructions, or a compiler or emulator is missing.
        BudgetError: the model does not fit the board.
        BoardError: the firmware does not boot, answers wrong bytes, or a count does not repeat.
    """
    emulator = _emulator(board)
    toolchain = find_toolchain(board.toolchain)
    compiler = version_of(toolchain.cc)
    plan = plan_of(ref)
    with tempfile.TemporaryDirectory(prefix="tinyface-bench-") as place:
        project = write_project(ref, board, "aot", Path(place) / "project").folder
        step(f"{ref.name} on {board.name}: the unmarked build")
        images = [_image(project, board, Path(place) / "unmarked.bin", (UNMARKED,))]
        size: Footprint = footprint(project, board)
        images.append(_image(project, board, Path(place) / "layers.bin", ()))
        whole, stats = _run(ref, plan, board, images[0], 0)
        step(f"{ref.name} on {board.name}: layer by layer")
        marked, _ = _run(ref, plan, board, images[1], Want.PROFILE)
    ticks = marked.layers.ticks if marked.layers else ()
    graph = plan.graph
    calls = [op.render(graph) for op in graph.ops]
    return Bench(
        model=ref.name,
        model_hash=ref.model_hash.hex(),
        plan_hash=plan.plan_hash.hex(),
        board=board.name,
        variant=toolchain.variant,
        macs=graph.macs,
        instructions=whole.result.ticks,
        layers=tuple(
            LayerBench(graph.layer_name(i), call.function if call else "", op.macs(graph), count)
            for i, (op, call, count) in enumerate(zip(graph.ops, calls, ticks, strict=True))
        ),
        arena_bytes=plan.arena_bytes,
        stack_high_water=stats.stack_high_water,
        code_bytes=size.code,
        constant_bytes=size.constants,
        static_ram_bytes=size.static_ram,
        compiler=compiler,
        flags=" ".join(flag for flag in COMMON if flag.startswith("-O") or flag == "-DNDEBUG"),
        emulator=emulator,
        seed=SEED,
    )


def cost_counts(found: Sequence[tuple[ModelRef, Bench]], board: Board, place: Path) -> dict[str, Any]:
    """COUNTS.json of codegen/cost.py, to lie in the folder `place`."""
    first = found[0][1]
    largest = [bench.model for _, bench in sorted(found, key=lambda pair: -pair[1].macs)]
    more = f" and {len(largest) - 3} more" if len(largest) > 3 else ""
    return {
        "source": f"retired instructions of each layer on {board.name} ({_brief(first.emulator)}, -icount), "
        f"{_brief(first.compiler)} {first.flags}; {', '.join(largest[:3])}{more}",
        "runs": [
            {
                "model": _relative(ref.path, place),
                "layers": [{"name": row.name, "instructions": row.instructions} for row in bench.layers],
            }
            for ref, bench in found
        ],
    }


def _brief(version: str) -> str:
    """A line of `--version` without what it says in brackets."""
    return " ".join(re.sub(r"\([^)]*\)", "", version).split())


def _relative(file: Path, folder: Path) -> str:
    """Path from the folder to the file; the whole path where no way leads from one to the other."""
    file, folder = file.resolve(), folder.resolve()
    for steps, start in enumerate((folder, *folder.parents)):
        if file.is_relative_to(start):
            return "/".join([".."] * steps + list(file.relative_to(start).parts))
    return str(file)


def _emulator(board: Board) -> str:
    """Name and version of the board's emulator.

    Raises:
        ToolError: the board has none, or a tool is missing.
    """
    if board.kind != "qemu":
        raise ToolError(
            f"the board {board.name} counts no instructions",
            "--board",
            "Name an emulated one: "
            + ", ".join(other.name for other in list_boards() if other.kind == "qemu")
            + ".",
        )
    find_toolchain(board.toolchain)
    program = board.builds[0].run[0]
    return version_of(find_program(program, PACKAGES.get(program, program)))


def _image(project: Path, board: Board, flash: Path, macros: Sequence[str]) -> Path:
    write_flash(board, build(project, board, macros=macros).path, flash)
    return flash


def _run(ref: ModelRef, plan: Plan, board: Board, image: Path, want: int) -> tuple[Inference, Stats]:
    """One inference, whose counts were the same RUNS times and whose bytes are right, and STATS after it."""
    rng = np.random.default_rng(SEED)
    tensors = [plan.graph.tensor(t) for t in plan.graph.inputs]
    inputs = [
        np.frombuffer(rng.bytes(tensor.bytes), tensor.dtype).reshape(tensor.shape) for tensor in tensors
    ]
    data = b"".join(array.tobytes() for array in inputs)
    with open_board(board, image=image) as session:
        check_identity(session.board, ref, board, session.port)
        if session.board.tick_unit != TickUnit.INSTRUCTIONS:
            raise BoardError("the firmware counts no instructions", board.name, "Name an emulated board.")
        answers = [session.infer_tensor(data, want) for _ in range(RUNS)]
        stats = session.stats()
    if len({(a.result.ticks, a.layers.ticks if a.layers else ()) for a in answers}) != 1:
        raise BoardError(
            "the counts do not repeat", board.name, "Report it with your emulator's version; do not use them."
        )
    if answers[0].result.outputs != expect(plan.graph, ref.pipeline, inputs, None).outputs:
        raise BoardError(
            "the board answers other bytes than the reference",
            f"{ref.name} on {board.name}",
            f"Find the layer: `tinyface flash --board {board.name} --model {ref.path}`, then "
            f"`tinyface validate {ref.path} --board {board.name}`.",
        )
    return answers[0], stats
