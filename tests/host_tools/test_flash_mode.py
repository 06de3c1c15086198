"""--flash-mode: in the project, in the milliseconds, and on the page; what is refused: tests/invalid."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codegen.cost.cycles import core_of
from codegen.cost.estimate import estimate
from codegen.cost.memory import memories_of
from codegen.memory.options import PlanOptions
from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.write import plan_of
from tests.host_tools.toy_folder import write_toy

MODES = ("dio", "qio")


def test_a_missed_line_takes_what_the_mode_takes(tmp_path: Path) -> None:
    """84 clocks, not 152, and 24 cycles besides; PSRAM has its own lines."""
    dio = load_board("esp32cam")
    qio = replace(dio, flash=replace(dio.flash, mode="qio"))
    memories = [core_of(board, 1.0).memories for board in (dio, qio)]
    assert memories == [memories_of("esp32", mode) for mode in MODES]
    assert [found.flash_cycles(240_000_000) for found in memories if found] == [480, 276]
    assert [found.psram_cycles(240_000_000) for found in memories if found] == [276, 276]
    plan = plan_of(resolve(str(write_toy("mini_pfld", tmp_path))), dio, PlanOptions(copies=0))
    slow, fast = ([cost.cycles for cost in estimate(plan, board)] for board in (dio, qio))
    both = [pair for pair in zip(slow, fast, strict=True) if None not in pair]
    assert both
    for before, after in both:
        assert before is not None
        assert after is not None
        assert after == replace(before, flash=before.flash * 276 / 480)
        assert before.flash > 0


@pytest.mark.parametrize("mode", MODES)
def test_the_project_asks_for_it(mode: str, cli: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "project"
    toy = write_toy("mini_mobilenet", tmp_path)
    assert cli("generate", toy, "--board", "esp32cam", "--flash-mode", mode, "-o", folder).exit_code == 0
    assert f"CONFIG_ESPTOOLPY_FLASHMODE_{mode.upper()}=y" in (folder / "sdkconfig.defaults").read_text()
    assert f"board_build.flash_mode = {mode}\n" in (folder / "platformio.ini").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_the_page_says_what_it_gains(mode: str, cli: Callable[..., Any], repository: Path) -> None:
    page = " ".join((repository / "docs" / "performance.md").read_text(encoding="utf-8").split())
    told = cli("analyze", "pfld-68-96", "--board", "esp32cam", "--flash-mode", mode, "--json")
    time = json.loads(told.stdout)["milliseconds"]
    assert f"{time['middle']:.1f} ms ({time['low']:.1f} to {time['high']:.1f}) in {mode.upper()}" in page
