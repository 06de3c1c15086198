"""The faces of the demo: real ones from the shared data, else the public-domain portrait in scikit-image.

The portrait is moved, turned, scaled and lit as a camera would see it; every view is another picture.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from codegen.errors import PictureError, ToolError
from codegen.installation import extra_command
from codegen.picture_files import read_picture
from codegen.program.picture import face_crop
from codegen.tables import read_table
from host_tools.pictures.files import (
    FRAME_HEIGHT_PX,
    FRAME_WIDTH_PX,
    FaceBox,
    Shot,
    camera_shot,
)
from host_tools.pictures.scenes import CAST, Actor, cut_out

LANDMARK_FOLDER = Path("data") / "landmarks68_train"
STORED_CROP_OVER_FACE = 1.8
"""Side of a stored picture over the longer side of the face box in its middle."""
IDENTITIES = -(2**31), 2**31 - 1
"""Least and most number of a person."""
VALIDATION_REST = 1
"""Validation identities are those with identity % 8 == 1; the test identities are never shown here."""

ASTRONAUT_FACE: FaceBox = (181.0, 88.0, 90.0, 90.0)
"""Box of jaw and brows in skimage.data.astronaut() (512x512, Eileen Collins, NASA, public domain): jaw
edges, brow tops and chin read off the picture."""
TURN_DEGREES, SHIFT_OF_FACE, SCALE_STEPS, LIGHT_STEPS = 15.0, 0.06, 0.12, 0.25


def demo_faces(count: int, margin: float, seed: int) -> tuple[str, list[Shot]]:
    """Distinct pictures of real faces.

    Args:
        count: how many.
        margin: crop side over the longer side of the face box (`input.margin` of the card).
        seed: of the choice, and of the portrait's views.
    Returns:
        what they are, for people, and the frames.
    Raises:
        ToolError: neither the shared data nor scikit-image is there.
    """
    folder = _shared_folder()
    if folder is not None:
        shots = validation_faces(folder, count, margin, seed)
        return f"{len(shots)} validation pictures of {folder.name}", shots
    return f"{count} views of one portrait (skimage.data.astronaut)", portrait_views(count, margin, seed)


def scene_cast(seed: int) -> tuple[str, list[Actor]]:
    """Faces that play a scene (`scenes.scene`).

    Args:
        seed: of the choice.
    Returns:
        what they are, for people, and the faces.
    Raises:
        ToolError: neither the shared data nor scikit-image is there.
        PictureError: the shared data can't be read.
    """
    folder = _shared_folder()
    if folder is None:
        return "one portrait (skimage.data.astronaut)", [cut_out(portrait(), ASTRONAUT_FACE)]
    actors = []
    for name in _validation_files(folder, CAST, seed):
        picture = read_picture(folder / "images" / name)
        face = picture.width / STORED_CROP_OVER_FACE
        start = (picture.width - face) / 2
        actors.append(cut_out(picture, (start, start, face, face)))
    return f"{CAST} validation pictures of {folder.name}", actors


def _shared_folder() -> Path | None:
    """The landmark pictures of the shared data, None where they are not there."""
    data = os.environ.get("TINYFACE_DATA")
    folder = Path(data) / LANDMARK_FOLDER if data else None
    return folder if folder is not None and (folder / "labels.csv").is_file() else None


def validation_faces(folder: Path, count: int, margin: float, seed: int) -> list[Shot]:
    """Pictures of validation identities, a different person each time round.

    Raises:
        PictureError: the table or a picture can't be read, or there are too few.
    """
    shots = []
    for name in _validation_files(folder, count, seed):
        picture = read_picture(folder / "images" / name)
        face = picture.width / STORED_CROP_OVER_FACE
        start = (picture.width - face) / 2
        shots.append(camera_shot(name, picture, face_crop(start, start, face, face, margin)))
    return shots


def _validation_files(folder: Path, count: int, seed: int) -> list[str]:
    """So many of their names; as `validation_faces`."""
    table = folder / "labels.csv"
    by_person: dict[int, list[str]] = {}
    remedy = "Copy the data again."
    for row in read_table(table, ("file", "identity"), PictureError, remedy):
        try:
            person = row.integer("identity", *IDENTITIES)
        except ValueError as error:
            raise PictureError(str(error), row.where, remedy) from error
        if person % 8 == VALIDATION_REST:
            by_person.setdefault(person, []).append(row.cells["file"])
    rng = np.random.default_rng(seed)
    people = [sorted(files) for _, files in sorted(by_person.items())]
    for files in people:
        rng.shuffle(files)
    rounds = [files[k] for k in range(max(map(len, people), default=0)) for files in people if k < len(files)]
    if len(rounds) < count:
        raise PictureError(
            f"there are {len(rounds)} validation pictures, {count} are asked for",
            str(folder),
            "Ask for fewer.",
        )
    return rounds[:count]


def portrait_views(count: int, margin: float, seed: int) -> list[Shot]:
    """Views of the portrait: turned, shifted, scaled and lit at random around the face box.

    Raises:
        ToolError: scikit-image is not installed.
    """
    astronaut = portrait()
    x, y, width, height = ASTRONAUT_FACE
    rng = np.random.default_rng(seed)
    shots = []
    for number in range(count):
        turn, shift_x, shift_y, scale, light = rng.uniform(-1.0, 1.0, 5)
        face = max(width, height)
        side = face * margin * (1 + SCALE_STEPS * scale)
        centre_x = x + width / 2 + SHIFT_OF_FACE * face * shift_x
        centre_y = y + height / 2 + SHIFT_OF_FACE * face * shift_y
        view = _turned_view(astronaut, centre_x, centre_y, side, math.radians(TURN_DEGREES * turn))
        view = ImageEnhance.Brightness(view).enhance(1 + LIGHT_STEPS * light)
        shots.append(Shot(f"view {number}", np.asarray(view)))
    return shots


def portrait() -> Image.Image:
    """The astronaut, RGB, 512x512.

    Raises:
        ToolError: scikit-image is not installed.
    """
    try:
        from skimage.data import astronaut
    except ImportError as error:
        raise ToolError(
            "the demo's portrait comes with scikit-image, which is not installed",
            "demo",
            f"Run `{extra_command('demo')}`, set TINYFACE_DATA, or give --pictures.",
        ) from error
    return Image.fromarray(astronaut())


def _turned_view(picture: Image.Image, x: float, y: float, side: float, angle: float) -> Image.Image:
    """A frame whose centre square is the turned square of `side` px around (x, y) of the picture."""
    step = side / FRAME_HEIGHT_PX
    a, b = step * math.cos(angle), -step * math.sin(angle)
    d, e = step * math.sin(angle), step * math.cos(angle)
    c = x - a * FRAME_WIDTH_PX / 2 - b * FRAME_HEIGHT_PX / 2
    f = y - d * FRAME_WIDTH_PX / 2 - e * FRAME_HEIGHT_PX / 2
    return picture.transform(
        (FRAME_WIDTH_PX, FRAME_HEIGHT_PX),
        Image.Transform.AFFINE,
        (a, b, c, d, e, f),
        Image.Resampling.BICUBIC,
    )
