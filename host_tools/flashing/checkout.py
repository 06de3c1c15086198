"""`python -m host_tools.flashing.checkout BOARD DIR`: the project that `pio run` builds from a checkout.

Called by scripts/pio_project.py before each build; TINYFACE_MODEL, TINYFACE_RUNTIME and TINYFACE_PICTURE
choose what is built.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from codegen.errors import TinyfaceError
from host_tools.boards import load_board
from host_tools.commands.options import DEFAULT_MODEL, Picture, Runtime, picture_wish
from host_tools.models import resolve
from host_tools.project.workspace import refresh_project
from host_tools.terminal.console import EXIT_FAULT, note, print_line
from host_tools.terminal.last_handler import run_guarded


def main(argv: list[str] | None = None) -> int:
    """Brings the folder up to date; exit status 2 for what the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m host_tools.flashing.checkout", description=__doc__)
    parser.add_argument("board", help="a board that PlatformIO builds")
    parser.add_argument("folder", type=Path, help="where the project is kept")
    parser.add_argument("--model", default=os.environ.get("TINYFACE_MODEL") or DEFAULT_MODEL)
    parser.add_argument(
        "--runtime",
        choices=[runtime.value for runtime in Runtime],
        default=os.environ.get("TINYFACE_RUNTIME") or Runtime.aot.value,
    )
    parser.add_argument(
        "--picture",
        choices=[picture.value for picture in Picture],
        default=os.environ.get("TINYFACE_PICTURE") or None,
    )
    parser.add_argument("--mean", type=float)
    parser.add_argument("--std", type=float)
    options = parser.parse_args(argv)
    try:
        picture = Picture(options.picture) if options.picture else None
        wish = picture_wish(picture, options.mean, options.std)
        ref = resolve(options.model, core_needed=options.runtime == Runtime.aot.value, picture=wish)
        project = refresh_project(ref, load_board(options.board), options.runtime, options.folder)
    except TinyfaceError as error:
        note(f"tinyface: {error}")
        return EXIT_FAULT
    print_line(f"tinyface: {ref.name} ({project.runtime}) in {options.folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(run_guarded(main, sys.argv[1:]))
