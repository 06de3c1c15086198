"""Arguments and options that several verbs share, spelled and explained once."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Optional

import typer

DEFAULT_MODEL = "pfld-68-96"
DEFAULT_BOARD = "sim"
MAX_SEED = 2**31 - 1
"""As large as every generator of random numbers takes them."""


class Runtime(str, enum.Enum):
    """What runs the network on the board."""

    aot = "aot"
    tflm = "tflm"


class Memory(str, enum.Enum):
    """How the arena is planned; codegen.memory.options says what each means."""

    overlap = "overlap"
    plain = "plain"


MODEL_HELP = "A name from `tinyface models`, or the path of a .tflite file."

Model = Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)]
ModelOption = Annotated[str, typer.Option("--model", "-m", metavar="MODEL", help=MODEL_HELP)]
BoardName = Annotated[
    str, typer.Option("--board", "-b", metavar="BOARD", help="A name from `tinyface boards`.")
]
RuntimeOption = Annotated[
    Runtime, typer.Option("--runtime", "-r", help="Generated C (aot) or TensorFlow Lite Micro (tflm).")
]
MemoryOption = Annotated[
    Memory,
    typer.Option(
        "--memory",
        help="Arena of generated C: outputs may lie over input that is read already (overlap, smaller, costs "
        "no time), or apart from it (plain).",
    ),
]
Ram = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--ram",
        min=1,
        metavar="BYTES",
        help="Bytes that the arena of generated C may take; layers run patch-wise where they must, "
        "which may cost some multiply-accumulates.",
    ),
]


class Optimize(str, enum.Enum):
    """What generated C is made for."""

    speed = "speed"
    size = "size"


OptimizeOption = Annotated[
    Optimize,
    typer.Option(
        "--optimize",
        help="Generated C for few instructions (speed, -O2), or for few bytes of code and constants (size, "
        "-Os: one kernel an op).",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Port = Annotated[
    Optional[str],  # noqa: UP045 (typer evaluates this at run time, on Python 3.10 too)
    typer.Option(
        "--port",
        "-p",
        metavar="PORT",
        help="A running board: /dev/ttyUSB0, COM3, socket://HOST:PORT. "
        "Without it a simulated board is started.",
    ),
]
Pictures = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--pictures", metavar="PATH", help="A picture file or a folder of them."),
]
Box = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--box", metavar="X,Y,W,H", help="The face box in picture pixels, for every picture."),
]
Seed = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--seed", min=0, max=MAX_SEED, help="Repeat a run; without it the seed is fresh and printed."
    ),
]
