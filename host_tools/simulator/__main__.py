"""`python -m host_tools.simulator --board sim --flash FILE`: run a board until Ctrl-C; prints its port."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from codegen.errors import TinyfaceError
from host_tools.boards import load_board
from host_tools.pictures.files import picture_files
from host_tools.simulator import parse_faults, run_board
from host_tools.terminal.console import EXIT_FAULT, note, print_fault, print_line
from host_tools.terminal.last_handler import run_guarded


def main(argv: list[str] | None = None) -> int:
    """Run one board; exit status 2 for what the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m host_tools.simulator", description=__doc__)
    parser.add_argument("--board", default="sim", help="a simulated board (default: sim)")
    parser.add_argument("--flash", type=Path, required=True, help="the flash file it boots from")
    parser.add_argument("--pictures", type=Path, help="folder of pictures its camera sees")
    parser.add_argument("--tcp", help="HOST:PORT to listen on instead of a PTY; port 0 picks one")
    parser.add_argument(
        "--fault", default="", help="drop=P,camera=0x105,... (see host_tools.simulator.faults)"
    )
    options = parser.parse_args(argv)
    try:
        found = picture_files(options.pictures) if options.pictures else []
        faults = parse_faults(options.fault)
        with run_board(
            load_board(options.board), options.flash, pictures=found, tcp=options.tcp, faults=faults
        ) as running:
            print_line(running.port)
            threading.Event().wait()
    except TinyfaceError as error:
        print_fault(error)
        return EXIT_FAULT
    except OSError as error:
        note(f"{options.pictures}: {error.strerror}. Name a folder of pictures.")
        return EXIT_FAULT
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    raise SystemExit(run_guarded(main, sys.argv[1:]))
