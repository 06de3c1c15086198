"""Table and picture of the zoo are those of cards and planner, and are written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from host_tools.boards import load_board
from host_tools.measure.zoo import (
    PICTURE_FILE,
    TABLE_FILE,
    Entry,
    best_of,
    entries_on,
    picture_of,
    spread,
    table_of,
)
from model_zoo.cards import pretrained_names

Cli = Callable[..., Result]


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return entries_on(load_board("esp32cam"))


def test_what_is_told_of_the_zoo_is_not_stale(repository: Path, entries: list[Entry]) -> None:
    mend = "run `tinyface models --board esp32cam --write docs`"
    assert table_of(entries) in (repository / "docs" / TABLE_FILE).read_text(), mend
    title = f"Networks of the zoo on {entries[0].costs.board_title}"
    assert picture_of(entries, title) == (repository / "docs" / PICTURE_FILE).read_text(), mend


def test_each_network_has_its_line_and_its_dot(entries: list[Entry]) -> None:
    assert [entry.card.name for entry in entries] == pretrained_names()
    picture = picture_of(entries, "a & b")
    assert "a &amp; b" in picture
    for entry in entries:
        (line,) = (
            line for line in table_of(entries).splitlines() if line.startswith(f"| `{entry.card.name}` |")
        )
        assert f"{entry.card.known_by}" in line
        assert f"{entry.milliseconds:.0f} ms" in line
        alike = [one for one in entries if one.card.task == entry.card.task]
        drawn = len([one for one in alike if one.card.known_by.name == entry.card.known_by.name]) > 1
        assert picture.count(f">{entry.card.name}<") == drawn
    assert picture.count("<circle") == sum(picture.count(f">{one.card.name}<") for one in entries) > 1


@pytest.mark.parametrize(
    ("points", "higher", "best"),
    [
        ([(1.0, 5.0), (2.0, 4.0), (3.0, 4.5), (4.0, 3.0)], False, [0, 1, 3]),
        ([(1.0, 80.0), (2.0, 75.0), (3.0, 90.0)], True, [0, 2]),
        ([(2.0, 4.0), (2.0, 3.0), (1.0, 3.0)], False, [2]),
    ],
)
def test_the_line_joins_what_nothing_else_beats(
    points: list[tuple[float, float]], higher: bool, best: list[int]
) -> None:
    assert best_of(points, higher) == best


def test_names_of_dots_that_lie_close_stand_below_each_other() -> None:
    levels = spread([(100.0, 50.0), (110.0, 52.0), (120.0, 51.0), (400.0, 50.0)])
    assert levels == [50, 80, 65, 50]


@pytest.mark.slow
def test_the_command_writes_table_and_picture(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / TABLE_FILE
    file.write_text("before\n<!-- zoo: -->\nold\n<!-- /zoo -->\nbehind\n")
    result = cli("models", "--board", "esp32cam", "--write", tmp_path, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)["costs"]
    assert [one["name"] for one in told] == pretrained_names()
    assert all(one["milliseconds"][0] <= one["milliseconds"][1] <= one["milliseconds"][2] for one in told)
    text = file.read_text()
    assert text.startswith("before\n<!-- zoo: -->\n| network |")
    assert text.endswith("|\n<!-- /zoo -->\nbehind\n")
    assert "old" not in text
    assert (tmp_path / PICTURE_FILE).read_text().startswith("<svg")


@pytest.mark.parametrize("content", [None, "no marks\n"])
def test_a_folder_without_a_place_for_the_table_is_refused(
    cli: Cli, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / TABLE_FILE).write_text(content)
    result = cli("models", "--board", "esp32cam", "--write", tmp_path)
    assert result.exit_code == 2
    assert "<!-- zoo: -->" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ([] if content is None else [TABLE_FILE])


def test_costs_need_a_board(cli: Cli, tmp_path: Path) -> None:
    result = cli("models", "--write", tmp_path)
    assert result.exit_code == 2
    assert "--board" in result.stderr
