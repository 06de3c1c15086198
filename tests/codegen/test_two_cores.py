"""Layers in halves: the same bytes whichever core is first, and no byte of one half in the other's way."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.aot import generate
from codegen.backends.host_library import CompiledModel, find_compiler
from codegen.backends.write import write_files
from codegen.cost.cycles import Core, Cycles, Shares
from codegen.cost.estimate import estimate
from codegen.cost.prices import aimed_at, target_of
from codegen.cost.two_cores import two_cores
from codegen.errors import BudgetError, OptionError
from codegen.graph import Graph
from codegen.interpreter import run
from codegen.lowering.halves import Half, Halves
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.lowering.target import Target, Work
from codegen.memory.check import check_plan
from codegen.memory.options import PlanOptions, plan_for
from codegen.memory.plan import Plan
from codegen.memory_report import ARENA_GUARD_BYTES
from codegen.ops.window import Window
from codegen.tflite.reader import parse_model
from host_tools.boards import list_boards, load_board
from tests.toys.layers import Net

CORE = "xtensa-mac16"


@dataclass(frozen=True)
class Divides:
    """Prices that divide every layer in one way, and take the kernels of one core first."""

    by: str
    name: str = "a test's"

    def price(self, call: KernelCall, work: Work) -> float:
        raise AssertionError("two cores are asked for")

    def elapsed(self, call: KernelCall, work: Work) -> float:
        """Kernels of one core are cheaper; halves of the wanted kind cheaper still."""
        divided = call.halves is not None and call.halves.by in (self.by, "elements")
        mine = any(name in call.function for name in ("strips", "bands", "tables", "halfwords", "lanes"))
        return 2.0 - divided - 0.5 * mine

    def outside(self, moved: int) -> float:
        raise AssertionError("no board is asked for")


def hostile() -> Graph:
    """One line, odd lines, one channel, odd channels, strides, dilation, no padding."""
    net = Net(5)
    inputs, outputs = list[int](), list[int]()

    def picture(*shape: int, zero_point: int = 3) -> int:
        inputs.append(net.input(1, *shape, zero_point=zero_point))
        return inputs[-1]

    for height, width, channels, made in (
        (1, 1, 8, 5),
        (1, 7, 3, 4),
        (2, 1, 5, 1),
        (5, 3, 4, 7),
        (3, 3, 132, 2),
    ):
        outputs.append(net.conv(picture(height, width, channels), made))
    for height, stride, padding, dilation in (
        (7, 1, "SAME", 1),
        (6, 2, "SAME", 1),
        (5, 1, "VALID", 2),
        (3, 3, "SAME", 1),
    ):
        x = picture(height, 5, 3, zero_point=-128)
        outputs.append(net.conv(x, 4, kernel=(3, 3), stride=stride, padding=padding, dilation=dilation))
    for height, made, stride in ((7, 9, 1), (8, 5, 2)):
        outputs.append(net.conv(picture(height, 8, 1), made, kernel=(3, 3), stride=stride))
    for height, channels, stride, multiplier in (
        (1, 3, 1, 1),
        (2, 1, 1, 2),
        (7, 5, 2, 1),
        (9, 4, 1, 3),
        (3, 8, 2, 1),
        (4, 12, 1, 1),
        (6, 14, 2, 1),
    ):
        x = picture(height, 6, channels, zero_point=127)
        outputs.append(
            net.depthwise(x, multiplier, stride=stride, activation="NONE", zero_point=9, scale=0.03)
        )
    outputs.append(net.depthwise(picture(5, 6, 4), kernel=(5, 3)))
    for height, channels, stride, multiplier in ((5, 4, 1, 1), (8, 6, 1, 2), (9, 9, 2, 1), (1, 8, 1, 1)):
        x = picture(height, 6, channels, zero_point=3)
        outputs.append(
            net.depthwise(x, multiplier, (5, 5), stride, activation="NONE", zero_point=9, scale=0.03)
        )
    for kind, height in (("MAX_POOL_2D", 5), ("AVERAGE_POOL_2D", 4), ("AVERAGE_POOL_2D", 1)):
        outputs.append(net.pool(picture(height, 4, 3), (3, 3), kind=kind, stride=1, padding="SAME"))
    for kind, height in (("MAX_POOL_2D", 7), ("AVERAGE_POOL_2D", 6)):
        outputs.append(net.pool(picture(height, 5, 8), (3, 3), kind=kind, stride=2, padding="SAME"))
    for count in (1, 9, 1501):
        a, b = picture(1, 1, count), picture(1, 1, count)
        outputs.append(net.add(a, b))
    outputs.append(net.add(picture(1, 3, 3), net.constant(1, 1, 3, 3)))
    for depth, units in ((5, 1), (7, 2), (6, 3), (9, 8)):
        inputs.append(net.input(1, depth))
        outputs.append(net.dense(inputs[-1], units))
    for rows, depth, columns, turned in (
        (1, 4, 3, False),
        (5, 7, 6, False),
        (8, 3, 2, True),
        (25, 12, 9, False),
    ):
        a = net.input(1, *((depth, rows) if turned else (rows, depth)), scale=0.03, zero_point=9)
        b = net.input(1, depth, columns, scale=0.03, zero_point=-128)
        inputs += [a, b]
        outputs.append(net.product(a, b, (turned, False), 0.02 * depth**0.5))
    inputs.append(net.input(1, 6, 5, scale=0.03))
    outputs.append(net.product(inputs[-1], net.constant(5, 4, scale=0.03)))
    return parse_model(net.model.finish(inputs, outputs), "hostile")


def planned(graph: Graph, by: str, core: str = CORE, ram: int | None = None) -> Plan:
    return plan_for(graph, PlanOptions(ram=ram, target=Target(core, prices=Divides(by), cores=2)))


def divided(plan: Plan) -> list[tuple[str, str]]:
    """Kernel and kind of each layer in halves."""
    calls = [plan.graph.call(op) for op in plan.graph.ops]
    return [(call.function, call.halves.by) for call in calls if call is not None and call.halves is not None]


POOLS = ("average_pool_2d", "max_pool_2d", "add")


@pytest.mark.parametrize(
    ("by", "core", "kernels"),
    [
        ("rows", "c", {*POOLS, "conv_2d_1x1", "conv_2d", "depthwise_conv_2d_3x3", "depthwise_conv_2d"}),
        (
            "rows",
            CORE,
            {
                *POOLS,
                "average_pool_2d_lanes",
                "max_pool_2d_lanes",
                "batch_matmul_strips",
                "conv_2d_strips",
                "depthwise_conv_2d_bands",
                "depthwise_conv_2d_5x5",
                "depthwise_conv_2d",
            },
        ),
        (
            "channels",
            CORE,
            {
                "conv_2d_strips",
                "depthwise_conv_2d_bands",
                "depthwise_conv_2d_5x5",
                "fully_connected_halfwords",
                "add",
            },
        ),
    ],
)
def test_halves_of_hostile_layers_make_the_same_bytes(by: str, core: str, kernels: set[str]) -> None:
    """The second half runs first here: it needs nothing of the first one."""
    graph = hostile()
    plan = planned(graph, by, core)
    check_plan(plan)
    assert {function for function, _ in divided(plan)} >= {f"tfk_{kernel}_s8" for kernel in kernels}
    random = np.random.default_rng(2)
    inputs = [random.integers(-128, 128, graph.tensor(t).shape).astype(np.int8) for t in graph.inputs]
    trace = run(plan.graph, inputs)
    outputs, layers = CompiledModel(plan).invoke_layers(inputs)
    for position, (ours, wanted) in enumerate(zip(layers, trace.layers, strict=True)):
        for a, b in zip(ours, wanted, strict=True):
            np.testing.assert_array_equal(a, b, plan.graph.layer_name(position))
    for a, b in zip(outputs, trace.outputs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_output_of_halves_lies_over_its_input_and_each_has_scratch_of_its_own() -> None:
    net = Net(1)
    x = net.input(1, 8, 8, 8)
    graph = parse_model(net.model.finish([x], [net.conv(net.depthwise(x), 8)]), "chain")
    one, two = plan_for(graph, PlanOptions(target=Target(CORE))), planned(graph, "rows")
    assert len(divided(two)) == 2
    assert not two.overlaid
    for position, op in enumerate(two.graph.ops):
        call = two.graph.call(op)
        assert call is not None
        assert call.halves is not None
        halves = call.halves
        (begin, behind), (first, second) = halves.scratch, halves.both
        assert (begin, behind % 16) == (0, 0)
        assert behind >= first.scratch_bytes > 0
        assert two.scratch[position].bytes >= behind + second.scratch_bytes
    assert (one.cores, two.cores) == (1, 2)
    assert two.plan_hash != one.plan_hash


def on_board(graph: Graph, cores: int, ram: int | None = None, board: str = "esp32cam") -> Plan:
    return plan_for(graph, aimed_at(load_board(board), PlanOptions(ram=ram, target=Target(cores=cores))))


def few_layers() -> Graph:
    """Two that gain by a second core, one that can't be divided, one that a hand-over takes longer than."""
    net = Net(2)
    x = net.input(1, 24, 24, 16)
    small = net.pool(net.depthwise(net.conv(x, 32), stride=2), (12, 12))
    return parse_model(net.model.finish([x], [net.conv(small, 2)]), "few layers")


def test_the_cost_model_decides_and_a_layer_too_small_stays_whole() -> None:
    graph = few_layers()
    plan = on_board(graph, 2)
    calls = [plan.graph.call(op) for op in plan.graph.ops]
    assert [call is not None and call.halves is not None for call in calls] == [True, True, False, False]
    assert divided(on_board(graph, 1)) == []
    board = load_board("esp32cam")
    one, two = (estimate(on_board(graph, n), board) for n in (1, 2))
    for before, after in zip(one, two, strict=True):
        assert after.milliseconds.middle <= before.milliseconds.middle, "no layer loses"
    found = two_cores(plan, board, two)
    assert found is not None
    assert found.divided == 2
    assert 1 < found.speedup < found.bound < 2
    assert found.bound == pytest.approx(2 / (1 + found.alone))
    assert sum(found.instructions) == pytest.approx(sum(cost.instructions for cost in two))
    assert two_cores(on_board(graph, 1), board, one) is None


def test_where_ram_is_short_layers_run_on_one_core_and_then_in_bands() -> None:
    graph = few_layers()
    both, single = on_board(graph, 2), on_board(graph, 1)
    assert both.arena_bytes > single.arena_bytes
    for room, layers in ((both.arena_bytes - 1, 1), (single.arena_bytes, 0)):
        within = on_board(graph, 2, ram=room)
        assert within.arena_bytes <= room
        assert len(divided(within)) == layers
        check_plan(within)
    with pytest.raises(BudgetError):
        on_board(graph, 2, ram=100)


def test_two_cores_do_not_drive_an_arena_out_of_internal_ram() -> None:
    graph, board = few_layers(), load_board("esp32cam")
    single, both = on_board(graph, 1), on_board(graph, 2)
    rooms = (both.arena_bytes, 2), (both.arena_bytes - 1, 1), (single.arena_bytes, 0), (100, 2)
    for room, halves in rooms:
        small = replace(board, memory=replace(board.memory, heap_block=room + ARENA_GUARD_BYTES))
        plan = plan_for(graph, aimed_at(small, PlanOptions(target=Target(cores=2))))
        assert len(divided(plan)) == halves
        assert plan.arena_bytes <= room or plan.arena_bytes == both.arena_bytes


def test_one_core_that_waits_for_the_bus_finds_the_other_one_there() -> None:
    own, other = Cycles(instructions=600.0, flash=400.0), Cycles(instructions=300.0, flash=100.0)
    assert own.beside(other).flash == 400 * 1.25
    assert own.beside(Cycles(instructions=10.0)) == own
    assert own.beside(Cycles()) == own
    tables = (ConstTable("weights", "int8_t", np.zeros(64, np.int8)),)
    half = Half({"elements": 1}, (1,), 0, (0,), 0, ((0, 32),))
    halves = Halves("channels", half, replace(half, tables=((32, 64),)))
    call = KernelCall("a.h", "tfk_a_s8", "a", {"elements": 2}, tables, halves=halves)
    assert [call.half(n).tables[0].values.size for n in (0, 1)] == [32, 32]
    core = Core(1.0, 0.0, {}, Shares(0.0, 0.0), handover_cycles=50.0)
    assert core.elapsed(call, (70.0, 80.0)) == Cycles(instructions=80.0, handover=50.0)


def test_lines_of_a_window_see_the_part_of_the_image_that_they_need() -> None:
    window = Window((3, 3), (2, 2), (1, 1), (1, 1), (4, 4))
    assert window.lines(0, 2, 7) == (replace(window, output=(2, 4)), 0, 4)
    assert window.lines(2, 4, 7) == (replace(window, pad_before=(0, 1), output=(2, 4)), 3, 4)
    assert replace(window, pad_before=(9, 1)).lines(0, 2, 7) is None, "above the image"


def test_boards_say_how_many_cores_they_have() -> None:
    for board in list_boards():
        if board.cores == 1:
            with pytest.raises(OptionError, match="one core"):
                target_of(board, cores=2)
        else:
            assert "xtensa" in board.core
            assert target_of(board, cores=2).cores == 2
    assert {board.name for board in list_boards() if board.cores == 2} >= {"esp32cam", "sim", "qemu-xtensa"}
    with pytest.raises(ValueError, match="2 cores"):
        Target(goal="size", cores=2)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files of a model on two cores."""
    write_files(generate(on_board(few_layers(), 2)), tmp_path)
    return tmp_path


def test_generated_c_takes_nothing_of_the_system_but_the_parallel_for(project: Path) -> None:
    strict = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-I.", "-Iinclude", "-c", "model.c")
    compiled = subprocess.run(
        [find_compiler(), *strict], cwd=project, capture_output=True, text=True, check=False
    )
    assert compiled.returncode == 0, compiled.stderr
    told = subprocess.run(
        ["nm", "-u", "model.o"], cwd=project, capture_output=True, text=True, check=True
    ).stdout
    needed = {line.split()[-1] for line in told.splitlines()}
    ours = {name for name in needed if name.startswith("few_layers_")}
    assert needed - ours <= {"memcpy", "memset", "tinyface_board_parallel", "_GLOBAL_OFFSET_TABLE_"}
    assert "tinyface_board_parallel" in needed


def test_a_generated_folder_runs_by_itself(project: Path) -> None:
    made = subprocess.run(
        ["make", f"CC={find_compiler()}"], cwd=project, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    said = subprocess.run([project / "build" / "example"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout
