"""The mesh of a face that changes with identity and expression, read from its packed file.

Units: cm; x to the subject's left (image right in a frontal view), y up, z towards the viewer.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError

FILE = "ict_face.npz"
REGIONS = ("face", "head_neck", "mouth_socket", "eye_socket", "teeth", "eyeball", "eyelashes")
FACE, HEAD_NECK, MOUTH_SOCKET, EYE_SOCKET, TEETH, EYEBALL, EYELASHES = range(len(REGIONS))
REMEDY = "Pack the mesh again, or name ICT-FaceKit's own folder FaceXModel with --data (docs/datasets.md)."
MOST_CM = 100.0
"""No vertex lies farther from the origin."""


@dataclass(frozen=True, eq=False)
class FaceMesh:
    """A mesh and how it changes: vertices = neutral + identity . weights + expression . weights.

    Attributes:
        neutral: float32 [V, 3], cm.
        identity: float32 [I, V, 3], cm; weights are normal with deviation 1.
        expression: float32 [E, V, 3], cm; weights from 0 to 1.
        expression_names: E of them, as ARKit calls them with _L and _R.
        triangles: int32 [T, 3], counter-clockwise seen from outside.
        region: uint8 [V], index into REGIONS.
        eye_radius: float32 [V], eyeballs only: cm from the optical axis; NaN elsewhere.
        landmarks: int32 [68], vertices of the usual 68 points.
    """

    neutral: NDArray[np.float32]
    identity: NDArray[np.float32]
    expression: NDArray[np.float32]
    expression_names: tuple[str, ...]
    triangles: NDArray[np.int32]
    region: NDArray[np.uint8]
    eye_radius: NDArray[np.float32]
    landmarks: NDArray[np.int32]

    def shaped(self, identity: NDArray[np.float32]) -> NDArray[np.float32]:
        """The neutral face of a person: float32 [V, 3], of float32 [I] weights."""
        moved = identity @ self.identity.reshape(len(self.identity), -1)
        shaped: NDArray[np.float32] = self.neutral + moved.reshape(-1, 3)
        return shaped

    def moved(self, person: NDArray[np.float32], mood: Mapping[str, float]) -> NDArray[np.float32]:
        """A person's face in a mood: float32 [V, 3].

        Args:
            person: float32 [V, 3], of `shaped`.
            mood: weights by name; names that the mesh does not know change nothing.
        """
        rows = [k for k, name in enumerate(self.expression_names) if mood.get(name)]
        weights = np.array([mood[self.expression_names[k]] for k in rows], np.float32)
        moved: NDArray[np.float32] = person.copy()
        for row, weight in zip(rows, weights, strict=True):
            moved += weight * self.expression[row]
        return moved


def read_packed(path: Path) -> FaceMesh:
    """Reads the packed file.

    Raises:
        DataError: it can't be read, lacks an array, or an array is not what it must be.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        raise DataError(f"it is no file of packed arrays ({error})", str(path), REMEDY) from error
    return mesh_of(arrays, str(path))


def mesh_of(arrays: Mapping[str, NDArray[Any]], where: str) -> FaceMesh:
    """A mesh of arrays as the packed file has them, checked.

    Args:
        where: what they were read from, for messages.
    Raises:
        DataError: one is missing or is not what it must be.
    """
    take = _Checked(arrays, where)
    neutral = take.floats("neutral", (None, 3))
    count = len(neutral)
    names = take.words("expression_names")
    regions = take.words("region_names")
    if regions != REGIONS:
        take.refuse("region_names", f"is {', '.join(regions)}, and must be {', '.join(REGIONS)}")
    mesh = FaceMesh(
        neutral=neutral,
        identity=take.floats("identity", (None, count, 3)),
        expression=take.floats("expression", (len(names), count, 3)),
        expression_names=names,
        triangles=take.indices("triangles", (None, 3), count),
        region=take.indices("region", (count,), len(REGIONS)).astype(np.uint8),
        eye_radius=take.floats("eye_axis_radius", (count,), nan=True),
        landmarks=take.indices("landmarks68", (68,), count),
    )
    if (mesh.region[mesh.landmarks] != FACE).any():
        take.refuse("landmarks68", "names a vertex outside the region face")
    seen = mesh.neutral[mesh.landmarks]
    if not (seen[0, 0] < seen[30, 0] < seen[16, 0] and seen[27, 1] > seen[8, 1]):
        take.refuse("landmarks68", "does not run from the subject's right ear over the chin to the left one")
    return mesh


class _Checked:
    """Takes arrays out of a file; each fault names the array."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], where: str) -> None:
        self._arrays, self._where = arrays, where

    def refuse(self, name: str, cause: str) -> None:
        raise DataError(f"its array {name} {cause}", self._where, REMEDY)

    def _taken(self, name: str, kinds: str) -> NDArray[Any]:
        if name not in self._arrays:
            raise DataError(f"it has no array {name}", self._where, REMEDY)
        array = self._arrays[name]
        if array.dtype.kind not in kinds:
            self.refuse(name, f"holds {array.dtype}")
        return array

    def _shaped(self, name: str, array: NDArray[Any], shape: tuple[int | None, ...]) -> None:
        fits = len(array.shape) == len(shape) and len(array)
        if not fits or any(b is not None and a != b for a, b in zip(array.shape, shape, strict=True)):
            wanted = " x ".join("any" if side is None else str(side) for side in shape)
            self.refuse(name, f"has the shape {' x '.join(map(str, array.shape))}, and must have {wanted}")

    def floats(self, name: str, shape: tuple[int | None, ...], nan: bool = False) -> NDArray[np.float32]:
        array = self._taken(name, "f").astype(np.float32)
        self._shaped(name, array, shape)
        if not nan and not np.isfinite(array).all():
            self.refuse(name, "holds numbers that are not finite")
        if np.nanmax(np.abs(array), initial=0.0) > MOST_CM:
            self.refuse(name, f"reaches farther than {MOST_CM:g} cm: its unit is another one")
        return array

    def indices(self, name: str, shape: tuple[int | None, ...], below: int) -> NDArray[np.int32]:
        array = self._taken(name, "ui")
        self._shaped(name, array, shape)
        if int(array.min()) < 0 or int(array.max()) >= below:
            self.refuse(name, f"names {int(array.max())}, and there are only {below}")
        return array.astype(np.int32)

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(str(word) for word in self._taken(name, "U").reshape(-1))
