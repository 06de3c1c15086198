"""Rendered faces of a mesh in the form of ICT-FaceKit's: the same on every run, with points on the face."""

from __future__ import annotations

import json
from itertools import count, pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError
from model_zoo.datasets import SOURCES, ict_facekit
from model_zoo.datasets.face_boxes import identity_of
from model_zoo.datasets.ict import facekit_folder
from model_zoo.datasets.ict.anatomy import AT_VERTEX, anatomy_of
from model_zoo.datasets.ict.contour import outline, points68
from model_zoo.datasets.ict.mesh import FILE, FaceMesh, mesh_of, read_packed
from model_zoo.datasets.ict.person import HAIRS, random_person, turn_of
from model_zoo.datasets.ict.raster import FAR, rasterise
from model_zoo.datasets.live_set import LiveSet
from model_zoo.datasets.open import choose, open_named
from model_zoo.evaluation import data_check
from tests.model_zoo.drawn_mesh import drawn_mesh, write_mesh
from tests.model_zoo.test_render_cache import Heard

MESH = mesh_of(drawn_mesh(), "drawn")


@pytest.fixture(scope="module")
def columns():
    return ict_facekit.generate(MESH, (), people=3, pictures_each=2, seed=4)


def test_a_picture_is_a_function_of_seed_person_and_number(columns) -> None:
    first = ict_facekit.generate(MESH, (), people=1, pictures_each=2, seed=4)
    np.testing.assert_array_equal(first["pictures"], columns["pictures"][:2])
    np.testing.assert_array_equal(first["points"], columns["points"][:2])
    other = ict_facekit.generate(MESH, (), people=1, pictures_each=1, seed=5)
    assert (other["pictures"][0] != first["pictures"][0]).any()
    assert columns["identities"].tolist() == [0, 0, 1, 1, 2, 2]


def test_points_fill_the_stated_box_in_their_order(columns) -> None:
    points = columns["points"]
    low, high = points.min(1), points.max(1)
    np.testing.assert_allclose((high - low).max(-1), 160 / 1.8, atol=0.01)
    np.testing.assert_allclose((low + high) / 2, 79.5, atol=0.01)
    assert (points[:, 36, 0] < points[:, 45, 0]).all()
    assert (points[:, 8, 1] > points[:, 57, 1]).all()
    assert (columns["norms"] > 5).all()


def test_photographs_lie_behind_the_heads_and_change_no_label(columns) -> None:
    white = [np.full((60, 80), 255, np.uint8)]
    before = ict_facekit.generate(MESH, white, people=1, pictures_each=2, seed=4)
    np.testing.assert_array_equal(before["points"], columns["points"][:2])
    assert (before["pictures"] != columns["pictures"][:2]).any()


@pytest.mark.parametrize("yaw", [-0.9, 0.9])
def test_points_of_the_jaw_slide_to_the_outline_of_the_far_cheek(yaw: float) -> None:
    """On the side that is turned away nothing on a point's path lies farther out than its label."""
    anatomy = anatomy_of(MESH)
    turned = _seen(yaw)
    far = np.arange(13, 17) if yaw > 0 else np.arange(4)
    labels, vertices = outline(anatomy, turned)[far, 0], turned[anatomy.mesh.landmarks[far], 0]
    out = 1 if yaw > 0 else -1
    assert ((labels - vertices) * out >= 0).all()
    assert ((labels - vertices) * out).max() > 0.5
    corners, weights = anatomy.paths
    ways = np.einsum("pskx,psk->psx", turned[corners], weights)[far, AT_VERTEX:, 0]
    assert (labels[:, None] * out >= ways * out - 0.4).all()
    np.testing.assert_array_equal(points68(anatomy, turned)[17:], turned[anatomy.mesh.landmarks[17:]])


def _seen(yaw: float) -> np.ndarray:
    """The vertices that count, from in front, y down: float32 [V, 2]."""
    placed = anatomy_of(MESH).mesh.neutral @ turn_of(yaw, 0, 0).T
    return (placed[:, :2] * [1, -1]).astype(np.float32)


def test_a_turned_head_looks_to_where_its_angles_say() -> None:
    nose = np.array([0, 0, 1], np.float32)
    assert (nose @ turn_of(0.5, 0, 0).T)[0] > 0.4  # to image right
    assert (nose @ turn_of(0, 0.5, 0).T)[1] < -0.4  # down
    assert (np.array([0, 1, 0], np.float32) @ turn_of(0, 0, 0.5).T)[0] > 0.4  # clockwise


def test_the_nearest_triangle_is_seen_and_a_back_is_not() -> None:
    square = np.array([[0, 0], [0, 8], [8, 8], [8, 0]], np.float32)  # counter-clockwise with y down
    seen = np.concatenate([np.column_stack([square, np.full(4, z, np.float32)]) for z in (1, 3, 5)])
    near, far, back = [4, 5, 6], [0, 1, 2], [8, 10, 9]
    shown = rasterise(seen.astype(np.float32), np.array([near, far, [0, 2, 3], back], np.int32), 10)
    assert shown.depth[6, 2] == 3  # of near and far
    assert shown.depth[2, 6] == 1  # far alone
    assert shown.depth[9, 9] == FAR
    assert len(np.unique(shown.pixel)) == len(shown.pixel)
    column = shown.of(np.ascontiguousarray(seen[:, 0], np.float32))
    np.testing.assert_allclose(column, shown.pixel % 10, atol=1e-4)


def test_people_differ_in_hair_beard_and_glasses() -> None:
    people = [random_person(np.random.default_rng(k), 2) for k in range(300)]
    assert {who.hair_style for who in people} == set(HAIRS)
    assert len({who.beard for who in people}) == 5
    assert {who.glasses for who in people} == {"none", "clear", "dark", "bar"}
    skin = np.array([who.skin for who in people])
    assert np.quantile(skin, 0.1) < 0.12 < 0.4 < np.quantile(skin, 0.9)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"identity": None}, "it has no array identity"),
        ({"neutral": np.zeros((5, 2), np.float32)}, "neutral has the shape 5 x 2, and must have any x 3"),
        ({"neutral": drawn_mesh()["neutral"] * np.float32(100)}, "neutral reaches farther than 100 cm"),
        (
            {"neutral": drawn_mesh()["neutral"] * np.float32(np.nan)},
            "neutral holds numbers that are not finite",
        ),
        ({"triangles": np.full((1, 3), 60000, np.uint16)}, "triangles names 60000, and there are only"),
        ({"triangles": np.zeros((1, 3))}, "triangles holds float64"),
        ({"landmarks68": np.zeros(67, np.uint16)}, "landmarks68 has the shape 67, and must have 68"),
        ({"landmarks68": drawn_mesh()["landmarks68"][::-1]}, "landmarks68 does not run from"),
        ({"region_names": np.array(["face"])}, "region_names is face, and must be face, head_neck"),
        ({"expression_names": np.array(["jawOpen"])}, "expression has the shape"),
        ({"expression_names": np.array([None])}, "it is no file of packed arrays"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(tmp_path: Path, changes, cause: str) -> None:
    folder = write_mesh(tmp_path, **changes)
    with pytest.raises(DataError, match=cause) as caught:
        ict_facekit.faces(folder)
    assert str(folder / FILE) in caught.value.where
    assert "FaceXModel" in caught.value.remedy


@pytest.mark.parametrize(
    "harm", [lambda content: content[:4000], lambda content: b"", lambda content: b"PK" * 9]
)
def test_a_damaged_file_is_refused(tmp_path: Path, harm) -> None:
    file = write_mesh(tmp_path) / FILE
    file.write_bytes(harm(file.read_bytes()))
    with pytest.raises(DataError, match="it is no file of packed arrays"):
        read_packed(file)


def test_a_folder_without_a_mesh_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no mesh of ICT-FaceKit") as caught:
        choose("landmarks", tmp_path, "ict_facekit")
    assert "FaceXModel" in caught.value.remedy


def write_obj(file: Path, vertices: np.ndarray, triangles: np.ndarray | None = None) -> None:
    lines = ["# a comment", *(f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices), "vt 0 0"]
    if triangles is not None:
        lines += [f"f {' '.join(f'{corner + 1}/1' for corner in face)}" for face in triangles]
    file.write_text("\n".join(lines) + "\n")


@pytest.fixture
def own_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The drawn mesh as ICT-FaceKit's folder, which has other numbers of vertices."""
    neutral, region = MESH.neutral, MESH.region
    starts = [0, *(np.flatnonzero(np.diff(region)) + 1).tolist(), len(region)]
    parts = tuple((a, b, int(region[a])) for a, b in pairwise(starts))
    for name, value in (
        ("VERTICES", len(neutral)), ("PARTS", parts), ("POINTS", tuple(MESH.landmarks)), ("IDENTITIES", 2),
    ):  # fmt: skip
        monkeypatch.setattr(facekit_folder, name, value)
    folder = tmp_path / "ICT-FaceKit" / "FaceXModel"
    folder.mkdir(parents=True)
    write_obj(folder / "generic_neutral_mesh.obj", neutral, MESH.triangles)
    for name, offsets in (
        *((f"identity{k:03d}", MESH.identity[k]) for k in range(2)),
        *zip(MESH.expression_names, MESH.expression, strict=True),
    ):
        write_obj(folder / f"{name}.obj", neutral + offsets)
    (folder / "vertex_indices.json").write_text(json.dumps({"expressions": list(MESH.expression_names)}))
    return folder


def test_the_makers_own_folder_gives_the_same_mesh(own_form: Path) -> None:
    assert ict_facekit.find(own_form.parent.parent) == own_form
    read: FaceMesh = ict_facekit.mesh_in(own_form)
    np.testing.assert_array_equal(read.triangles, MESH.triangles)
    np.testing.assert_array_equal(read.region, MESH.region)
    np.testing.assert_array_equal(read.landmarks, MESH.landmarks)
    assert np.abs(read.expression - MESH.expression).max() < 2e-6  # six digits behind the point
    assert np.abs(read.identity - MESH.identity).max() < 2e-6
    eyes = np.isfinite(MESH.eye_radius)
    assert (np.isfinite(read.eye_radius) == eyes).all()


def test_the_makers_own_folder_may_not_lack_a_shape(own_form: Path) -> None:
    (own_form / "identity001.obj").unlink()
    with pytest.raises(DataError, match="it can't be read") as caught:
        ict_facekit.mesh_in(own_form)
    assert "identity001.obj" in caught.value.where
    write_obj(own_form / "identity001.obj", MESH.neutral[:-1])
    with pytest.raises(DataError, match=rf"it has {len(MESH.neutral) - 1} vertices"):
        ict_facekit.mesh_in(own_form)
    (own_form / "vertex_indices.json").write_text("{}")
    with pytest.raises(DataError, match="it does not list the expressions"):
        ict_facekit.mesh_in(own_form)


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the drawn mesh, a cache of its own, and few faces in the set of commands."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(ict_facekit, "PEOPLE", 2)
    monkeypatch.setattr(ict_facekit, "PICTURES_EACH", 1)
    monkeypatch.setattr(ict_facekit, "GROUNDS", 3)
    write_mesh(tmp_path / "root" / "data")
    return tmp_path / "root"


def test_a_set_is_rendered_once_for_each_mesh(few: Path) -> None:
    heard = Heard()
    name, made = open_named("landmarks", few, "ict_facekit", heard)
    assert (name, made.name, made.made, len(made)) == ("ict_facekit", "ict_facekit", "rendered heads", 2)
    assert heard.done == [("ict_facekit", done, 2) for done in range(3)]
    assert "face-boxes" not in made.licence
    heard = Heard()
    again = open_named("landmarks", few, "ict_facekit", heard)[1]
    assert (heard.done, again.contents(), again.licence) == ([], made.contents(), made.licence)
    write_mesh(few / "data", identity=drawn_mesh()["identity"] * np.float16(2))
    assert open_named("landmarks", few, "ict_facekit", heard)[1].contents() != made.contents()
    assert heard.done


def test_photographs_beside_the_mesh_are_named_in_the_terms(few: Path) -> None:
    alone = open_named("landmarks", few, "ict_facekit_plain")[1]
    beside = few / "data" / "detection_train"
    (beside / "images").mkdir(parents=True)
    named = next(f"{k}.png" for k in count() if identity_of(f"{k}.png", True) % 8 > 1)
    tested = next(f"{k}.png" for k in count() if identity_of(f"{k}.png", True) % 8 == 0)
    for name, level in ((named, 255), (tested, 0)):
        Image.new("L", (40, 30), level).save(beside / "images" / name)
    (beside / "images.csv").write_text(f"file,width,height\n{named},40,30\n{tested},40,30\n")
    (beside / "boxes.csv").write_text("file,x,y,w,h,ignore\n")
    (beside / "dataset.toml").write_text('name = "street"\nlicence = "CC0, the street"\n')
    assert [picture.min() for picture in ict_facekit.photographs_in(few / "data")] == [255]
    with_them = open_named("landmarks", few, "ict_facekit")[1]
    assert "behind the heads: CC0, the street" in with_them.licence
    assert "street" not in alone.licence
    plain = open_named("landmarks", few, "ict_facekit_plain")[1]
    assert plain.contents() == alone.contents()


def test_marks_learn_from_the_same_faces_and_from_grounds(few: Path) -> None:
    samples = open_named("marks", few, "ict_facekit_live")[1]
    assert isinstance(samples, LiveSet)
    assert samples.faces().tolist() == [True, True, False, False, False]
    again = open_named("marks", few, "ict_facekit_live")[1]
    assert again.contents() == samples.contents()


def test_a_folder_can_be_looked_at(few: Path) -> None:
    source, examined = data_check.look_at(few, "ict_facekit")
    assert source is SOURCES.get("ict_facekit")
    assert len(examined.require_sound()) == 2
