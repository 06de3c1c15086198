"""AFLW's tables, in a folder made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError
from model_zoo.datasets import aflw
from tests.model_zoo.drawn_faces import draw, points_of

NINETEEN = [17, 19, 21, 22, 24, 26, 36, 37, 39, 42, 43, 45, 31, 30, 35, 48, 51, 54, 8]
"""Of the 68 points, in place of AFLW's."""
HEAD = ",".join(["image_name", "scale", "box_size", "center_w", "center_h"]) + "".join(
    f",original_{k}_{axis}" for k in range(19) for axis in "xy"
)


def row_of(picture: str, row: int = 0) -> str:
    numbers = points_of(row)[NINETEEN].reshape(-1)
    return f"{picture},0.7,140,110,90," + ",".join(f"{v:.4f}" for v in numbers)


def write(folder: Path, part: str, rows: list[str]) -> Path:
    for k, row in enumerate(rows):
        draw(folder / "images" / row.split(",")[0], k)
    table = folder / f"face_landmarks_aflw_{part}.csv"
    table.write_text("\n".join([HEAD, *rows]) + "\n")
    return table


def test_aflws_errors_are_measured_by_the_stated_box(tmp_path: Path) -> None:
    write(tmp_path, "train", [row_of("0/a.png"), row_of("2/b.png", 1)])
    samples = aflw.load(tmp_path)
    assert (samples.files, samples.parts) == (("0/a.png", "2/b.png"), None)
    scale = samples.boxes[0][2] / 140
    assert samples.norms[0] == pytest.approx(140 * scale, rel=0.01)
    inside = (samples.points[0] + 0.5 - samples.boxes[0][:2]) / scale
    np.testing.assert_allclose(inside, points_of(0)[NINETEEN] - [110 - 70, 90 - 70], rtol=0.02, atol=0.5)


def test_mirrored_points_are_those_of_the_other_side() -> None:
    """Of an upright face each mirror point lies on the other side at about the same height."""
    points = points_of(0)[NINETEEN]
    assert aflw.SCHEME.mirror is not None
    other = points[list(aflw.SCHEME.mirror)]
    size = np.ptp(points, axis=0)
    assert np.abs(points - other)[:, 1].max() < 0.2 * size[1]
    apart = [k for k, m in enumerate(aflw.SCHEME.mirror) if m > k]
    assert len(apart) == 8
    assert (points[apart, 0] < other[apart, 0]).all()


def test_aflws_tables_are_kept_apart(tmp_path: Path) -> None:
    write(tmp_path, "train", [row_of("a.png"), row_of("b.png")])
    write(tmp_path, "test", [row_of("b.png"), row_of("c.png")])
    samples = aflw.load(tmp_path)
    assert dict(zip(samples.files, samples.parts or (), strict=True)) == {
        "a.png": "train",
        "b.png": "test",
        "c.png": "test",
    }


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda row: row.replace("140", "0"), "box_size is 0, and must be above 0"),
        (lambda row: row.rsplit(",", 1)[0], "it has 37 numbers of points, and faces of AFLW have 38"),
        (lambda row: row.rsplit(",", 1)[0] + ",inf", "original_18_y is 'inf', which is no number"),
        (lambda row: row.replace("a.png", "../a.png"), "is no picture below the folder"),
        (lambda row: row.replace("110,90", "900,90"), "its face box does not hold the middle of its points"),
    ],
)
def test_aflw_names_the_row_that_it_cannot_use(tmp_path: Path, change, cause: str) -> None:
    table = write(tmp_path, "train", [row_of("a.png")])
    table.write_text(f"{HEAD}\n{change(row_of('a.png'))}\n")
    with pytest.raises(DataError, match=cause) as caught:
        aflw.load(tmp_path)
    assert caught.value.where == f"{table}, line 2"
    assert caught.value.remedy
