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
from codegen.memory.patches import Patch, apply_patch, possible_patches
from codegen.memory.plan import Plan
from codegen.memory.planner import make_plan
from codegen.ops.bands import RowBand
from codegen.ops.base import RawOp
from codegen.passes import optimize
from codegen.tflite_reader import parse_model, read_model
from tests.codegen.backends.conftest import random_inputs
from tests.toys.layers import Net

STRICT = ("-std=c99", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fPIC", "-shared", "-I.",
          "-Iinclude")  # fmt: skip


def chain(seed: int) -> Graph:
    """Two to five sliding windows of any kernel, stride, padding and dilation, then a layer of another kind.

    Rows of the picture and of every output are multiples of 16 bytes.
    """
    random = np.random.default_rng(seed)
    net = Net(seed)
    x = start = net.input(1, int(random.integers(9, 24)), 16, int(random.integers(1, 4)), zero_point=5)
    for _ in range(int(random.integers(2, 6))):
        _, height, width, channels = net.shape(x)
        kernel = (int(random.integers(1, 4)), int(random.integers(1, 4)))
        stride = int(random.integers(1, 3)) if min(height, width) > 6 else 1
        dilation = 2 if stride == 1 and min(height, width) > 8 and random.integers(3) == 0 else 1
        fits = height > 8 and width > 8
        padding = "VALID" if fits and random.integers(3) == 0 else "SAME"
        if random.integers(2) or channels % 16:
            x = net.conv(x, 16, kernel, stride, padding, dilation=dilation, zero_point=-7, activation="NONE")
        else:
            x = net.depthwise(x, stride=stride)
    return parse_model(net.model.finish([start], [net.quantize(x, 0.1, 3)]), f"chain_{seed}")


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


def test_every_patch_of_random_chains_computes_the_same() -> None:
    """By the reference; the plans pass the check; the price is what the layers say."""
    seen = 0
    for seed in range(40):
        graph = chain(seed)
        for patch in possible_patches(graph):
            patched = apply_patch(graph, patch)
            same_outputs(graph, patched, seed, 4)
            assert patched.macs - graph.macs == patch.extra_macs  # below 0: some rows are never needed
            assert patched.weight_bytes == graph.weight_bytes
            for overlap in (True, False):
                check_plan(make_plan(patched, node_budget=500, overlap=overlap))
            seen += 1
    assert seen > 100


@pytest.mark.parametrize("overlap", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_patches_in_c(seed: int, overlap: bool) -> None:
    graph = chain(seed)
    patches = possible_patches(graph)
    assert patches
    check_trace(make_plan(apply_patch(graph, patches[len(patches) // 2]), overlap=overlap), seed, 4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_many_patches_in_c(seed: int) -> None:
    graph = chain(seed)
    for patch in possible_patches(graph)[::3]:
        check_trace(make_plan(apply_patch(graph, patch), overlap=seed % 2 == 0), seed, 4)


def test_person_detect(shared_models: Path) -> None:
    graph = optimize(read_model(shared_models / "person_detect.tflite"))
    plan = plan_for(graph, PlanOptions(ram=26_000))
    assert plan.arena_bytes <= 26_000
    assert plan.optimal
    assert plan.graph.macs < 1.03 * graph.macs
    same_outputs(graph, plan.graph, 3, 4)
    check_trace(plan, 3, 4)
    assert plan_for(graph, PlanOptions(ram=make_plan(graph).arena_bytes)).graph is graph


def test_another_model(shared_models: Path) -> None:
    """Its input of 27,648 bytes stays whole, so patches save little; they compute the same all the same."""
    graph = optimize(read_model(shared_models / "vww_96_int8.tflite"))
    plan = make_plan(apply_patch(graph, possible_patches(graph)[0]))
    same_outputs(graph, plan.graph, 4, 3)
    check_trace(plan, 4, 3)


def expanding() -> Graph:
    """A small picture that grows before it shrinks, as the first layers of most nets do."""
    net = Net(7)
    x = net.input(1, 32, 32, 1)
    wide = net.conv(net.conv(x, 16, (3, 3), 2), 48)
    y = net.conv(net.depthwise(wide, stride=2), 16)
    return parse_model(net.model.finish([x], [net.mean(y)]), "expanding")


def test_the_cheapest_patch_is_taken() -> None:
    graph = expanding()
    whole = make_plan(graph)
    plans = [(p.extra_macs, make_plan(apply_patch(graph, p)).arena_bytes) for p in possible_patches(graph)]
    limit = sorted(arena for _, arena in plans)[len(plans) // 2]
    assert limit < whole.arena_bytes
    plan = plan_for(graph, PlanOptions(ram=limit))
    assert plan.arena_bytes <= limit
    assert plan.graph.macs - graph.macs == min(macs for macs, arena in plans if arena <= limit)
    found = find_plan(graph, plan.plan_hash, plan.arena_bytes)
    assert found is not None
    assert found.tensors == plan.tensors
    for mode in ("plain", "overlap"):
        check_trace(plan_for(graph, PlanOptions(mode, whole.arena_bytes * 3 // 4)), 5, 4)


def test_the_next_option_is_the_cheapest_worth_a_step() -> None:
    graph = expanding()
    whole = make_plan(graph).arena_bytes
    patched = list_options(graph)[-1]
    assert patched.flags == f"--ram {patched.arena_bytes}"
    assert patched.arena_bytes <= 0.9 * whole
    plan = plan_for(graph, PlanOptions(ram=patched.arena_bytes))
    assert (plan.arena_bytes, plan.graph.macs - graph.macs) == (patched.arena_bytes, patched.extra_macs)
    cheaper = [p for p in possible_patches(graph) if p.extra_macs < patched.extra_macs]
    assert all(make_plan(apply_patch(graph, p)).arena_bytes > 0.9 * whole for p in cheaper)


def test_too_little_ram_is_refused() -> None:
    with pytest.raises(BudgetError, match="the smallest found takes"):
        plan_for(chain(1), PlanOptions(ram=16))


def test_constants_are_written_once() -> None:
    """Every band of a layer uses the same tables; the project holds no more data than the whole one."""
    graph = chain(1)
    patch = possible_patches(graph)[0]
    whole, patched = generate(make_plan(graph)), generate(make_plan(apply_patch(graph, patch)))

    def tables(files: dict[str, str]) -> list[str]:
        return sorted(re.findall(r"\[\d+\] = \{[^}]*\}", files["model_data.c"]))

    assert tables(whole) == tables(patched) != []


def test_branches_and_outputs_end_the_chain() -> None:
    net = Net(1)
    x = net.input(1, 16, 16, 1)
    a = net.conv(x, 16, (3, 3))
    b = net.conv(a, 16, (3, 3))
    data = net.model.finish([x], [net.add(b, a)])
    assert possible_patches(parse_model(data, "branch")) == []
    net = Net(1)
    x = net.input(1, 16, 16, 1)
    a = net.conv(x, 16, (3, 3))
    b = net.conv(a, 16, (3, 3))
    assert possible_patches(parse_model(net.model.finish([x], [a, b]), "output")) == []
    assert possible_patches(parse_model(net.model.finish([x], [b]), "chain")) != []


def test_an_impossible_patch_is_refused() -> None:
    with pytest.raises(ValueError, match="no such patch"):
        apply_patch(chain(1), Patch(9, 1, 0))


def test_bands_are_no_operator_of_a_file() -> None:
    with pytest.raises(UnsupportedOpError):
        RowBand.from_raw(RawOp("ROW_BAND", 1, 0, (0,), (1,), {}), (), "here")


def test_the_check_refuses_a_band_that_lies_elsewhere() -> None:
    graph = chain(1)
    plan = make_plan(apply_patch(graph, possible_patches(graph)[0]))
    check_plan(plan)
    second = next(op for op in plan.graph.ops[1:] if isinstance(op, RowBand)).outputs[0]
    moved = replace(plan.tensors[second], offset=plan.tensors[second].offset + 16)
    with pytest.raises(ValueError, match="would have to move"):
        check_plan(replace(plan, tensors={**plan.tensors, second: moved}))


def test_the_check_refuses_bands_that_leave_a_gap() -> None:
    graph = chain(1)
    patched = apply_patch(graph, possible_patches(graph)[0])
    join = next(n for n, op in enumerate(patched.ops) if op.kind == "JOIN_ROWS")
    short = replace(patched.ops[join], inputs=patched.ops[join].inputs[:-1])
    with pytest.raises(ValueError, match="does not make the whole"):
        check_plan(make_plan(replace(patched, ops=(*patched.ops[:join], short, *patched.ops[join + 1 :]))))
