"""A person's own classifier, 64x64 RGB without a card: camera, region and results on the simulated board."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from codegen.memory.options import DEFAULT_OPTIONS
from codegen.program.spec import InputSpec, Layout, PictureWish
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.models import resolve
from host_tools.pictures.files import shots_from
from host_tools.proof.demo import stream_and_compare
from host_tools.simulator.state import flash_file
from tests.toys.layers import Net

CLASSES = 5
Run = Callable[..., Result]


def classifier(
    height: int, width: int, channels: int, scale: float = 1 / 255, zero_point: int = -128
) -> bytes:
    """Two convolutions, a mean, a dense layer and SOFTMAX."""
    net = Net(64)
    x = net.input(1, height, width, channels, scale=scale, zero_point=zero_point)
    y = net.depthwise(net.conv(x, 8, (3, 3), stride=2), stride=2)
    pooled = net.mean(net.conv(y, 16))
    return net.model.finish([x], [net.softmax(net.dense(pooled, CLASSES, scale=0.05))])


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("own") / "animals.tflite"
    file.write_bytes(classifier(64, 64, 3))
    return file


@pytest.fixture(scope="module")
def chip(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A flash file with the model, called an RGB picture; tests copy it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(tmp_path_factory.mktemp("state")))
        done = run("flash", "--model", model, "--picture", "rgb")
        assert done.exit_code == 0, done.stderr
        assert f"tinyface validate {model} --picture rgb --board sim" in " ".join(done.stderr.split())
        yield flash_file(load_board("sim"))


@pytest.fixture
def flashed(chip: Path, model: Path) -> Path:
    """The model, which the board `sim` of this test runs."""
    target = flash_file(load_board("sim"))
    target.parent.mkdir(parents=True)
    shutil.copy(chip, target)
    return model


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(9)
    for number, (width, height) in enumerate([(320, 240), (500, 200), (90, 140)]):
        small = rng.integers(0, 256, (9, 11, 3)).astype(np.uint8)
        Image.fromarray(small).resize((width, height)).save(folder / f"{number}.png")
    return folder


def test_the_project_keeps_what_was_said(model: Path, tmp_path: Path) -> None:
    made = run("generate", model, "--picture", "rgb", "-o", tmp_path / "p")
    assert made.exit_code == 0, made.stderr
    manifest = json.loads((tmp_path / "p" / "tinyface.json").read_text())
    assert manifest["picture"] == {"layout": "rgb", "width": 64, "height": 64, "shift": -128}
    assert run("generate", model, "-o", tmp_path / "raw").exit_code == 0
    assert json.loads((tmp_path / "raw" / "tinyface.json").read_text())["picture"] is None


def test_pictures_of_every_form_are_compared(flashed: Path) -> None:
    proved = run("validate", flashed, "--picture", "rgb", "--count", 30, "--seed", 4)
    assert proved.exit_code == 0, proved.output
    assert "0 differing bytes over 30 distinct inputs" in proved.stdout
    assert "--picture" not in proved.stderr


def test_without_the_option_the_board_says_what_would_help(flashed: Path) -> None:
    proved = run("validate", flashed, "--count", 4)
    assert proved.exit_code == 0, proved.output
    said = " ".join(proved.stderr.split())
    assert "RGB picture, 64x64 px, p - 128: add --picture rgb to compare pictures too" in said


def test_the_camera_feeds_it(flashed: Path, pictures: Path, tmp_path: Path) -> None:
    """Every frame of the simulated camera against the reference: colours, region, time and scores."""
    ref = resolve(str(flashed), picture=PictureWish(Layout.RGB))
    shots = shots_from(pictures, 1.0)
    verdict = stream_and_compare(ref, load_board("sim"), shots, tmp_path, DEFAULT_OPTIONS).verdict
    assert verdict.passed
    assert (verdict.requests, verdict.distinct_inputs) == (3, 3)
    seen = run("monitor", "--pictures", pictures, "--frames", 3, "--json")
    assert seen.exit_code == 0, seen.stderr
    frames = [json.loads(line) for line in seen.stdout.splitlines()]
    assert [frame["crop"] for frame in frames] == [[40, 0, 240, 240]] * 3
    assert all(len(frame["outputs"]) == CLASSES for frame in frames)
    times = [frame["time_ms"] for frame in frames]
    assert 0 < times[0] <= times[1] <= times[2]


@pytest.mark.slow
def test_other_firmware_is_not_compared_as_if_it_were_the_same(model: Path) -> None:
    """The board of this test has the model as a plain tensor."""
    assert run("flash", "--model", model).exit_code == 0
    assert run("validate", model, "--count", 3).exit_code == 0
    refused = run("validate", model, "--picture", "rgb")
    assert refused.exit_code == 2
    said = " ".join(refused.stderr.split())
    assert "the firmware's input is a tensor, that of the model here an RGB picture" in said
    assert f"tinyface flash --board sim --model {model} --picture rgb" in said
    sent = run("flash", "--model-only", "--model", model, "--picture", "rgb")
    assert sent.exit_code == 2
    assert "the firmware's input is a tensor, the model's an RGB picture" in " ".join(sent.stderr.split())
    watched = run("monitor", "--frames", 1)
    assert watched.exit_code == 2


def test_a_model_alone_brings_its_shift_along(tmp_path: Path) -> None:
    """The same plan, trained on another normalisation: pixels become other numbers, and the board knows."""
    one, other = tmp_path / "one.tflite", tmp_path / "other.tflite"
    one.write_bytes(classifier(24, 24, 1))
    other.write_bytes(classifier(24, 24, 1, scale=1 / 58.5))
    said = "--picture", "gray", "--mean", 20, "--std", 58.5
    assert run("flash", "--model", one, "--picture", "gray").exit_code == 0
    raw = run("flash", "--model-only", "--model", other)
    assert raw.exit_code == 2
    assert "Or add --picture gray" in " ".join(raw.stderr.split())
    sent = run("flash", "--model-only", "--model", other, *said)
    assert sent.exit_code == 0, sent.stderr
    proved = run("validate", other, *said, "--count", 9)
    assert proved.exit_code == 0, proved.output
    assert run("validate", other, "--picture", "gray", "--mean", 0, "--std", 58.5).exit_code == 2


def test_a_wide_gray_picture_with_a_stated_normalisation(pictures: Path, tmp_path: Path) -> None:
    file = tmp_path / "wide.tflite"
    file.write_bytes(classifier(24, 32, 1, 1 / 58.5, -13))
    refused = run("generate", file, "--picture", "gray", "-o", tmp_path / "p")
    assert refused.exit_code == 2
    assert "--mean and --std" in " ".join(refused.stderr.split())
    said = "--picture", "gray", "--mean", 115, "--std", 58.5
    assert run("flash", "--model", file, *said).exit_code == 0
    proved = run("validate", file, *said, "--count", 12, "--pictures", pictures)
    assert proved.exit_code == 0, proved.output
    seen = run("monitor", "--pictures", pictures, "--frames", 1, "--json")
    assert json.loads(seen.stdout)["crop"] == [0, 0, 320, 240]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--picture", "gray"), "Use --picture rgb"),
        (("--mean", 1, "--std", 2), "Leave --mean and --std out"),
        (("--picture", "rgb", "--mean", 1), "Give both or neither"),
        (("--picture", "rgb", "--mean", 1, "--std", 0), "Use a std above 0"),
        (("--picture", "rgb", "--mean", "nan", "--std", 1), "Use a std above 0"),
        (("--picture", "rgb", "--mean", 1, "--std", 2), "State the mean and std"),
    ],
)
def test_options_that_contradict(model: Path, options: tuple[object, ...], said: str) -> None:
    for verb in ("analyze", "generate", "validate", "flash", "bench", "demo"):
        named = ("--model", model) if verb == "flash" else (model,)
        refused = run(verb, *named, *options)
        assert refused.exit_code == 2, verb
        assert said in " ".join(refused.stderr.split()), verb


def test_a_card_states_its_input() -> None:
    for options, said in (
        (("--picture", "rgb"), "gray picture, 96x96 px, p - 128"),
        (("--picture", "gray", "--mean", 0, "--std", 255), "Leave --mean and --std out"),
    ):
        refused = run("analyze", "pfld-68-96", *options)
        assert refused.exit_code == 2
        assert said in " ".join(refused.stderr.split())
    shown = run("analyze", "pfld-68-96", "--picture", "gray")
    assert "input 0: gray picture, 96x96 px, p - 128" in " ".join(shown.stdout.split())


def test_a_demo_needs_a_picture(model: Path) -> None:
    refused = run("demo", model)
    assert refused.exit_code == 2
    assert "Add --picture gray or --picture rgb" in " ".join(refused.stderr.split())


def test_a_sound_is_no_picture(shared_models: Path) -> None:
    """An input of [1, 49, 10, 1] has the shape of one; nobody says that it is one."""
    ref = resolve(str(shared_models / "kws_ref_model.tflite"))
    assert ref.file.inputs[0].shape == (1, 49, 10, 1)
    assert ref.program.input == InputSpec()


def test_person_detection_is_a_gray_picture_of_one_to_minus_one(shared_models: Path) -> None:
    ref = resolve(str(shared_models / "person_detect.tflite"), picture=PictureWish(Layout.GRAY))
    assert ref.program.input == InputSpec(Layout.GRAY, 96, 96, -128)


NAMES = ("cat", "dog", "a fox", "kätzchen", "owl")


def labels_file(folder: Path, names: tuple[str, ...] = NAMES) -> Path:
    file = folder / "labels.txt"
    file.write_text("\n".join(names) + "\n", encoding="utf-8")
    return file


def test_classes_are_told_with_their_names(model: Path, pictures: Path, tmp_path: Path) -> None:
    """The board finds the best ones, tells their names, and validate compares them without the file."""
    done = run("flash", "--model", model, "--picture", "rgb", "--labels", labels_file(tmp_path))
    assert done.exit_code == 0, done.stderr
    proved = run("validate", model, "--picture", "rgb", "--count", 9, "--seed", 4, "--json")
    assert proved.exit_code == 0, proved.output
    verdict = json.loads(proved.stdout)
    assert (verdict["bytes_differing"], verdict["requests_differing"]) == (0, 0)
    assert verdict["items_compared"] == 3  # every third request is a picture
    seen = run("monitor", "--pictures", pictures, "--frames", 3, "--json")
    frames = [json.loads(line) for line in seen.stdout.splitlines()]
    for frame in frames:
        assert (frame["record"]["kind"], frame["record"]["count"]) == ("classes", 1)
        told = frame["record"]["items"]
        outputs = frame["outputs"]
        order = sorted(range(CLASSES), key=lambda index: -outputs[index])
        assert [(item["class"], item["score"]) for item in told] == [(i, outputs[i]) for i in order]
        assert [item["label"] for item in told] == [NAMES[i] for i in order]
    lines = run("monitor", "--pictures", pictures, "--frames", 1).stdout
    assert NAMES[frames[0]["record"]["items"][0]["class"]] in lines


@pytest.mark.parametrize(
    ("names", "cause"), [(NAMES[:4], "names 4 classes, output 0 has 5 values"), ((), "0 names")]
)
def test_labels_that_are_not_the_models(
    model: Path, tmp_path: Path, names: tuple[str, ...], cause: str
) -> None:
    made = run("generate", model, "--labels", labels_file(tmp_path, names), "-o", tmp_path / "p")
    assert made.exit_code == 2
    assert cause in " ".join(made.stderr.split())


def test_a_card_says_what_outputs_are(tmp_path: Path) -> None:
    made = run("generate", "pfld-68-96", "--labels", labels_file(tmp_path), "-o", tmp_path / "p")
    assert made.exit_code == 2
    assert "says what its outputs are" in " ".join(made.stderr.split())
