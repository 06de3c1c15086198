"""Faces with points in boxes as a detector gives them, and pictures without a face, in one set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.decoders.marks import FOREHEAD
from codegen.program.picture import Region
from codegen.program.reference import region_around
from codegen.program.stages import MARGIN_ONE
from codegen.program.turned import turn_of
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.points68 import LEFT_EYE, POINTS, RIGHT_EYE, SCHEME
from model_zoo.datasets.samples import Pictures

BOXES = f"the box of the points, its upper edge raised by {FOREHEAD:.0%} of its height"
ASPECT = 0.83
"""Width over height of such a box, on the mean."""
FREE_SIDES = (0.25, 0.9)
"""Height of a box in a face-free picture over its shorter side."""
FREE_ROLL_DEG = 45.0


def detector_boxes(points: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """The boxes of faces with these 68 points: float32 [N, 4], left, top edge, width, height, px edges.

    Args:
        points: float [N, 68, 2], px, (0, 0) = centre of the top-left pixel.
    """
    low, high = points.min(1), points.max(1)
    raised = FOREHEAD * (high[:, 1] - low[:, 1])
    start = low + 0.5 - np.stack([np.zeros_like(raised), raised], -1)
    return np.concatenate([start, high + 0.5 - start], 1).astype(np.float32)


def eyes_of(points: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Middles of both eyes of 68 points, left in the picture first: float32 [N, 2, 2]."""
    return np.stack([points[:, list(eye)].mean(1) for eye in (LEFT_EYE, RIGHT_EYE)], 1).astype(np.float32)


@dataclass(frozen=True)
class LiveSet(LandmarkSet):
    """Pictures of one face each, and pictures without one, whose points are NaN.

    Attributes:
        boxes: of a face the detector's; in a face-free picture one that a detector might have raised a false
            alarm with.
        eyes: float32 [N, 2, 2], px, left and right in the picture: they lie level in a crop.
    """

    eyes: NDArray[np.float32]

    def faces(self) -> NDArray[np.bool_]:
        """Bool [N]: whose pictures show a face."""
        return np.array([bool(np.isfinite(points).all()) for points in self.points], np.bool_)

    def peopled(self) -> NDArray[np.bool_]:
        """Those with a face."""
        return self.faces()

    def relabelled(self, points: NDArray[np.float32]) -> LiveSet:
        """The same pictures with other points; the boxes of faces are made anew."""
        seen = self.faces()
        boxes, eyes, norms = self.boxes.copy(), self.eyes.copy(), self.norms.copy()
        boxes[seen], eyes[seen] = detector_boxes(points[seen]), eyes_of(points[seen])
        norms[seen] = self.scheme.norms(points[seen], boxes[seen])
        return replace(self, points=points, boxes=boxes, eyes=eyes, norms=norms)

    def crop_box(self, row: int, margin: float) -> Region:
        """The square that a board would cut around the box of picture `row`, turned by the eyes."""
        left, top, width, height = (int(v) for v in np.round(self.boxes[row].astype(np.float64) * 256))
        across = np.round((self.eyes[row, 1] - self.eyes[row, 0]).astype(np.float64) * 256)
        turn = turn_of(int(across[0]), int(across[1]))
        box = left - 128, top - 128, width, height
        return region_around(box, round(margin * MARGIN_ONE), 1, 1, turn)


def with_face_free(
    faces: LandmarkSet,
    pictures: Pictures,
    identities: Any,
    files: Sequence[str],
    *,
    name: str,
    licence: str,
) -> LiveSet:
    """Faces with 68 points and face-free pictures as one set; each of these gets a box by its file's name.

    Args:
        pictures, identities, files: of the face-free ones; identities say their part of the split.
        name, licence: of the whole.
    """
    count = len(files)
    drawn = [_box_by_name(file, picture.shape) for file, picture in zip(files, pictures, strict=True)]
    boxes, eyes = (np.array([pair[k] for pair in drawn], np.float32) for k in (0, 1))
    boxes, eyes = boxes.reshape(-1, 4), eyes.reshape(-1, 2, 2)
    alike = isinstance(faces.pictures, np.ndarray) and isinstance(pictures, np.ndarray)
    own: Pictures = np.concatenate([faces.pictures, pictures]) if alike else (*faces.pictures, *pictures)
    parts = None if faces.parts is None else (*faces.parts, *(_part_of(i) for i in identities))
    return LiveSet(
        name=name,
        licence=licence,
        pictures=own,
        identities=np.concatenate([faces.identities, np.asarray(identities, np.int32)]).astype(np.int32),
        files=(*faces.files, *files),
        scheme=SCHEME,
        points=np.concatenate([faces.points, np.full((count, POINTS, 2), np.nan, np.float32)]),
        boxes=np.concatenate([detector_boxes(faces.points), boxes]),
        norms=np.concatenate([faces.norms, np.ones(count)]),
        eyes=np.concatenate([eyes_of(faces.points), eyes]),
        parts=parts,
        boxes_made=BOXES,
        people_stated=faces.people_stated,
        made=faces.made,
        labelled_by=faces.labelled_by,
    )


def _part_of(identity: int) -> str:
    return {0: "test", 1: "validation"}.get(int(identity) % 8, "train")


def _box_by_name(file: str, shape: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Box and eyes of a false alarm somewhere in a picture of this shape, by its file's name."""
    rng = np.random.default_rng(list(hashlib.sha256(file.encode()).digest()))
    height = float(rng.uniform(*FREE_SIDES)) * min(shape[:2])
    size = np.array([ASPECT * height, height])
    start = rng.uniform(0, np.array([shape[1], shape[0]]) - size)
    roll = np.deg2rad(rng.uniform(-FREE_ROLL_DEG, FREE_ROLL_DEG))
    half = np.array([np.cos(roll), np.sin(roll)]) * size[0] / 4
    middle = start + size * [0.5, 0.45] - 0.5
    return np.concatenate([start, size]), np.stack([middle - half, middle + half])


def only_faces(samples: LiveSet) -> LiveSet:
    """The rows with a face."""
    return samples.take(np.flatnonzero(samples.faces()))
