"""Rendered faces with exact points, drawn from the mesh of ICT-FaceKit (ICT-VGL/ICT-FaceKit, MIT).

Picture k of person i is a function of (seed, i, k), the mesh and the photographs behind the heads alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.datasets import dataset, face_boxes
from model_zoo.datasets.data_root import data_root
from model_zoo.datasets.face_set import FaceSet
from model_zoo.datasets.ict.anatomy import Anatomy, anatomy_of
from model_zoo.datasets.ict.facekit_folder import NEUTRAL, read_folder
from model_zoo.datasets.ict.grounds import square
from model_zoo.datasets.ict.mesh import FILE, FaceMesh, read_packed
from model_zoo.datasets.ict.picture import CROP_OVER_FACE, SIDE_PX, picture_of, random_model
from model_zoo.datasets.landmark_set import LandmarkSet, without_pictures
from model_zoo.datasets.live_set import BOXES, LiveSet, with_face_free
from model_zoo.datasets.pasted_heads import ground
from model_zoo.datasets.points68 import SCHEME
from model_zoo.datasets.render_cache import Report
from model_zoo.datasets.samples import HEADS

NAME, PLAIN, LIVE, FREE = "ict_facekit", "ict_facekit_plain", "ict_facekit_live", "ict_facekit_free"
MIT = "drawn from the mesh of ICT-FaceKit (MIT, (c) 2020 USC Institute for Creative Technologies)"
AROUND = f"squares around the 68 points of each face, 1/{CROP_OVER_FACE:g} of the picture"
PLACES = (
    ".", "data", "ict_facekit", "data/ict_facekit", "FaceXModel", "ICT-FaceKit/FaceXModel",
    "data/ICT-FaceKit/FaceXModel",
)  # fmt: skip
"""Where below a person's folder the mesh may lie."""
PHOTOGRAPHS = "detection_train"
"""Beside the mesh, the folder whose face-free pictures lie behind the heads."""
PEOPLE, PICTURES_EACH, SEED = 1000, 6, 0
"""Of the set that commands use."""
GROUNDS = 2000
"""Face-free pictures of the set with both."""


def find(data: Path | None) -> Path | None:
    """The folder of the mesh, packed or as ICT-FaceKit has it, in `data` or what TINYFACE_DATA names.

    Returns:
        None where neither `data` nor TINYFACE_DATA is given.
    Raises:
        DataError: the one that is given holds no mesh.
    """
    root = data_root(data)
    if root is None:
        return None
    for place in PLACES:
        folder = root / place
        try:
            if (folder / FILE).is_file() or (folder / NEUTRAL).is_file():
                return folder
        except OSError as error:
            raise DataError(
                f"the folder can't be read ({error.strerror})", str(folder), "Check its rights."
            ) from error
    raise DataError(
        f"it holds no mesh of ICT-FaceKit: there is no {FILE} and no {NEUTRAL}",
        str(root),
        "Name ICT-FaceKit's folder FaceXModel, or that of the packed mesh, with --data (docs/datasets.md).",
    )


def mesh_in(folder: Path) -> FaceMesh:
    """The mesh of a folder that `find` found.

    Raises:
        DataError: a file of it can't be used; says which one and why.
    """
    packed = folder / FILE
    return read_packed(packed) if packed.is_file() else read_folder(folder)


def photographs_in(folder: Path) -> tuple[NDArray[np.uint8], ...]:
    """Face-free pictures of the training part beside the mesh; none where there are none.

    Raises:
        DataError: they are there, and can't be read.
    """
    beside = _beside(folder)
    if beside is None:
        return ()
    free = face_boxes.load_face_free(beside)
    return tuple(free.pictures[row] for row in np.flatnonzero(free.identities % 8 > 1))


def free_photographs_in(folder: Path) -> tuple[FaceSet | None, tuple[NDArray[np.uint8], ...]]:
    """Of the photographs beside the mesh those that anybody may use for anything: all of them, and the
    face-free ones of the training part; None and none where there are none.

    Raises:
        DataError: they are there, and can't be read.
    """
    beside = _beside(folder)
    if beside is None:
        return None, ()
    free = face_boxes.load_free_to_use(beside)
    rows = np.flatnonzero(free.face_free() & (free.identities % 8 > 1))
    return free, tuple(free.pictures[row] for row in rows)


def _beside(folder: Path) -> Path | None:
    beside = folder / PHOTOGRAPHS
    return beside if (beside / "images.csv").is_file() and (beside / "boxes.csv").is_file() else None


def content(folder: Path) -> str:
    """SHA-256 (hex) of all in a folder that pictures hang on, photographs by their table."""
    digest = hashlib.sha256()
    packed = folder / FILE
    files = [packed] if packed.is_file() else sorted(folder.glob("*.obj"))
    beside = _beside(folder)
    for file in [*files, *([] if beside is None else [beside / "images.csv", beside / "boxes.csv"])]:
        digest.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def content_plain(folder: Path) -> str:
    """The same of the mesh alone."""
    return content(folder) + " alone"


def generate(
    mesh: FaceMesh,
    photographs: Sequence[NDArray[np.uint8]],
    people: int,
    pictures_each: int,
    seed: int,
    report: Report = lambda done, total: None,
) -> dict[str, Any]:
    """The columns of a set of faces; those of fewer people are the beginning of those of more.

    Args:
        photographs: for the grounds, uint8 [H, W] each; may be none.
        people: identities 0 to people - 1, with so many pictures each.
    """
    anatomy: Anatomy = anatomy_of(mesh)
    pictures: list[NDArray[np.uint8]] = []
    points: list[NDArray[np.float32]] = []
    total = people * pictures_each
    for person in range(people):
        model = random_model(anatomy, np.random.default_rng((seed, person)))
        for k in range(pictures_each):
            report(len(pictures), total)
            picture, truth = picture_of(model, np.random.default_rng((seed, person, k)), photographs)
            pictures.append(picture)
            points.append(truth)
    report(total, total)
    side = SIDE_PX / CROP_OVER_FACE
    start = (SIDE_PX - side) / 2
    boxes = np.tile(np.array([start, start, side, side], np.float32), (total, 1))
    labels = np.stack(points)
    return {
        "pictures": np.stack(pictures),
        "points": labels,
        "boxes": boxes,
        "norms": SCHEME.norms(labels, boxes),
        "identities": np.repeat(np.arange(people, dtype=np.int32), pictures_each),
        "files": tuple(f"ict{person:05d}_{k:02d}" for person in range(people) for k in range(pictures_each)),
    }


def terms(folder: Path) -> str:
    """Of the heads drawn from a mesh, and of the photographs behind them."""
    beside = _beside(folder)
    return MIT if beside is None else f"{MIT}; behind the heads: {face_boxes.owner(beside)[1]}"


def _set_of(folder: Path, **columns: Any) -> LandmarkSet:
    return LandmarkSet(
        name=NAME, licence=terms(folder), scheme=SCHEME, boxes_made=AROUND, made=HEADS, **columns
    )


def _plain_of(folder: Path, **columns: Any) -> LandmarkSet:
    return LandmarkSet(name=PLAIN, licence=MIT, scheme=SCHEME, boxes_made=AROUND, made=HEADS, **columns)


def _live_of(folder: Path, **columns: Any) -> LiveSet:
    return LiveSet(name=LIVE, licence=terms(folder), scheme=SCHEME, boxes_made=BOXES, made=HEADS, **columns)


def free_terms(folder: Path) -> str:
    """Of sets that are drawn from the mesh and from photographs that anybody may use.

    Raises:
        DataError: the photographs are there, and can't be read.
    """
    free = free_photographs_in(folder)[0]
    return MIT if free is None or not len(free) else f"{MIT}; photographs: {free.licence}"


def _free_of(folder: Path, **columns: Any) -> LiveSet:
    return LiveSet(
        name=FREE, licence=free_terms(folder), scheme=SCHEME, boxes_made=BOXES, made=HEADS, **columns
    )


def _outline(folder: Path) -> LandmarkSet:
    return without_pictures(NAME, terms(folder), SCHEME)


def _outline_plain(folder: Path) -> LandmarkSet:
    return without_pictures(PLAIN, MIT, SCHEME)


def _silent(done: int, total: int) -> None:
    """Hears of pictures, and says nothing."""


@dataset(NAME, task="landmarks", find=find, renders=_set_of, outline=_outline, content=content, by_name=True)
def faces(folder: Path, report: Report = _silent) -> LandmarkSet:
    """Faces before photographs, where there are some.

    Raises:
        DataError: the mesh or a photograph can't be used.
    """
    photographs, mesh = photographs_in(folder), mesh_in(folder)
    return _set_of(folder, **generate(mesh, photographs, PEOPLE, PICTURES_EACH, SEED, report))


@dataset(
    PLAIN, task="landmarks", find=find, renders=_plain_of, outline=_outline_plain, content=content_plain,
    by_name=True,
)  # fmt: skip
def plain(folder: Path, report: Report = _silent) -> LandmarkSet:
    """Faces before patterns of our own: all of it may be used freely.

    Raises:
        DataError: the mesh can't be used.
    """
    return _plain_of(folder, **generate(mesh_in(folder), (), PEOPLE, PICTURES_EACH, SEED, report))


@dataset(LIVE, task="marks", find=find, renders=_live_of, content=content, by_name=True)
def live(folder: Path, report: Report = _silent) -> LiveSet:
    """The same faces, and pictures without one: the photographs, where there are some, else patterns.

    Raises:
        DataError: the mesh or a photograph can't be used.
    """
    return _with_grounds(folder, photographs_in(folder), LIVE, terms(folder), report)


@dataset(FREE, task="marks", find=find, renders=_free_of, content=content, by_name=True)
def free(folder: Path, report: Report = _silent) -> LiveSet:
    """The same with those photographs alone that anybody may use for anything.

    Raises:
        DataError: the mesh or a photograph can't be used.
    """
    return _with_grounds(folder, free_photographs_in(folder)[1], FREE, free_terms(folder), report)


def _with_grounds(
    folder: Path, photographs: Sequence[NDArray[np.uint8]], name: str, licence: str, report: Report
) -> LiveSet:
    columns = generate(mesh_in(folder), photographs, PEOPLE, PICTURES_EACH, SEED, report)
    return with_face_free(
        _set_of(folder, **columns),
        free_of_faces(photographs, GROUNDS, SEED),
        PEOPLE + np.arange(GROUNDS),
        [f"ground{number:05d}" for number in range(GROUNDS)],
        name=name,
        licence=licence,
    )


def free_of_faces(photographs: Sequence[NDArray[np.uint8]], count: int, seed: int) -> NDArray[np.uint8]:
    """Squares without a face: uint8 [count, SIDE_PX, SIDE_PX]."""
    drawn = []
    for number in range(count):
        rng = np.random.default_rng((seed, number, 6))
        if photographs:
            drawn.append(square(photographs[int(rng.integers(len(photographs)))], rng, SIDE_PX))
        else:
            drawn.append(np.clip(ground(rng)[:SIDE_PX, :SIDE_PX] + 0.5, 0, 255).astype(np.uint8))
    return np.stack(drawn)
