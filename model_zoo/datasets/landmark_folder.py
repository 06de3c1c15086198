"""A folder of faces with points: every label and picture is looked at before anything is built from it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codegen.errors import PictureError
from codegen.picture_files import read_picture
from codegen.program.picture import to_gray
from model_zoo.datasets.examined import Bad, Examined
from model_zoo.datasets.labels import Label, read_labels
from model_zoo.datasets.landmark_scheme import distance
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.mirrored_labels import mirrored_rows, unlike_its_mirror
from model_zoo.datasets.samples import Pictures
from model_zoo.datasets.statement import FILE, Statement

LEAST_NORM_PX = 2.0
"""Nearer eyes and smaller boxes are no measure of errors: a single pixel would be half of them."""
CROP_TOLERANCE = 0.05
"""How far the points may lie from what a stated crop factor says, relative to the picture's side."""


def _box(label: Label, stated: Statement, width: int, height: int) -> tuple[float, ...]:
    """Left, top edge, width, height in px."""
    if label.box is not None:
        return label.box
    if isinstance(stated.boxes, float):
        side = width / stated.boxes
        start = (width - side) / 2
        return start, start, side, side
    low, high = label.points.min(0), label.points.max(0)
    return low[0] + 0.5, low[1] + 0.5, high[0] - low[0], high[1] - low[1]


def _fault(label: Label, stated: Statement, width: int, height: int) -> str:
    """Why points and box can't be those of a face in this picture; "" where they can."""
    points = label.points
    if not np.isfinite(points).all():
        return f"point {int(np.argmin(np.isfinite(points).all(1)))} is no finite number"
    if min(width, height) > 8 and (np.abs(points + stated.first_pixel) <= 1).all():
        return "all points lie in 0..1: they are parts of the picture's sides, and must be px"
    outside = ((points < -0.5) | (points > np.array([width, height]) - 0.5)).any(1)
    if outside.any():
        k = int(np.argmax(outside))
        x, y = points[k] + stated.first_pixel
        return f"point {k} (x{k} {x:g}, y{k} {y:g}) lies outside its picture of {width}x{height} px"
    low, high = points.min(0), points.max(0)
    if len(points) > 2 and (high - low).min() < 1:
        return "its points lie on one spot or line"
    eyes = stated.scheme.eyes
    if eyes is not None and not (between := float(distance(points, eyes))) >= LEAST_NORM_PX:
        a, b = eyes
        lie = f"{between:.3g} px apart" if between > 0 else "on one spot"
        return (
            f"its shape is degenerate: the eyes lie {lie} (points {a} and {b}); their distance, by which "
            f"errors are measured, must be {LEAST_NORM_PX:g} px at least"
        )
    x, y, wide, tall = _box(label, stated, width, height)
    if not np.isfinite([x, y, wide, tall]).all() or wide <= 0 or tall <= 0:
        return f"its face box of {wide:g}x{tall:g} px holds nothing"
    if min(wide, tall) < LEAST_NORM_PX:
        least = f"each side must be {LEAST_NORM_PX:g} px at least"
        return f"its face box of {wide:.3g}x{tall:.3g} px is degenerate: {least}"
    if x < 0 or y < 0 or x + wide > width or y + tall > height:
        return f"its face box lies outside its picture of {width}x{height} px"
    middle = (low + high) / 2 + 0.5
    if not (x <= middle[0] <= x + wide and y <= middle[1] <= y + tall):
        return "its face box does not hold the middle of its points"
    if isinstance(stated.boxes, float):
        longer = float((high - low).max())
        if abs(longer * stated.boxes / width - 1) > CROP_TOLERANCE:
            return (
                f"its points span {longer:.1f} px of {width}: a crop factor of {width / longer:.2f}, "
                f"dataset.toml states {stated.boxes:g}"
            )
        if np.abs(middle - width / 2).max() > CROP_TOLERANCE * width:
            return "its points do not lie in the middle of the picture, as a crop factor says"
    return ""


def _two_parts(label: Label, homes: dict[int, Label]) -> str:
    """Why a person would be seen in training and in a test; "" where all labels so far keep them apart.

    Args:
        homes: the first label of each person; a new one is added.
    """
    if label.identity is None or label.part is None:
        return ""
    first = homes.setdefault(label.identity, label)
    if first.part == label.part:
        return ""
    here, there = f"in the {label.part} part here", f"in the {first.part} part in {first.where}"
    return f"person {label.identity} is {here} and {there}"


def _place(bad: Bad) -> tuple[str, int]:
    """File and line, by which faults are listed."""
    file, _, line = bad.where.rpartition(", line ")
    return (file, int(line)) if line.isdecimal() else (bad.where, 0)


def _read(path: Path, stated: Statement) -> NDArray[np.uint8]:
    def check(width: int, height: int) -> None:
        if stated.sizes not in (None, (width, height)):
            assert stated.sizes is not None
            wide, tall = stated.sizes
            raise PictureError(f"it is {width}x{height} px, dataset.toml states {wide}x{tall}")

    return np.asarray(read_picture(path, check))


def _coloured(pixels: NDArray[np.uint8]) -> bool:
    """Whether the channels of [H, W, 3] differ anywhere."""
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return bool((red != green).any() or (red != blue).any())


def examine(folder: Path, stated: Statement) -> Examined:
    """Looks at every label and every picture.

    Raises:
        DataError: the labels as a whole can't be read.
    """
    bad: list[Bad] = []
    duplicates: list[Bad] = []
    labels = read_labels(folder, stated, lambda cause, where: bad.append(Bad(cause, where)))
    labels.sort(key=lambda label: label.file)
    pictures: list[NDArray[np.uint8]] = []
    boxes: list[tuple[float, ...]] = []
    used: list[Label] = []
    colours: list[bool] = []
    names: dict[str, Label] = {}
    hashes: dict[bytes, Label] = {}
    homes: dict[int, Label] = {}
    for label in labels:
        if (earlier := names.setdefault(label.file, label)) is not label:
            bad.append(Bad(f"{label.file} stands in {earlier.where} too", label.where))
            continue
        if Path(label.file).is_absolute() or ".." in Path(label.file).parts:
            bad.append(Bad(f"{label.file} leaves the folder of the pictures", label.where))
            continue
        try:
            pixels = _read(folder / stated.pictures / label.file, stated)
        except PictureError as error:
            bad.append(Bad(f"the picture {label.file} can't be used: {error.cause}", label.where))
            continue
        height, width = pixels.shape[:2]
        if fault := _fault(label, stated, width, height):
            bad.append(Bad(fault, label.where))
            continue
        if fault := _two_parts(label, homes):
            bad.append(Bad(fault, label.where))
            continue
        digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()
        if (same := hashes.setdefault(digest, label)) is not label:
            duplicates.append(
                Bad(f"{label.file} is the picture {same.file} of {same.where} again", label.where)
            )
            continue
        colours.append(_coloured(pixels))
        pictures.append(to_gray(pixels))
        boxes.append(_box(label, stated, width, height))
        used.append(label)
    samples = _set(stated, used, pictures, boxes) if used else None
    whole = unlike_its_mirror(samples) if samples is not None else ""
    mirrored: dict[int, str] = {}
    if not whole:
        whole, mirrored = mirrored_rows(used, stated.scheme)
    if whole:
        bad.append(Bad(whole, str(folder / FILE)))
    elif mirrored:
        bad += [Bad(cause, used[row].where) for row, cause in mirrored.items()]
        kept = [row for row in range(len(used)) if row not in mirrored]
        used, pictures = [used[row] for row in kept], [pictures[row] for row in kept]
        boxes, colours = [boxes[row] for row in kept], [colours[row] for row in kept]
        samples = _set(stated, used, pictures, boxes) if used else None
    scheme = stated.scheme
    pairs = scheme.facts()["mirror"]
    return Examined(
        folder,
        stated.name,
        stated.licence,
        samples,
        tuple(sorted(bad, key=_place)),
        tuple(duplicates),
        {
            "points": scheme.count,
            "scheme": scheme.facts(),
            "boxes": stated.boxes,
            "colour": sum(colours),
            "labelled_by": [one.to_json() for one in stated.labelled_by],
        },
        (
            ("points of a face", f"{scheme.count:,} ({scheme.name})"),
            ("pairs that mirror each other", "not stated" if pairs is None else f"{len(pairs):,}"),
            ("errors are percent of", scheme.norm),
            ("points made by", ", ".join(one.name for one in stated.labelled_by) or "people"),
            ("face boxes", stated.boxes_made),
            ("pictures in colours", f"{sum(colours):,}"),
        ),
    )


def _set(
    stated: Statement,
    used: list[Label],
    pictures: list[NDArray[np.uint8]],
    boxes: list[tuple[float, ...]],
) -> LandmarkSet:
    one_size = len({picture.shape for picture in pictures}) == 1
    all_pictures: Pictures = np.stack(pictures) if one_size else tuple(pictures)
    people = [k if label.identity is None else label.identity for k, label in enumerate(used)]
    points, faces = np.array([label.points for label in used], np.float32), np.array(boxes, np.float32)
    return LandmarkSet(
        name=stated.name,
        licence=stated.licence,
        scheme=stated.scheme,
        pictures=all_pictures,
        points=points,
        boxes=faces,
        norms=stated.scheme.norms(points, faces),
        identities=np.array(people, np.int32),
        files=tuple(label.file for label in used),
        people_stated=stated.people == "column",
        boxes_made=stated.boxes_made,
        parts=tuple(str(label.part) for label in used) if stated.parts else None,
        labelled_by=stated.labelled_by,
    )
