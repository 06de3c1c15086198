"""The planner on random graphs: the independent check accepts its plans, and refuses spoilt ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.graph import Graph
from codegen.memory.check import check_plan
from codegen.memory.lifetimes import find_buffers
from codegen.memory.plan import ARENA_ALIGNMENT, Placement, Plan
from codegen.memory.planner import make_plan
from tests.codegen.memory.fakes import FakeOp, ForwardOp, graph, graphs, tensor


@settings(max_examples=400, deadline=None)
@given(graphs(), st.booleans())
def test_random_graphs_get_correct_plans(g: Graph, overlap: bool) -> None:
    plan = make_plan(g, node_budget=500, overlap=overlap)
    check_plan(plan)
    assert plan.arena_bytes >= plan.proved_bytes >= plan.lower_bound
    assert plan.lower_bound >= max(plan.layer_bytes, default=0)
    assert plan.arena_bytes % ARENA_ALIGNMENT == 0
    placed = [*plan.tensors.values(), *plan.scratch.values()]
    assert all(p.offset % ARENA_ALIGNMENT == 0 for p in placed)
    assert plan.arena_bytes == max((p.offset + -(-p.bytes // 16) * 16 for p in placed), default=0)
    buffers = find_buffers(g, overlap)
    allowed = {(o.output, o.source): o.distance for o in buffers.overlaps}
    assert overlap or not (allowed or plan.overlaid)
    for n, a in enumerate(buffers.items):  # no two live buffers overlap but for the pairs that may
        for m, b in enumerate(buffers.items):
            if n != m and a.overlaps(b):
                x, y = _place(plan, a.tensors, a.scratch_of), _place(plan, b.tensors, b.scratch_of)
                apart = x.offset + x.bytes <= y.offset or y.offset + y.bytes <= x.offset
                distance = allowed.get((n, m), allowed.get((m, n)))
                assert apart or distance is not None
                if (n, m) in allowed and not apart:
                    assert x.offset + allowed[n, m] <= y.offset


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 10_000))
def test_the_distance_is_the_least_that_the_check_accepts(written: int, read: int, seed: int) -> None:
    """The closed form against the byte-by-byte simulation: right at it, and one byte nearer."""
    op = FakeOp((0,), (1,), seed=seed)
    g = graph([read, written], [op], [0], [1])
    order = op.access_order(g)
    assert order is not None
    distance = order.distance()
    assert -read <= distance <= written

    # Byte w of the output has the address of byte r of the input where w = r + (input - output).
    def survives(distance: int) -> bool:
        return all(
            order.last_read[w - distance] <= order.written[w]
            for w in range(written)
            if 0 <= w - distance < read
        )

    assert all(survives(d) for d in range(distance, written + 1))
    assert distance == -read or not survives(distance - 1)


def test_a_smaller_output_lies_on_its_input() -> None:
    """A kernel that reads far ahead of what it writes, as a pooling does."""
    g = graph([640, 160], [ForwardOp((0,), (1,))], [0], [1])
    plan = make_plan(g)
    check_plan(plan)
    assert plan.overlaid == {1: 0}
    assert plan.arena_bytes == plan.lower_bound == 640
    assert make_plan(g, overlap=False).arena_bytes == 800


def test_a_larger_output_keeps_ahead_of_its_input() -> None:
    """Two bytes out for a byte in: the output ends where the input ends."""
    g = graph([160, 320], [ForwardOp((0,), (1,))], [0], [1])
    plan = make_plan(g)
    check_plan(plan)
    assert plan.arena_bytes == 320
    input_place, output_place = plan.tensors[0], plan.tensors[1]
    assert (input_place.offset, output_place.offset) == (160, 0)


def test_no_overlap_where_the_input_is_read_again() -> None:
    g = graph([64, 64, 64], [ForwardOp((0,), (1,)), FakeOp((0, 1), (2,))], [0], [2])
    assert make_plan(g).overlaid == {}
    g = graph([64, 64], [ForwardOp((0,), (1,))], [0], [0, 1])
    assert make_plan(g).overlaid == {}
    assert make_plan(g).arena_bytes == 128


def test_check_refuses_an_output_that_runs_into_unread_input() -> None:
    g = graph([160, 320], [ForwardOp((0,), (1,))], [0], [1])
    plan = make_plan(g)
    spoilt = replace(plan.tensors[0], offset=144)
    with pytest.raises(ValueError, match="overwrites its input"):
        check_plan(replace(plan, tensors={**plan.tensors, 0: spoilt}))


def _place(plan: Plan, tensors: tuple[int, ...], scratch_of: int | None) -> Placement:
    return plan.scratch[scratch_of] if scratch_of is not None else plan.tensors[tensors[0]]


@settings(max_examples=150, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_check_refuses_buffers_moved_onto_live_ones(g: Graph, random: Any) -> None:
    """Move one tensor's buffer onto another that lives at the same time: the check must object."""
    plan = make_plan(g, node_budget=500)
    lives = find_buffers(g).lifetimes
    pairs = [
        (a, b)
        for a in plan.tensors
        for b in plan.tensors
        if plan.shared.get(a, a) != plan.shared.get(b, b)
        and max(lives[a][0], lives[b][0]) < min(lives[a][1], lives[b][1])
    ]
    if not pairs:
        return
    a, b = random.choice(pairs)
    moved = replace(plan.tensors[a], offset=plan.tensors[b].offset)
    with pytest.raises(ValueError):
        check_plan(replace(plan, tensors={**plan.tensors, a: moved}))


def test_chain_reaches_the_bound() -> None:
    g = graph([100, 300, 200, 50], [FakeOp((0,), (1,)), FakeOp((1,), (2,)), FakeOp((2,), (3,))], [0], [3])
    plan = make_plan(g)
    assert plan.arena_bytes == plan.lower_bound == 304 + 208
    assert plan.bound_layer == 1
    assert plan.optimal


def test_in_place_where_the_input_dies() -> None:
    g = graph([64, 64], [FakeOp((0,), (1,), inplace=(0,))], [0], [1])
    plan = make_plan(g)
    assert plan.shared == {1: 0}
    assert plan.arena_bytes == 64


def test_not_in_place_where_another_layer_reads_the_input() -> None:
    g = graph([64, 64, 64], [FakeOp((0,), (1,), inplace=(0,)), FakeOp((0, 1), (2,))], [0], [2])
    assert make_plan(g).shared == {}


def test_not_in_place_over_a_model_output() -> None:
    g = graph([64, 64], [FakeOp((0,), (1,), inplace=(0,))], [0], [0, 1])
    assert make_plan(g).shared == {}


def test_not_in_place_where_the_op_reads_the_buffer_twice() -> None:
    """x and its reshape y are one buffer: writing over it while both are read is not promised to work."""
    g = graph(
        [64, 64, 64], [FakeOp((0,), (1,), renames=True), FakeOp((0, 1), (2,), inplace=(0, 1))], [0], [2]
    )
    assert make_plan(g).shared == {1: 0}


def test_rename_shares_although_the_input_lives_on() -> None:
    g = graph([64, 64, 16], [FakeOp((0,), (1,), renames=True), FakeOp((0, 1), (2,))], [0], [1, 2])
    plan = make_plan(g)
    assert plan.shared == {1: 0}
    assert plan.arena_bytes == 64 + 16
    check_plan(plan)


def test_in_place_after_rename_needs_the_first_name_dead() -> None:
    ops = [FakeOp((0,), (1,), renames=True), FakeOp((1,), (2,), inplace=(1,)), FakeOp((0, 2), (3,))]
    plan = make_plan(graph([64, 64, 64, 64], ops, [0], [3]))
    assert plan.shared == {1: 0}
    check_plan(plan)


def test_in_place_needs_equal_sizes() -> None:
    g = graph([64, 32], [FakeOp((0,), (1,), inplace=(0,))], [0], [1])
    assert make_plan(g).shared == {}


def test_input_as_output_and_unused_input() -> None:
    plan = make_plan(graph([16, 32], [], [0, 1], [1]))
    check_plan(plan)
    assert plan.arena_bytes == 48
    assert plan.bound_layer == -1


def test_constant_output_takes_no_arena() -> None:
    g = Graph("c", (tensor(16, "c", np.ones(16, np.int8)),), (), (), (0,), bytes(32))
    plan = make_plan(g)
    check_plan(plan)
    assert plan.arena_bytes == 0


def test_scratch_lives_beside_inputs_and_outputs() -> None:
    plan = make_plan(graph([16, 16], [FakeOp((0,), (1,), scratch=100, inplace=(0,))], [0], [1]))
    assert plan.arena_bytes == 16 + 112
    check_plan(plan)
    with pytest.raises(ValueError, match="scratch"):
        check_plan(
            replace(
                plan, tensors={t: replace(plan.tensors[t], offset=plan.scratch[0].offset) for t in (0, 1)}
            )
        )


def test_check_refuses_a_small_or_misaligned_arena() -> None:
    plan = make_plan(graph([16, 16], [FakeOp((0,), (1,))], [0], [1]))
    with pytest.raises(ValueError, match="leaves the arena"):
        check_plan(replace(plan, arena_bytes=16))
    with pytest.raises(ValueError, match="multiple"):
        check_plan(replace(plan, arena_bytes=plan.arena_bytes + 8))


def test_reading_what_nobody_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="before it is written"):
        make_plan(graph([16, 16], [FakeOp((1,), (0,))], [], [0]))
