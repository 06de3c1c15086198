"""Whose time a board reports: a chip's, an emulator's, or that of the computer that plays the board."""

from __future__ import annotations

from host_tools.boards import list_boards

_BY_KIND = {"sim": "host", "qemu": "emulator", "serial": "chip"}


def clock_of(board: str) -> str:
    """ "host", "emulator" or "chip".

    Args:
        board: the name that HELLO told; a board that is not known here has a clock of its own.
    """
    kinds = {known.name: known.kind for known in list_boards()}
    return _BY_KIND[kinds.get(board, "serial")]
