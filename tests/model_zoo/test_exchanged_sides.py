"""Left and right exchanged: told of each face in any turn, of no good one, and of a whole set at once."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_zoo.datasets import points98, synthetic
from model_zoo.datasets.exchanged_sides import exchanged
from model_zoo.datasets.known_schemes import KNOWN
from model_zoo.datasets.open import open_samples
from tests.model_zoo.test_landmark_schemes import SHARED
from tests.model_zoo.test_own_data import FACES, refusal
from tests.model_zoo.test_own_points import FIVE, few, write

FACES_68 = synthetic.generate(people=12, pictures_each=2, seed=3).points.astype(np.float64)


def of_98(points: Any) -> Any:
    """Points [N, 68, 2] as those of WFLW; ones that the 68 do not have lie between their neighbours."""
    found = np.full((len(points), 98, 2), np.nan)
    for own, other in SHARED.items():
        found[:, other] = points[:, own]
    for k in range(98):
        if np.isnan(found[:, k]).any():
            found[:, k] = {96: found[:, [60, 64]].mean(1), 97: found[:, [68, 72]].mean(1)}.get(
                k, found[:, (k - 1) % 98]
            )
    # the lower edges of the brows follow the upper ones, from outside to inside and back
    found[:, 38:42] = found[:, [36, 35, 34, 33]] + [0, 2]
    found[:, 47:51] = found[:, [46, 45, 44, 43]] + [0, 2]
    for odd in range(1, 32, 2):
        found[:, odd] = found[:, [odd - 1, odd + 1]].mean(1)
    for middle, ends in ((62, (61, 63)), (66, (65, 67)), (70, (69, 71)), (74, (73, 75))):
        found[:, middle] = found[:, list(ends)].mean(1)
    return found


SETS = {5: few(FACES_68), 68: FACES_68, 98: of_98(FACES_68)}


@pytest.mark.parametrize("count", SETS)
def test_each_exchanged_face_is_told_however_it_is_turned(count: int) -> None:
    scheme, faces = KNOWN[count], SETS[count]
    assert scheme.mirror is not None
    for number, face in enumerate(faces):
        angle = number * 2 * np.pi / len(faces)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        assert exchanged(face @ turn, scheme) == ()
        swapped = exchanged(face[list(scheme.mirror)] @ turn, scheme)
        assert swapped[:2] == ("eyes", "mouth corners")
        assert exchanged((face * [-1, 1]) @ turn, scheme) == swapped


def test_a_part_alone_is_named() -> None:
    face = SETS[5][0]
    assert exchanged(face[[1, 0, 2, 3, 4]], KNOWN[5]) == ("eyes",)
    assert exchanged(face[[0, 1, 2, 4, 3]], KNOWN[5]) == ("mouth corners",)
    brows = [*range(17), *range(22, 27), *range(17, 22), *range(27, 68)]
    assert exchanged(FACES_68[0][brows], KNOWN[68]) == ("brows",)


def test_of_profiles_and_lying_shapes_nothing_is_said() -> None:
    face = SETS[5][0]
    narrow = (face - face.mean(0)) * [-0.2, 1]
    assert exchanged(narrow, KNOWN[5]) == ()
    assert exchanged((face - face.mean(0)) * [-1, 0.1], KNOWN[5]) == ()
    assert exchanged(np.random.default_rng(1).uniform(0, 99, (68, 2)), KNOWN[68]) == ()
    assert exchanged(face[::-1], points98.SCHEME.__class__("own", 5)) == ()


def test_a_row_is_refused_with_its_line_and_a_mirrored_set_as_one(tmp_path: Path) -> None:
    points = few(FACES.points)
    swapped = points[:, [1, 0, 2, 4, 3]]
    one = points.copy()
    one[2] = swapped[2]
    said = refusal(write(tmp_path / "row", one))
    assert "left and right are exchanged" in said.cause
    assert said.where.endswith("labels.csv, line 4")
    said = refusal(write(tmp_path / "set", swapped))
    assert "in 6 of 6 faces, first in" in said.cause
    assert "more" not in said.cause
    assert said.where.endswith("dataset.toml")
    own = write(tmp_path / "own", swapped, mirror=[[0, 1], [3, 4]], pupils=[0, 1])
    assert len(open_samples("landmarks", own)) == 6


@pytest.mark.skipif("TINYFACE_DATA" not in os.environ, reason="TINYFACE_DATA names no real faces")
def test_no_real_face_is_refused() -> None:
    table = Path(os.environ["TINYFACE_DATA"]) / "data" / "landmarks68_train" / "labels.csv"
    if not table.is_file():
        pytest.skip(f"there is no {table}")
    with table.open(newline="") as stream:
        rows = list(csv.reader(stream))
    first = rows[0].index("x0")
    faces = np.array([row[first : first + 136] for row in rows[1:]], np.float64).reshape(-1, 68, 2)
    assert len(faces) > 2000
    for points, count in ((faces, 68), (few(faces, FIVE), 5)):
        scheme = KNOWN[count]
        assert scheme.mirror is not None
        assert not any(exchanged(face, scheme) for face in points)
        assert all(exchanged(face[list(scheme.mirror)], scheme) for face in points[::25])
