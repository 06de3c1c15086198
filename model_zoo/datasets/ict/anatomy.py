"""What of a mesh stays the same for everybody: its atlas of skin and hair, and the paths of the jaw's points.

The atlas unrolls the head: columns go around it (0 is the back, the middle is the front), rows go down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from model_zoo.datasets.ict.mesh import EYEBALL, EYELASHES, FACE, HEAD_NECK, MOUTH_SOCKET, TEETH, FaceMesh

ATLAS = (256, 448)
"""Rows and columns."""
TOP_CM, PX_PER_CM = 16.0, 8.0
AXIS_BEHIND_CM = 2.0
"""The axis of the atlas stands so far behind the ends of the jaw line."""
STEPS = 24
"""Places on the path of a point of the jaw."""
AT_VERTEX = 8
"""The one that is the vertex of the mesh."""
INNERMOST = 0.5
"""A path ends at so much of the way from the middle of the face to its point."""
EYEBALL_CM = 1.25
"""So far from its axis an eyeball may be seen."""
DEEP_CM = 2.5
"""So far behind the corners of the mouth the mouth ends."""
BEFORE_EAR = (0.28, 0.28, 0.28, 0.25, 0.18, 0.1, 0.04, 0.0, 0.0)
"""Radians that the path of a point of the jaw goes back from its vertex, from the ear to the
chin: photographs are labelled nearer to the ear than the mesh is."""
MIDDLE_OF = (27, 30)
"""Landmarks between which the middle of the face lies, as seen from in front."""

Rows = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A mesh and what is known of it.

    Attributes:
        mesh: itself.
        azimuth: float32 [V], radians about the axis, 0 in front, positive to image right.
        atlas: float32 [V, 2], row and column.
        ears: bool [V], of the ears, where no hair grows.
        skin: bool [V], face, head and neck.
        summed: sparse [V, T], adds up what triangles have at their corners; corners: float32 [V], how many
            triangles have a corner there.
        outside: bool [T], drawn also where the mouth is shut.
        lashes: bool [T].
        axis: z at which the axis of the atlas stands, cm.
        paths: int32 [17, STEPS, 3] corners and float32 [17, STEPS, 3] weights of the places on which the
            points of the jaw may lie, from before the ear inwards over the cheek.
        outwards: float32 [17, 2], unit vectors from the middle of the face to these points, as seen from in
            front, x to image right, y up.
    """

    mesh: FaceMesh
    azimuth: Rows
    atlas: Rows
    ears: NDArray[np.bool_]
    skin: NDArray[np.bool_]
    summed: sparse.csr_matrix
    corners: Rows
    outside: NDArray[np.bool_]
    lashes: NDArray[np.bool_]
    axis: float
    paths: tuple[NDArray[np.int32], Rows]
    outwards: Rows

    def normals(self, vertices: Rows) -> Rows:
        """Unit normals of vertices, float32 [V, 3], outwards."""
        a, b, c = (vertices[corner] for corner in self.mesh.triangles.T)
        total = np.asarray(self.summed @ np.cross(b - a, c - a), np.float32)
        length = np.sqrt(np.einsum("vk,vk->v", total, total))
        unit: Rows = total / np.maximum(length, 1e-12)[:, None]
        return unit

    def smooth(self, values: Rows) -> Rows:
        """Each vertex's mean over the triangles around it: float32 [V], of float32 [V]."""
        a, b, c = (values[corner] for corner in self.mesh.triangles.T)
        smooth: Rows = np.asarray(self.summed @ ((a + b + c) / 3), np.float32) / self.corners
        return smooth

    def places(self, landmarks: NDArray[np.int32] | list[int]) -> Rows:
        """Column and row in the atlas of some of the 68 points, as pictures are drawn: float32 [K, 2]."""
        found: Rows = self.atlas[self.mesh.landmarks[landmarks]][:, ::-1]
        return found

    def at_vertices(self, layer: Rows) -> Rows:
        """A layer of the atlas, float32 ATLAS, at the vertices: float32 [V]."""
        row, column = self.atlas.round().astype(np.int32).T
        found: Rows = layer[row, column]
        return found


def without_hidden(mesh: FaceMesh) -> FaceMesh:
    """The mesh without what no camera sees: backs of eyeballs, molars and throat, lower lashes."""
    z = mesh.neutral[:, 2]
    eyes, mouth = (mesh.neutral[mesh.landmarks[first:last]] for first, last in ((36, 48), (48, 60)))
    shown = np.ones(len(z), np.bool_)
    shown[(mesh.region == EYEBALL) & ~(mesh.eye_radius < EYEBALL_CM)] = False
    shown[np.isin(mesh.region, (TEETH, MOUTH_SOCKET)) & (z < mouth[:, 2].min() - DEEP_CM)] = False
    shown[(mesh.region == EYELASHES) & (mesh.neutral[:, 1] < eyes[:, 1].mean())] = False
    triangles = mesh.triangles[shown[mesh.triangles].all(1)]
    used = np.unique(np.concatenate([triangles.reshape(-1), mesh.landmarks]))
    number = np.zeros(len(z), np.int32)
    number[used] = np.arange(len(used))
    return replace(
        mesh,
        neutral=mesh.neutral[used],
        identity=mesh.identity[:, used],
        expression=mesh.expression[:, used],
        triangles=number[triangles],
        region=mesh.region[used],
        eye_radius=mesh.eye_radius[used],
        landmarks=number[mesh.landmarks],
    )


def anatomy_of(whole: FaceMesh) -> Anatomy:
    """Finds all of it; what is hidden is left out."""
    mesh = without_hidden(whole)
    jaw = mesh.neutral[mesh.landmarks[[0, 16]]]
    axis = float(jaw[:, 2].mean()) - AXIS_BEHIND_CM
    x, y, z = mesh.neutral.T
    azimuth = np.arctan2(x, z - axis).astype(np.float32)
    row, column = atlas_place(azimuth, y)
    triangles = mesh.triangles
    corner_region = mesh.region[triangles[:, 0]]
    inner = np.isin(corner_region, (MOUTH_SOCKET, TEETH))
    count = len(mesh.neutral)
    summed = sparse.csr_matrix(
        (
            np.ones(triangles.size, np.float32),
            (triangles.T.reshape(-1), np.tile(np.arange(len(triangles)), 3)),
        ),
        shape=(count, len(triangles)),
    )
    skin = np.isin(mesh.region, (FACE, HEAD_NECK))
    wide = float(np.abs(jaw[:, 0]).mean())
    low, high = float(jaw[:, 1].mean()) - 7, float(jaw[:, 1].mean()) + 4
    front = mesh.neutral[mesh.landmarks][:, :2]
    outwards = front[:17] - front[list(MIDDLE_OF)].mean(0)
    bare = Anatomy(
        mesh=mesh,
        azimuth=azimuth,
        atlas=np.stack([row, column], -1),
        ears=skin & (np.abs(x) > wide + 0.4) & (y > low) & (y < high) & (z > jaw[0, 2] - 7) & (z < jaw[0, 2]),
        skin=skin,
        summed=summed,
        corners=np.asarray(np.maximum(summed.sum(1), 1), np.float32).reshape(-1),
        outside=~inner,
        lashes=corner_region == EYELASHES,
        axis=axis,
        outwards=outwards / np.linalg.norm(outwards, axis=1, keepdims=True),
        paths=(np.zeros((17, STEPS, 3), np.int32), np.zeros((17, STEPS, 3), np.float32)),
    )
    return replace(bare, paths=_jaw_paths(bare))


def atlas_place(azimuth: Rows, height: Rows) -> tuple[Rows, Rows]:
    """Row and column in the atlas of azimuths (radians) and heights (cm)."""
    rows, columns = ATLAS
    row = np.clip((TOP_CM - height) * PX_PER_CM, 0, rows - 1)
    column = np.clip((azimuth / (2 * np.pi) + 0.5) * columns, 0, columns - 1)
    return row.astype(np.float32), column.astype(np.float32)


def atlas_grid() -> tuple[Rows, Rows]:
    """Azimuth (radians) and height (cm) of each place of the atlas: float32 ATLAS."""
    rows, columns = ATLAS
    azimuth = (np.arange(columns, dtype=np.float32) / columns - 0.5) * np.float32(2 * np.pi)
    height = np.float32(TOP_CM) - np.arange(rows, dtype=np.float32) / np.float32(PX_PER_CM)
    wide, high = np.meshgrid(azimuth, height)
    return wide, high


def _jaw_paths(anatomy: Anatomy) -> tuple[NDArray[np.int32], Rows]:
    """Ways over the skin from before the ear over each point of the jaw to the cheek.

    They are straight in the atlas: from the point to the middle of the face, and BEFORE_EAR the other way.
    """
    mesh, azimuth, height = anatomy.mesh, anatomy.azimuth, anatomy.mesh.neutral[:, 1]
    skin = ((mesh.region == FACE) & ~anatomy.ears)[mesh.triangles].all(1)
    faces = mesh.triangles[skin]
    faces = faces[np.ptp(azimuth[faces], axis=1) < 1]
    flat = np.stack([azimuth, height], -1)
    a, b, c = (flat[corner] for corner in faces.T)
    u, v = b - a, c - a
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    faces, a, u, v, area = (rows[area > 1e-7] for rows in (faces, a, u, v, area))  # what is seen from outside
    away = np.hypot(mesh.neutral[faces, 0], mesh.neutral[faces, 2] - anatomy.axis).mean(1)
    points = flat[mesh.landmarks]
    middle = points[list(MIDDLE_OF)].mean(0)
    corners = np.zeros((17, STEPS, 3), np.int32)
    weights = np.zeros((17, STEPS, 3), np.float32)
    for point in range(17):
        behind = BEFORE_EAR[min(point, 16 - point)] * np.sign(point - 8.0)
        ends = points[point] + [behind, 0], middle + INNERMOST * (points[point] - middle)
        corners[point], weights[point] = mesh.landmarks[point], (1, 0, 0)
        for step in range(STEPS):
            if step < AT_VERTEX:
                place = ends[0] + step / AT_VERTEX * (points[point] - ends[0])
            else:
                part = (step - AT_VERTEX) / (STEPS - 1 - AT_VERTEX)
                place = points[point] + part * (ends[1] - points[point])
            d = place - a
            wb = (d[:, 0] * v[:, 1] - d[:, 1] * v[:, 0]) / area
            wc = (u[:, 0] * d[:, 1] - u[:, 1] * d[:, 0]) / area
            hits = np.flatnonzero((wb >= 0) & (wc >= 0) & (wb + wc <= 1))
            if len(hits):
                hit = hits[away[hits].argmax()]
                corners[point, step] = faces[hit]
                weights[point, step] = (1 - wb[hit] - wc[hit], wb[hit], wc[hit])
    return corners, weights
