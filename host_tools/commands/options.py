"""Arguments and options that several verbs share, spelled and explained once.

An option has no value unless it is given: what would have no effect is refused, never ignored.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from codegen.errors import OptionError
from host_tools.wire.upload_speed import MAX_BAUD, MIN_BAUD

if TYPE_CHECKING:
    from codegen.board import Board
    from codegen.memory.options import PlanOptions
    from codegen.program.spec import PictureWish

DEFAULT_MODEL = "pfld-68-96"
DEFAULT_BOARD = "sim"
MAX_SEED = 2**31 - 1
"""As large as every generator of random numbers takes them."""


class Runtime(str, enum.Enum):
    """What runs the network on the board."""

    aot = "aot"
    tflm = "tflm"


class Picture(str, enum.Enum):
    """What a person calls input 0 of a model that has no card."""

    gray = "gray"
    rgb = "rgb"


class Memory(str, enum.Enum):
    """How the arena is planned; codegen.memory.options says what each means."""

    overlap = "overlap"
    plain = "plain"


ANY_DATASET = "auto"
DRAWN = "of people, who are drawn; of pictures without a face as great a share."
"""What --limit leaves."""
SYNTHETIC_DATA = "synthetic faces are made anew, and read from no folder (--dataset synthetic)"
MODEL_HELP = (
    "A name from `tinyface models`, the folder of a training, or the path of a .tflite file or of a program "
    "(.toml)."
)

ModelArgument = Annotated[
    Optional[str],  # noqa: UP045 (typer evaluates this at run time, on Python 3.10 too)
    typer.Argument(metavar="MODEL", help=MODEL_HELP),
]
ModelOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--model", "-m", metavar="MODEL", help="The same as MODEL without an option."),
]
BoardName = Annotated[
    str, typer.Option("--board", "-b", metavar="BOARD", help="A name from `tinyface boards`.")
]
RUNTIME_HELP = "Generated C (aot) or TensorFlow Lite Micro (tflm)."
RuntimeOption = Annotated[Runtime, typer.Option("--runtime", "-r", help=RUNTIME_HELP)]
MemoryOption = Annotated[
    Optional[Memory],  # noqa: UP045
    typer.Option(
        "--memory",
        show_default=Memory.overlap.value,
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
CopyConstants = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--copy-constants",
        min=0,
        metavar="BYTES",
        help="Bytes of RAM to which generated C copies constants at start, so that an inference does not "
        "wait for flash; without it what the board allows, and with --ram no more than the arena leaves.",
    ),
]


class Optimize(str, enum.Enum):
    """What generated C is made for."""

    speed = "speed"
    size = "size"


OptimizeOption = Annotated[
    Optional[Optimize],  # noqa: UP045
    typer.Option(
        "--optimize",
        show_default=Optimize.speed.value,
        help="Generated C for few instructions (speed, -O2), or for few bytes of code and constants (size, "
        "-Os: one kernel an op).",
    ),
]
Cores = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--cores",
        min=1,
        max=2,
        metavar="N",
        show_default="1",
        help="Cores that compute a layer of generated C: with 2 (ESP32, ESP32-S3, what stands for them) each "
        "layer that gains by it is divided. The same bytes, more arena; not measured on a board yet.",
    ),
]


class FlashMode(str, enum.Enum):
    """How a board's flash chip is read: codegen.board.FLASH_MODES."""

    dio = "dio"
    qio = "qio"


FlashModeOption = Annotated[
    Optional[FlashMode],  # noqa: UP045
    typer.Option(
        "--flash-mode",
        show_default="the board's",
        help="Read the flash chip over two data lines (dio) or four (qio, half the wait for a missed line). "
        "Only on boards that state it; a module whose chip or wiring does not allow it does not boot until "
        "it is flashed with dio again.",
    ),
]
DataFolder = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--data", metavar="DIR", help="Folder of the data set; else TINYFACE_DATA, else synthetic faces."
    ),
]
DatasetName = Annotated[str, typer.Option("--dataset", help="auto, or one of the task's, by name.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Port = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--port",
        "-p",
        metavar="PORT",
        help="A running board: /dev/ttyUSB0, COM3, socket://HOST:PORT. "
        "Without it a simulated board is started.",
    ),
]
Baud = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--baud",
        min=MIN_BAUD,
        max=MAX_BAUD,
        metavar="N",
        help="Speed of --port, for a board that was flashed with that --baud.",
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


PictureOption = Annotated[
    Optional[Picture],  # noqa: UP045
    typer.Option(
        "--picture",
        help="Call input 0 of a model without a card a gray or an RGB picture; else it is a tensor.",
    ),
]
Mean = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        "--mean",
        metavar="M",
        help="The model was trained on (pixel - M) / S, pixels of 0 to 255; without it pixels of 0 to 1, of "
        "-1 to 1 and raw ones are tried.",
    ),
]
Std = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option("--std", metavar="S", help="The S of --mean."),
]

Labels = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--labels",
        metavar="FILE",
        help="The model tells classes: their names, one a line, for a model without a card.",
    ),
]


@dataclass(frozen=True)
class Stated:
    """What a person says of a model without a card.

    Attributes:
        picture: that its input is one.
        labels: names of the classes that its outputs are.
    """

    picture: PictureWish | None = None
    labels: tuple[str, ...] = ()

    @property
    def flags(self) -> str:
        """What `validate` must be told again, as options; the board tells the labels."""
        return self.picture.flags if self.picture else ""


def named_classes(labels: Path | None) -> tuple[str, ...]:
    """The names in --labels, none without it.

    Raises:
        DataError: the file holds none.
    """
    if labels is None:
        return ()
    from codegen.program.labels import read_labels

    return read_labels(labels)


def picture_wish(picture: Picture | None, mean: float | None, std: float | None) -> PictureWish | None:
    """What a person says of input 0, None where they say nothing.

    Raises:
        OptionError: a mean without a std or without --picture, or numbers that normalise nothing.
    """
    from codegen.program.spec import Layout, Normalisation, PictureWish

    if picture is None:
        refuse_ignored({"--mean": mean, "--std": std}, "they say how a picture is normalised (--picture)")
        return None
    layout = Layout[picture.name.upper()]
    if mean is None and std is None:
        return PictureWish(layout)
    if mean is None or std is None:
        raise OptionError("a normalisation is a mean and a std", "--mean, --std", "Give both or neither.")
    if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
        raise OptionError(
            f"mean {mean:g} and std {std:g} normalise nothing", "--mean, --std", "Use a std above 0."
        )
    return PictureWish(layout, Normalisation(mean, std))


def one_model(argument: str | None, option: str | None, default: str | None = None) -> str:
    """The model that a verb takes, named as MODEL or by --model.

    Args:
        default: for a verb that needs none to be named.
    Raises:
        OptionError: none is named and there is no default, or two different ones are.
    """
    if argument is not None and option is not None and argument != option:
        raise OptionError(
            f"two models are named: {argument} and {option}",
            "MODEL, --model",
            "Name one of them; both spellings mean the same.",
        )
    named = argument if argument is not None else option
    if named is None:
        named = default
    if named is None:
        raise OptionError(
            "no model is named", "MODEL", "Name one as MODEL or by --model; `tinyface models` lists the zoo."
        )
    return named


def refuse_ignored(options: Mapping[str, object], why: str) -> None:
    """Refuses options that would have no effect.

    Args:
        options: name -> value; None and False: not given.
        why: they have no effect, a sentence without a full stop.
    Raises:
        OptionError: at least one is given.
    """
    given = [name for name, value in options.items() if value is not None and value is not False]
    if given:
        raise OptionError(why, ", ".join(given), f"Leave {' and '.join(given)} out.")


def refuse_box_alone(box: str | None, pictures: Path | None) -> None:
    """Refuses --box without --pictures: there is nothing that it could cut.

    Raises:
        OptionError: see above.
    """
    if box is not None and pictures is None:
        raise OptionError(
            "a face box belongs to pictures, and none are given", "--box", "Name them with --pictures."
        )


def at_baud(board: Board, port: str | None, baud: int | None) -> Board:
    """The board as it talks at this speed; None: its own.

    Raises:
        OptionError: a simulated board that is started here has no speed.
    """
    if baud is None:
        return board
    if port is None and board.kind != "serial":
        refuse_ignored({"--baud": baud}, "a simulated board that is started here has no speed")
    return replace(board, baud=baud)


def in_flash_mode(board: Board, mode: FlashMode | None) -> Board:
    """The board with its flash read in that way; as it is without one.

    Raises:
        OptionError: it does not state that it can.
    """
    if mode is None:
        return board
    if mode.value not in board.flash.modes:
        raise OptionError(
            f"the board {board.name} does not state that its flash can be read in {mode.value.upper()}",
            f"--flash-mode {mode.value}",
            f'Leave it out; where you know that it can, write modes = ["dio", "{mode.value}"] into [flash] '
            "of a board folder of your own (firmware/boards/README.md).",
        )
    return replace(board, flash=replace(board.flash, mode=mode.value))


def plan_options(
    runtime: Runtime,
    memory: Memory | None,
    ram: int | None,
    goal: Optimize | None,
    cores: int | None,
    copies: int | None = None,
) -> PlanOptions:
    """How generated C is planned, from what is given.

    Raises:
        OptionError: TensorFlow Lite Micro plans its arena itself and has one core; code for size, too.
    """
    from codegen.lowering.target import Target
    from codegen.memory.options import PlanOptions

    if runtime is Runtime.tflm:
        why = "TensorFlow Lite Micro plans its arena itself (--runtime tflm)"
        refuse_ignored({"--memory": memory, "--ram": ram, "--copy-constants": copies}, why)
        refuse_ignored({"--cores": cores}, "TensorFlow Lite Micro runs on one core (--runtime tflm)")
    if goal is Optimize.size and cores == 2:
        refuse_ignored({"--cores": cores}, "code for size runs on one core (--optimize size)")
    # Of a board's core where one is planned for.
    target = Target(goal=(goal or Optimize.speed).value, cores=cores or 1)
    return PlanOptions((memory or Memory.overlap).value, ram, target, copies)
