"""Which kernel a layer takes: by price, by place where there are no prices, and only what its target has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from codegen.backends.kernel_files import KERNELS
from codegen.cores import CORES, PLAIN
from codegen.cost.prices import target_of, targets_of
from codegen.graph import Graph
from codegen.kernels.conv_2d import Pointwise
from codegen.lowering import kernel as registry
from codegen.lowering.kernel import Kernel, kernels_of, register
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.target import Target, Work
from codegen.ops.convolution import ConvolutionLayer
from codegen.ops.registry import REGISTRY
from codegen.tflite.reader import parse_model
from host_tools.boards import list_boards, load_board
from tests.toys.layers import Net
from tests.toys.models import TOYS

POINTWISE, GATHERED = "tfk_conv_2d_1x1_s8", "tfk_conv_2d_s8"
PLAIN_KERNEL = "tfk_conv_2d_reference_s8"
MAC16 = "tfk_conv_2d_1x1_mac16_of_a_test_s8"


@dataclass(frozen=True)
class Priced:
    """Prices of kernels, whatever the layer."""

    of: Mapping[str, float] = field(hash=False)
    name: str = "a test's"

    def price(self, call: KernelCall, work: Work) -> float | None:
        assert work.macs > 0
        assert not call.tables, "a price is asked before tables are made"
        return self.of.get(call.function)

    def elapsed(self, call: KernelCall, work: Work) -> float | None:
        raise AssertionError("one core is asked for")

    def outside(self, moved: int) -> float:
        raise AssertionError("no board is asked for")


def pointwise_layer() -> Graph:
    net = Net(3)
    x = net.input(1, 4, 4, 8)
    return parse_model(net.model.finish([x], [net.conv(x, 6)]), "pointwise")


def chosen(graph: Graph, target: Target) -> list[str]:
    """The kernels of the graph's first layer, the one that it takes first."""
    aimed = replace(graph, target=target)
    return [candidate.function for candidate in aimed.lowered(aimed.ops[0]).candidates]


@pytest.fixture
def for_mac16(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Kernel[ConvolutionLayer]]]:
    """A kernel that one core alone has, and no other one: a pair of files, but for the files."""
    others = {name: kernel for name, kernel in registry._KERNELS.items() if kernel.core == PLAIN}
    monkeypatch.setattr(registry, "_KERNELS", others)

    @register
    class OnMac16(Pointwise):
        function = MAC16
        core = "xtensa-mac16"
        place = 0

        def scratch_bytes(self, layer: ConvolutionLayer) -> int:
            return 4000

    return OnMac16


@pytest.mark.usefixtures("for_mac16")
@pytest.mark.parametrize(
    ("core", "prices", "wanted"),
    [
        pytest.param("c", {MAC16: 1.0, POINTWISE: 9.0}, [POINTWISE], id="the core has it not"),
        pytest.param("xtensa", {MAC16: 1.0}, [POINTWISE], id="nor has its elder"),
        pytest.param("xtensa-mac16", {MAC16: 1.0, POINTWISE: 9.0}, [MAC16, POINTWISE], id="it is cheaper"),
        pytest.param("xtensa-mac16", {MAC16: 9.0, POINTWISE: 1.0}, [POINTWISE, MAC16], id="it is dearer"),
        pytest.param("xtensa-mac16", {POINTWISE: 1e9}, [POINTWISE, MAC16], id="nobody counted it"),
        pytest.param("xtensa-mac16", {MAC16: 1e9}, [MAC16, POINTWISE], id="nobody counted the other"),
        pytest.param("xtensa-mac16", {MAC16: 5.0, POINTWISE: 5.0}, [POINTWISE, MAC16], id="equal"),
        pytest.param("xtensa-mac16", {}, [POINTWISE, MAC16], id="nobody counted any"),
        pytest.param("xtensa-mac16", None, [POINTWISE, MAC16], id="no table"),
    ],
)
def test_the_price_decides_and_what_nobody_counted_never_wins(
    core: str, prices: dict[str, float] | None, wanted: list[str]
) -> None:
    target = Target(core, prices=None if prices is None else Priced(prices))
    assert chosen(pointwise_layer(), target) == wanted


@pytest.mark.usefixtures("for_mac16")
def test_for_size_no_price_counts_and_what_is_made_for_speed_is_left_out() -> None:
    prices = Priced({GATHERED: 9.0, POINTWISE: 1.0, MAC16: 0.5})
    assert chosen(pointwise_layer(), Target("xtensa-mac16", "size", prices)) == [GATHERED]


def test_a_plain_kernel_is_the_last_resort() -> None:
    """However cheap a table calls it; and it takes what no other kernel does."""
    prices = Target(prices=Priced({PLAIN_KERNEL: 1.0, POINTWISE: 9.0}))
    assert chosen(pointwise_layer(), prices) == [POINTWISE]
    net = Net(3)
    x = net.input(1, 4, 4, 8)
    scaled_up = parse_model(net.model.finish([x], [net.conv(x, 6, scale=1e-6)]), "scaled up")
    assert chosen(scaled_up, prices) == [PLAIN_KERNEL]


@pytest.mark.usefixtures("for_mac16")
def test_a_layer_that_may_take_little_scratch_takes_the_best_kernel_that_keeps_to_it() -> None:
    g = replace(pointwise_layer(), target=Target("xtensa-mac16", prices=Priced({MAC16: 1.0, POINTWISE: 9.0})))
    taken = {}
    for most in (None, 4000, 3999, 16, 0):
        op = replace(g.ops[0], most_scratch=most)
        taken[most] = g.lowered(op).call, op.scratch_bytes(g)
    assert {most: (call.function, scratch) for most, (call, scratch) in taken.items() if call} == {
        None: (MAC16, 4000),
        4000: (MAC16, 4000),
        3999: (POINTWISE, 16),
        16: (POINTWISE, 16),
        0: (POINTWISE, 16),  # there is none with less
    }


def test_a_kernel_that_says_too_little_or_is_there_already_is_none(
    for_mac16: type[Kernel[ConvolutionLayer]],
) -> None:
    class Silent(Kernel[ConvolutionLayer]):
        pass

    with pytest.raises(TypeError, match="Silent says nothing of: kinds, function, struct"):
        register(Silent)
    with pytest.raises(TypeError, match=f"both {MAC16}"):
        register(for_mac16)


def test_a_target_is_a_core_and_a_goal_that_exist() -> None:
    with pytest.raises(ValueError, match="core is 'z80'"):
        Target("z80")
    with pytest.raises(ValueError, match="goal is 'beauty'"):
        Target(goal="beauty")


def test_boards_state_their_cores_and_the_simulated_esp32_is_compiled_for_as_the_real_one() -> None:
    stated = {board.chip: board.core for board in list_boards()}
    assert {stated[chip] for chip in ("esp32", "esp32s3", "xtensa-lx")} == {"xtensa-mac16"}
    assert (stated["cortex-m4"], stated["esp32c3"], stated["riscv32"]) == ("arm-dsp", PLAIN, PLAIN)
    assert target_of(load_board("sim")) == target_of(load_board("esp32cam"))
    assert target_of(None) == Target(PLAIN)
    assert {target.goal for target in targets_of(load_board("sim"))} == {"speed", "size"}


def test_each_kernel_stands_in_the_header_beside_its_python() -> None:
    kinds = REGISTRY.classes
    found = {kernel.function: kernel for kind in kinds for kernel in kernels_of(kind)}
    assert len(found) >= 16
    for kernel in found.values():
        text = (KERNELS / kernel.header).read_text(encoding="utf-8")
        loop = f"TFK_DEFINE_ELEMENTWISE({kernel.function.removesuffix('_s8')})"
        assert f" {kernel.function}(" in text or loop in text, kernel.function
        assert kernel.struct in text
        assert kernel.core in CORES
        assert set(kernel.kinds) <= kinds.keys()
        assert (KERNELS / kernel.header).with_suffix(".py").is_file()


@pytest.mark.parametrize("board", ["esp32cam", "qemu-cortex-m4", "esp32c3-devkit", "xiao-esp32s3-sense"])
def test_boards_take_kernels_that_their_table_knows(board: str) -> None:
    """What is estimated by an average is no reason to take a kernel."""
    target = target_of(load_board(board))
    for name, build in TOYS.items():
        graph = replace(parse_model(build(), name), target=target)
        for op in graph.ops:
            known = graph.lowered(op).candidates
            if target.prices is None or len(known) < 2:
                continue
            priced = [target.prices.price(c.call, op.work(graph)) is not None for c in known]
            assert priced == sorted(priced, reverse=True), [c.function for c in known]
