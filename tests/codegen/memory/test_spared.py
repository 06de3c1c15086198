"""Where RAM is short a layer takes a kernel with less scratch, or runs in bands: what costs less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from codegen.graph import Graph
from codegen.kernels.conv_2d import Pointwise
from codegen.lowering import kernel as registry
from codegen.lowering.kernel import register
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.target import Target, Work
from codegen.memory.check import check_plan
from codegen.memory.options import PlanOptions, Ways, find_plan
from codegen.memory.plan import Plan
from codegen.memory.spared import can_spare, least_scratch
from codegen.ops.convolution import ConvolutionLayer
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from tests.toys.layers import Net

POINTWISE, GREEDY, GATHERED = "tfk_conv_2d_1x1_s8", "tfk_conv_2d_1x1_greedy_of_a_test_s8", "tfk_conv_2d_s8"
COPY = "tfk_strided_copy_s8"
SCRATCH = 8000


@dataclass(frozen=True)
class Priced:
    """Prices a multiply-accumulate of each kernel, or an element of one that only moves."""

    of: Mapping[str, float] = field(hash=False)
    name: str = "a test's"

    def price(self, call: KernelCall, work: Work) -> float | None:
        each = self.of.get(call.function)
        return None if each is None else each * (work.macs or work.outputs)


@pytest.fixture(autouse=True)
def greedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel with much scratch, on one core."""
    monkeypatch.setattr(registry, "_KERNELS", dict(registry._KERNELS))

    @register
    class Greedy(Pointwise):
        function = GREEDY
        core = "xtensa-mac16"

        def scratch_bytes(self, layer: ConvolutionLayer) -> int:
            return SCRATCH


def target(greedy: float, pointwise: float, copy: float = 1.0) -> Target:
    """What a multiply-accumulate costs by either kernel, and a byte that bands keep; gathered ones cost 4."""
    prices = Priced({GREEDY: greedy, POINTWISE: pointwise, GATHERED: 4.0, COPY: copy})
    return Target("xtensa-mac16", prices=prices)


def network() -> Graph:
    """Wide at its start, where bands save most; 1x1 layers, of which the last two are small."""
    net = Net(5)
    x = net.input(1, 24, 24, 4)
    y = net.conv(x, 16)
    y = net.conv(y, 4, kernel=(3, 3), stride=2)
    y = net.conv(net.conv(y, 8), 4)
    return optimize(parse_model(net.model.finish([x], [y]), "spared"))


def kernels(plan: Plan) -> list[str]:
    calls = [plan.graph.call(op) for op in plan.graph.ops]
    return [call.function for call in calls if call is not None]


def planned(ways: Ways, aimed: Target, ram: int | None = None) -> Plan:
    plan = ways.plan(PlanOptions(ram=ram, target=aimed))
    check_plan(plan)
    if ram is not None:
        assert plan.arena_bytes <= ram
        found = find_plan(ways.graph, plan.plan_hash, plan.arena_bytes, [aimed])
        assert found is not None
        assert found.tensors == plan.tensors
    return plan


def test_only_the_layer_that_is_too_large_takes_a_slower_kernel() -> None:
    ways, dear_bands = Ways(network()), target(1.0, 1.1, copy=1000.0)
    whole = planned(ways, dear_bands)
    assert kernels(whole) == [GREEDY, GATHERED, GREEDY, GREEDY]
    plan = planned(ways, dear_bands, whole.arena_bytes - 16)
    assert kernels(plan) == [POINTWISE, GATHERED, GREEDY, GREEDY]
    assert plan.graph.macs == ways.graph.macs
    assert planned(ways, dear_bands, whole.arena_bytes) is whole


def test_bands_are_taken_where_they_cost_less_than_a_slower_kernel() -> None:
    ways, dear_kernel = Ways(network()), target(1.0, 50.0)
    whole = planned(ways, dear_kernel)
    plan = planned(ways, dear_kernel, whole.arena_bytes - 16)
    assert set(kernels(plan)) >= {GREEDY, GATHERED}
    assert POINTWISE not in kernels(plan)
    assert "ROW_BAND" in {op.kind for op in plan.graph.ops}


def test_bands_with_slower_kernels_go_below_either() -> None:
    ways, aimed = Ways(network()), target(1.0, 1.1)
    plain = planned(ways, target(1.1, 1.0))
    assert plain.arena_bytes * 3 // 4 < SCRATCH
    least = planned(ways, aimed, plain.arena_bytes * 3 // 4)
    assert {"ROW_BAND"} <= {op.kind for op in least.graph.ops}
    assert GREEDY not in kernels(least)


def test_a_graph_whose_kernels_need_what_they_need_is_left_alone() -> None:
    graph = network()
    assert not can_spare(graph)
    assert [graph.call(op) for op in graph.ops] == [
        least.call(op) for least in [least_scratch(graph)] for op in least.ops
    ]
