"""`analyze`: the next cheaper option for the arena, its time and what it leaves in flash."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from codegen.cost.next_option import next_option
from codegen.memory.options import Ways
from codegen.passes import optimize
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.models import resolve
from tests.host_tools.followed import write_followed
from tests.host_tools.toy_folder import write_toy


def said(*arguments: object) -> str:
    outcome = CliRunner().invoke(app, [str(word) for word in arguments], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def report(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said("analyze", *arguments, "--json"))
    return found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy("mini_mobilenet", tmp_path_factory.mktemp("model"))


@pytest.mark.parametrize("asked", [[], ["--cores", "2"], ["--memory", "plain"], ["--copy-constants", "0"]])
def test_its_time_and_constants_are_those_of_asking_for_it(model: Path, asked: list[str]) -> None:
    now = report(model, "--board", "esp32cam", *asked)
    option = now["next_option"]
    kept = [] if "--memory" in asked else asked  # less RAM is looked for with overlap
    then = report(model, "--board", "esp32cam", *kept, *option["flags"].split())
    for key in ("arena_bytes", "copied_bytes", "milliseconds"):
        assert option[key] == then[key]
    shown = said("analyze", model, "--board", "esp32cam", *asked)
    times = (report["milliseconds"]["middle"] for report in (then, now))
    assert "; {:.1f} ms expected then, {:.1f} now".format(*times) in shown
    fewer = now["copied_bytes"] - then["copied_bytes"]
    told = f"; it leaves no room for {fewer:,} bytes of constants that are copied to RAM now"
    assert (told in shown) == (fewer > 0) == ("it leaves no room" in shown)


def test_ram_takes_away_the_constants_in_ram(model: Path) -> None:
    now = report(model, "--board", "esp32cam")
    assert now["next_option"]["flags"].startswith("--ram ")
    assert now["next_option"]["copied_bytes"] < now["copied_bytes"]
    assert now["next_option"]["milliseconds"]["middle"] > now["milliseconds"]["middle"]


def test_a_board_without_a_cost_table_has_no_time_of_it(model: Path) -> None:
    board, ways = load_board("sim"), Ways(optimize(resolve(str(model)).graph))
    known, unknown = (
        next_option(ways.options(), ways.plan(), here) for here in (board, replace(board, cost_table=""))
    )
    assert known is not None
    assert known.milliseconds is not None
    assert unknown == replace(known, milliseconds=None)


def test_in_a_program_the_other_networks_stay(tmp_path: Path) -> None:
    program = write_followed(tmp_path)
    networks = report(program, "--board", "esp32cam")["networks"]
    options = [network["next_option"] for network in networks if network["next_option"]]
    assert options
    for option in options:
        assert option["milliseconds"]["low"] < option["milliseconds"]["middle"]
        if option["flags"].startswith("--ram "):
            assert option["copied_bytes"] == 0, "the largest arena takes all of --ram"
