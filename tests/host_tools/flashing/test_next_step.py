"""What `flash` proposes: the camera where the firmware looks through it, and how it would."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from host_tools.flashing.next_step import picture_hint, takes_pictures
from host_tools.models import resolve
from tests.toys.layers import Net


def classifier(folder: Path, channels: int) -> Path:
    net = Net(3)
    x = net.input(1, 8, 8, channels, scale=1 / 255, zero_point=-128)
    scores = net.conv(x, 2, (8, 8), padding="VALID", activation="NONE", scale=0.02, zero_point=4)
    file = folder / "pets.tflite"
    file.write_bytes(net.model.finish([x], [scores]))
    return file


@pytest.mark.parametrize("runtime", ["aot", "tflm"])
@pytest.mark.parametrize(("channels", "option"), [(1, "--picture gray"), (3, "--picture rgb"), (2, "")])
def test_the_option_that_makes_a_picture_of_it(
    tmp_path: Path, channels: int, option: str, runtime: str
) -> None:
    ref = resolve(str(classifier(tmp_path, channels)))
    assert not takes_pictures(ref, runtime)
    hint = picture_hint(ref, runtime)
    assert (f"flash it with {option} to" in hint) if option else not hint


def flashed(*args: str) -> str:
    done = CliRunner().invoke(app, ["flash", *args], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return " ".join(done.stderr.split())


def test_no_monitor_of_tensors(tmp_path: Path) -> None:
    file = str(classifier(tmp_path, 3))
    told = flashed(file)
    assert f"Next: `tinyface validate {file} --board sim`" in told
    assert "tinyface monitor" not in told
    assert "flash it with --picture rgb to see it through the camera" in told
    seen = flashed(file, "--picture", "rgb")
    assert "or `tinyface monitor --board sim`" in seen
    assert "could be a picture" not in seen
