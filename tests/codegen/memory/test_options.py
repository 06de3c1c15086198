"""The ways to plan a graph: named, compared, found again by hash, and what bounds each."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.graph import Graph
from codegen.memory.explain import bound_parts
from codegen.memory.options import Option, PlanOptions, find_plan, list_options, next_smaller, plan_for
from codegen.passes import optimize
from codegen.tflite.reader import parse_model, read_model
from tests.toys.models import TOYS
from tests.toys.sample import sampled


def toy(name: str) -> Graph:
    return optimize(parse_model(TOYS[name](), name))


def test_overlap_is_the_default_and_smaller() -> None:
    graph = toy("mini_mobilenet")
    plain, overlap = plan_for(graph, PlanOptions("plain")), plan_for(graph)
    assert overlap.arena_bytes < plain.arena_bytes
    assert overlap.overlaid
    assert not plain.overlaid
    assert overlap.plan_hash != plain.plan_hash


@pytest.mark.parametrize(
    "name",
    ["average_pool_2d", "max_pool_2d", "conv_2d_pointwise", "depthwise_conv_2d", "pad", "transpose_conv",
     "mean", "resize_nearest_neighbor", "resize_bilinear", "mirror_pad", "slice_box", "strided_slice",
     "gather"],
)  # fmt: skip
def test_what_one_layer_alone_saves(name: str) -> None:
    """Kernels that walk over their input let the output follow."""
    graph = toy(name)
    plain, overlap = plan_for(graph, PlanOptions("plain")), plan_for(graph)
    assert overlap.overlaid
    assert overlap.arena_bytes < plain.arena_bytes


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="overlapped"):
        PlanOptions("overlapped")


def test_a_plan_is_found_by_its_hash() -> None:
    graph = toy("mini_mobilenet")
    for mode in ("plain", "overlap"):
        plan = plan_for(graph, PlanOptions(mode))
        found = find_plan(graph, plan.plan_hash, plan.arena_bytes)
        assert found is not None
        assert found.tensors == plan.tensors
    assert find_plan(graph, bytes(32), 10**6) is None


def test_options_get_smaller() -> None:
    options = list_options(toy("mini_mobilenet"))
    arenas = [o.arena_bytes for o in options]
    assert arenas == sorted(set(arenas), reverse=True)
    assert options[0].flags == "--memory plain"
    assert next_smaller(options, arenas[0] + 1) == options[0]
    assert next_smaller(options, min(arenas)) is None
    dear = (Option("a", 50, 9), Option("b", 40, 5), Option("c", 60, 7))
    assert next_smaller(dear, 60) == dear[1]
    # Two options of one price: the larger arena is the smaller step.
    assert next_smaller((Option("a", 50, 5), Option("b", 40, 5)), 60) == Option("a", 50, 5)


@pytest.mark.parametrize("mode", ["plain", "overlap"])
@pytest.mark.parametrize("name", sampled(sorted(TOYS)))
def test_what_bounds_an_arena_adds_up(name: str, mode: str) -> None:
    plan = plan_for(toy(name), PlanOptions(mode))
    parts = bound_parts(plan)
    assert sum(part.bytes for part in parts) == plan.lower_bound
    assert all(part.bytes > 0 or part.what == "shared" for part in parts)
    if mode == "plain":
        assert all(part.what != "shared" for part in parts)


def test_what_bounds_person_detect(shared_models: Path) -> None:
    graph = optimize(read_model(shared_models / "person_detect.tflite"))
    found = {p.what: p.bytes for p in bound_parts(plan_for(graph))}
    assert (found["input"], found["output"], found["shared"]) == (36_864, 9_216, -9_216)
