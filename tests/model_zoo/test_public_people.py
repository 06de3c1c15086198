"""Public sets of people, in folders made here: COCO keypoints, CelebA and BioID."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError
from model_zoo.datasets import bioid, celeba, coco_people
from model_zoo.datasets.landmark_set import STATED
from model_zoo.datasets.live_set import detector_boxes, eyes_of
from model_zoo.datasets.points5 import SCHEME as FIVE
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation.board_boxes import unlike_a_boards
from model_zoo.evaluation.recall import overlaps
from tests.model_zoo.drawn_faces import FACES, draw, points_of, pts


def five(row: int) -> np.ndarray:
    """The usual 5 points of a face."""
    points = points_of(row)
    return np.concatenate([eyes_of(points[None])[0], points[[30, 48, 54]]])


def person(image: int, eyes: int = 2, shift: float = 0) -> dict[str, object]:
    """Whose eyes have this visibility."""
    points = np.zeros((17, 3))
    left, right, nose = five(0)[:3] + np.array([shift, 0])
    points[0], points[1], points[2] = [*nose, 2], [*right, eyes], [*left, eyes]
    return {"image_id": image, "keypoints": points.reshape(-1).tolist(), "bbox": [5, 5, 90, 180]}


def write_coco(folder: Path, people: list[dict[str, object]], part: str = "train", images: int = 4) -> Path:
    """Returns the list; the images have the ids from 0 on."""
    table = folder / "annotations" / f"person_keypoints_{part}2017.json"
    table.parent.mkdir(parents=True, exist_ok=True)
    for k in range(images):
        draw(folder / f"{part}2017" / f"{k}.png")
    about = [{"id": k, "file_name": f"{k}.png", "width": 240} for k in range(images)]
    table.write_text(json.dumps({"images": about, "annotations": people}))
    return table


def test_cocos_face_boxes_are_made_of_eyes_and_nose(tmp_path: Path) -> None:
    """The box is near that of the 68 points, and left is left in the picture."""
    write_coco(tmp_path, [person(0), person(0, eyes=0), {**person(1), "iscrowd": 1}, person(2)])
    samples = coco_people.load(tmp_path)
    assert samples.files == ("train2017/0.png", "train2017/2.png", "train2017/3.png")  # 1: nobody to be found
    assert samples.ignore[0].tolist() == [False, True]
    np.testing.assert_array_equal(samples.boxes[0][1], [5, 5, 90, 180])
    np.testing.assert_allclose(samples.points[0][0, :3], five(0)[:3], atol=1e-4)
    assert np.isnan(samples.points[0][0, 3]).all()
    truth = detector_boxes(points_of(0)[None])[0]
    assert overlaps(samples.boxes[0][:1], truth[None])[0, 0] > 0.5
    assert samples.face_free().tolist() == [False, False, True]
    assert samples.parts is None


def test_cocos_box_turns_and_grows_with_the_face() -> None:
    """Of a face twice as large it is twice as large; it lies below the eyes, where the nose is."""
    points = five(0)[:3]
    one = np.array(coco_people.face_box(points))
    two = np.array(coco_people.face_box((points + 0.5) * 2 - 0.5))
    np.testing.assert_allclose(two, 2 * one)
    turned = np.array(coco_people.face_box(np.array([[10.0, 0], [10, 20], [0, 10]])))
    assert turned[0] + turned[2] / 2 < 10.5
    np.testing.assert_allclose(turned[1] + turned[3] / 2, 10.5)


def test_cocos_validation_list_is_for_test(tmp_path: Path) -> None:
    write_coco(tmp_path, [person(k) for k in range(8)], images=8)
    write_coco(tmp_path, [person(0)], "val", images=1)
    split = split_by_identity(coco_people.load(tmp_path))
    assert split.test.files == ("val2017/0.png",)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"image_id": 9}, "no image has the id 9"),
        ({"keypoints": [1, 2, 2]}, "its keypoints are no list of 51 numbers"),
        ({"keypoints": [3.0] * 51}, "a visibility of its keypoints is none of 0, 1 and 2"),
        ({"keypoints": [0] * 51, "bbox": [1, 2]}, "its bbox are no list of 4 numbers"),
        ({"keypoints": ["1"] * 51}, "its keypoints hold"),
        ({"keypoints": person(0, shift=900)["keypoints"]}, "lies outside its picture of 240x200 px"),
    ],
)
def test_coco_names_the_annotation_that_it_cannot_use(
    tmp_path: Path, change: dict[str, object], cause: str
) -> None:
    table = write_coco(tmp_path, [person(0), {**person(1), **change}])
    with pytest.raises(DataError, match=cause) as caught:
        coco_people.load(tmp_path)
    assert caught.value.where == f"{table}, annotation 2"
    assert caught.value.remedy


def test_a_list_of_coco_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    table = write_coco(tmp_path, [person(0)])
    table.write_text(table.read_text()[:-40])
    with pytest.raises(DataError, match="the labels can't be read"):
        coco_people.load(tmp_path)
    table.write_text('{"images": []}')
    with pytest.raises(DataError, match="it is no COCO file"):
        coco_people.load(tmp_path)


def write_celeba(
    folder: Path, people: list[int], parts: list[int] | None = None, whole: bool = False
) -> Path:
    """Pictures 0.png and on; returns the table of the points."""
    names = [f"{k}.png" for k in range(len(people))]
    for k, name in enumerate(names):
        draw(folder / ("img_celeba" if whole else "img_align_celeba") / name, k)
    (folder / "Anno").mkdir()

    def write(table: str, rows: list[str], head: str = "") -> Path:
        lines = [f"{name} {row}" for name, row in zip(names, rows, strict=True)]
        (folder / table).write_text(head + "\n".join(lines) + "\n")
        return folder / table

    write("Anno/identity_CelebA.txt", [str(one) for one in people])
    if parts is not None:
        write("list_eval_partition.txt", [str(one) for one in parts])
    head = f"{len(people)}\nlefteye_x lefteye_y righteye_x\n"
    if whole:
        write("Anno/list_bbox_celeba.txt", ["30 10 160 180"] * len(people), f"{len(people)}\nimage_id x_1\n")
    rows = [" ".join(f"{v:.4f}" for v in five(k).reshape(-1)) for k in range(len(people))]
    form = celeba.WHOLE if whole else celeba.ALIGNED
    return write(f"Anno/{form.points}", rows, head)


def test_celeba_is_split_by_person(tmp_path: Path) -> None:
    write_celeba(tmp_path, [8, 9, 10, 8])
    samples = celeba.load(tmp_path)
    assert samples.people_stated
    assert (samples.scheme, samples.parts) == (FIVE, None)
    split = split_by_identity(samples)
    assert split.test.files == ("0.png", "3.png")
    assert split.validation.files == ("1.png",)
    assert not unlike_a_boards(samples, 1.2)  # boxes are those of whole faces
    moved = samples.points[0] - five(0)
    assert np.abs(moved - moved[0]).max() < 1e-3


def test_celebas_own_parts_are_kept_and_a_person_in_two_is_told(tmp_path: Path) -> None:
    write_celeba(tmp_path / "kept", [4, 5, 6], [0, 1, 2])
    assert split_by_identity(celeba.load(tmp_path / "kept")).test.files == ("2.png",)
    write_celeba(tmp_path / "mixed", [4, 5, 4], [0, 1, 2])
    with pytest.raises(DataError, match="person 4 is in the train part and in the test part"):
        split_by_identity(celeba.load(tmp_path / "mixed"))


def test_celebas_whole_pictures_have_the_stated_boxes(tmp_path: Path) -> None:
    write_celeba(tmp_path, [0, 1, 2], whole=True)
    samples = celeba.load(tmp_path)
    assert samples.boxes_made == STATED
    scale = samples.boxes[0][3] / 180
    np.testing.assert_allclose(samples.boxes[0][2:], np.array([160, 180]) * scale, rtol=0.02)
    inside = (samples.points[0] + 0.5 - samples.boxes[0][:2]) / scale
    np.testing.assert_allclose(inside, five(0) + 0.5 - [30, 10], rtol=0.02)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda text: text.rsplit("\n", 2)[0] + "\n", "the table is cut off: 3 rows stated, 2 there"),
        (lambda text: text.replace("2.png", "1.png"), "1.png stands in the table twice"),
        (lambda text: text.replace("2.png", "7.png"), "7.png is not in identity_CelebA.txt"),
        (lambda text: text[:-9] + "\n", "words, and rows of list_landmarks_align_celeba.txt have 11|eyes"),
        (lambda text: text.replace("2.png ", "2.png nan "), "has 12 words"),
    ],
)
def test_celeba_names_the_row_that_it_cannot_use(tmp_path: Path, change, cause: str) -> None:
    table = write_celeba(tmp_path, [0, 1, 2])
    table.write_text(change(table.read_text()))
    with pytest.raises(DataError, match=cause) as caught:
        celeba.load(tmp_path)
    assert str(table) in caught.value.where


def test_celeba_wants_its_pictures(tmp_path: Path) -> None:
    write_celeba(tmp_path, [0, 1, 2])
    (tmp_path / "img_align_celeba").rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="it holds neither img_align_celeba nor img_celeba"):
        celeba.load(tmp_path)


TWENTY = [*range(4), *range(17, 27), 30, 31, 35, 51, 57, 8]
"""Of the 68 points, in place of BioID's; pupils first."""


def points20(row: int) -> np.ndarray:
    points = points_of(row)[TWENTY]
    points[:2] = five(row)[:2]
    return points


def write_bioid(folder: Path, count: int = 2) -> Path:
    (folder / "points_20").mkdir()
    for k in range(count):
        draw(folder / f"BioID_{k:04d}.png", k)
        (folder / "points_20" / f"bioid_{k:04d}.pts").write_text(pts(points20(k), first_pixel=0))
        (left, top), (right, low) = points20(k)[:2].round().astype(int)
        text = f"#LX\tLY\tRX\tRY\n{right}\t{low}\t{left}\t{top}\n"
        (folder / f"BioID_{k:04d}.eye").write_text(text)
    return folder


def test_bioids_pictures_and_points_find_each_other(tmp_path: Path) -> None:
    """Their names differ in capitals; the eyes file's left is the person's own."""
    samples = bioid.load(write_bioid(tmp_path))
    assert samples.files == ("BioID_0000.png", "BioID_0001.png")
    assert (samples.scheme.count, samples.people_stated) == (20, False)
    moved = samples.points[1] - points20(1)
    assert np.abs(moved - moved[0]).max() < 1e-3
    assert samples.norms[0] == pytest.approx(float(np.hypot(*(five(0)[1] - five(0)[0]))), rel=1e-4)


def test_bioids_eyes_must_be_those_of_its_points(tmp_path: Path) -> None:
    file = write_bioid(tmp_path) / "BioID_0001.eye"
    file.write_text("#LX LY RX RY\n20 30 90 30\n")
    with pytest.raises(DataError, match="its eyes are not those of the points") as caught:
        bioid.load(tmp_path)
    assert caught.value.where == f"{file}, line 2"
    file.write_text("#LX LY RX RY\n")
    with pytest.raises(DataError, match="it holds no eyes"):
        bioid.load(tmp_path)


def test_bioid_refuses_other_points_and_points_without_a_picture(tmp_path: Path) -> None:
    file = write_bioid(tmp_path) / "points_20" / "bioid_0001.pts"
    file.write_text(pts(points20(1)[:19]))
    with pytest.raises(DataError, match="it has 19 points, and faces of BioID have 20"):
        bioid.load(tmp_path)
    file.write_text(pts(points20(1), first_pixel=0))
    (tmp_path / "BioID_0001.png").unlink()
    with pytest.raises(DataError, match="0 pictures in the folder called bioid_0001"):
        bioid.load(tmp_path)
    Image.fromarray(FACES.pictures[0][:4]).save(tmp_path / "BioID_0001.png")
    with pytest.raises(DataError, match="its points lie outside their picture"):
        bioid.load(tmp_path)
