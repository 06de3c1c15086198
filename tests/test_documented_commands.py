"""Every command that the documents show exists: its verb, its options, models and boards."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from host_tools.boards import list_boards
from host_tools.cli import app
from host_tools.measure.baselines import load_peers
from host_tools.models import resolve
from host_tools.terminal import console
from model_zoo.cards import pretrained_names

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    *sorted(page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").glob("*.md")),
    "firmware/boards/README.md",
    "firmware/chips/espressif/project/README.md",
)
VERBS: dict[str, Any] = typer.main.get_group(app).commands
LINE = re.compile(r"^ {4}\s*(?:\$ )?(tinyface [a-z].*)$", re.MULTILINE)
PRINTED = re.compile(r"^```(?:python|c|toml)\n.*?^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(tinyface [a-z][^`]*)`")


def shown(page: Path) -> Iterator[tuple[str, bool]]:
    """Each command of a page, and whether it stands on a line of its own, to be pasted as it is.

    Not those in files that a page prints: they speak of what is there once the file is.
    """
    text = PRINTED.sub("", page.read_text(encoding="utf-8"))
    yield from ((found[1], True) for found in LINE.finditer(text))
    yield from ((" ".join(found[1].split()), False) for found in INLINE.finditer(text))


def options_of(verb: str) -> set[str]:
    """Of the verb, and of those in its group."""
    own = [VERBS[verb], *getattr(VERBS[verb], "commands", {}).values()]
    return {
        name
        for command in own
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    } | {"--help"}


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str, repository: Path) -> None:
    found = list(shown(repository / page))
    assert found or page in ("docs/ablations.md", "docs/compiler.md")
    for command, whole in found:
        words = shlex.split(command, comments=True)[1:]
        assert words[0] in VERBS, command
        given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert given <= options_of(words[0]), command
        if whole and not any(mark in command for mark in ("...", "<", "|", "ARGS")):
            VERBS[words[0]].make_context(words[0], words[1:])


def test_the_table_names_every_verb(repository: Path) -> None:
    text = (repository / "README.md").read_text(encoding="utf-8")
    table = re.search(r"\| verb \| what it does \|\n\|---\|---\|\n((?:\|.*\n)+)", text)
    assert table
    named = [name for row in table[1].splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(VERBS)
    for row in table[1].splitlines():
        verbs = re.findall(r"`(\w+)`", row.split("|")[1])
        for option in re.findall(r"--[a-z-]+", row):
            assert any(option in options_of(verb) for verb in verbs), option


def test_boards_models_and_exit_codes_are_those_there_are(repository: Path) -> None:
    text = (repository / "README.md").read_text(encoding="utf-8")
    listed = re.search(r"^Boards: (.*?)\n\n", text, re.MULTILINE | re.DOTALL)
    assert listed
    names = {board.name for board in list_boards()}
    assert set(re.findall(r"`([a-z0-9-]+)`", listed[1])) == names
    assert set(re.findall(r"--board (\S+)", text)) <= names
    for name in pretrained_names():
        assert resolve(name).name == name
    codes = re.search(r"Exit codes: (.*?)\. A model without", text, re.DOTALL)
    assert codes
    assert re.findall(r"\b(\d) ", codes[1])[:3] == ["0", str(console.EXIT_MISMATCH), str(console.EXIT_FAULT)]


def test_quoted_figures_are_the_baselines(repository: Path) -> None:
    """The ESP32-class figure names its core, and stands in the compiler's page and in the baselines."""
    readme, page = (
        " ".join((repository / name).read_text(encoding="utf-8").split())
        for name in ("README.md", "docs/compiler.md")
    )
    figures = re.search(
        r"`(\w+)`\) it runs a person detector in ([\d.]+) million .*? takes ([\d.]+) \(quoted", readme
    )
    assert figures
    core, ours, theirs = figures.groups()
    quoted = {
        f"{peer.instructions / 1e6:.1f}"
        for peer in load_peers()
        if (peer.model, peer.board, peer.variant) == ("person_detect", "qemu-xtensa", core)
    }
    assert theirs in quoted
    assert f"**{ours}**" in page
