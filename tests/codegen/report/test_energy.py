"""Energy of an inference: by hand, and only where both time and current are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.cost.energy import Power, energy
from codegen.cost.time_range import TimeRange
from codegen.errors import BoardError
from host_tools.boards import load_board, read_board
from host_tools.cli import app

TEN_WATTS = Power((1_000.0, 3_000.0), 5.0, "a sheet")


def test_by_hand() -> None:
    """5 to 15 W for 90 to 200 ms, 100 expected."""
    found = energy(TimeRange(90.0, 100.0, 200.0), TEN_WATTS)
    assert found is not None
    assert found.millijoules == pytest.approx((450.0, 1_000.0, 3_000.0))
    # a million joules are 0.2778 kWh
    assert found.grams_co2_per_million == pytest.approx(481.0 / 3.6, rel=1e-6)
    assert found.source == "a sheet"


def test_nothing_is_made_up() -> None:
    assert energy(None, TEN_WATTS) is None
    assert energy(TimeRange(1.0, 1.0, 1.0), None) is None
    assert load_board("sim").power is None


def test_analyze_tells_it_of_the_esp32cam_alone() -> None:
    told = {}
    for board in ("esp32cam", "esp32c3-devkit"):
        done = CliRunner().invoke(app, ["analyze", "fomo-face-128", "--board", board, "--json"])
        assert done.exit_code == 0, done.output
        told[board] = json.loads(done.stdout)
    assert told["esp32c3-devkit"]["energy"] is None
    found, time = told["esp32cam"]["energy"], told["esp32cam"]["milliseconds"]
    low, middle, high = found["millijoules"]
    assert low == pytest.approx(time["low"] * 0.030 * 3.3)
    assert high == pytest.approx(time["high"] * 0.068 * 3.3)
    assert low < middle < high
    shown = CliRunner().invoke(app, ["analyze", "fomo-face-128", "--board", "esp32cam"]).stdout
    assert "energy of the chip alone, estimated" in shown


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda text: text.replace("most_ma = 68", "most_ma = 20"), "power.most_ma is 20"),
        (lambda text: text.replace("least_ma = 30\n", ""), "power.least_ma is missing"),
        (lambda text: text.replace("millivolts = 3_300", "volts = 3"), "power.millivolts is missing"),
    ],
)
def test_a_wrong_table_is_named(tmp_path: Path, change: Callable[[str], str], cause: str) -> None:
    text = (load_board("esp32cam").folder / "board.toml").read_text()
    assert change(text) != text
    (tmp_path / "board.toml").write_text(change(text))
    with pytest.raises(BoardError, match=cause):
        read_board(tmp_path)
