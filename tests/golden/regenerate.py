"""Golden files: what the back end writes for one toy. `python -m tests.golden.regenerate` writes them anew.

Kernels and contracts are copies of files of this repository and are left out.
"""

from __future__ import annotations

from pathlib import Path

from codegen.backends.aot import generate
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.program.single import single_program
from codegen.program.spec import InputSpec, Layout
from codegen.tflite.reader import parse_model
from tests.toys.models import TOYS

FOLDER = Path(__file__).resolve().parent
TOY = "mini_pfld"


def golden_files() -> dict[str, str]:
    """File name -> text, as the back end writes it now."""
    program = single_program(TOY, InputSpec(Layout.GRAY, 24, 24, -128))
    files = generate(make_plan(optimize(parse_model(TOYS[TOY](), TOY))), program)
    return {name: text for name, text in files.items() if not name.startswith(("kernels/", "include/"))}


def main() -> None:
    """Rewrite the golden files; review the diff."""
    folder = FOLDER / TOY
    folder.mkdir(exist_ok=True)
    files = golden_files()
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
