"""Labels the faces of whole pictures by networks: which faces are asked of, and whose answers are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError
from model_zoo.datasets import face_boxes
from model_zoo.datasets.face_set import FaceSet
from model_zoo.datasets.live_set import detector_boxes
from model_zoo.datasets.open import require_folder
from model_zoo.datasets.samples import LabelledBy
from model_zoo.datasets.split import split_by_identity
from model_zoo.labelling.ask import Agreed, Network, agreed
from model_zoo.labelling.cut import Cut, cut_out
from model_zoo.labelling.pose import pose_of_box

LEAST_PX = 36
"""Narrower faces are not asked of: a crop of fewer pixels than a third of the networks' holds no outlines."""
MOST_APART = 6.0
"""Percent of the inter-ocular distance by which two answers may differ on the mean. Asked of pfld-68-96 and
pfld-68-96-live, 7 of 388 validation faces lie above it: their NME is 6.6 %, that of the others 5.0 %."""
LEAST_OVERLAP = 0.5
"""Intersection over union of the given box and the box of the points found, less is another face's."""
KEPT = "kept"
REASONS = {
    "ignored": "marked as to be ignored",
    "small": "narrower than the least width",
    "no_face": "called no face by a network",
    "elsewhere": "found elsewhere than the box lies",
    "outside": "with points outside the picture",
    "apart": "whose answers lie too far apart",
    "again": "whose crop is another one again",
}
"""Why faces are left out, in the order in which it is asked."""


@dataclass(frozen=True)
class LabelOptions:
    """What is labelled by whom.

    Attributes:
        folder: pictures with face boxes.
        networks: that are asked, one at least.
        least_px: narrower boxes are left out.
        most_apart: percent of the inter-ocular distance, see `Agreed.disagreement`.
    """

    folder: Path
    networks: tuple[Network, ...]
    least_px: float = LEAST_PX
    most_apart: float = MOST_APART


@dataclass(frozen=True)
class Found:
    """A face and what came of it.

    Attributes:
        file, box: its picture, and which of the picture's boxes it is, from 0.
        fate: KEPT, or a key of REASONS.
        apart: percent, how far answers lie apart; None where nobody was asked.
        cut: what a folder takes of it; None where nothing is taken.
    """

    file: str
    box: int
    fate: str
    apart: float | None = None
    cut: Cut | None = None


@dataclass(frozen=True)
class Labelled:
    """All faces of the training part.

    Attributes:
        name, licence: of the pictures.
        by: the networks.
        options: what was wished.
        faces: in the order of the files.
    """

    name: str
    licence: str
    by: tuple[LabelledBy, ...]
    options: LabelOptions
    faces: tuple[Found, ...]

    @property
    def kept(self) -> list[Found]:
        """Those that are taken."""
        return [face for face in self.faces if face.fate == KEPT]

    def to_json(self) -> dict[str, Any]:
        """Counts and spread, as plain values."""
        fates = Counter(face.fate for face in self.faces)
        apart = [face.apart for face in self.faces if face.apart is not None]
        shares = (5, 25, 50, 75, 90, 95, 99)
        return {
            "pictures_of": self.name,
            "licence": self.licence,
            "labelled_by": [one.to_json() for one in self.by],
            "faces": len(self.faces),
            "kept": fates[KEPT],
            "left_out": {reason: fates[reason] for reason in REASONS},
            "least_px": self.options.least_px,
            "most_apart_percent": self.options.most_apart,
            "apart_percentiles": {
                str(share): round(float(np.percentile(apart, share)), 2) for share in shares
            }
            if apart
            else {},
        }


def faces_of(folder: Path) -> FaceSet:
    """The training part of a folder of pictures with face boxes.

    Raises:
        DataError: it is none, or can't be read.
    """
    require_folder(folder)
    try:
        found = face_boxes.find_folder(folder)
    except DataError as error:
        raise DataError(
            error.cause,
            error.where,
            "Name a folder of whole pictures with face boxes: images.csv, boxes.csv (docs/datasets.md).",
        ) from error
    assert found is not None
    whole: FaceSet = face_boxes.load(found)
    return split_by_identity(whole).train


def label(options: LabelOptions, done: Callable[[int, int], None]) -> Labelled:
    """Asks of every face of the training part; equal inputs give equal answers.

    Args:
        done: hears how many of how many pictures are through.
    Raises:
        DataError: the folder can't be read, or no face is left.
    """
    pictures = faces_of(options.folder)
    faces: list[Found] = []
    seen: set[bytes] = set()
    done(0, len(pictures))
    for row in range(len(pictures)):
        for face in _of_picture(pictures, row, options):
            if face.cut is not None and face.cut.digest in seen:
                face = Found(face.file, face.box, "again", face.apart)
            elif face.cut is not None:
                seen.add(face.cut.digest)
            faces.append(face)
        done(row + 1, len(pictures))
    by = tuple(LabelledBy(one.card.name, one.card.sha256) for one in options.networks)
    labelled = Labelled(pictures.name, pictures.licence, by, options, tuple(faces))
    if not labelled.kept:
        counts = Counter(face.fate for face in faces)
        why = ", ".join(f"{counts[key]} {words}" for key, words in REASONS.items() if counts[key])
        raise DataError(
            f"of {counted(len(faces), 'face')} in the training part none is left"
            + (f": {why}" if why else ""),
            str(options.folder),
            "Bring larger faces, or allow more with --least-px and --most-apart.",
        )
    return labelled


def _of_picture(pictures: FaceSet, row: int, options: LabelOptions) -> Iterator[Found]:
    picture, file = pictures.pictures[row], pictures.files[row]
    for number, (box, ignored, key) in enumerate(
        zip(pictures.boxes[row], pictures.ignore[row], pictures.points[row], strict=True)
    ):
        if ignored or box[2] < options.least_px:
            yield Found(file, number, "ignored" if ignored else "small")
            continue
        eyes = key[:2] if np.isfinite(key[:2]).all() else None
        answer = agreed(options.networks, picture, pose_of_box(box, eyes))
        apart = round(answer.disagreement, 3)
        fate = _fate(answer, box, picture, options)
        if fate != KEPT:
            yield Found(file, number, fate, apart)
            continue
        yield Found(file, number, KEPT, apart, cut_out(picture, answer.points))


def _fate(answer: Agreed, box: NDArray[np.float32], picture: NDArray[np.uint8], options: LabelOptions) -> str:
    if not answer.face:
        return "no_face"
    if overlap(detector_boxes(answer.points[None])[0], box) < LEAST_OVERLAP:
        return "elsewhere"
    height, width = picture.shape
    if (answer.points < 0).any() or (answer.points > [width - 1, height - 1]).any():
        return "outside"
    return KEPT if answer.disagreement <= options.most_apart else "apart"


def overlap(one: Sequence[float] | NDArray[Any], other: Sequence[float] | NDArray[Any]) -> float:
    """Intersection over union of two boxes: left, top edge, width, height."""
    a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
    shared = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    both = float(np.prod(np.maximum(shared, 0)))
    return both / (float(np.prod(a[2:])) + float(np.prod(b[2:])) - both)
