"""A moving picture made of cut-out faces: empty, one face, three, two of them crossing, and empty again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from host_tools.pictures.files import FRAME_HEIGHT_PX, FRAME_WIDTH_PX, FaceBox, Shot

FRAME_MS = 100
"""Between two frames: ten a second, as an ESP32-CAM may manage."""
NOISE, SHAKE_PX = 4.0, 0.5
"""Standard deviations of a camera's noise, in levels, and of a hand's shaking, px."""
REACH = (0.25, 0.45, 0.25)
"""How far hair and cheeks go beyond a face's box at its sides, above and below, in parts of the box."""
CAST = 3
"""Faces of a scene."""


@dataclass(frozen=True, eq=False)
class Actor:
    """A face cut out of a picture.

    Attributes:
        picture: uint8 [H, W, 3], RGB.
        mask: uint8 [H, W], 255 where the face is, soft at its edge.
        face_width: px of it.
    """

    picture: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    face_width: float


@dataclass(frozen=True)
class Part:
    """What an actor does: places at times, straight ways between them, out of sight before and after.

    Attributes:
        times: shares of the scene's length, rising.
        x, y: of the face's middle, in shares of the frame's width and height.
        width: of the face, in shares of the frame's width.
    """

    times: tuple[float, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    width: tuple[float, ...]

    def at(self, time: float) -> tuple[float, float, float] | None:
        """Place and width at a time; None where it is out of sight."""
        if not self.times[0] <= time <= self.times[-1]:
            return None
        x, y, width = (float(np.interp(time, self.times, way)) for way in (self.x, self.y, self.width))
        return x, y, width


PLAY = (
    Part(
        times=(0.06, 0.2, 0.4, 0.75, 0.92),
        x=(-0.2, 0.28, 0.28, 0.72, 1.25),
        y=(0.5, 0.5, 0.5, 0.5, 0.5),
        width=(0.26, 0.26, 0.26, 0.26, 0.26),
    ),
    Part(
        times=(0.36, 0.5, 0.55, 0.75, 0.9),
        x=(1.2, 0.74, 0.74, 0.27, -0.2),
        y=(0.42, 0.42, 0.42, 0.44, 0.4),
        width=(0.2, 0.2, 0.2, 0.2, 0.2),
    ),
    Part(
        times=(0.4, 0.55, 0.75, 0.86),
        x=(0.5, 0.5, 0.52, 0.5),
        y=(1.4, 0.8, 0.8, 1.4),
        width=(0.17, 0.17, 0.19, 0.19),
    ),
)
"""The first and the second cross between 0.55 and 0.75 of the time; the first, which is nearer, hides the
second."""


def cut_out(picture: Image.Image, box: FaceBox) -> Actor:
    """An ellipse around a face with what belongs to it.

    Args:
        box: of jaw and brows in px of the picture.
    """
    x, y, width, height = box
    beside, above, below = REACH
    left, right = x - beside * width, x + width * (1 + beside)
    top, bottom = y - above * height, y + height * (1 + below)
    size = max(1, round(right - left)), max(1, round(bottom - top))
    part = picture.convert("RGB").transform(
        size, Image.Transform.EXTENT, (left, top, right, bottom), Image.Resampling.BICUBIC
    )
    mask = Image.new("L", size)
    rim = max(1.0, width / 12)
    ImageDraw.Draw(mask).ellipse((rim, rim, size[0] - 1 - rim, size[1] - 1 - rim), fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(rim / 2))
    return Actor(np.asarray(part), np.asarray(soft), width)


def scene(actors: Sequence[Actor], count: int, seed: int) -> list[Shot]:
    """Frames of a scene, each a function of the actors, its number and the seed.

    Args:
        actors: those of PLAY in turn; with fewer of them some play several parts, with none the room is
            empty.
        count: frames from its first empty one to its last.
    Returns:
        frames of 320x240 RGB, FRAME_MS apart.
    """
    rng = np.random.default_rng(seed)
    room = _room(rng)
    shots = []
    for number in range(count):
        frame = room.copy()
        shake = rng.normal(0, SHAKE_PX, 2)
        time = number / max(1, count - 1)
        there = 0
        for place in reversed(range(CAST if actors else 0)):  # the first one stands in front
            seen = PLAY[place].at(time)
            if seen is not None:
                _put(frame, actors[place % len(actors)], seen, shake)
                there += 1
        noisy = frame + rng.normal(0, NOISE, frame.shape)
        pixels = np.clip(noisy + 0.5, 0, 255).astype(np.uint8)
        shots.append(Shot(f"frame {number} of a scene, {there} faces on their way", pixels))
    return shots


def painted(rng: np.random.Generator) -> Actor:
    """A plain face of its own skin, with two eyes, a nose and a mouth, where there are no pictures of any."""
    skin = tuple(int(v) for v in rng.uniform(90, 240) * np.array([1.0, 0.8, 0.65]))
    picture = Image.new("RGB", (64, 64), tuple(int(v) for v in rng.integers(0, 90, 3)))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((8, 2, 56, 62), fill=skin)
    for x in (21, 43):
        pen.ellipse((x - 6, 22, x + 6, 30), fill=(235, 235, 235))
        pen.ellipse((x - 3, 23, x + 3, 29), fill=(20, 20, 20))
        pen.line((x - 7, 17, x + 7, 17), fill=(40, 25, 20), width=2)
    pen.line((32, 28, 30, 40, 34, 40), fill=tuple(v * 2 // 3 for v in skin), width=2)
    pen.ellipse((22, 46, 42, 53), fill=(150, 50, 50))
    return cut_out(picture.filter(ImageFilter.GaussianBlur(0.8)), (12, 14, 40, 46))


def _room(rng: np.random.Generator) -> NDArray[np.float32]:
    """A wall with soft shades and a few plain things: float32 [H, W, 3]."""
    wall = rng.uniform(70, 150, 3)
    shades = Image.fromarray(rng.uniform(-25, 25, (4, 5)).astype(np.float32))
    size = FRAME_WIDTH_PX, FRAME_HEIGHT_PX
    soft = np.asarray(shades.resize(size, Image.Resampling.BICUBIC), np.float32)
    picture = Image.fromarray(np.clip(wall + soft[..., None], 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(4):
        x, y = rng.uniform(0, 1, 2) * size
        width, height = rng.uniform(20, 90, 2)
        pen.rectangle((x, y, x + width, y + height), fill=tuple(int(v) for v in rng.integers(40, 200, 3)))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(1.2)), np.float32)


def _put(
    frame: NDArray[np.float32], actor: Actor, seen: tuple[float, float, float], shake: NDArray[np.float64]
) -> None:
    """Lays a face over the frame, in place; it may reach over the border. Parts of a px count."""
    x, y = np.array(seen[:2]) * [FRAME_WIDTH_PX, FRAME_HEIGHT_PX] + shake
    step = actor.face_width / (seen[2] * FRAME_WIDTH_PX)
    height, width = actor.mask.shape
    way = (step, 0, width / 2 - step * x, 0, step, height / 2 - step * y)
    size = FRAME_WIDTH_PX, FRAME_HEIGHT_PX
    layers = [
        np.asarray(
            Image.fromarray(layer).transform(size, Image.Transform.AFFINE, way, Image.Resampling.BILINEAR),
            np.float32,
        )
        for layer in (actor.picture, actor.mask)
    ]
    weight = layers[1][..., None] / np.float32(255)
    frame += weight * (layers[0] - frame)
