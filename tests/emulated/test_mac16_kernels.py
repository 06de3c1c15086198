"""The kernels for MAC16 on the emulated core: the reference's bytes, also where interrupts use MAC16
themselves; and how far their loads run ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from host_tools.boards import load_board
from tests.codegen.ops.drawing import Layer
from tests.codegen.ops.mac16_cases import (
    KINDS,
    drawn,
    drawn_cases,
    functions,
    hostile_cases,
    without_table_form,
)
from tests.emulated.disassembly import Instruction, functions_of, load_distances, loops
from tests.emulated.kernel_program import BOARD, build, disassembly, run, source
from tests.emulated.needs import skip_without_mac16

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(autouse=True)
def _tools() -> None:
    skip_without_mac16()


@pytest.mark.parametrize("signed", [False, True], ids=["as chosen", "signed"])
def test_hostile_shapes(signed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if signed:
        without_table_form(monkeypatch)
    cases = hostile_cases()
    assert {case.call.function for case in cases} == functions()
    assert run(build(source(cases), tmp_path)) == [0] * len(cases)


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_layers(kind: str, tmp_path: Path) -> None:
    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(drawn(kind, 40))
    def equal(layers: list[Layer]) -> None:
        cases = drawn_cases(layers)
        if cases:
            assert run(build(source(cases), tmp_path)) == [0] * len(cases)

    equal()


_LEVEL_3 = "0x1c0"
_PREEMPTED = """
extern uint32_t preempt_saved[];
static void preempted(void)
{
    uint32_t now;
    __asm__ volatile("rsr %0, ccount\\n addi %0, %0, 100\\n wsr %0, ccompare1\\n" : "=&a"(now));
    __asm__ volatile("wsr %0, intenable\\n rsync" : : "a"(1U << 10)); /* the second timer, of level 3 */
}
"""


def test_interrupts_that_use_mac16_change_nothing(tmp_path: Path) -> None:
    """A timer's handler of level 3 saves the state, overwrites it by its own products, and puts it back."""
    cases = hostile_cases()
    text = source(cases).replace(
        "void xtensa_start(void)\n{", _PREEMPTED + "void xtensa_start(void)\n{\n    preempted();"
    )
    leave = "    for (;;) {\n        (void)simcall(SIMCALL_EXIT, 0"
    text = text.replace(leave, "    say(preempt_saved[16]);\n" + leave)
    vectors = (load_board(BOARD).folder / "vectors.S").read_text(encoding="utf-8")
    others = f".irp    ofs, 0x180, {_LEVEL_3}, 0x200"
    assert others in vectors
    vectors = vectors.replace(
        others,
        f".org 0x180\n        j _fatal\n        .org {_LEVEL_3}\n        j preempt\n        .irp ofs, 0x200",
    )
    (tmp_path / "vectors.S").write_text(vectors, encoding="utf-8")
    preempt = str(Path(__file__).with_name("preempt.S"))
    *found, times = run(build(text, tmp_path, preempt, vectors=tmp_path / "vectors.S"), "-icount", "shift=5")
    assert found == [0] * len(cases)
    assert times > 2_000


def distances(instructions: list[Instruction]) -> Counter[int]:
    """Instructions from each load of an m register to the first product that uses it."""
    loaded: dict[str, int] = {}
    found: Counter[int] = Counter()
    for n, one in enumerate(instructions):
        loads = one.mnemonic.endswith(("ldinc", "lddec"))
        if one.mnemonic.startswith(("mula", "mul.d")):
            for factor in one.operands[2:] if loads else one.operands:
                if factor in loaded:
                    found[n - loaded.pop(factor)] += 1
        if loads:
            loaded[one.operands[0]] = n
    return found


def test_loads_run_ahead_of_their_use(tmp_path: Path) -> None:
    """Two instructions or three in the loops, as mac16.h says: nothing is used right after its load."""
    elf = build(source(hostile_cases()), tmp_path)
    text = disassembly(elf)
    walked = {name: found for name, code in functions_of(text) if (found := distances(code))}
    walks = {
        f"tfk_{kernel}_{stride}_{form}"
        for kernel in ("band", "5x5")
        for stride in ("one", "two")
        for form in ("open", "whole", "signed")
    }
    walks |= {"tfk_band_two_shifted", "tfk_5x5_one_shifted", "tfk_5x5_two_shifted"}
    short = {f"tfk_short_{form}_rows" for form in ("signed", "turned")}
    rows = {f"tfk_short_{form}_rows" for form in ("open", "whole")}
    rows |= {f"tfk_long_{form}_rows" for form in ("open", "turned", "signed")}
    rows |= {f"tfk_fewest_{form}_{groups}" for form in ("open", "whole") for groups in (1, 2, 3)}
    rows |= {"tfk_fewest_turned_1", "tfk_fewest_turned_2", "tfk_scaled_rows", "tfk_conv_2d_lines_channel"}
    units = {f"tfk_units_{kind}" for kind in ("table", "signed", "of_one", "of_two")}
    rows |= {"tfk_fully_connected_few_s8", *units}
    assert walked.keys() >= {*short, *rows, *walks}
    for name in short:
        near = {distance: count for distance, count in walked[name].items() if distance <= 3}
        assert near.keys() == {2, 3}, (name, near)
        assert abs(near[2] - near[3]) <= 2
    for name, found in walked.items():
        assert min(found) >= 2, (name, found)
    words = {name: list(word_loads(code)) for name, code in functions_of(text)}
    pairs = ("tfk_band_planes", "tfk_5x5_pairs", "tfk_pairs_of_line")
    for name in (*pairs, "tfk_conv_2d_strips_s8", "tfk_fully_connected_few_s8", *sorted(units)):
        assert words[name], name
        assert min(words[name]) >= 2, (name, words[name])
    for kind in ("average", "max"):
        found = [code for name, code in functions_of(text) if name == f"tfk_{kind}_pool_2d_lanes"]
        lanes = [distance for code in found for body in loops(code) for distance in load_distances(body)]
        assert lanes, kind
        assert min(lanes) >= 2, (kind, lanes)


def word_loads(code: list[Instruction]) -> Iterator[int]:
    """Distances in the loops of these kernels that load words into address registers and split them: those
    that store the halves, but none that GCC made (it unrolls), and those with products."""
    for body in loops(code):
        names = [one.mnemonic.split(".")[0] for one in body]
        split = names.count("and") == 2 * names.count("l32i") > 0 and "s32i" in names
        if split or ("mula" in names and "l32i" in names):
            yield from load_distances(body)


@pytest.mark.parametrize("level", ["-O0", "-Og"])
def test_little_optimization(level: str, tmp_path: Path) -> None:
    """Without any the kernels are plain C: the statements want more registers than are left then."""
    cases = hostile_cases()[::8]  # literals of more would lie too far from their code
    elf = build(source(cases), tmp_path, level)
    assert run(elf) == [0] * len(cases)
    named = {one.mnemonic for _, code in functions_of(disassembly(elf)) for one in code}
    assert any(name.startswith("mula.") for name in named) is (level == "-Og")
