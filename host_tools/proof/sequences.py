"""Moving pictures for programs that keep something from frame to frame: faces enter, cross and leave.

A sequence is made of scenes of SCENE_FRAMES frames, in which there are nobody, one, two and three at a time;
between two scenes come some single pictures with any time and region.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from codegen.errors import ToolError
from codegen.program.picture import centre_region
from codegen.program.stages import Program
from host_tools.pictures.faces import demo_faces
from host_tools.pictures.files import Shot
from host_tools.proof.stimuli import PICTURE_OVERHEAD_BYTES, Stimulus, frames, picture_stimulus
from host_tools.wire.messages import InferPicture, Pixels

SCENE_FRAMES, ODD_FRAMES = 60, 6
WIDTH_PX, HEIGHT_PX = 160, 120
"""Of a frame, where a request carries so much."""
STEP_MS = 80, 120
"""From frame to frame, at least and at most."""
SPRITE_PX, PEOPLE = 64, 6
WAYS = (
    (2, 50, (-0.2, 0.5), (1.2, 0.55), 0.42),
    (14, 46, (1.2, 0.42), (-0.2, 0.5), 0.36),
    (24, 44, (0.45, -0.25), (0.6, 1.25), 0.30),
)
"""Of each face of a scene: frames in which it comes and goes, its middle then in widths and heights of the
picture, its side in widths. The later ones pass before the earlier ones."""


def follows(program: Program) -> bool:
    """Whether a stage keeps something from frame to frame, so that single pictures would not prove it."""
    return any(stage.state_bytes for stage in program.stages)


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
    people = _people(seed)
    time, scene = int(rng.integers(0, 2**31)), 0
    while True:
        ground = _ground(rng)
        chosen = [people[int(k)] for k in rng.permutation(len(people))[: len(WAYS)]]
        mirrored = bool(scene % 2)
        for number in range(SCENE_FRAMES):
            time = (time + int(rng.integers(*STEP_MS))) % 2**32
            drawn = _drawn(ground, chosen, number)
            pixels = np.asarray(drawn, np.float64)[:, :: -1 if mirrored else 1]
            noisy = np.clip(pixels + rng.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)
            yield _frame(program, f"scene {scene}, frame {number}", noisy, number, max_payload, time)
        yield from frames(program, ODD_FRAMES, seed + scene, max_payload)
        scene += 1


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


def _people(seed: int) -> list[Image.Image]:
    """Real faces where there are any, else plain ones that are painted."""
    try:
        _, shots = demo_faces(PEOPLE, 1.5, seed)
    except ToolError:
        return [_painted(np.random.default_rng((seed, k))) for k in range(PEOPLE)]
    return [_middle(shot.frame).resize((SPRITE_PX, SPRITE_PX), Image.Resampling.BOX) for shot in shots]


def _middle(frame: NDArray[np.uint8]) -> Image.Image:
    """The square in the middle of a frame that is wider than it is high."""
    height, width = frame.shape[:2]
    start = (width - height) // 2
    return Image.fromarray(frame[:, start : start + height])


def _painted(rng: np.random.Generator) -> Image.Image:
    """A skin, two eyes, a nose and a mouth."""
    skin = tuple(int(v) for v in rng.uniform(90, 240) * np.array([1.0, 0.8, 0.65]))
    picture = Image.new("RGB", (SPRITE_PX, SPRITE_PX), tuple(int(v) for v in rng.integers(0, 90, 3)))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((8, 2, 56, 62), fill=skin)
    for x in (21, 43):
        draw.ellipse((x - 6, 22, x + 6, 30), fill=(235, 235, 235))
        draw.ellipse((x - 3, 23, x + 3, 29), fill=(20, 20, 20))
        draw.line((x - 7, 17, x + 7, 17), fill=(40, 25, 20), width=2)
    draw.line((32, 28, 30, 40, 34, 40), fill=tuple(v * 2 // 3 for v in skin), width=2)
    draw.ellipse((22, 46, 42, 53), fill=(150, 50, 50))
    return picture.filter(ImageFilter.GaussianBlur(0.8))


def _ground(rng: np.random.Generator) -> Image.Image:
    """A soft random pattern behind the faces."""
    small = rng.integers(40, 200, (6, 8, 3)).astype(np.uint8)
    return Image.fromarray(small).resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BICUBIC)


def _drawn(ground: Image.Image, people: Sequence[Image.Image], number: int) -> Image.Image:
    """The picture with those who are there in this frame."""
    picture = ground.copy()
    mask = Image.new("L", (SPRITE_PX, SPRITE_PX))
    ImageDraw.Draw(mask).ellipse((2, 0, SPRITE_PX - 2, SPRITE_PX), fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(1.5))
    for face, (comes, goes, start, end, size) in zip(people, WAYS, strict=True):
        if not comes <= number < goes:
            continue
        part, side = (number - comes) / (goes - 1 - comes), round(size * WIDTH_PX)
        x = (start[0] + part * (end[0] - start[0])) * WIDTH_PX - side / 2
        y = (start[1] + part * (end[1] - start[1])) * HEIGHT_PX - side / 2
        picture.paste(face.resize((side, side)), (round(x), round(y)), mask.resize((side, side)))
    return picture
