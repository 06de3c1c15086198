"""Faces that networks label: what is asked, whose answers are taken, and the folder that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.cards import load_card
from model_zoo.datasets import landmarks
from model_zoo.datasets.face_boxes import identity_of
from model_zoo.datasets.live_set import detector_boxes, eyes_of
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.samples import LabelledBy
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation import data_check
from model_zoo.evaluation.evaluate import choose_part
from model_zoo.labelling.ask import Agreed, Answer, agreed, network_of
from model_zoo.labelling.cut import FACTOR, MOST_PX, cut_out
from model_zoo.labelling.label import KEPT, Labelled, LabelOptions, label, overlap
from model_zoo.labelling.pose import Pose, pose_of_box, pose_of_points, square_maps
from model_zoo.labelling.write import write_folder
from model_zoo.training.augment import apply
from tests.model_zoo.face_folder import FACES, name_of, write_faces

LEARNT = [k for k in range(len(FACES)) if identity_of(name_of(k), face_free=False) % 8 > 1]
"""Rows of the training part."""
Change = Callable[[int, NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Knows:
    """A network that knows the rendered faces by heart, and errs as it is told.

    Attributes:
        change: of the points of a row.
        absent: rows that it calls no face.
        forehead: it learnt from a detector's boxes.
        asked: rows, as they were asked of.
    """

    change: Change = lambda row, points: points
    absent: tuple[int, ...] = ()
    name: str = "knows"
    forehead: bool = False
    asked: list[int] = field(default_factory=list)

    @property
    def card(self) -> Any:
        return SimpleNamespace(name=self.name, sha256="5" * 64)

    def answer(self, picture: NDArray[np.uint8], pose: Pose, crops: int = 1) -> Answer:
        row = next(k for k, own in enumerate(FACES.pictures) if np.array_equal(own, picture))
        self.asked.append(row)
        points = self.change(row, FACES.points[row].astype(np.float64))
        return Answer(points, points, -1.0 if row in self.absent else 1.0)


def labelled(folder: Path, *networks: Any, **options: Any) -> Labelled:
    return label(LabelOptions(folder, networks, **options), lambda done, total: None)


def fates(found: Labelled) -> dict[int, str]:
    """By row of the rendered faces."""
    return {int(face.file[5:7]): face.fate for face in found.faces}


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_faces(tmp_path_factory.mktemp("street") / "faces")


def test_a_box_and_points_tell_the_same_pose() -> None:
    boxes, eyes = detector_boxes(FACES.points), eyes_of(FACES.points)
    for k in range(len(FACES)):
        of_points = pose_of_points(FACES.points[k])
        assert pose_of_box(boxes[k], eyes[k]).turn == pytest.approx(of_points.turn, abs=1e-6)
    level = np.array([[0.0, 0.0], [80.0, 0.0]])
    pose = pose_of_box(np.array([10.0, 20.0, 80.0, 125.0]), level)
    assert (pose.width, pose.height) == (80.0, 100.0)
    np.testing.assert_allclose(pose.middle, [50.0, 95.0])  # the upper 25 px are forehead
    middle, side = pose.square(forehead=True, margin=1.0)
    assert side == 125.0
    np.testing.assert_allclose(middle, [50.0, 82.5])
    middle, side = pose.square(forehead=False, margin=1.15)
    assert side == pytest.approx(115.0)
    np.testing.assert_allclose(middle, pose.middle)


@pytest.mark.parametrize("degrees", [-70.0, 0.0, 25.0, 135.0])
def test_a_turned_face_has_the_pose_of_the_upright_one_turned(degrees: float) -> None:
    points = FACES.points[0].astype(np.float64)
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    upright, turned = pose_of_points(points), pose_of_points((points + 0.5) @ matrix.T - 0.5)
    assert (turned.width, turned.height) == pytest.approx((upright.width, upright.height), abs=1e-4)
    np.testing.assert_allclose(turned.middle, matrix @ upright.middle, atol=1e-4)
    off = (turned.turn - upright.turn - angle + np.pi) % (2 * np.pi) - np.pi
    assert off == pytest.approx(0, abs=1e-5)
    middle, side = turned.square(forehead=True, margin=1.0)
    (map_,) = square_maps(middle[None], np.array([side]), np.array([turned.turn]))
    inside = np.linalg.solve(map_[:, :2], (matrix @ (points + 0.5).T) - map_[:, 2:]).T
    assert ((inside > -1e-6) & (inside < 1 + 1e-6)).all()
    assert inside[:, 1].min() > 0.15  # half of the forehead lies over the brows
    np.testing.assert_allclose(apply(map_[None, :, :2], np.full((1, 1, 2), 0.5))[0, 0] + map_[:, 2], middle)


def test_the_training_part_alone_is_asked_of_and_comes_out(street: Path, tmp_path: Path) -> None:
    network = Knows()
    found = labelled(street, network)
    assert sorted(set(network.asked)) == LEARNT
    assert fates(found) == dict.fromkeys(LEARNT, KEPT)
    out = tmp_path / "new" / "out"
    write_folder(found, out)
    samples = landmarks.look_at(out).require_sound()
    assert (len(samples), set(samples.parts or ())) == (len(LEARNT), {"train"})
    assert samples.labelled_by == (LabelledBy("knows", "5" * 64),)
    assert (samples.name, samples.licence) == ("street, labelled by knows", "CC0, the street")
    truth = np.linalg.norm(FACES.points[LEARNT][:, 36] - FACES.points[LEARNT][:, 45], axis=-1)
    sides = np.array([min(MOST_PX, *picture.shape) for picture in samples.pictures])
    assert (np.abs(samples.norms - truth) < 0.01).all() == (sides < MOST_PX).all()
    for k, row in enumerate(LEARNT):
        x, y = np.round(FACES.points[row, 30] - samples.points[k, 30]).astype(int)  # where the crop begins
        height, width = samples.pictures[k].shape
        np.testing.assert_array_equal(samples.pictures[k], FACES.pictures[row][y : y + height, x : x + width])
        np.testing.assert_allclose(samples.points[k] + np.array([x, y]), FACES.points[row], atol=1e-3)
    source, examined = data_check.look_at(out)
    facts = data_check.facts_of(source, examined)
    assert facts["faults"] == facts["bad"] == facts["duplicates"] == []
    assert {part: has["pictures"] for part, has in facts["split"].items()} == {
        "train": len(LEARNT), "validation": 0, "test": 0
    }  # fmt: skip
    assert "pfld-68-96" in facts["networks"]
    assert any("--also" in warning for warning in facts["warnings"])


def test_the_first_pass_asks_those_that_bear_erring_boxes() -> None:
    pose = pose_of_points(FACES.points[0])
    for foreheads, counts in (((False, True), [1, 2]), ((False, False), [2, 2]), ((True,), [2])):
        networks = [Knows(forehead=forehead) for forehead in foreheads]
        agreed(networks, FACES.pictures[0], pose)
        assert [len(network.asked) for network in networks] == counts


def test_equal_pictures_give_equal_bytes(street: Path, tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("one", "two")]
    for out in outs:
        write_folder(labelled(street, Knows()), out)
    one, two = ({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()} for out in outs)
    assert one == two
    assert len(one) == len(LEARNT) + 2


def test_what_is_left_out_is_counted_with_its_reason(tmp_path: Path) -> None:
    ignored, absent, moved, apart, outside = LEARNT[:5]
    folder = write_faces(tmp_path / "faces", ignored=(ignored,))

    def errs(row: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
        if row == moved:
            return points * 0.4 + 5
        if row == outside:
            return np.concatenate([[[-1.0, points[0, 1]]], points[1:]])
        return points + (np.array([12.0, 0.0]) if row == apart else 0.0)

    one = Knows(lambda row, points: errs(row, points) if row != apart else points, (absent,))
    other = Knows(errs, name="other")
    found = labelled(folder, one, other)
    expected = dict.fromkeys(LEARNT, KEPT) | {
        ignored: "ignored", absent: "no_face", moved: "elsewhere", apart: "apart", outside: "outside"
    }  # fmt: skip
    assert fates(found) == expected
    assert ignored not in one.asked
    told = found.to_json()
    assert told["kept"] == len(LEARNT) - 5
    assert told["left_out"] == {
        "ignored": 1, "small": 0, "no_face": 1, "elsewhere": 1, "outside": 1, "apart": 1, "again": 0
    }  # fmt: skip
    assert fates(labelled(folder, one, other, most_apart=50.0))[apart] == KEPT
    widths = detector_boxes(FACES.points[LEARNT])[:, 2]
    limit = float(np.median(widths))
    some = labelled(folder, Knows(), least_px=limit)
    small = {row for row, fate in fates(some).items() if fate == "small"}
    assert small == {row for row, width in zip(LEARNT, widths, strict=True) if width < limit} - {ignored}


def test_a_crop_that_is_another_one_again_is_left_out(tmp_path: Path) -> None:
    folder = write_faces(tmp_path / "faces")
    table = folder / "boxes.csv"
    lines = table.read_text().splitlines()
    lines.append(next(line for line in lines if line.startswith(name_of(LEARNT[0]))))
    table.write_text("\n".join(lines) + "\n")
    assert labelled(folder, Knows()).to_json()["left_out"]["again"] == 1


def test_disagreement_is_the_greatest_of_all_pairs() -> None:
    points = FACES.points[0].astype(np.float64)
    norm = float(np.linalg.norm(points[36] - points[45]))
    aside = points + np.array([3.0, 0.0])
    both = Agreed(points, (Answer(points, points, None), Answer(points, aside, 2.0)))
    assert both.disagreement == pytest.approx(300 / norm)
    assert both.face
    assert not replace(both, answers=(*both.answers, Answer(points, points, -0.1))).face


def test_a_crop_keeps_its_scale_up_to_a_limit() -> None:
    picture = np.arange(400, dtype=np.uint16).astype(np.uint8)[None].repeat(300, 0)
    square = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    small = cut_out(picture, 60 * square + [100, 100])
    assert small.pixels.shape == (round(60 * FACTOR) + 1,) * 2  # whole px around half ones
    np.testing.assert_array_equal(small.pixels[0], picture[0, 70 : 70 + len(small.pixels)])
    np.testing.assert_allclose(small.points, 60 * square + 30)
    large = cut_out(picture, 120 * square + [140, 100])
    assert max(large.pixels.shape) == MOST_PX
    scale = MOST_PX / (120 * FACTOR + 1)
    np.testing.assert_allclose(np.ptp(large.points, axis=0), 120 * scale, rtol=0.01)
    edge = cut_out(picture, 60 * square + [2, 2])
    assert edge.pixels.shape == (93, 93)  # nothing is made up beyond the picture
    np.testing.assert_allclose(edge.points, 60 * square + 2)


def test_boxes_overlap_by_the_share_of_their_union() -> None:
    assert overlap([0, 0, 10, 10], [5, 0, 10, 10]) == pytest.approx(1 / 3)
    assert overlap([0, 0, 10, 10], [20, 0, 10, 10]) == 0


def test_no_face_left_says_why(street: Path) -> None:
    with pytest.raises(DataError, match=f"none is left: {len(LEARNT)} narrower") as caught:
        labelled(street, Knows(), least_px=500)
    assert "--least-px" in caught.value.remedy


def test_a_folder_that_is_there_or_holds_no_boxes_is_refused(street: Path, tmp_path: Path) -> None:
    found = labelled(street, Knows())
    (tmp_path / "there").mkdir()
    with pytest.raises(DataError, match="there already"):
        write_folder(found, tmp_path / "there")
    assert list(tmp_path.iterdir()) == [tmp_path / "there"]
    write_folder(found, tmp_path / "out")
    for folder, words in ((tmp_path / "out", "images.csv"), (tmp_path / "none", "no such folder")):
        with pytest.raises(DataError, match=words):
            labelled(folder, Knows())


def test_networks_that_find_other_things_are_refused() -> None:
    def never() -> Any:
        raise AssertionError("nothing is computed")

    with pytest.raises(DataError, match="finds no points") as caught:
        network_of(load_card("blazeface-128-large"), never)
    assert "--by" in caught.value.remedy
    card = load_card("pfld-68-96-live")
    other = {**card.facts, "scheme": {**card.facts["scheme"], "name": "WFLW", "points": 98}}
    with pytest.raises(DataError, match="98 points"):
        network_of(replace(card, facts=other), never)


def test_nothing_is_measured_on_what_networks_labelled(street: Path, tmp_path: Path) -> None:
    write_folder(labelled(street, Knows()), tmp_path / "out")
    samples = open_samples("landmarks", tmp_path / "out")
    for look in (split_by_identity, lambda whole: choose_part(whole, "all")):
        with pytest.raises(DataError, match="made by knows, not by people") as caught:
            look(samples)
        assert "--also" in caught.value.remedy


@pytest.mark.parametrize("stated", ['"pfld"', '[{name = "pfld"}]', '[{name = "pfld", sha256 = 1}]'])
def test_a_statement_of_networks_that_is_wrong_names_its_line(stated: str, tmp_path: Path) -> None:
    text = 'name = "a"\nlicence = "b"\npoints = 68\nsizes = "mixed"\nboxes = "points"\n'
    (tmp_path / "dataset.toml").write_text(f"{text}labelled_by = {stated}\n")
    with pytest.raises(DataError, match="labelled_by") as caught:
        landmarks.stated_of(tmp_path)
    assert caught.value.where.endswith("line 6")
