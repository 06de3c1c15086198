"""Public sets of faces with points, in folders made here: 300-W and WFLW."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError, PictureError
from model_zoo.datasets import w300, wflw
from model_zoo.datasets.open import choose
from model_zoo.datasets.points68 import SCHEME
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation import data_check
from tests.model_zoo.drawn_faces import FACES, draw, points_of, pts


def write_300w(folder: Path, places: tuple[str, ...]) -> Path:
    for row, place in enumerate(places):
        file = draw(folder / f"{place}.png", row)
        file.with_suffix(".pts").write_text(pts(points_of(row)))
    return folder


def test_300w_cuts_each_face_out_with_its_points(tmp_path: Path) -> None:
    """A face's brightness under its points is that of the rendered face: nothing is shifted."""
    samples = w300.load(write_300w(tmp_path, ("afw/a_1", "helen/trainset/b_1", "ibug/c_1")))
    assert (samples.scheme, samples.people_stated, samples.name) == (SCHEME, False, "300w")
    for row, file in enumerate(("afw/a_1.png", "helen/trainset/b_1.png", "ibug/c_1.png")):
        k = samples.files.index(file)
        shift = np.round(samples.points[k] - FACES.points[row]).astype(int)
        assert (shift == shift[0]).all()  # moved as a whole
        assert np.abs(samples.points[k] - FACES.points[row] - shift[0]).max() < 1e-3
        dx, dy = shift[0]
        x, y = FACES.points[row].round().astype(int).T
        np.testing.assert_array_equal(samples.pictures[k][y + dy, x + dx], FACES.pictures[row][y, x])
        low = samples.points[k].min(0) + 0.5
        np.testing.assert_allclose(samples.boxes[k][:2], low, atol=1e-4)
        assert max(samples.pictures[k].shape) <= 256


def test_300w_keeps_the_parts_of_the_challenge(tmp_path: Path) -> None:
    samples = w300.load(write_300w(tmp_path, ("afw/a_1", "lfpw/testset/b_1", "lfpw/trainset/c_1")))
    assert dict(zip(samples.files, samples.parts or (), strict=True)) == {
        "afw/a_1.png": "train",
        "lfpw/testset/b_1.png": "test",
        "lfpw/trainset/c_1.png": "train",
    }


def test_300w_without_both_parts_is_split_by_the_names_of_the_pictures(tmp_path: Path) -> None:
    places = tuple(f"afw/face_{k}" for k in range(16))
    whole = w300.load(write_300w(tmp_path / "all", places))
    fewer = w300.load(write_300w(tmp_path / "fewer", places[::2]))
    assert whole.parts is None
    parts = dict(zip(whole.files, whole.identities % 8, strict=True))
    assert all(parts[file] == part for file, part in zip(fewer.files, fewer.identities % 8, strict=True))
    assert len(set(whole.identities.tolist())) == 16
    assert len(split_by_identity(whole).train) > 7


@pytest.mark.parametrize(
    ("broken", "cause", "line"),
    [
        (lambda text: text[: len(text) // 2], "do not stand between braces|no point of two numbers", "line"),
        (lambda text: text.replace("}", "1 1\n}"), "it has 69 points, and faces of 300-W have 68", "line 1"),
        (lambda text: text.replace("{\n", "{\nnan 4\n"), "'nan 4' is no point of two numbers", "line 4"),
        (lambda text: pts(points_of(0) + 900), "its points lie outside their picture of 240x200 px", "a.pts"),
        (lambda text: pts(points_of(0) * 0), "its face box of 0x0 px holds nothing", "a.pts"),
    ],
)
def test_300w_names_the_file_that_it_cannot_use(tmp_path: Path, broken, cause: str, line: str) -> None:
    file = write_300w(tmp_path, ("a",)) / "a.pts"
    file.write_text(broken(file.read_text()))
    with pytest.raises(DataError, match=cause) as caught:
        w300.load(tmp_path)
    assert str(file) in caught.value.where
    assert line in caught.value.where
    assert caught.value.remedy


def test_300w_wants_a_picture_beside_each_file(tmp_path: Path) -> None:
    write_300w(tmp_path, ("a", "b"))
    (tmp_path / "b.png").unlink()
    with pytest.raises(DataError, match="0 pictures beside it called b"):
        w300.load(tmp_path)


def points98(row: int) -> np.ndarray:
    """98 points, the eye corners at their places: made of 68 by repeating some."""
    points = np.concatenate([points_of(row), points_of(row)[:30]])
    points[[60, 72]] = points_of(row)[[36, 45]]
    return points


def line98(row: int, picture: str) -> str:
    points = points98(row)
    rectangle = [*points.min(0).astype(int), *points.max(0).astype(int)]
    numbers = " ".join(f"{v:.4f}" for v in points.reshape(-1))
    return f"{numbers} {' '.join(map(str, rectangle))} 0 1 0 0 1 0 {picture}\n"


def write_wflw(folder: Path, train: tuple[str, ...], test: tuple[str, ...] = ()) -> Path:
    lists = folder / "WFLW_annotations" / "list_98pt_rect_attr_train_test"
    lists.mkdir(parents=True)
    for part, pictures in (("train", train), ("test", test)):
        for row, picture in enumerate(pictures):
            draw(folder / "WFLW_images" / picture, row)
        if pictures:
            lines = [line98(row, picture) for row, picture in enumerate(pictures)]
            (lists / f"list_98pt_rect_attr_{part}.txt").write_text("".join(lines))
    return folder


def test_wflw_keeps_its_lists_apart(tmp_path: Path) -> None:
    """A training face in a picture of the test list is nobody's; two faces of one picture stay together."""
    folder = write_wflw(tmp_path, ("0--A/a.png", "0--A/b.png", "0--A/a.png"), ("0--A/b.png", "1--B/c.png"))
    samples = wflw.load(folder)
    assert dict(zip(samples.files, samples.parts or (), strict=True)) == {
        "0--A/a.png": "train",
        "0--A/a.png#2": "train",
        "0--A/b.png": "test",
        "1--B/c.png": "test",
    }
    a, again = (samples.identities[samples.files.index(file)] for file in ("0--A/a.png", "0--A/a.png#2"))
    assert a == again
    first = samples.files.index("0--A/a.png")
    inside = samples.points[first] - samples.boxes[first][:2]
    assert inside.min() >= -0.51
    across = np.hypot(*(points98(0)[60] - points98(0)[72]))
    assert samples.norms[first] == pytest.approx(across, rel=1e-4)


def test_a_face_that_its_picture_cuts_off_is_taken(tmp_path: Path) -> None:
    """What lies outside is black, and the points stay where they are."""
    folder = write_wflw(tmp_path, ("a.png",))
    moved = points98(0) - [points98(0)[:, 0].min() + 10, 0]
    (table,) = folder.rglob("*_train.txt")
    words = table.read_text().split()
    table.write_text(" ".join([*(f"{v:.4f}" for v in moved.reshape(-1)), *words[196:]]))
    samples = wflw.load(folder)
    edge = samples.points[0] - moved
    assert np.abs(edge - edge[0]).max() < 1e-3
    assert set(samples.pictures[0][:, : round(float(edge[0, 0]))].reshape(-1).tolist()) == {0}
    assert samples.pictures[0][:, round(float(edge[0, 0])) + 1].max() > 0


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda words: words[:-1], "has 206 words, and faces of WFLW have 207"),
        (lambda words: ["inf", *words[1:]], "it holds 'inf', which is no number"),
        (lambda words: [*words[:200], "2", *words[201:]], "pose is 2, which is no whole number from 0 to 1"),
        (lambda words: [*words[:196], "9", "9", "9", "9", *words[200:]], "its rectangle from 9, 9 to 9, 9"),
        (lambda words: [*words[:-1], "../a.png"], "'../a.png' is no picture below the folder"),
    ],
)
def test_wflw_names_the_line_that_it_cannot_use(tmp_path: Path, change, cause: str) -> None:
    folder = write_wflw(tmp_path, ("a.png", "b.png"))
    (table,) = folder.rglob("*_train.txt")
    first, second = table.read_text().splitlines()
    table.write_text(f"{first}\n{' '.join(change(second.split()))}\n")
    with pytest.raises(DataError, match=cause) as caught:
        wflw.load(folder)
    assert caught.value.where == f"{table}, line 2"


def test_wflw_names_the_picture_that_is_not_there(tmp_path: Path) -> None:
    folder = write_wflw(tmp_path, ("a.png",))
    (folder / "WFLW_images" / "a.png").unlink()
    with pytest.raises(PictureError, match="there is no such file"):
        wflw.load(folder)


def test_a_public_set_is_taken_where_it_is_named_alone(tmp_path: Path, monkeypatch) -> None:
    """Files do not say whose they are: a person does, with --dataset."""
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    folder = write_300w(tmp_path, tuple(f"afw/face_{k}" for k in range(12)))
    with pytest.raises(DataError, match=r"neither dataset.toml nor labels.csv"):
        choose("landmarks", folder)
    assert choose("landmarks", folder, "300w").folder == folder
    with pytest.raises(DataError, match="no data set that is known here"):
        data_check.look_at(folder)
    source, examined = data_check.look_at(folder, "300w")
    facts = data_check.facts_of(source, examined)
    assert (facts["pictures"], facts["people"]) == (12, None)
    assert "pfld-68-96" in facts["networks"]
