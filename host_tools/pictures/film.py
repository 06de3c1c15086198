"""A film of one portrait for the simulated camera: a person who looks around, round and round without a jump.

The head is turned as if it were a ball before the camera, and what lies around it is drawn along; the camera
itself drifts and comes nearer. All motions are sines of the film's phase, so its end meets its beginning.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from codegen.program.records import Kind
from host_tools.pictures.faces import ASTRONAUT_FACE
from host_tools.pictures.files import FRAME_HEIGHT_PX, FRAME_WIDTH_PX, Shot
from host_tools.wire.stages import StageFacts

FILM_FRAMES = 150
FILM_PERIOD_MS = 66
"""Between two frames of a film as it is meant to be seen: ten seconds of it."""
CELL_PX = 20
"""Side of the squares of a frame that are drawn as pieces of the portrait."""
NOISE, NOISE_ROOM_PX = 2.5, 64
"""Standard deviation of a camera's noise, in levels, and how much larger its one field is than a frame."""
GRAY = 128
"""Level of that field without noise."""
YAW, PITCH, TILT = math.radians(12), math.radians(4), math.radians(4)
"""How far the head turns aside, nods and leans, either way."""
SWAY_PX, BOB_PX = 4.0, 1.5
"""How far it moves aside, and up and down, px of the portrait."""
HEAD, HEAD_REACH, HEAD_DEPTH = (226.0, 118.0), (80.0, 106.0), 70.0
"""Of the astronaut's head with her hair: middle, half of its width and height, and how far the face stands
before its rim; px, read off the picture."""
NECK_Y, BELOW = 195.0, 72.0
"""Height of the point around which the head leans, and how far below its middle the suit begins, px."""
RIM = 0.75
"""Beyond the head, in parts of its reach, everything is at rest."""


@dataclass(frozen=True)
class Framing:
    """How the camera looks at the portrait.

    Attributes:
        anchor: a point of the portrait, px.
        at: where it stands in the frame, in shares of the frame's width and height.
        drift: how far it goes from there, in the same.
        step: px of the portrait for one of the frame.
        zoom: share of the step by which the camera comes nearer and goes away.
        motion: of the head, as a share of YAW and so on.
    """

    anchor: tuple[float, float]
    at: tuple[float, float]
    drift: tuple[float, float]
    step: float
    zoom: float
    motion: float


IN_THE_ROOM = Framing(
    anchor=(HEAD[0], 8.0), at=(0.43, 0.0), drift=(0.1, 0.015), step=1.11, zoom=0.15, motion=1.0
)
"""Head and shoulders; the face takes 22 to 30 % of the frame's width."""


def centred(margin: float) -> Framing:
    """The face in the square in the middle of the frame, for networks that see no more.

    Args:
        margin: side of that square over the longer side of the face box.
    """
    x, y, width, height = ASTRONAUT_FACE
    step = max(width, height) * margin / FRAME_HEIGHT_PX
    middle = x + width / 2, y + height / 2
    return Framing(middle, at=(0.5, 0.5), drift=(0.02, 0.02), step=step, zoom=0.04, motion=0.4)


def looks_around(stages: Sequence[StageFacts]) -> bool:
    """Whether a board's program looks for faces in all of the frame, not into its middle."""
    return bool(stages) and stages[0].kind == Kind.BOXES


def film(portrait: Image.Image, framing: Framing, count: int = FILM_FRAMES) -> list[Shot]:
    """Frames of one round, the same ones each time.

    Args:
        portrait: the astronaut, 512x512.
        count: so many frames.
    Returns:
        frames of 320x240 RGB; the first one follows the last one.
    """
    size = FRAME_HEIGHT_PX + NOISE_ROOM_PX, FRAME_WIDTH_PX + NOISE_ROOM_PX, 3
    levels = np.random.default_rng(0).normal(GRAY, NOISE, size)
    noise = Image.fromarray(levels.round().astype(np.uint8))
    shots = []
    for number in range(count):
        clear = _drawn(portrait, *seen_points(framing, number / count))
        x, y = number * 23 % NOISE_ROOM_PX, number * 37 % NOISE_ROOM_PX
        part = noise.crop((x, y, x + FRAME_WIDTH_PX, y + FRAME_HEIGHT_PX))
        noisy = ImageChops.add(clear, part, offset=-GRAY)
        shots.append(Shot(f"frame {number} of a film", np.asarray(noisy)))
    return shots


def seen_points(framing: Framing, phase: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Which points of the portrait the corners of a frame's cells show.

    Args:
        phase: of the film, 0 to 1.
    Returns:
        x and y, each float64 [rows + 1, columns + 1] px.
    """
    step = framing.step * (1 + framing.zoom * _wave(phase, 1, 0.0))
    from_x = framing.at[0] + framing.drift[0] * _wave(phase, 1, 0.35)
    from_y = framing.at[1] + framing.drift[1] * _wave(phase, 2, 0.7)
    rows, columns = np.mgrid[0 : FRAME_HEIGHT_PX + 1 : CELL_PX, 0 : FRAME_WIDTH_PX + 1 : CELL_PX]
    x = framing.anchor[0] + step * (columns - from_x * FRAME_WIDTH_PX)
    y = framing.anchor[1] + step * (rows - from_y * FRAME_HEIGHT_PX)
    return _with_head(x, y, phase, framing.motion)


def _with_head(
    x: NDArray[np.float64], y: NDArray[np.float64], phase: float, motion: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where in the portrait at rest lies what is seen at these points while the head moves."""
    middle_x, middle_y = HEAD
    reach_x, reach_y = HEAD_REACH
    tilt = motion * TILT * _wave(phase, 1, 0.15)
    beside = x - middle_x - motion * SWAY_PX * _wave(phase, 1, 0.6)
    above = y - NECK_Y - motion * BOB_PX * _wave(phase, 3, 0.1)
    head_x = middle_x + math.cos(tilt) * beside + math.sin(tilt) * above
    head_y = NECK_Y - math.sin(tilt) * beside + math.cos(tilt) * above
    from_middle = ((head_x - middle_x) / reach_x) ** 2 + ((head_y - middle_y) / reach_y) ** 2
    depth = HEAD_DEPTH * np.clip(1 - from_middle, 0, None)
    head_x -= math.sin(motion * YAW * _wave(phase, 2, 0.0)) * depth
    head_y -= math.sin(motion * PITCH * _wave(phase, 3, 0.3)) * depth
    down = np.where(y < middle_y, reach_y, BELOW)
    beyond = np.hypot((x - middle_x) / reach_x, (y - middle_y) / down) - 1
    part = np.clip(1 - beyond / RIM, 0, 1)
    part = part * part * (3 - 2 * part)
    return x + part * (head_x - x), y + part * (head_y - y)


def _wave(phase: float, times: int, ahead: float) -> float:
    """-1 to 1, so many times a round."""
    return math.sin(2 * math.pi * (times * phase + ahead))


def _drawn(portrait: Image.Image, x: NDArray[np.float64], y: NDArray[np.float64]) -> Image.Image:
    """The frame whose cells' corners show these points; at the portrait's border the nearest ones."""
    x, y = np.clip(x, 0, portrait.width), np.clip(y, 0, portrait.height)
    corners = np.stack([x[:-1, :-1], y[:-1, :-1], x[1:, :-1], y[1:, :-1], x[1:, 1:], y[1:, 1:]], -1)
    corners = np.concatenate([corners, x[:-1, 1:, None], y[:-1, 1:, None]], -1)  # [rows, columns, 8]
    mesh = [
        ((left, top, left + CELL_PX, top + CELL_PX), tuple(corners[top // CELL_PX, left // CELL_PX].tolist()))
        for top in range(0, FRAME_HEIGHT_PX, CELL_PX)
        for left in range(0, FRAME_WIDTH_PX, CELL_PX)
    ]
    size = FRAME_WIDTH_PX, FRAME_HEIGHT_PX
    return portrait.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
