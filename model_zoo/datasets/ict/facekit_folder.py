"""The mesh as ICT-FaceKit has it: the folder FaceXModel with one .obj file a shape.

Of all files the vertices are read, of the neutral one the polygons, too. Vertices, parts and the 68 points
have the numbers that its README states (ICT-VGL/ICT-FaceKit).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.datasets.ict.mesh import (
    EYE_SOCKET,
    EYEBALL,
    EYELASHES,
    FACE,
    HEAD_NECK,
    MOUTH_SOCKET,
    REGIONS,
    TEETH,
    FaceMesh,
    mesh_of,
)

NEUTRAL, INDEX = "generic_neutral_mesh.obj", "vertex_indices.json"
IDENTITIES = 40
"""Of its 100 shapes of identity, in the order of their variance: 97 % of it."""
VERTICES = 26719
PARTS = (
    (0, 9409, FACE), (9409, 11248, HEAD_NECK), (11248, 13294, MOUTH_SOCKET), (13294, 14062, EYE_SOCKET),
    (17039, 21451, TEETH), (22221, 23021, EYEBALL), (23791, 24591, EYEBALL), (25351, 26719, EYELASHES),
)  # fmt: skip
"""First vertex, the one behind the last, and what they are; all others are left out."""
POINTS = (
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443,
    268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147,
    4269, 3360, 1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732, 5708, 5695, 2081,
    0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
)  # fmt: skip
"""Vertices of the 68 points ("Multi-PIE 68 point facial landmarks indices")."""
REMEDY = "Take the folder FaceXModel of ICT-FaceKit as its makers give it."
BACK = 9.0
"""Stands for the back of an eyeball."""


def read_folder(folder: Path) -> FaceMesh:
    """Reads the neutral face, the first IDENTITIES shapes of identity, and all expressions.

    Raises:
        DataError: a file is missing or is not what it must be.
    """
    neutral, polygons = _vertices(folder / NEUTRAL), _triangles(folder / NEUTRAL)
    names = _expressions(folder / INDEX)
    kept = np.concatenate([np.arange(first, last) for first, last, _ in PARTS])
    number = np.full(VERTICES, -1, np.int32)
    number[kept] = np.arange(len(kept))
    triangles = number[polygons]
    region = np.concatenate([np.full(last - first, part, np.uint8) for first, last, part in PARTS])

    def offsets(files: list[str]) -> NDArray[np.float32]:
        return np.stack([(_vertices(folder / f"{file}.obj") - neutral)[kept] for file in files])

    arrays = {
        "neutral": neutral[kept],
        "identity": offsets([f"identity{k:03d}" for k in range(IDENTITIES)]),
        "expression": offsets(list(names)),
        "expression_names": np.array(names),
        "region_names": np.array(REGIONS),
        "triangles": triangles[(triangles >= 0).all(1)],
        "region": region,
        "eye_axis_radius": _from_axis(neutral[kept], region),
        "landmarks68": number[list(POINTS)],
    }
    return mesh_of(arrays, str(folder))


def _lines(path: Path, key: str) -> list[str]:
    """What stands behind a key, of each line that begins with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"it can't be read ({error})", str(path), REMEDY) from error
    return [line[len(key) + 1 :] for line in text.splitlines() if line.startswith(key + " ")]


def _vertices(path: Path) -> NDArray[np.float32]:
    """All vertices of a file: float32 [VERTICES, 3]."""
    lines = _lines(path, "v")
    try:
        values = np.array(" ".join(lines).split(), np.float32).reshape(-1, 3)
    except ValueError as error:
        raise DataError(f"a vertex is no three numbers ({error})", str(path), REMEDY) from error
    if len(values) != VERTICES:
        raise DataError(f"it has {len(values)} vertices, and must have {VERTICES}", str(path), REMEDY)
    return values


def _triangles(path: Path) -> NDArray[np.int32]:
    """All polygons as triangles: int32 [T, 3]."""
    found = []
    try:
        for line in _lines(path, "f"):
            corners = [int(corner.split("/")[0]) - 1 for corner in line.split()]
            found += [(corners[0], corners[k], corners[k + 1]) for k in range(1, len(corners) - 1)]
    except ValueError as error:
        raise DataError(f"a polygon is no list of vertices ({error})", str(path), REMEDY) from error
    triangles = np.array(found, np.int32).reshape(-1, 3)
    if not len(triangles) or triangles.min() < 0 or triangles.max() >= VERTICES:
        raise DataError("its polygons name vertices that are not there", str(path), REMEDY)
    return triangles


def _expressions(path: Path) -> tuple[str, ...]:
    try:
        names = json.loads(path.read_text(encoding="utf-8"))["expressions"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"it does not list the expressions ({error})", str(path), REMEDY) from error
    if not isinstance(names, list) or not all(isinstance(n, str) and n.isidentifier() for n in names):
        raise DataError("its list of expressions holds something that is no name", str(path), REMEDY)
    return tuple(names)


def _from_axis(vertices: NDArray[np.float32], region: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far vertices of eyeballs lie from the axis forward through their middle; BACK where behind that."""
    radius = np.full(len(vertices), np.nan, np.float32)
    for side in (-1, 1):
        rows = np.flatnonzero((region == EYEBALL) & (np.sign(vertices[:, 0]) == side))
        away = vertices[rows] - (vertices[rows].min(0) + vertices[rows].max(0)) / 2
        radius[rows] = np.where(away[:, 2] < 0, BACK, np.hypot(away[:, 0], away[:, 1]))
    return radius
