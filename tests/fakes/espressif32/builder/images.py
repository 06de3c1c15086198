"""Makes what is uploaded: the application's image, a boot loader's place holder, the partition table."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from host_tools.boards import load_board
from host_tools.flashing import partitions
from host_tools.simulator.flash import make_image


def main(what: str, source: Path, target: Path, board_name: str) -> None:
    """Writes one file of the build folder."""
    board = load_board(board_name)
    if what == "application":
        content = make_image(board, source.read_bytes())
    elif what == "bootloader":
        content = make_image(replace(board, name="bootloader"), b"the boot loader is played")
    else:
        table = partitions.parse(source.read_text(encoding="utf-8"), str(source), board.flash.flash_bytes)
        content = partitions.to_binary(table)
    target.write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
