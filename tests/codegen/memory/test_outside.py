"""An arena too large for internal RAM: a smaller one inside is taken where it is expected to be faster."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from codegen.board import Board
from codegen.cost.estimate import estimate
from codegen.cost.prices import aimed_at
from codegen.errors import BudgetError
from codegen.graph import Graph
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.target import Target, Work
from codegen.memory.check import check_plan
from codegen.memory.options import PlanOptions, find_plan, plan_for
from codegen.memory.plan import Plan
from codegen.memory_report import ARENA_GUARD_BYTES
from codegen.passes import optimize
from codegen.report import analyze
from codegen.tflite.reader import parse_model
from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.write import plan_of
from tests.toys.layers import Net


@dataclass(frozen=True)
class Priced:
    """A multiply-accumulate or, without any, an element written costs 1; a byte outside costs `byte`."""

    byte: float
    name: str = "a test's"

    def price(self, call: KernelCall, work: Work) -> float:
        return self.elapsed(call, work)

    def elapsed(self, call: KernelCall, work: Work) -> float:
        return float(work.macs or work.outputs)

    def outside(self, moved: int) -> float:
        return self.byte * moved


def wide_inside() -> Graph:
    """Few channels, many, few: in bands it takes much less."""
    net = Net(8)
    x = net.input(1, 24, 24, 4)
    y = net.conv(net.depthwise(net.conv(x, 64)), 4)
    return optimize(parse_model(net.model.finish([x], [y]), "wide inside"))


def milliseconds(plan: Plan, board: Board, outside: bool) -> float:
    return sum(cost.milliseconds.middle for cost in estimate(plan, board, in_psram=outside))


def with_block(size: int, psram: int = 4_194_304) -> Board:
    """An ESP32-CAM whose largest free block holds an arena of so many bytes."""
    board = load_board("esp32cam")
    memory = replace(board.memory, heap_block=size + ARENA_GUARD_BYTES, psram=psram)
    return replace(board, memory=memory)


def test_bands_inside_are_taken_where_an_arena_outside_is_expected_to_be_slower() -> None:
    graph = wide_inside()
    whole = plan_for(graph, aimed_at(with_block(200_000), PlanOptions()))
    board = with_block(whole.arena_bytes // 2)
    plan = plan_for(graph, aimed_at(board, PlanOptions()))
    check_plan(plan)
    assert plan.arena_bytes <= whole.arena_bytes // 2
    assert milliseconds(plan, board, outside=False) < milliseconds(whole, board, outside=True)
    assert find_plan(graph, plan.plan_hash, plan.arena_bytes, [plan.graph.target]) is not None
    report = analyze(plan, board)
    assert (report.arena_in, report.refusals) == ("internal RAM", ())


def test_an_arena_that_fits_is_planned_as_ever() -> None:
    graph = wide_inside()
    whole = plan_for(graph, aimed_at(with_block(200_000), PlanOptions()))
    assert (
        plan_for(graph, aimed_at(with_block(whole.arena_bytes), PlanOptions())).plan_hash == whole.plan_hash
    )


def test_the_prices_decide() -> None:
    """Bands cost a little more: a byte outside for nothing is cheaper, a dear one is not."""
    graph = wide_inside()
    whole = plan_for(graph, PlanOptions(target=Target(prices=Priced(0.0))))
    for byte, inside in ((0.0, False), (1000.0, True)):
        target = Target(prices=Priced(byte))
        plan = plan_for(graph, PlanOptions(target=target, internal=whole.arena_bytes // 2))
        assert (plan.arena_bytes <= whole.arena_bytes // 2) == inside
        assert plan.graph.macs >= whole.graph.macs


def test_what_is_asked_for_is_planned() -> None:
    """So many bytes of RAM, or none that is known, whatever lies inside."""
    graph = wide_inside()
    target = Target(prices=Priced(1000.0))
    whole = plan_for(graph, PlanOptions(target=target))
    asked = PlanOptions(target=target, ram=whole.arena_bytes, internal=whole.arena_bytes // 2)
    assert plan_for(graph, asked).arena_bytes == whole.arena_bytes
    nowhere = PlanOptions(target=target, internal=16)
    assert plan_for(graph, nowhere).arena_bytes == whole.arena_bytes
    with pytest.raises(BudgetError):
        plan_for(graph, replace(asked, ram=16))


def test_without_memory_outside_it_is_refused_as_ever() -> None:
    """One core: what would fit is named, and nothing else is taken for it."""
    graph = wide_inside()
    whole = plan_for(graph, aimed_at(with_block(200_000), PlanOptions()))
    board = with_block(whole.arena_bytes // 2, psram=0)
    plan = plan_for(graph, aimed_at(board, PlanOptions()))
    assert plan.plan_hash == whole.plan_hash
    assert analyze(plan, board).refusals


def test_a_shipped_network_that_needs_it_stays_in_internal_ram() -> None:
    board, ref = load_board("esp32cam"), resolve("efficientnet-lite-68-96-live")
    plan = plan_of(ref, board)
    whole = plan_of(ref, with_block(200_000))
    assert plan.arena_bytes + ARENA_GUARD_BYTES <= board.memory.heap_block < whole.arena_bytes
    report = analyze(plan, board)
    assert report.arena_in == "internal RAM"
    assert report.milliseconds is not None
    assert report.milliseconds.middle < 0.8 * milliseconds(whole, board, outside=True)
