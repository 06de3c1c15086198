"""What a page is told of a frame and of a board: plain values, text that shows no hidden character.

Positions are frame px, (0, 0) the centre of the top left pixel.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codegen.errors import TinyfaceError
from codegen.plain_text import one_line
from codegen.program.picture import to_gray
from host_tools.pictures.found import Found, found_in, said_once, shown
from host_tools.pictures.overlay import MOST_LETTERS, MOST_WORDS
from host_tools.pictures.raw import frame_to_pixels
from host_tools.pictures.stages import stages_seen
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import Hello, Model, Picture, Result, Runtime, Stats
from host_tools.wire.plausible import in_parts
from host_tools.wire.stages import stages_of

MOST_POINTS = 4096
"""Of a stage, that a page draws."""
CLOCKS = {
    "host": "of the computer that simulates the board",
    "emulator": "of the emulator",
    "chip": "of the chip",
}
"""Whose milliseconds are told, in words."""
FAR_PX = 1 << 15
"""Coordinates go so far, whatever a broken board tells."""


OWN_FAULT = TinyfaceError(
    "tinyface itself has failed",
    remedy="The terminal of `tinyface view` names the report; end it with Ctrl-C and start it again.",
)


def frame_json(
    inference: Inference, names: Sequence[str], model: Model | None, parted: bool
) -> dict[str, object]:
    """A frame with what each stage found in it.

    Args:
        names: of all stages.
        parted: whether the board tells each stage's runs and record; with a threshold it does not, since
            nobody knows before the frame's end whether the frame reaches it.
    """
    result = inference.result
    region = inference.region
    return {
        "kind": "frame",
        "frame": result.frame,
        "time_ms": result.time_ms,
        "ms": result.micros / 1000,
        "whole": inference.is_whole,
        "region": None if region is None else [region.x, region.y, region.width, region.height],
        "turn": 0 if region is None else region.turn * 360 / 65536,
        "held": not parted and len(names) > 1,
        "stages": _stages(inference, names, model) if parted else _last_stage(result, names, model),
    }


def _stages(inference: Inference, names: Sequence[str], model: Model | None) -> list[dict[str, object]]:
    micros: dict[int, int] = defaultdict(int)
    for part in inference.parts:
        if isinstance(part, StageRun):
            micros[part.run.stage] += part.run.micros
    told = bool(micros) or not inference.result.micros  # old firmware tells nothing of runs beside previews
    stages = stages_seen(inference, names)
    found = [found_in(seen.record, model) for seen in stages]
    return [
        {"name": seen.name, "ms": micros[stage] / 1000 if told else None}
        | {"runs": seen.runs, "rested": seen.rested and not seen.runs, "shown": is_shown, "told": True}
        | _drawn(of_stage)
        for stage, (seen, of_stage, is_shown) in enumerate(
            zip(stages, said_once(found), shown(found), strict=True)
        )
    ]


def _last_stage(result: Result, names: Sequence[str], model: Model | None) -> list[dict[str, object]]:
    """All stages, of which the one that RESULT is of is told; the time is all of theirs."""
    drawn = _drawn(found_in(result, model)) | {"rested": False}
    if len(names) < 2 or result.stage >= len(names):
        name = names[result.stage] if result.stage < len(names) else ""
        return [{"name": name, "ms": result.micros / 1000, "runs": 1, "shown": True, "told": True, **drawn}]
    blank = {"boxes": [], "words": [], "points": [], "line": "", "rested": False}
    return [
        {"name": name, "ms": None, "runs": 0, "shown": is_it, "told": is_it, **(drawn if is_it else blank)}
        for name, is_it in ((name, stage == result.stage) for stage, name in enumerate(names))
    ]


def _drawn(found: Found) -> dict[str, object]:
    """What a page draws and says."""
    return {
        "boxes": [_near(box) for box in found.boxes_q8][:MOST_WORDS],
        "words": [one_line(word[:MOST_LETTERS]) for word in found.beside[:MOST_WORDS]],
        "points": [_near(points[:MOST_POINTS].tolist()) for points in found.points_q8][:MOST_WORDS],
        "line": one_line(found.line[:MOST_LETTERS]),
    }


def _near(values_q8: object) -> object:
    """Frame px, no farther away than FAR_PX."""
    px = np.clip(np.asarray(values_q8, np.float64) / 256, -FAR_PX, FAR_PX)
    return px.tolist()


def gray_of(picture: Picture) -> NDArray[np.uint8]:
    """The picture in gray, uint8 [H, W].

    Raises:
        PictureError: it is none.
    """
    return to_gray(frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels))


def board_json(hello: Hello, where: str, clock: str, place: str = "port") -> dict[str, object]:
    """Who the board is.

    Args:
        clock: whose time milliseconds are, see host_tools.proof.clocks.
        place: what `where` is.
    """
    stages = stages_of(hello, where)
    facts = [
        ("board", hello.board),
        (place, where),
        ("sensor", hello.sensor or ("none told" if clock == "chip" else "the simulated camera")),
        ("program", hello.model),
        ("runtime", Runtime(hello.runtime).name.lower()),
        ("stages", "; ".join(str(stage) for stage in stages)),
        ("model hash", bytes(hello.model_hash).hex()),
        ("plan hash", bytes(hello.plan_hash).hex()),
        ("arena", f"{hello.arena_bytes:,} bytes" + (", internal" if hello.arena_internal else "")),
        ("cores", str(hello.cores)),
        ("milliseconds", CLOCKS[clock]),
    ]
    return {
        "kind": "board",
        "facts": [[name, one_line(value)] for name, value in facts],
        "clock": CLOCKS[clock],
        "stages": [one_line(stage.name) for stage in stages],
        "networks": [bool(stage.model) for stage in stages],
        "program": bytes(hello.model_hash).hex() + bytes(hello.plan_hash).hex(),
        "parts": in_parts(hello),
    }


def stats_json(stats: Stats) -> dict[str, object]:
    """What the board counts, and its memory; `asked` is now, in seconds since 1970."""
    return {
        "kind": "stats",
        "asked": time.time(),
        "facts": [
            ["running for", f"{stats.uptime_ms / 1000:,.0f} s"],
            ["inferences", f"{stats.inferences:,}"],
            ["camera frames replaced by newer ones", f"{stats.dropped_frames:,}"],
            ["camera failures", f"{stats.camera_failures:,}"],
            ["results below the threshold", f"{stats.below_threshold:,}"],
            ["bad frames it received", f"{stats.bad_frames:,}"],
            ["heap free", f"{stats.heap_free:,} bytes, largest block {stats.heap_largest_block:,}"],
            ["PSRAM free", f"{stats.psram_free:,} bytes"],
            ["stack used at most", f"{stats.stack_high_water:,} bytes"],
            ["beside the arena", "untouched" if stats.arena_guard_intact else "overwritten"],
        ],
    }


def fault_json(state: str, fault: TinyfaceError, again: str = "") -> dict[str, object]:
    """Why there is no picture, what helps, and what tinyface itself does about it."""
    return {
        "kind": "state",
        "state": state,
        "cause": one_line(fault.cause),
        "where": one_line(fault.where),
        "remedy": one_line(fault.remedy),
        "again": again,
    }
