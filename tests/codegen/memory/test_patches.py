"""Patch-wise execution: the same bytes from bands, exact plans, constants held once, honest prices."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.aot import generate
from codegen.backends.host_library import CompiledModel
from codegen.errors import BudgetError, UnsupportedOpError
from codegen.graph import Graph
from codegen.interpreter import run
from codegen.memory.check import check_plan
from codegen.memory.options import PlanOptions, find_plan, list_options, plan_for
from codegen.memory.patches import Patch, apply_patch, moved_bytes, possible_patches
from codegen.memory.plan import Plan
from codegen.memory.planner import make_plan
from codegen.ops.bands import JoinRows, KeepRows, RowBand
from codegen.passes import optimize
from codegen.tflite.reader import parse_model, read_model
from codegen.tflite_operator import RawOp
from tests.codegen.backends.conftest import random_inputs
from tests.effort import some_and_all
from tests.toys.layers import Net

STRICT = ("-std=c99", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fPIC", "-shared", "-I.",
          "-Iinclude")  # fmt: skip


SHIPPED = Path(__file__).parents[3] / "model_zoo" / "pretrained" / "pfld-68-96" / "model.tflite"


def chain(seed: int) -> Graph:
    """Two to six layers that work row by row: sliding windows of any kernel, stride, padding and dilation,
    pooling, sums with what came before; then a layer of another kind.

    Rows of all pictures are multiples of 4 bytes.
    """
    random = np.random.default_rng(seed)
    net = Net(seed)
    x = start = net.input(1, int(random.integers(9, 24)), 16, int(random.integers(1, 4)), zero_point=5)
    earlier = [x]
    for _ in range(int(random.integers(2, 7))):
        _, height, width, channels = net.shape(x)
        kernel = (int(random.integers(1, 4)), int(random.integers(1, 4)))
        stride = int(random.integers(1, 3)) if min(height, width) > 6 else 1
        dilation = 2 if stride == 1 and min(height, width) > 8 and random.integers(3) == 0 else 1
        fits = height > 8 and width > 8
        padding = "VALID" if fits and random.integers(3) == 0 else "SAME"
        same = [t for t in earlier if net.shape(t) == net.shape(x) and t != x]
        kind = int(random.integers(6))
        if kind == 0 and same:
            x = net.add(x, same[int(random.integers(len(same)))])
        elif kind == 1 and fits:
            x = net.pool(x, (3, 2), stride=2, kind="MAX_POOL_2D" if random.integers(2) else "AVERAGE_POOL_2D")
        elif kind == 2:
            x = net.unary("RELU", x, 0.03, -128)
        elif kind == 3 or channels % 4:
            x = net.conv(x, 8, kernel, stride, padding, dilation=dilation, zero_point=-7, activation="NONE")
        else:
            x = net.depthwise(x, stride=stride)
        earlier.append(x)
    return parse_model(net.model.finish([start], [net.mean(x)]), f"chain_{seed}")


def check_trace(plan: Plan, seed: int, count: int) -> None:
    """Generated C against the interpreter, every band of every layer."""
    model = CompiledModel(plan, flags=STRICT)
    for inputs in random_inputs(plan.graph, seed, count):
        outputs, layers = model.invoke_layers(inputs)
        trace = run(plan.graph, inputs)
        for have, want in zip([*layers, outputs], [*trace.layers, trace.outputs], strict=True):
            for a, b in zip(have, want, strict=True):
                np.testing.assert_array_equal(a, b)


def same_outputs(graph: Graph, patched: Graph, seed: int, count: int) -> None:
    for inputs in random_inputs(graph, seed, count):
        for a, b in zip(run(graph, inputs).outputs, run(patched, inputs).outputs, strict=True):
            np.testing.assert_array_equal(a, b)


def some(patches: list[Patch], seed: int, count: int) -> list[Patch]:
    """As many patches, drawn."""
    random = np.random.default_rng(seed)
    picked = random.permutation(len(patches))[:count]
    return [patches[n] for n in sorted(picked)]


def check_patch(graph: Graph, patch: Patch, seed: int) -> None:
    """By the reference; the plans pass the check; the price is what the layers say."""
    patched = apply_patch(graph, patch)
    same_outputs(graph, patched, seed, 4)
    assert patched.macs - graph.macs == patch.extra_macs  # below 0: some rows are never needed
    assert moved_bytes(patched) <= patch.moved_bytes  # rows that lie where they must stay there
    assert patched.weight_bytes == graph.weight_bytes
    plans = [make_plan(patched, node_budget=500)]
    if not patch.over:
        plans.append(make_plan(patched, node_budget=500, overlap=False))
    for plan in plans:
        check_plan(plan)
        assert patch.least <= plan.arena_bytes


def test_patches_of_random_chains_compute_the_same() -> None:
    kinds = set()
    for seed in range(25):
        graph = chain(seed)
        for patch in some(possible_patches(graph), seed, 6):
            check_patch(graph, patch, seed)
            kinds.add((patch.start > 0, patch.cached, patch.over))
    assert len(kinds) == 8


@pytest.mark.slow
@pytest.mark.parametrize("chains", some_and_all(15, 60))
def test_many_patches_of_random_chains_compute_the_same(chains: int) -> None:
    for seed in range(60, 60 + chains):
        graph = chain(seed)
        for patch in some(possible_patches(graph), seed, 20):
            check_patch(graph, patch, seed)


@pytest.mark.parametrize("seed", range(6))
def test_patches_in_c(seed: int) -> None:
    graph = chain(seed)
    for patch in some(possible_patches(graph), seed, 2):
        overlap = patch.over or seed % 2 == 0
        check_trace(make_plan(apply_patch(graph, patch), overlap=overlap), seed, 4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_many_patches_in_c(seed: int) -> None:
    graph = chain(seed)
    for patch in some(possible_patches(graph), seed, 6):
        overlap = patch.over or seed % 2 == 0
        check_trace(make_plan(apply_patch(graph, patch), overlap=overlap), seed, 4)


@pytest.mark.slow
@pytest.mark.parametrize("ram", [26_000, 21_000, 19_000])
def test_person_detect(ram: int, shared_models: Path) -> None:
    graph = optimize(read_model(shared_models / "person_detect.tflite"))
    plan = plan_for(graph, PlanOptions(ram=ram))
    assert plan.arena_bytes <= ram
    assert plan.optimal
    assert plan.graph.macs < 1.03 * graph.macs
    same_outputs(graph, plan.graph, 3, 4)
    check_trace(plan, 3, 4)
    whole = plan_for(graph, PlanOptions(ram=plan_for(graph).arena_bytes))
    assert whole.graph.ops == graph.ops


def test_a_large_picture_is_overwritten_while_it_is_read(shared_models: Path) -> None:
    """The input of 27,648 bytes: the first layers follow it down."""
    graph = optimize(read_model(shared_models / "vww_96_int8.tflite"))
    plan = plan_for(graph, PlanOptions(ram=30_000))
    assert plan.graph.macs == graph.macs
    same_outputs(graph, plan.graph, 4, 3)
    check_trace(plan, 4, 3)


@pytest.mark.slow
def test_several_patches_with_sums_inside() -> None:
    """The shipped network: its largest layers are in the middle, in blocks that end in a sum."""
    graph = optimize(read_model(SHIPPED))
    plan = plan_for(graph, PlanOptions(ram=24_000))
    assert plan.arena_bytes <= 24_000 < 0.65 * make_plan(graph).arena_bytes
    joins = [op for op in plan.graph.ops if isinstance(op, JoinRows) and op.over is not None]
    assert len(joins) > 1
    same_outputs(graph, plan.graph, 5, 4)
    check_trace(plan, 5, 4)


def expanding() -> Graph:
    """A small picture that grows before it shrinks, as the first layers of most nets do."""
    net = Net(7)
    x = net.input(1, 32, 32, 1)
    wide = net.conv(net.conv(x, 16, (3, 3), 2), 48)
    y = net.conv(net.depthwise(wide, stride=2), 16)
    return parse_model(net.model.finish([x], [net.mean(y)]), "expanding")


def arenas(graph: Graph, overlap: bool) -> list[tuple[Patch, int]]:
    return [
        (patch, make_plan(apply_patch(graph, patch), overlap=overlap).arena_bytes)
        for patch in possible_patches(graph, overlap=overlap)
    ]


@pytest.mark.parametrize("mode", ["plain", "overlap"])
def test_the_cheapest_patch_is_taken(mode: str) -> None:
    """No single patch of the whole list costs less and is small enough."""
    graph, overlap = expanding(), mode == "overlap"
    whole, ways = make_plan(graph, overlap=overlap).arena_bytes, arenas(graph, overlap)
    least = min(arena for _, arena in ways)
    for limit in sorted({(whole * k + least * (8 - k)) // 8 // 16 * 16 for k in range(8)}):
        plan = plan_for(graph, PlanOptions(mode, limit))
        assert plan.arena_bytes <= limit < whole
        macs = plan.graph.macs - graph.macs
        assert macs == min(patch.extra_macs for patch, arena in ways if arena <= limit)
        found = find_plan(graph, plan.plan_hash, plan.arena_bytes)
        assert found is not None
        assert found.tensors == plan.tensors
    check_trace(plan_for(graph, PlanOptions(mode, whole * 3 // 4)), 5, 4)


@pytest.mark.slow
@pytest.mark.parametrize("ram", [36_000, 31_000, 27_000, 24_000, 20_000])
def test_a_plan_is_found_again_by_its_bytes(ram: int) -> None:
    graph = optimize(read_model(SHIPPED))
    plan = plan_for(graph, PlanOptions(ram=ram))
    found = find_plan(graph, plan.plan_hash, plan.arena_bytes)
    assert found is not None
    assert found.tensors == plan.tensors


def test_the_next_option_is_worth_a_step() -> None:
    graph = expanding()
    whole = make_plan(graph).arena_bytes
    patched = list_options(graph)[-1]
    assert patched.flags == f"--ram {patched.arena_bytes}"
    assert patched.arena_bytes <= 0.9 * whole
    plan = plan_for(graph, PlanOptions(ram=patched.arena_bytes))
    assert (plan.arena_bytes, plan.graph.macs - graph.macs) == (patched.arena_bytes, patched.extra_macs)


def test_kept_rows_cost_no_macs() -> None:
    """Of two patches that differ in nothing else, the one that keeps its halo repeats nothing."""
    graph = expanding()
    by_shape = {(p.start, p.end, p.rows, p.cached, p.over): p for p in possible_patches(graph)}
    pairs = [
        (p, by_shape[p.start, p.end, p.rows, True, p.over])
        for p in by_shape.values()
        if not p.cached and (p.start, p.end, p.rows, True, p.over) in by_shape
    ]
    assert any(again.extra_macs > 0 for again, _ in pairs)
    assert all(kept.extra_macs <= 0 < kept.moved_bytes for _, kept in pairs)
    assert all(kept.least >= again.least for again, kept in pairs)


def test_too_little_ram_is_refused() -> None:
    with pytest.raises(BudgetError, match="the smallest found takes") as error:
        plan_for(expanding(), PlanOptions(ram=1000))
    found = re.search(r"Allow ([\d,]+) bytes", error.value.remedy)
    assert found is not None
    smallest = int(found[1].replace(",", ""))
    assert plan_for(expanding(), PlanOptions(ram=smallest)).arena_bytes == smallest


def test_constants_are_written_once() -> None:
    """Every band of a layer uses the same tables; the project holds no more data than the whole one."""
    graph = chain(1)
    patch = possible_patches(graph)[0]
    whole, patched = generate(make_plan(graph)), generate(make_plan(apply_patch(graph, patch)))

    def tables(files: dict[str, str]) -> list[str]:
        return sorted(re.findall(r"\[\d+\] = \{[^}]*\}", files["model_data.c"]))

    assert tables(whole) == tables(patched) != []


def test_what_others_read_ends_a_patch() -> None:
    """A tensor inside is read inside, and is no output of the model."""

    def spans(outputs: int) -> set[tuple[int, int]]:
        net = Net(1)
        x = net.input(1, 16, 16, 1)
        a = net.conv(x, 16, (3, 3))
        b = net.conv(a, 16, (3, 3))
        ends = [b, a][:outputs]
        data = net.model.finish([x], [*ends, net.mean(net.add(b, a))] if outputs < 3 else [net.mean(b)])
        return {(p.start, p.end) for p in possible_patches(parse_model(data, "branch"))}

    assert spans(0) == {(0, 3), (1, 3)}  # the sum reads both convolutions
    assert spans(1) == set()
    assert spans(2) == set()
    assert spans(3) == {(0, 2)}


def test_an_impossible_patch_is_refused() -> None:
    graph = chain(1)
    patch = possible_patches(graph)[0]
    for other in (
        replace(patch, start=0, end=len(graph.ops)),  # a MEAN is no layer of rows
        replace(patch, rows=0, start=patch.start, end=patch.end + 40),
    ):
        with pytest.raises(ValueError, match="no such patch"):
            apply_patch(graph, other)


def test_the_check_refuses_a_result_that_follows_too_closely() -> None:
    """One step of the arena nearer than the distance: rows are gone before they are read."""
    seen = 0
    for seed in range(40):
        graph = chain(seed)
        near = [patch for patch in possible_patches(graph) if patch.over]
        for patch in some(near, seed, 2):
            patched = apply_patch(graph, patch)
            (join,) = (n for n, op in enumerate(patched.ops) if isinstance(op, JoinRows) and op.over)
            op = patched.ops[join]
            assert isinstance(op, JoinRows)
            assert op.over is not None
            source, distance = op.over
            if distance:
                nearer = replace(op, over=(source, distance - 16))
                ops = (*patched.ops[:join], nearer, *patched.ops[join + 1 :])
                with pytest.raises(ValueError, match=r"overwritten|overwrites"):
                    check_plan(make_plan(replace(patched, ops=ops), node_budget=500))
                seen += 1
    assert seen > 20


def test_the_check_refuses_rows_that_were_kept_elsewhere() -> None:
    graph = expanding()
    patch = next(p for p in possible_patches(graph) if p.cached and not p.over)
    plan = make_plan(apply_patch(graph, patch))
    check_plan(plan)
    keep = next(op for op in plan.graph.ops if isinstance(op, KeepRows)).outputs[0]
    moved = replace(plan.tensors[keep], offset=plan.tensors[keep].offset + 16)
    with pytest.raises(ValueError, match="overwritten"):
        check_plan(replace(plan, tensors={**plan.tensors, keep: moved}))


def test_bands_are_no_operator_of_a_file() -> None:
    with pytest.raises(UnsupportedOpError):
        RowBand.from_raw(RawOp("ROW_BAND", 1, 0, (0,), (1,), {}), (), "here")


def test_the_check_refuses_a_band_that_lies_elsewhere() -> None:
    graph = chain(1)
    plan = make_plan(apply_patch(graph, possible_patches(graph)[0]))
    check_plan(plan)
    second = [op for op in plan.graph.ops if isinstance(op, RowBand)][1].outputs[0]
    moved = replace(plan.tensors[second], offset=plan.tensors[second].offset + 16)
    with pytest.raises(ValueError, match="would have to move"):
        check_plan(replace(plan, tensors={**plan.tensors, second: moved}))


def test_the_check_refuses_bands_that_leave_a_gap() -> None:
    graph = chain(1)
    patched = apply_patch(graph, possible_patches(graph)[0])
    join = max(n for n, op in enumerate(patched.ops) if op.kind == "JOIN_ROWS")
    short = replace(patched.ops[join], inputs=patched.ops[join].inputs[:-1])
    with pytest.raises(ValueError, match="does not make the whole"):
        check_plan(make_plan(replace(patched, ops=(*patched.ops[:join], short, *patched.ops[join + 1 :]))))
