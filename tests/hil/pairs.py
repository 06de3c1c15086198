"""The boards of a run: pairs of --board and --port, as many as there are boards on the desk."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import pytest

from codegen.board import Board
from codegen.errors import TinyfaceError
from host_tools.boards import load_board


@dataclass(frozen=True)
class Pair:
    """A board and where it is; `port` None: a simulated one is started."""

    board: Board
    port: str | None

    def __str__(self) -> str:
        return self.board.name if self.port is None else f"{self.board.name}@{self.port}"


def pairs_of(config: pytest.Config) -> list[Pair]:
    """The --board/--port pairs of this run.

    Each board takes one port, or, with fewer ports than boards, each real board does. In a run of all tests
    the options are unknown: then there is one board, `sim`.

    Raises:
        UsageError: an unknown board, or ports and boards that do not go together.
    """
    try:
        boards = [load_board(name) for name in config.getoption("--board") or ["sim"]]
    except TinyfaceError as error:
        raise pytest.UsageError(str(error)) from None
    ports = ports_of(config)
    real = [board for board in boards if board.kind == "serial"]
    if len(ports) == len(boards):
        return [Pair(board, port) for board, port in zip(boards, ports, strict=True)]
    if len(ports) != len(real):
        names = ", ".join(board.name for board in real) or "none"
        raise pytest.UsageError(f"{len(ports)} --port, but the real boards are: {names}; give each its own")
    left = iter(ports)
    return [Pair(board, next(left) if board.kind == "serial" else None) for board in boards]


def ports_of(config: pytest.Config) -> list[str]:
    """All --port of the command line in their order; pytest-embedded's own option keeps only the last one."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--port", action="append", default=[])
    given, _ = parser.parse_known_args([str(part) for part in config.invocation_params.args])
    return [port for text in given.port for port in text.split("|")]
