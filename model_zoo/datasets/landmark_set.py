"""Faces with their points in memory, as many as the set's scheme has."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import Region, face_crop
from model_zoo.datasets.landmark_scheme import LandmarkScheme
from model_zoo.datasets.samples import WHOLE, Samples

S = TypeVar("S", bound="LandmarkSet")

STATED = "as the labels state them"
"""How face boxes come about that are labels of their own."""


@dataclass(frozen=True)
class LandmarkSet(Samples):
    """Pictures of one face each.

    Attributes:
        scheme: which points they are.
        points: float32 [N, P, 2], picture px, (0, 0) = centre of the top-left pixel.
        boxes: float32 [N, 4], face box left, top edge, width, height in px, pixel k covering k to k + 1.
        norms: float64 [N], px: what errors are divided by, `scheme.norms` of the labels.
        boxes_made: how the boxes come about, in words.
        mended: what was done to the labels of a training part, as a card holds it; None: nothing.
    """

    scheme: LandmarkScheme = field(metadata=WHOLE)
    points: NDArray[np.float32]
    boxes: NDArray[np.float32]
    norms: NDArray[np.float64]
    boxes_made: str = field(default=STATED, kw_only=True, metadata=WHOLE)
    mended: Mapping[str, Any] | None = field(default=None, kw_only=True, metadata=WHOLE)

    def labelling(self) -> tuple[str, LandmarkScheme]:
        """How many points a face has, and their scheme."""
        return f"{self.scheme.count} points ({self.scheme.name})", self.scheme

    def making(self) -> dict[str, Any]:
        """Of face boxes."""
        return {"boxes": self.boxes_made}

    def contents(self) -> str:
        """As `Samples.contents`, and of the scheme, whose mirror pairs a training sees, too."""
        return hashlib.sha256(f"{super().contents()} {self.scheme.facts()}".encode()).hexdigest()

    def relabelled(self: S, points: NDArray[np.float32]) -> S:
        """The same pictures and boxes with other points, float32 [N, P, 2], px."""
        return replace(self, points=points, norms=self.scheme.norms(points, self.boxes))

    def told_of_labels(self) -> dict[str, Any]:
        """What a card tells of the labels of a training part beside boxes: how they were mended, if they
        were."""
        return {} if self.mended is None else {"mended": dict(self.mended)}

    def crop_box(self, row: int, margin: float) -> Region:
        """The square that a board would cut out of picture `row`."""
        x, y, width, height = (float(v) for v in self.boxes[row])
        return face_crop(x, y, width, height, margin)


def without_pictures(name: str, licence: str, scheme: LandmarkScheme) -> LandmarkSet:
    """A set of which nothing is read yet."""
    return LandmarkSet(
        name=name,
        licence=licence,
        scheme=scheme,
        pictures=(),
        points=np.zeros((0, scheme.count, 2), np.float32),
        boxes=np.zeros((0, 4), np.float32),
        norms=np.zeros(0),
        identities=np.zeros(0, np.int32),
        files=(),
    )
