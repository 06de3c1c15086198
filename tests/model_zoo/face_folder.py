"""A folder of whole pictures with face boxes, made of rendered faces whose points are known."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from model_zoo.datasets import synthetic
from model_zoo.datasets.face_boxes import BOX_COLUMNS, EDGE, POINT_COLUMNS
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.live_set import detector_boxes, eyes_of

FACES = synthetic.generate(people=24, pictures_each=1, seed=11)


def name_of(row: int) -> str:
    """The file of a rendered face."""
    return f"scene{row:02d}.png"


def write_faces(folder: Path, faces: LandmarkSet = FACES, ignored: tuple[int, ...] = ()) -> Path:
    """A picture a face, with its detector's box and its four points; rows of `ignored` are to be ignored."""
    (folder / "images").mkdir(parents=True)
    (folder / "dataset.toml").write_text('name = "street"\nlicence = "CC0, the street"\n')
    boxes = detector_boxes(faces.points) - EDGE
    eyes = eyes_of(faces.points)
    sizes, rows = [], []
    for k, picture in enumerate(faces.pictures):
        Image.fromarray(picture).save(folder / "images" / name_of(k))
        sizes.append([name_of(k), picture.shape[1], picture.shape[0]])
        mouth = faces.points[k][48:60].mean(0)
        key = np.concatenate([eyes[k].reshape(-1), faces.points[k][30], mouth])
        rows.append([name_of(k), *boxes[k], int(k in ignored), *key])
    for table, head, lines in (
        ("images.csv", ["file", "width", "height"], sizes),
        ("boxes.csv", ["file", *BOX_COLUMNS, "ignore", *POINT_COLUMNS], rows),
    ):
        with (folder / table).open("w", newline="") as stream:
            csv.writer(stream).writerows([head, *lines])
    return folder
