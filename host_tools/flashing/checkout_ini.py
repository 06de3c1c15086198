"""`python -m host_tools.flashing.checkout_ini`: writes the checkout's platformio.ini, an environment a board.

Each environment is that of the board's generated project; a script generates the project before the build.
"""

from __future__ import annotations

import configparser
from pathlib import Path

from codegen.board import Board
from firmware import ROOT
from host_tools.boards import list_boards, project_files

FILE = ROOT.parent / "platformio.ini"
PROJECTS = "build/pio"
SCRIPT = "scripts/pio_project.py"

HEAD = f"""\
; Written by `python -m host_tools.flashing.checkout_ini` from firmware/boards.
; Build and flash from the checkout: `pio run -e esp32cam -t upload`.
; Before each build {SCRIPT} writes the project into {PROJECTS}/<environment>. TINYFACE_MODEL
; (a name of the zoo or a .tflite file), TINYFACE_RUNTIME (aot or tflm) and TINYFACE_PICTURE (gray or rgb,
; where the input of that file is a picture) choose what is built.
[platformio]
default_envs = esp32cam
src_dir = firmware/src
include_dir = firmware/include
"""


def environment(board: Board) -> dict[str, str]:
    """The options of a board's environment in the checkout."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(project_files(board)["platformio.ini"])
    options = dict(ini[f"env:{board.name}"])
    options["board_build.partitions"] = f"{PROJECTS}/{board.name}/partitions.csv"
    options["extra_scripts"] = f"pre:{SCRIPT}"  # which runs that of the project
    return options


def render() -> str:
    """The whole file."""
    parts = [HEAD]
    for board in list_boards():
        if board.flash.method == "platformio" and board.folder.parent == ROOT / "boards":
            lines = [f"{name} = {value}" for name, value in environment(board).items()]
            parts.append("\n".join([f"[env:{board.name}]", *lines, ""]))
    return "\n".join(parts)


def main(file: Path = FILE) -> None:
    """Writes the file."""
    temporary = file.with_name(file.name + ".new")
    temporary.write_text(render(), encoding="utf-8", newline="\n")
    temporary.replace(file)


if __name__ == "__main__":
    main()
