"""What layers wait for in the Xtensa emulator: cycles that follow the latencies, transfers that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.errors import ToolError
from host_tools.boards import load_board
from host_tools.measure.counting import emulator_of, make_flash
from host_tools.measure.instruction_classes import count_classes, header_folder
from host_tools.measure.waits import LATENCIES, count_waits
from host_tools.models import resolve
from host_tools.project.write import plan_of, write_project
from tests.host_tools.toy_folder import write_toy


def test_waits_follow_the_latencies(tmp_path: Path) -> None:
    board = load_board("qemu-xtensa")
    try:
        emulator_of(board)
    except ToolError as error:
        pytest.skip(str(error))
    if header_folder() is None:
        pytest.skip("there is no qemu-plugin.h: set TINYFACE_DATA or TINYFACE_XTENSA")
    ref = resolve(str(write_toy("mini_mobilenet", tmp_path)))
    plan, project = plan_of(ref, board), write_project(ref, board, "aot", tmp_path / "project").folder
    flash = make_flash(project, board, tmp_path / "flash.bin")
    classes = count_classes(plan, board, flash)
    at_once = count_waits(plan, board, flash, dict.fromkeys(LATENCIES, 0))
    one, two = (
        count_waits(plan, board, flash, {"load": cycles, "multiply": 1, "mac16": 2}) for cycles in (1, 2)
    )
    assert classes is not None
    assert at_once is not None
    assert one is not None
    assert two is not None
    for position, by_class in enumerate(classes):
        if not by_class:
            continue
        assert set(at_once[position]) <= {"taken"}, "nothing is late"
        taken = at_once[position].get("taken", 0)  # none where all loops are the hardware's
        assert one[position].get("taken", 0) == two[position].get("taken", 0) == taken
        transfers = sum(by_class.get(name, 0) for name in ("branch", "jump", "call"))
        assert taken <= transfers + 2
        loads = by_class["load"] + by_class.get("l32r", 0)
        assert one[position].get("load", 0) <= loads
        assert one[position].get("load", 0) <= two[position].get("load", 0) <= 2 * loads
    assert any(layer.get("load", 0) > 0 for layer in two)
    assert sum(layer.get("taken", 0) > 0 for layer in at_once) > len(at_once) / 2
