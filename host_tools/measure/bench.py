"""Instructions, memory and bytes of a model on an emulated board, measured with its own firmware.

Two images are built: the unmarked one (no profiler in it) gives the total, the usual one gives the layers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from codegen.board import Board
from codegen.graph import Graph
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from codegen.scratch import ScratchFolder
from host_tools.measure.counting import SEED, count, emulator_of, make_flash
from host_tools.measure.footprint import Footprint, footprint
from host_tools.measure.instruction_classes import Classes, count_classes
from host_tools.models import ModelRef
from host_tools.project.build import COMMON, LEVELS
from host_tools.project.toolchains import find_toolchain, version_of
from host_tools.project.write import plan_of, write_project
from host_tools.wire.messages import Want

UNMARKED = "TINYFACE_NO_PROFILER"
"""Leaves the profiler's hooks out of the generated code (codegen/templates/model.c.jinja)."""

COUNT_FIRST = "TINYFACE_COUNT_FIRST"
"""Takes second halves of layers out of the layers' counts (firmware/src/board_defaults.c)."""


@dataclass(frozen=True)
class LayerBench:
    """One layer.

    Attributes:
        name, kernel: layer name and C kernel ("" where no code is needed).
        macs: multiply-accumulates.
        instructions: retired, the profiler's own taken off.
        classes: the same by class, None where the emulator gives none or was not asked.
        per_core: of the core that runs all layers and of the one that helps it, where two compute this one.
            The emulator runs the halves one after the other; what its core counts around the second one, some
            tens of instructions, is in the first.
    """

    name: str
    kernel: str
    macs: int
    instructions: int
    classes: Classes | None = None
    per_core: tuple[int, int] | None = None

    @property
    def longest(self) -> int:
        """From its start to its end."""
        return max(self.per_core) if self.per_core else self.instructions


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
        options: of the plan, as they are typed ("--memory plain"), "" for the usual ones.
        arena_bytes: input, output, activations, scratch.
        stack_high_water: deepest stack of the whole firmware since boot, the inference included.
        code_bytes, constant_bytes, static_ram_bytes: see host_tools.measure.footprint; unmarked build.
        compiler, flags, emulator: what made and ran it.
        seed: of the input.
        cores: how many the layers could have been divided between.
    """

    model: str
    model_hash: str
    plan_hash: str
    board: str
    variant: str
    macs: int
    instructions: int
    layers: tuple[LayerBench, ...]
    options: str
    arena_bytes: int
    stack_high_water: int
    code_bytes: int
    constant_bytes: int
    static_ram_bytes: int
    compiler: str
    flags: str
    emulator: str
    seed: int
    cores: int

    @property
    def classes(self) -> Classes | None:
        """Instructions of all layers by class, the most frequent first; None where they are not known."""
        if any(layer.classes is None for layer in self.layers):
            return None
        total = sum((Counter(layer.classes) for layer in self.layers), Counter[str]())
        return dict(total.most_common())

    @property
    def layer_sum(self) -> int:
        """Instructions of all layers in the build with hooks."""
        return sum(layer.instructions for layer in self.layers)

    @property
    def two_cores(self) -> dict[str, float] | None:
        """What a second core gives, by instructions alone; None where none was asked for.

        How many layers are divided, instructions from start to end, the speed-up, the part of all that is in
        whole layers, and the speed-up that these allow at most (Amdahl's law).
        """
        divided = [layer for layer in self.layers if layer.per_core]
        if self.cores == 1:
            return None
        elapsed = sum(layer.longest for layer in self.layers)
        whole = 1.0
        if self.layer_sum:
            whole = sum(layer.instructions for layer in self.layers if not layer.per_core) / self.layer_sum
        return {
            "divided": len(divided),
            "longest": elapsed,
            "speedup": self.layer_sum / elapsed if elapsed else 1.0,
            "alone": whole,
            "bound": 1 / (whole + (1 - whole) / 2),
        }

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON types, and what follows from them."""
        fields = asdict(self)
        fields["two_cores"] = self.two_cores
        for row, layer in zip(fields["layers"], self.layers, strict=True):
            row["instructions_per_mac"] = per_mac(layer.instructions, layer.macs)
        fields["instructions_per_mac"] = per_mac(self.instructions, self.macs)
        fields["layer_sum"] = self.layer_sum
        fields["classes"] = self.classes
        fields["difference_percent"] = round(
            100 * (self.layer_sum - self.instructions) / self.instructions, 3
        )
        return fields


def per_mac(instructions: int, macs: int) -> float | None:
    """Instructions a multiply-accumulate, None for what has none."""
    return round(instructions / macs, 3) if macs else None


def flags_of(options: PlanOptions = DEFAULT_OPTIONS, macros: Sequence[str] = ()) -> str:
    """What decides about speed among the compiler's flags."""
    kept = [flag for flag in COMMON if flag == "-DNDEBUG"]
    return " ".join([LEVELS[options.optimize], *kept, *(f"-D{name}" for name in macros)])


def measure(
    ref: ModelRef,
    board: Board,
    step: Callable[[str], None] = lambda _: None,
    options: PlanOptions = DEFAULT_OPTIONS,
    by_class: bool = False,
    macros: Sequence[str] = (),
) -> Bench:
    """Builds both images of a model, runs them in the emulator and counts. The board's flash stays as it is.

    Args:
        step: called with what happens next, for people.
        options: how the arena is planned, and whether for speed or size.
        macros: for the compiler, "NAME" or "NAME=VALUE".
        by_class: also count the layers' instructions by class, where the emulator gives it.
    Raises:
        ToolError: the board counts no instructions, or a compiler or emulator is missing.
        BudgetError: the model does not fit the board.
        BoardError: the firmware does not boot, answers wrong bytes, or a count does not repeat.
    """
    emulator = emulator_of(board)
    toolchain = find_toolchain(board.toolchain)
    compiler = version_of(toolchain.cc)
    plan = plan_of(ref, board, options)
    with ScratchFolder() as place:
        project = write_project(ref, board, "aot", place / "project", options=options).folder
        step(f"{ref.name} on {board.name}: the unmarked build")
        images = [make_flash(project, board, place / "unmarked.bin", (UNMARKED, *macros))]
        size: Footprint = footprint(project, board)
        images.append(make_flash(project, board, place / "layers.bin", macros))
        whole, stats = count(ref, plan, board, images[0], 0)
        step(f"{ref.name} on {board.name}: layer by layer")
        marked, _ = count(ref, plan, board, images[1], Want.PROFILE)
        classes = count_classes(plan, board, images[1]) if by_class else None
        first: Sequence[int] = ()
        if plan.cores > 1:
            step(f"{ref.name} on {board.name}: the first core's halves")
            image = make_flash(project, board, place / "first.bin", (COUNT_FIRST, *macros))
            counted, _ = count(ref, plan, board, image, Want.PROFILE)
            first = counted.layers.ticks if counted.layers else ()
    ticks = marked.layers.ticks if marked.layers else ()
    graph = plan.graph
    return Bench(
        model=ref.name,
        model_hash=ref.model_hash.hex(),
        plan_hash=plan.plan_hash.hex(),
        board=board.name,
        variant=toolchain.variant,
        macs=graph.macs,
        instructions=whole.result.ticks,
        layers=_layers(graph, ticks, classes, first),
        options=_spelled(options),
        arena_bytes=plan.arena_bytes,
        stack_high_water=stats.stack_high_water,
        code_bytes=size.code,
        constant_bytes=size.constants,
        static_ram_bytes=size.static_ram,
        compiler=compiler,
        flags=flags_of(options, macros),
        emulator=emulator,
        seed=SEED,
        cores=options.target.cores,
    )


def _layers(
    graph: Graph, ticks: Sequence[int], classes: Sequence[Classes] | None, first: Sequence[int]
) -> tuple[LayerBench, ...]:
    """first: instructions of the first core, none where there is no other one."""
    each: Sequence[Classes | None] = classes or [None] * len(graph.ops)
    rows = zip(graph.ops, ticks, each, strict=True)
    found = []
    for position, (op, instructions, by_class) in enumerate(rows):
        call = graph.call(op)
        function = call.function if call else ""
        halves = call is not None and call.halves is not None
        shares = (first[position], instructions - first[position]) if halves else None
        found.append(
            LayerBench(graph.layer_name(position), function, op.macs(graph), instructions, by_class, shares)
        )
    return tuple(found)


def _spelled(options: PlanOptions) -> str:
    """The options as they are typed; "" for the usual ones."""
    usual = DEFAULT_OPTIONS
    found = [] if options.memory == usual.memory else [f"--memory {options.memory}"]
    found += [] if options.ram is None else [f"--ram {options.ram}"]
    found += [] if options.target.cores == 1 else [f"--cores {options.target.cores}"]
    return " ".join(
        found + ([] if options.optimize == usual.optimize else [f"--optimize {options.optimize}"])
    )
