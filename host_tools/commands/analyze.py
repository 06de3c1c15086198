"""`tinyface analyze`: what a model costs on a board, layer by layer, before anything is built."""

from __future__ import annotations

from host_tools.commands.options import DEFAULT_BOARD, BoardName, Json, Model
from host_tools.console import reported


@reported("Nothing was changed.")
def command(model: Model, board: BoardName = DEFAULT_BOARD, as_json: Json = False) -> None:
    """Say what a model costs on a board: arena, flash, milliseconds a layer; refuse what does not fit."""
