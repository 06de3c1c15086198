"""Moving pictures for programs that keep something from frame to frame: faces enter, cross and leave.

A sequence is made of scenes (`pictures.scenes`) of SCENE_FRAMES frames, every second one mirrored; between
two of them come some single pictures with any time and region.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from codegen.errors import ToolError
from codegen.graph import Graph
from codegen.program.picture import centre_region
from codegen.program.stages import Program
from host_tools.pictures.faces import scene_cast
from host_tools.pictures.files import Shot
from host_tools.pictures.scenes import CAST, Actor, painted, scene
from host_tools.proof.stimuli import PICTURE_OVERHEAD_BYTES, Stimulus, frames, picture_stimulus
from host_tools.wire.messages import InferPicture, Pixels

SCENE_FRAMES, ODD_FRAMES = 60, 6
WIDTH_PX, HEIGHT_PX = 160, 120
"""Of a frame, where a request carries so much."""
STEP_MS = 80, 120
"""From frame to frame, at least and at most."""


def follows(program: Program, graphs: Sequence[Graph] = ()) -> bool:
    """Whether a stage or one of the networks keeps something from frame to frame, so that single pictures
    would not prove it."""
    return any(stage.state_bytes for stage in program.stages) or any(graph.states for graph in graphs)


def sequence(
    program: Program, count: int, seed: int, max_payload: int, shots: Sequence[Shot] = ()
) -> Iterator[Stimulus]:
    """`count` frames that a seed repeats exactly.

    Args:
        shots: pictures that take the place of the scenes, as frames one after the other.
    """
    rng = np.random.default_rng(seed)
    made = _shots(program, rng, max_payload, shots) if shots else _scenes(program, rng, seed, max_payload)
    for _, stimulus in zip(range(count), made, strict=False):
        yield stimulus


def _shots(
    program: Program, rng: np.random.Generator, max_payload: int, shots: Sequence[Shot]
) -> Iterator[Stimulus]:
    time = int(rng.integers(0, 2**31))
    while True:
        for number, shot in enumerate(shots):
            time = (time + int(rng.integers(*STEP_MS))) % 2**32
            yield _frame(program, shot.name, shot.frame, number, max_payload, time)


def _scenes(program: Program, rng: np.random.Generator, seed: int, max_payload: int) -> Iterator[Stimulus]:
    cast = _cast(seed)
    time, number = int(rng.integers(0, 2**31)), 0
    while True:
        mirrored = -1 if number % 2 else 1
        for place, shot in enumerate(scene(cast, SCENE_FRAMES, seed + number)):
            time = (time + int(rng.integers(*STEP_MS))) % 2**32
            small = Image.fromarray(shot.frame).resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BOX)
            pixels = np.asarray(small)[:, ::mirrored]
            yield _frame(program, f"scene {number}, frame {place}", pixels, place, max_payload, time)
        yield from frames(program, ODD_FRAMES, seed + number, max_payload)
        number += 1


def _frame(
    program: Program, name: str, pixels: NDArray[np.uint8], number: int, max_payload: int, time: int
) -> Stimulus:
    """A whole frame, of which each stage sees what its rule says."""
    forms = [Pixels.GRAY8, Pixels.RGB565, Pixels.RGB888]
    height, width = pixels.shape[:2]
    room = max_payload - PICTURE_OVERHEAD_BYTES
    if height * width > room:
        scale = (room / (height * width)) ** 0.5
        width, height = max(1, int(width * scale)), max(1, int(height * scale))
        pixels = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))
    form = forms[number % 3]
    form = form if pixels.nbytes <= room else Pixels.GRAY8
    spec = program.input
    region = centre_region(width, height, spec.width, spec.height)
    made = picture_stimulus(name, pixels, form, region, spec, "int8", time)
    assert isinstance(made.request, InferPicture)
    ruled = replace(made.request, region_x=0, region_y=0, region_width=0, region_height=0, region_turn=0)
    return replace(made, request=ruled, region=None)


def _cast(seed: int) -> Sequence[Actor]:
    """Real faces where there are any, else plain ones that are painted."""
    try:
        return scene_cast(seed)[1]
    except ToolError:
        return [painted(np.random.default_rng((seed, k))) for k in range(CAST)]
