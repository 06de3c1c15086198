"""The cycle model: layers computed by hand, constants with sources, what others published."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.board import Board, Memory
from codegen.cost.cycles import CODE_BYTES, CORES, Core, Cycles, Shares, core_of
from codegen.cost.estimate import TABLES, estimate, load_table
from codegen.cost.features import work_features
from codegen.cost.memory import FACTS, Bus, Memories, constant_bytes, memories_of, passes
from codegen.cost.prices import LOOPS, TablePrices
from codegen.errors import BoardError
from codegen.lowering.kernel import kernels_of
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.lowering.target import Target
from codegen.memory.options import PlanOptions
from codegen.memory.outside import moved_bytes
from codegen.memory.planner import make_plan
from codegen.ops.registry import REGISTRY
from codegen.passes import optimize
from codegen.report import analyze
from codegen.tflite.reader import parse_model
from host_tools.boards import list_boards, load_board, project_files
from host_tools.models import resolve
from host_tools.project.write import plan_of
from tests.cost.published import CORE, rows, with_tables
from tests.toys.layers import Net
from tests.toys.models import TOYS

MEMORY = Memory(0, 0, 0, 0, 0, 0, 0)
MEMORIES = Memories(
    line_bytes=32, kept_bytes=1000, flash=Bus(152, 80_000_000), psram=Bus(84, 80_000_000), overhead_cycles=24
)


def made_board(chip: str, cost_table: str = "esp32", clock_hz: int = 240_000_000) -> Board:
    return Board("b", "b", chip, "serial", clock_hz, cost_table, MEMORY, "host", False, Path())


def call_of(function: str, size: int, height: int = 3, width: int = 3) -> KernelCall:
    """A call with so many bytes of constants."""
    weights = ConstTable("weights", "uint8_t", np.zeros(size, np.uint8))
    params = {"batches": 1, "output_height": height, "output_width": width}
    return KernelCall("conv_2d.h", function, "tfk_conv_2d_params", params, (weights,))


def test_a_layer_by_hand() -> None:
    """10,000 instructions of a cycle; 0.05 cycles of waiting and 0.01 branches of 3 cycles each; 1,600 bytes
    of constants pass a cache that keeps 1,000 for two of nine pixels: 50 lines five times, 24 of code."""
    shares = Shares(waits=0.05, taken=0.01)
    core = Core(1.0, 3.0, {"tfk_conv_2d_1x1_s8": shares}, Shares(0, 0), 240_000_000, MEMORIES)
    assert CODE_BYTES == 745
    found = core.cycles(call_of("tfk_conv_2d_1x1_s8", 1600), 10_000)
    line = 152 * 3 + 24
    assert found.instructions == 10_000
    assert found.waits == pytest.approx(500)
    assert found.branches == pytest.approx(300)
    assert found.flash == (50 * 5 + 24) * line
    assert found.psram == 0
    assert found.total == pytest.approx(10_000 + 500 + 300 + 274 * 480)


def test_constants_that_stay_in_the_cache_are_read_once() -> None:
    kept, streamed = call_of("tfk_conv_2d_1x1_s8", 1000), call_of("tfk_conv_2d_1x1_s8", 1001)
    assert MEMORIES.lines_missed(kept) == 32
    assert MEMORIES.lines_missed(streamed) == 32 * 5
    assert MEMORIES.lines_missed(call_of("tfk_unknown_s8", 1001)) == 32, "a kernel that goes over them once"


def test_passes_follow_the_pixels_that_a_kernel_makes_at_once() -> None:
    assert passes(call_of("tfk_conv_2d_1x1_s8", 1)) == 5
    assert passes(call_of("tfk_conv_2d_reference_s8", 1)) == 9
    assert passes(call_of("tfk_depthwise_conv_2d_3x3_s8", 1, 4, 5)) == 5
    assert passes(call_of("tfk_mean_s8", 1)) == 1
    vector = replace(call_of("tfk_fully_connected_s8", 1), params={"batches": 3, "depth": 8, "units": 4})
    assert passes(vector) == 3


@pytest.mark.parametrize(
    ("side", "shape", "kernel", "found"),
    [
        (0, (9, 150), "tfk_batch_matmul_left_strips_s8", 2 * 3),
        (0, (2, 9, 150), "tfk_batch_matmul_left_strips_s8", 3),
        (0, (9, 150), "tfk_batch_matmul_left_s8", 2),
        (1, (150, 70), "tfk_batch_matmul_strips_s8", 2),
        (1, (2, 150, 70), "tfk_batch_matmul_strips_s8", 1),
        (1, (150, 70), "tfk_batch_matmul_s8", 2 * 9),
    ],
)
def test_passes_follow_the_products_of_a_constant(
    side: int, shape: tuple[int, ...], kernel: str, found: int
) -> None:
    """Two products of 9 rows and 70 columns of 150: a strip holds 24 columns, and 3 make all of them. A left
    constant meets each strip; a right one is expanded once, but element by element each row goes over it."""
    net = Net(1)
    x = net.input(2, *((150, 70) if side == 0 else (9, 150)), scale=0.03)
    constant = net.constant(*shape, scale=0.03)
    y = net.product(*((constant, x) if side == 0 else (x, constant)), scale=0.2)
    graph = replace(parse_model(net.model.finish([x], [y]), "product"), target=Target("xtensa-mac16"))
    (op,) = graph.ops
    call = graph.lowered(op).call_of(kernel)
    assert call is not None
    assert call.params.get("strip", 24) == 24
    assert passes(call) == found


def test_an_arena_outside_moves_its_lines() -> None:
    core = Core(1.0, 0.0, {}, Shares(0, 0), 240_000_000, MEMORIES)
    assert core.cycles(call_of("k", 0), 0, psram_bytes=3 * 3200).psram == 300 * (84 * 3 + 24)
    graph = optimize(parse_model(TOYS["add"](), "add"))
    sizes = [graph.tensor(t).bytes for t in graph.ops[0].inputs if not graph.tensor(t).is_constant]
    assert moved_bytes(graph, 0) == sum(sizes) + 2 * graph.tensor(graph.ops[0].outputs[0]).bytes


def test_lines_cost_what_the_bus_takes_at_the_clock() -> None:
    assert MEMORIES.flash_cycles(240_000_000) == 480
    assert MEMORIES.flash_cycles(160_000_000) == 328
    assert MEMORIES.psram_cycles(240_000_000) == 276


def test_flash_counts_where_a_chip_has_a_cache() -> None:
    """The emulated core keeps its constants in RAM, and so does a chip of which nothing is known."""
    plan = make_plan(optimize(parse_model(TOYS["mini_mobilenet"](), "mini_mobilenet")))
    on_chip, emulated = estimate(plan, made_board("esp32")), estimate(plan, made_board("xtensa-lx"))
    for chip, core in zip(on_chip, emulated, strict=True):
        if chip.cycles is None or core.cycles is None:
            continue
        assert core.cycles == replace(chip.cycles, flash=0.0)
        assert chip.cycles.flash > 0
    small = estimate(plan, made_board("esp32c3", "riscv32", 160_000_000))
    known = [cost.cycles for cost in small if cost.cycles is not None]
    assert known
    assert all((cycles.waits, cycles.branches) == (0, 0) and cycles.flash > 0 for cycles in known)
    assert memories_of("nothing") is None


def test_layers_pass_their_tables() -> None:
    graph = optimize(parse_model(TOYS["conv_2d"](), "conv_2d"))
    call = graph.call(graph.ops[0])
    assert call is not None
    assert constant_bytes(call) == sum(table.values.nbytes for table in call.tables) > 0


def test_the_core_of_a_table_has_its_kernels() -> None:
    core = core_of(made_board("esp32"), 1.0)
    assert core.taken_cycles == CORE["waits"]["taken"]["cycles"]
    assert {"tfk_conv_2d_1x1_s8", "tfk_conv_2d_s8", "tfk_depthwise_conv_2d_3x3_s8"} <= core.kernels.keys()
    for shares in (*core.kernels.values(), core.average):
        assert 0 <= shares.waits < 1
        assert 0 <= shares.taken < 0.5  # one hardware loop takes none
    assert core.kernels.keys() <= load_table("esp32").kernels.keys()


def test_a_broken_core_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "esp32.json").write_text("{}")
    monkeypatch.setattr("codegen.cost.cycles.CORES", tmp_path)
    with pytest.raises(BoardError, match="core's facts can't be read"):
        core_of(made_board("esp32"), 1.0)


def sourced(facts: Any, where: str) -> list[str]:
    """Names of all objects that hold a number, and whether a source stands beside it."""
    if not isinstance(facts, dict):
        return []
    numbers = [key for key, value in facts.items() if isinstance(value, int | float)]
    missing = [f"{where}.{key}" for key in numbers if not facts.get("source")]
    return missing + [name for key, value in facts.items() for name in sourced(value, f"{where}.{key}")]


def test_every_constant_has_a_source() -> None:
    assert sourced(json.loads(FACTS.read_text()), "memory") == []
    for file in CORES.glob("*.json"):
        facts = json.loads(file.read_text())
        assert sourced({"waits": facts["waits"]}, file.stem) == []
        assert facts["counted"], "the shares of the kernels are counted in one way"
        assert (TABLES / file.name).is_file()
    assert sourced({"clocks": 3}, "x") == ["x.clocks"], "one without is found"


def test_esp_nn_is_met_within_five_percent() -> None:
    published = next(row for row in rows() if row.what.startswith("ESP-NN"))
    assert published.cycles == 0.380 * 240e6
    assert published.predicted == pytest.approx(published.cycles, rel=0.05)


def test_esp_dsp_is_met_but_for_64_bit_sums() -> None:
    """In the median within 1 %; the worst is stated as it is."""
    ratios = {row.what: row.predicted / row.cycles for row in rows() if row.what.startswith("esp-dsp")}
    assert len(ratios) == 13
    assert abs(float(np.median(list(ratios.values()))) - 1) < 0.01
    assert min(ratios, key=ratios.__getitem__) == "esp-dsp dspm_mult_s16, C, -O2, 16x16"


@pytest.mark.slow
def test_the_page_has_the_tables(repository: Path) -> None:
    text = (repository / "docs" / "performance.md").read_text()
    assert with_tables(text) == text, "write them with `python -m tests.cost.published`"


def test_boards_flash_in_the_mode_that_is_counted_with(repository: Path) -> None:
    flash = json.loads(FACTS.read_text())["flash"]
    boards = [board for board in list_boards() if board.family == "espressif"]
    assert boards
    for board in boards:
        text = project_files(board)["sdkconfig.defaults"]
        assert f"CONFIG_ESPTOOLPY_FLASHMODE_{flash['mode'].upper()}=y" in text
        assert f"CONFIG_ESPTOOLPY_FLASHFREQ_{flash['hz'] // 1_000_000}M=y" in text


def test_the_page_computes_a_layer_as_the_model_does(repository: Path, shared_models: Path) -> None:
    """Layer 26 of person_detect, step by step, nothing of which is copied to RAM."""
    text = " ".join((repository / "docs" / "performance.md").read_text().split())
    board = load_board("esp32cam")
    ref = resolve(str(shared_models / "person_detect.tflite"))
    report = analyze(plan_of(ref, board, PlanOptions(copies=0)), board)
    layer = report.layers[26]
    assert layer.cycles is not None
    assert report.milliseconds is not None
    for number in (
        layer.instructions, layer.cycles.waits, layer.cycles.branches, layer.weight_bytes, layer.cycles.flash,
        layer.cycles.total,
    ):  # fmt: skip
        assert f"{number:,.0f}" in text
    time = report.milliseconds
    assert f"{time.middle:.0f} ms expected ({time.low:.0f} to {time.high:.0f})" in text


def test_the_price_of_a_kernel_is_its_cycles() -> None:
    """Waiting and branches count in the choice; what a board reads from flash is not known before."""
    graph = optimize(parse_model(TOYS["conv_2d"](), "conv_2d"))
    op, call = graph.ops[0], graph.call(graph.ops[0])
    assert call is not None
    price = TablePrices("esp32").price(call, op.work(graph))
    count = estimate(make_plan(graph), made_board("xtensa-lx"))[0]
    assert count.cycles is not None
    shares = core_of(made_board("xtensa-lx"), 1.0).kernels[call.function]
    taken = CORE["waits"]["taken"]["cycles"]
    factor = 1 + shares.waits + taken * shares.taken
    assert price is not None
    assert price == pytest.approx(
        load_table("esp32").instructions(
            call.function,
            f"any; rows of {call.params['row']}",
            work_features(op.work(graph), call),
        )
        * factor
    )
    assert count.cycles.total == pytest.approx(count.instructions * factor)


def test_kernels_of_the_same_loops_are_told_apart_by_their_instructions() -> None:
    """Of a layer that both take: one of them waits no less, whatever the layers waited that were counted."""
    graph = optimize(parse_model(TOYS["conv_2d_pointwise"](), "conv_2d_pointwise"))
    graph = replace(graph, target=Target("xtensa-mac16"))
    op, kernels = graph.ops[0], {kernel.function: kernel for kernel in kernels_of("CONV_2D")}
    strips, short = "tfk_conv_2d_strips_s8", "tfk_conv_2d_short_strips_s8"
    assert LOOPS[short] == strips
    assert {kernels[name].struct for name in (short, strips)} == {kernels[strips].struct}
    shares = core_of(made_board("xtensa-lx"), 1.0).kernels
    assert shares[short] != shares[strips]
    factors, work = [], op.work(graph)
    for name in (strips, short):
        call = graph.lowered(op).call_of(name)
        assert call is not None
        price = TablePrices("esp32").price(call, work)
        form = f"any; rows of {call.params['row']}"
        assert price is not None
        factors.append(price / load_table("esp32").instructions(name, form, work_features(work, call)))
    assert factors[0] == pytest.approx(factors[1])


@pytest.mark.parametrize("little", sorted(LOOPS))
def test_kernels_of_the_same_loops_have_one_struct(little: str) -> None:
    structs = {kernel.function: kernel.struct for kind in REGISTRY.classes for kernel in kernels_of(kind)}
    assert structs[little] == structs[LOOPS[little]]


def test_cycles_are_the_sum_of_their_parts() -> None:
    assert Cycles(1, 2, 4, 8, 16).total == 31
