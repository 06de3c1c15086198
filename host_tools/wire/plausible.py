"""What a message must hold beyond its shape, whoever sent it; a board may be broken, or no board at all."""

from __future__ import annotations

from collections.abc import Sequence

from codegen.errors import BoardError
from codegen.program.picture import MAX_SIDE_PX
from codegen.program.records import BOX_VALUES, BOXLIKE, VOTE_VALUES
from codegen.program.spec import SHIFTS, Layout
from codegen.program.stages import MAX_STAGES, NO_STAGE
from host_tools.wire.messages import (
    MAX_PAYLOAD,
    Hello,
    Message,
    Model,
    Picture,
    Pixels,
    Preview,
    Record,
    RecordKind,
    Result,
    Run,
    Runtime,
    TickUnit,
)
from host_tools.wire.stages import MAX_NAME, STAGE_VALUES, stages_of

_AGAIN = "The firmware is broken: flash it again with `tinyface flash MODEL --board BOARD`."
LEAST_PAYLOAD = 256
"""The shortest longest request that a board description may name."""
MOST_BYTES = 1 << 26
"""No board of these kinds has a larger arena, input or output."""
_PIXEL_BYTES: dict[int, int] = {Pixels.GRAY8: 1, Pixels.RGB888: 3, Pixels.RGB565: 2}


def is_plausible(message: Message) -> bool:
    """False for items that are cut or of no kind, parts of no size, pictures of another size than told."""
    if isinstance(message, Result):
        return _is_region(message, none=True) and is_record(message.kind, message.item_values, message.items)
    if isinstance(message, Run):
        return _is_region(message, none=False)
    if isinstance(message, Record):
        return is_record(message.kind, message.item_values, message.items)
    if isinstance(message, Picture):
        size = _PIXEL_BYTES.get(message.format, 0) * message.width * message.height
        return size > 0 and len(message.pixels) == size
    if isinstance(message, Preview):
        return _is_preview(message)
    return True


def _is_preview(part: Preview) -> bool:
    """Whether its rows are whole ones of a picture, at least one, and no frame is larger than a region."""
    rows, rest = divmod(len(part.pixels), part.width) if part.width else (0, 0)
    sides = part.width, part.height, part.frame_width, part.frame_height
    inside = 0 < rows <= part.height - part.row
    return inside and not rest and all(0 < side <= MAX_SIDE_PX for side in sides)


def _is_region(part: Result | Run, none: bool) -> bool:
    """Whether its region is one; `none`: whether 0 x 0 stands for no region."""
    sides = part.region_width, part.region_height
    return (none and sides == (0, 0)) or all(1 <= side <= MAX_SIDE_PX for side in sides)


def in_parts(hello: Hello) -> bool:
    """Whether the board's program takes pictures alone and tells each run and each record of a frame."""
    return hello.input_bytes == 0


def is_record(kind: int, item_values: int, items: Sequence[int]) -> bool:
    """Whether the items are whole ones of a known kind, and no box has a negative side."""
    if kind not in list(RecordKind) or bool(items) > bool(item_values):
        return False
    if kind == RecordKind.RAW:
        return not item_values
    even = kind not in (RecordKind.POINTS, RecordKind.CLASSES) or item_values % 2 == 0
    box = kind not in BOXLIKE or (item_values >= BOX_VALUES and item_values % 2 == 0)
    box &= kind != RecordKind.VOTES or item_values == VOTE_VALUES
    if not (even and box and (not items or len(items) % item_values == 0)):
        return False
    sides = (*items[2::item_values], *items[3::item_values]) if kind in BOXLIKE and items else ()
    return all(side >= 0 for side in sides)


def check_parts(part: Message, hello: Hello, port: str) -> None:
    """Refuses a RESULT, RUN or RECORD of another program than the one the board said HELLO with.

    Raises:
        BoardError: it is of none of its stages, or a RESULT's outputs are not its output_bytes bytes.
    """
    if not isinstance(part, (Result, Run, Record)):
        return
    rested = in_parts(hello) and isinstance(part, Result) and part.stage == NO_STAGE
    if part.stage >= hello.stages and not rested:
        raise BoardError(
            f"the board tells of stage {part.stage}; its HELLO says {hello.stages} of them",
            port,
            _AGAIN,
        )
    if isinstance(part, Result):
        _check_outputs(part, hello, port)
    if not isinstance(part, Run):
        _check_kind(part, hello, port)


def _check_kind(part: Result | Record, hello: Hello, port: str) -> None:
    """In parts, a stage finds what HELLO says that its decoder finds."""
    if part.stage == NO_STAGE:
        fits = part.kind == RecordKind.RAW
    else:
        fits = not in_parts(hello) or part.kind == hello.stage_facts[STAGE_VALUES * part.stage]
    if not fits:
        who = f"stage {part.stage}" if part.stage != NO_STAGE else "no stage"
        raise BoardError(
            f"the board tells {RecordKind(part.kind).name.lower()} of {who}, against its HELLO",
            port,
            _AGAIN,
        )


def _check_outputs(result: Result, hello: Hello, port: str) -> None:
    if len(result.outputs) != hello.output_bytes:
        raise BoardError(
            f"the board sent a result with {len(result.outputs):,} bytes of outputs; its HELLO says "
            f"{hello.output_bytes:,}",
            port,
            "The firmware is broken, or another program flashed it meanwhile: flash it again with "
            "`tinyface flash MODEL --board BOARD`.",
        )


def check_model(model: Model, hello: Hello, port: str) -> None:
    """Refuses a MODEL whose picture is none, or is no part of HELLO's inputs.

    Raises:
        BoardError: see above.
    """
    layout, width, height = model.input_layout, model.input_width, model.input_height
    told = f"a picture of {width}x{height} px, {layout} channels and shift {model.input_shift}"
    if layout == Layout.TENSOR:
        good = (width, height, model.input_shift) == (0, 0, 0)
    else:
        size, most = width * height * layout, MOST_BYTES if in_parts(hello) else hello.input_bytes
        good = layout in list(Layout) and 0 < size <= most and model.input_shift in SHIFTS
    if not good:
        raise BoardError(
            f"the board's model takes {told}; its HELLO says {hello.input_bytes:,} bytes of inputs",
            port,
            _AGAIN,
        )


def check_hello(hello: Hello, port: str) -> None:
    """Refuses a HELLO that no firmware of this protocol says.

    Raises:
        BoardError: a field is out of range.
    """
    sizes = (hello.arena_bytes, hello.input_bytes, hello.output_bytes)
    wrong = {
        f"runtime {hello.runtime}": hello.runtime not in list(Runtime),
        f"tick unit {hello.tick_unit}": hello.tick_unit not in list(TickUnit),
        f"requests of at most {hello.max_payload} bytes": not LEAST_PAYLOAD
        <= hello.max_payload
        <= MAX_PAYLOAD,
        f"arena, inputs and outputs of {sizes} bytes": max(sizes) > MOST_BYTES,
        f"{hello.stages} stages": not 1 <= hello.stages <= MAX_STAGES,
        "a name that is too long": max(len(hello.board), len(hello.model)) > MAX_NAME,
    }
    told = [what for what, refused in wrong.items() if refused]
    if told:
        raise BoardError(
            f"the board's HELLO tells {', '.join(told)}",
            port,
            "Check that the port is the board's, and flash it again with "
            "`tinyface flash MODEL --board BOARD`.",
        )
    stages_of(hello, port)
