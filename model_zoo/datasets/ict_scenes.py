"""Scenes for detectors that anybody may use for anything: heads of ICT-FaceKit's mesh (MIT) before freely
licensed photographs, and these photographs, with and without faces.

Scene k of group g is a function of (seed, g, k), the mesh and the photographs alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model_zoo.datasets import dataset
from model_zoo.datasets.face_set import KEY_POINTS, FaceSet
from model_zoo.datasets.ict.anatomy import Anatomy, anatomy_of
from model_zoo.datasets.ict.camera import GAMMA, photograph
from model_zoo.datasets.ict.mesh import FaceMesh
from model_zoo.datasets.ict.picture import (
    CROP_OVER_FACE,
    FINE_PX,
    SIDE_PX,
    Model,
    in_picture,
    paint,
    random_model,
)
from model_zoo.datasets.ict_facekit import content, find, free_photographs_in, free_terms, mesh_in
from model_zoo.datasets.live_set import detector_boxes
from model_zoo.datasets.pasted_heads import HEIGHT, LARGEST, SMALLEST, WIDTH, ground, key_points, touch
from model_zoo.datasets.render_cache import Report

NAME = "ict_scenes_free"
MADE = "rendered heads and a few freely licensed photographs"
"""What the pictures show, as cards tell it."""
GROUPS, SCENES_EACH, SEED = 500, 4, 0
"""Of the set that commands use."""
MOST_HEADS = 3
"""People of a group, and heads in a scene."""
WITHOUT = 0.2
"""Share of the scenes without a head."""
NEED = 0.6
"""Least way of a head's middle from the border, over the longer side of the box around its points."""
PHOTOGRAPHED = 0.8
"""Share of the grounds that are photographs, where there are some."""


Scene = tuple[NDArray[np.uint8], list[NDArray[np.float32]], list[NDArray[np.float32]]]
"""Picture, boxes and key points."""


def _ground(photographs: Sequence[NDArray[np.uint8]], rng: np.random.Generator) -> NDArray[np.float32]:
    """What lies behind: a part of a photograph, by lot mirrored, or a pattern: float32 [HEIGHT, WIDTH]."""
    if not photographs or rng.random() >= PHOTOGRAPHED:
        return ground(rng)
    picture = photographs[int(rng.integers(len(photographs)))]
    high, wide = picture.shape
    share = float(rng.uniform(0.6, 1.0)) * min(wide / WIDTH, high / HEIGHT)
    across, down = max(1, int(share * WIDTH)), max(1, int(share * HEIGHT))
    left, top = int(rng.integers(0, wide - across + 1)), int(rng.integers(0, high - down + 1))
    cut = Image.fromarray(picture[top : top + down, left : left + across])
    if rng.random() < 0.5:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(cut.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR), np.float32)


def _put(
    picture: NDArray[np.float32], model: Model, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """A head somewhere in a scene, which is not changed: the scene with it, and its 68 points in px of it;
    None where its box would reach over the border."""
    wide = WIDTH * float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
    side = min(round(wide * CROP_OVER_FACE), round(0.95 * HEIGHT * CROP_OVER_FACE))
    room = NEED * side / CROP_OVER_FACE
    middle = rng.uniform([room, room], np.maximum([WIDTH - room, HEIGHT - room], room))
    x, y = (middle - side / 2).round().astype(int)
    around = np.pad(picture, side, mode="edge")[y + side : y + 2 * side, x + side : x + 2 * side]
    levels = Image.fromarray(np.clip(around + 0.5, 0, 255).astype(np.uint8))
    behind = np.asarray(levels.resize((FINE_PX, FINE_PX), Image.Resampling.BILINEAR), np.float32) / 255
    painted = paint(model, rng, lambda: np.asarray(behind ** (1 / GAMMA), np.float32))
    points = (
        (in_picture(painted.points) + 0.5) * np.float32(side / SIDE_PX) - 0.5 + np.array([x, y], np.float32)
    )
    box = detector_boxes(points[None])[0]
    if (box[:2] < 0).any() or (box[:2] + box[2:] > [WIDTH, HEIGHT]).any():
        return None
    head = Image.fromarray(photograph(painted.radiance, SIDE_PX, rng)).resize(
        (side, side), Image.Resampling.BOX
    )
    mask = Image.fromarray(painted.covered.astype(np.uint8) * 255).resize((side, side), Image.Resampling.BOX)
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(0.7)), np.float32) / 255
    whole = picture.copy()
    left, top = max(0, x), max(0, y)
    window = whole[top : y + side, left : x + side]
    rows = slice(top - y, top - y + window.shape[0])
    columns = slice(left - x, left - x + window.shape[1])
    window += soft[rows, columns] * (np.asarray(head, np.float32)[rows, columns] - window)
    return whole, points.astype(np.float32)


def scene(
    people: Sequence[Model], photographs: Sequence[NDArray[np.uint8]], rng: np.random.Generator
) -> Scene:
    """Up to one head of each of some people before a ground.

    Returns:
        uint8 [HEIGHT, WIDTH]; of each head the box, float32 [4], and KEY_POINTS, float32 [4, 2], px.
    """
    picture, boxes, points = (
        _ground(photographs, rng),
        list[NDArray[np.float32]](),
        list[NDArray[np.float32]](),
    )
    count = 0 if rng.random() < WITHOUT else int(rng.integers(1, len(people) + 1))
    for model in people[:count]:
        drawn = _put(picture, model, rng)
        if drawn is None:
            continue
        box = detector_boxes(drawn[1][None])[0]
        if any(touch(box, other) for other in boxes):
            continue
        picture = drawn[0]
        boxes.append(box)
        points.append(key_points(drawn[1]))
    noisy = picture + rng.normal(0, rng.uniform(0, 4), picture.shape)
    return np.asarray(np.clip(noisy + 0.5, 0, 255), np.uint8), boxes, points


def generate(
    mesh: FaceMesh,
    photographs: Sequence[NDArray[np.uint8]],
    groups: int,
    scenes_each: int,
    seed: int,
    report: Report = lambda done, total: None,
) -> dict[str, Any]:
    """The columns of a set of scenes; those of fewer groups are the beginning of those of more.

    Args:
        photographs: for the grounds, uint8 [H, W] each, at least as large as half a scene; may be none.
        groups: identities 0 to groups - 1, with so many scenes each.
    """
    anatomy: Anatomy = anatomy_of(mesh)
    total, told = groups * scenes_each, list[Scene]()
    for group in range(groups):
        people = [random_model(anatomy, np.random.default_rng((seed, group, k))) for k in range(MOST_HEADS)]
        for k in range(scenes_each):
            report(len(told), total)
            told.append(scene(people, photographs, np.random.default_rng((seed, group, k, 7))))
    report(total, total)
    return {
        "pictures": np.stack([picture for picture, _, _ in told]),
        "identities": np.repeat(np.arange(groups, dtype=np.int32), scenes_each),
        "files": tuple(f"ictscene{group:05d}_{k:02d}" for group in range(groups) for k in range(scenes_each)),
        "boxes": tuple(np.array(boxes, np.float32).reshape(-1, 4) for _, boxes, _ in told),
        "ignore": tuple(np.zeros(len(boxes), np.bool_) for _, boxes, _ in told),
        "points": tuple(
            np.array(points, np.float32).reshape(-1, len(KEY_POINTS), 2) for _, _, points in told
        ),
    }


def fitted(photographed: FaceSet) -> dict[str, Any]:
    """The columns of photographs, each brought into a scene's size with black beside or above it."""
    pictures, boxes, points = (
        list[NDArray[np.uint8]](),
        list[NDArray[np.float32]](),
        list[NDArray[np.float32]](),
    )
    for row, picture in enumerate(photographed.pictures):
        high, wide = picture.shape[:2]
        zoom = min(WIDTH / wide, HEIGHT / high)
        size = min(WIDTH, max(1, round(wide * zoom))), min(HEIGHT, max(1, round(high * zoom)))
        start = np.array([(WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2], np.float32)
        grown = np.array([size[0] / wide, size[1] / high], np.float32)
        canvas = Image.new("L", (WIDTH, HEIGHT))
        shrunk = Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
        canvas.paste(shrunk, (int(start[0]), int(start[1])))
        own = photographed.boxes[row]
        pictures.append(np.asarray(canvas))
        boxes.append(np.concatenate([own[:, :2] * grown + start, own[:, 2:] * grown], 1).astype(np.float32))
        points.append(((photographed.points[row] + 0.5) * grown - 0.5 + start).astype(np.float32))
    return {
        "pictures": np.stack(pictures),
        "identities": photographed.identities,
        "files": photographed.files,
        "boxes": tuple(boxes),
        "ignore": photographed.ignore,
        "points": tuple(points),
    }


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {
        key: np.concatenate([one, second[key]]) if isinstance(one, np.ndarray) else (*one, *second[key])
        for key, one in first.items()
    }


def _set_of(folder: Path, **columns: Any) -> FaceSet:
    return FaceSet(name=NAME, licence=free_terms(folder), people_stated=False, made=MADE, **columns)


@dataset(NAME, task="faces", find=find, renders=_set_of, content=content, by_name=True)
def scenes(folder: Path, report: Report = lambda done, total: None) -> FaceSet:
    """Scenes, and the freely licensed photographs beside the mesh, where there are some.

    Raises:
        DataError: the mesh or a photograph can't be used.
    """
    photographed, behind = free_photographs_in(folder)
    columns = generate(mesh_in(folder), behind, GROUPS, SCENES_EACH, SEED, report)
    if photographed is not None and len(photographed):
        columns = _joined(columns, fitted(photographed))
    return _set_of(folder, **columns)
