"""The commands that messages name between backticks: the command line takes them as they are printed."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.core

from host_tools.cli import USAGE_ERROR, app

QUOTED = re.compile(r"`tinyface ([^`]*)`")
FILLED = {
    "{SEND_ALL}": "0",
    "{slower}": "",
    "{flags}": "",
    "{stated.flags}": "",
    "{verb}": "monitor",
    "{option}": "--also",
}
"""What stands for the parts that are known when a message is printed; any other one is a name."""
PLACEHOLDERS = {"HOST:PORT": "127.0.0.1:1", "N": "115200"}
"""A word in capitals, which the reader replaces, is a name, too, but for these."""
TOLD_TO = re.compile(r"\b(?:with|run|Run|it|again)[:\s]*$|:\s*$")
"""What comes before a command that the reader is to type, rather than a verb that is spoken of."""
REPOSITORY = Path(__file__).parents[2]


def literals(tree: ast.AST) -> Iterator[str]:
    """The strings of a file but its docstrings; of an f-string the parts in braces as they are written."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for value in node.values for part in ast.walk(value)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
    for node in ast.walk(tree):
        if id(node) in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{" + ast.unparse(part.value) + "}"
                for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def commands_of(text: str) -> Iterator[tuple[str, bool]]:
    """The commands a message names, without the program's name, and whether it says to type them."""
    for found in QUOTED.finditer(text):
        yield found[1], TOLD_TO.search(text[: found.start()]) is not None


def words_of(command: str) -> list[str]:
    """A command's words, names in the place of what is not known yet."""
    for part, known in FILLED.items():
        command = command.replace(part, known)
    command = re.sub(r"\{[^{}]*\}", "name", command)
    return [PLACEHOLDERS.get(word, word) for word in shlex.split(command)]


def refusal_of(words: list[str], told_to: bool) -> str:
    """Why the command line does not take them, "" where it does; `flash` needs to be told a model."""
    if told_to and words[0] == "flash" and not named_model(words[1:]):
        return "flash would put another model there"
    command, name = root(), "tinyface"
    while isinstance(command, typer.core.TyperGroup):
        name, *words = words
        if name not in command.commands:
            return f"{name} is no verb"
        command = command.commands[name]
    if not words and not told_to:
        return ""
    try:
        command.make_context(name, [word for word in words if word != "--help"])
    except USAGE_ERROR as error:
        return str(error.format_message())  # type: ignore[attr-defined]
    return ""


@cache
def root() -> Any:
    """The command line."""
    return typer.main.get_command(app)


def named_model(words: list[str]) -> bool:
    return bool(words) and (not words[0].startswith("-") or "--model" in words or "--project" in words)


def test_the_command_line_takes_what_messages_name() -> None:
    named, refused = 0, []
    for file in sorted((REPOSITORY / "host_tools").rglob("*.py")):
        for text in literals(ast.parse(file.read_text(encoding="utf-8"))):
            for command, told_to in commands_of(text):
                named += 1
                if (why := refusal_of(words_of(command), told_to)) != "":
                    refused.append(f"{file.relative_to(REPOSITORY)}: `tinyface {command}`: {why}")
    assert named > 100
    assert not refused, "\n".join(refused)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("Flash it again with `tinyface flash`.", "another model"),
        ("Flash it: `tinyface flash --board sim`.", "another model"),
        ("Run `tinyface flash MODEL --bord sim`.", "--bord"),
        ("Run `tinyface flsh MODEL`.", "flsh"),
        ("Use `tinyface data lable`.", "lable"),
        ("`tinyface monitor --frames x` shows it.", "--frames"),
        ("Flash it: `tinyface flash --board sim --model MODEL`.", ""),
        ("The firmware that `tinyface flash` writes takes them all.", ""),
    ],
)
def test_what_it_does_not_take_is_found(message: str, why: str) -> None:
    ((command, told_to),) = commands_of(message)
    said = refusal_of(words_of(command), told_to)
    assert why in said
    assert bool(said) == bool(why)
