"""One picture of one person: the head in pose and light, before a ground, through a camera, with labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.ict.anatomy import Anatomy, Rows, atlas_place
from model_zoo.datasets.ict.camera import photograph
from model_zoo.datasets.ict.contour import points68
from model_zoo.datasets.ict.grounds import backdrop
from model_zoo.datasets.ict.hair import Covered, covered
from model_zoo.datasets.ict.in_front import Stage, put_in_front
from model_zoo.datasets.ict.light import Light, corners, random_light, reached_by, shade
from model_zoo.datasets.ict.mesh import EYEBALL, EYELASHES, MOUTH_SOCKET, TEETH
from model_zoo.datasets.ict.person import Moment, Person, random_moment, random_person, turn_of
from model_zoo.datasets.ict.raster import Fragments, rasterise
from model_zoo.datasets.ict.sheets import Sheet, sheet_of, shoulders
from model_zoo.datasets.ict.skin import skin_layer

SIDE_PX = 160
CROP_OVER_FACE = 1.8
"""Side of a picture over the longer side of the box around its points, which lies in its middle."""
FINE_PX = 208
"""Painted at this size."""
PUPIL_CM, IRIS_CM = 0.22, 0.6
"""From the optical axis of an eyeball."""
SCLERA = 0.34
LASHES = 0.3
"""Share of the fragments of lashes that are there."""

Project = Callable[[Rows], Rows]


@dataclass(frozen=True, eq=False)
class Painted:
    """A person before a ground, as light falls into a camera.

    Attributes:
        radiance: float32 [FINE_PX, FINE_PX], linear, 1 is white.
        points: float32 [68, 2], px of it, (0, 0) = centre of the top-left pixel.
        covered: bool [FINE_PX, FINE_PX], where the ground is not seen.
    """

    radiance: Rows
    points: Rows
    covered: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Model:
    """A person, ready to be drawn many times.

    Attributes:
        anatomy: of the mesh.
        who: the person.
        vertices: float32 [V, 3], cm, without expression.
        grown: float32 [V, 3], cm, by which hair and beard stand out from them.
        skin: float32 ATLAS, albedo of the bare skin.
        cover: hair, beard, what is worn.
    """

    anatomy: Anatomy
    who: Person
    vertices: Rows
    grown: Rows
    skin: Rows
    cover: Covered


def model_of(anatomy: Anatomy, who: Person) -> Model:
    """Shapes and paints a person."""
    vertices, cover = anatomy.mesh.shaped(who.shape), covered(anatomy, who)
    grown = anatomy.normals(vertices) * cover.height[:, None]
    return Model(anatomy, who, vertices, grown, skin_layer(anatomy, who), cover)


def random_model(anatomy: Anatomy, rng: np.random.Generator) -> Model:
    """Somebody."""
    return model_of(anatomy, random_person(rng, len(anatomy.mesh.identity)))


def picture_of(
    model: Model,
    rng: np.random.Generator,
    photographs: Sequence[NDArray[np.uint8]],
    moment: Moment | None = None,
) -> tuple[NDArray[np.uint8], Rows]:
    """A picture of a person.

    Args:
        rng: draws the moment, light, ground, what stands in front, camera.
        photographs: for the ground, uint8 [H, W] each; may be none.
        moment: in place of the drawn one.
    Returns:
        uint8 [SIDE_PX, SIDE_PX] and the 68 points, float32 [68, 2] px, (0, 0) = centre of the top-left pixel.
    """
    painted = paint(model, rng, lambda: backdrop(rng, FINE_PX, photographs), moment)
    return photograph(painted.radiance, SIDE_PX, rng), in_picture(painted.points)


def in_picture(points: Rows) -> Rows:
    """Points of what was painted, in px of the picture of SIDE_PX."""
    return np.asarray((points + 0.5) * (SIDE_PX / FINE_PX) - 0.5, np.float32)


def paint(
    model: Model, rng: np.random.Generator, behind: Callable[[], Rows], moment: Moment | None = None
) -> Painted:
    """A person in pose and light, before the camera takes the picture.

    Args:
        rng: draws the moment, light, what stands in front.
        behind: the ground, float32 [FINE_PX, FINE_PX], called once, after the head was drawn.
        moment: in place of the drawn one.
    """
    drawn = random_moment(rng)
    moment = drawn if moment is None else moment
    light = random_light(rng)
    anatomy, mesh = model.anatomy, model.anatomy.mesh
    turn = turn_of(moment.yaw, moment.pitch, moment.roll)
    bare = mesh.moved(model.vertices, moment.mood)
    pivot = np.array([0, float(bare[mesh.landmarks[27], 1]), 0], np.float32)
    placed = (bare - pivot) @ turn.T
    project = _camera(anatomy, placed, moment.distance_cm)
    seen = project(placed)
    points = points68(anatomy, seen[:, :2])
    head = placed + model.grown @ turn.T
    sheets = [shoulders(pivot, turn_of(0.3 * moment.yaw, 0, 0.2 * moment.roll), rng)]
    if model.cover.sheet is not None:
        sheets.append(sheet_of((model.cover.sheet - pivot) @ turn.T, hanging=True))
    scene = _Scene(model, light, head, sheets, moment.mood.get("jawOpen", 0) > 0 or _parted(moment))
    fragments = scene.drawn(project, rng)
    px_per_cm = FINE_PX / CROP_OVER_FACE / max(float(np.ptp(placed[mesh.landmarks, 1])), 1.0)
    ground = behind()
    radiance = ground.copy()
    flat = radiance.reshape(-1)
    flat[fragments.pixel] = scene.radiance(fragments, corners(light, fragments.depth, px_per_cm))
    stage = Stage(
        radiance=radiance,
        depth=fragments.depth,
        points=points,
        places=placed[mesh.landmarks],
        turn=turn,
        project=project,
        px_per_cm=px_per_cm,
        bright=light.exposure * (light.around + 0.6 * light.key_power),
    )
    put_in_front(stage, model.who, rng)
    covered = radiance != ground
    covered.reshape(-1)[fragments.pixel] = True
    return Painted(radiance, points, covered)


def _parted(moment: Moment) -> bool:
    return any(
        moment.mood.get(f"{name}_{side}", 0) > 0
        for name in ("mouthUpperUp", "mouthLowerDown", "mouthSmile")
        for side in "LR"
    )


def _camera(anatomy: Anatomy, placed: Rows, distance_cm: float) -> Project:
    """In perspective, with the points' box in the middle of the picture, in its usual size."""

    def seen(places: Rows) -> Rows:
        near = distance_cm / np.maximum(distance_cm - places[:, 2], 5)
        return np.stack([places[:, 0] * near, -places[:, 1] * near, places[:, 2]], -1).astype(np.float32)

    flat = seen(placed)[:, :2]
    points = points68(anatomy, flat)
    low, high = points.min(0), points.max(0)
    scale = np.float32(FINE_PX / CROP_OVER_FACE / float((high - low).max()))
    shift = np.append((FINE_PX - 1) / 2 - (low + high) / 2 * scale, 0).astype(np.float32)
    return lambda places: seen(places) * np.array([scale, scale, 1], np.float32) + shift


class _Scene:
    """Head, hair and shoulders as one list of vertices and triangles with what each vertex reflects."""

    def __init__(self, model: Model, light: Light, head: Rows, sheets: list[Sheet], mouth_open: bool) -> None:
        anatomy = model.anatomy
        self.model, self.light = model, light
        chosen = slice(None) if mouth_open else np.flatnonzero(anatomy.outside)
        triangles, vertices, atlas = [anatomy.mesh.triangles[chosen]], [head], [anatomy.atlas]
        normals, kinds = [anatomy.normals(head)], [np.zeros(len(head), np.int8)]
        self.lash = anatomy.lashes[chosen]
        offset = len(head)
        for sheet in sheets:
            triangles.append(sheet.triangles + offset)
            offset += len(sheet.vertices)
            vertices.append(sheet.vertices)
            normals.append(sheet.normals)
            atlas.append(np.stack(atlas_place(sheet.azimuth, sheet.height), -1))
            kinds.append(np.full(len(sheet.vertices), sheet.kind, np.int8))
        self.triangles = np.concatenate(triangles)
        self.vertices = np.concatenate(vertices)
        self.kinds = np.concatenate(kinds)
        reached = np.concatenate([reached_by(light, anatomy, head), np.ones(offset - len(head), np.float32)])
        matt, mirrored = shade(light, np.concatenate(normals), reached)
        ears = np.concatenate([anatomy.ears, np.zeros(offset - len(head), np.bool_)])
        self.values = np.column_stack([np.concatenate(atlas), matt, mirrored, ears]).astype(np.float32)
        self.regions = np.concatenate([anatomy.mesh.region, np.zeros(offset - len(head), np.uint8)])

    def drawn(self, project: Project, rng: np.random.Generator) -> Fragments:
        """What the camera sees; lashes are thin."""
        lash = np.concatenate([self.lash, np.zeros(len(self.triangles) - len(self.lash), np.bool_)])
        draw = rng.random(FINE_PX * FINE_PX, np.float32) < LASHES
        return rasterise(
            project(self.vertices), self.triangles, FINE_PX, lambda faces, pixel: ~lash[faces] | draw[pixel]
        )

    def radiance(self, seen: Fragments, unhidden: Rows) -> Rows:
        """Of each fragment: float32 [F]."""
        model = self.model
        at_row, at_column, matt, mirrored, ears = seen.of(self.values).T
        row, column = at_row.round().astype(np.int32), at_column.round().astype(np.int32)
        first = seen.corners[:, 0]
        kind, region = self.kinds[first], self.regions[first]
        amount = model.cover.amount[row, column] * (1 - ears)
        amount[kind == 1] = 1
        cover = np.where(kind == 2, model.cover.fabric[row, column], model.cover.albedo[row, column])
        amount[kind == 2] = 1
        albedo = model.skin[row, column]
        albedo = albedo + amount * (cover - albedo)
        gloss = self.light.gloss * (1 - amount)
        head = kind == 0
        for part, level in ((TEETH, 0.55), (MOUTH_SOCKET, 0.05), (EYELASHES, 0.02)):
            rows = head & (region == part)
            albedo[rows], gloss[rows] = level, 0
        rows = np.flatnonzero(head & (region == EYEBALL))
        away = np.einsum("fk,fk->f", model.anatomy.mesh.eye_radius[seen.corners[rows]], seen.weights[rows])
        albedo[rows] = np.select([away < PUPIL_CM, away < IRIS_CM], [0.006, model.who.iris], SCLERA)
        gloss[rows] = 0.4
        hidden = unhidden.reshape(-1)[seen.pixel]
        shaded = albedo * matt * hidden + gloss * mirrored
        return np.asarray(shaded * self.light.exposure, np.float32)
