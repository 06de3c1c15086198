"""A line that loses and flips bytes costs repeats; it never costs a wrong byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen.passes import optimize
from codegen.program.picture import centre_region, picture_tensor
from host_tools.boards import load_board
from host_tools.flashing import simulated
from host_tools.models import ModelRef, resolve
from host_tools.pictures.faces import portrait_views
from host_tools.pictures.files import write_frames
from host_tools.pictures.raw import frame_to_pixels
from host_tools.proof.reference import expect
from host_tools.proof.stimuli import stimuli
from host_tools.proof.validate import Validator
from host_tools.simulator import Faults, run_board
from host_tools.simulator.state import flash_file
from host_tools.wire.messages import Want
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.host_tools.toy_folder import write_landmark_toy

SIM = load_board("sim")
TIMING = Timing(boot_s=10.0, reply_s=1.5)
REQUESTS, FRAMES = 24, 12


@pytest.fixture(scope="module")
def flashed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ModelRef, Path]]:
    folder = tmp_path_factory.mktemp("noise")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(folder / "state"))
        ref = resolve(str(write_landmark_toy(folder)))
        simulated.flash(ref, SIM, "aot")
        yield ref, flash_file(SIM)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_requests(flashed: tuple[ModelRef, Path], seed: int) -> None:
    ref, chip = flashed
    faults = Faults(drop=5e-5, corrupt=5e-5, seed=seed)
    with run_board(SIM, chip, faults=faults) as running, Session(running.port, timing=TIMING) as session:
        validator = Validator(session, ref, SIM, seed)
        verdict = validator.run(stimuli(validator.graph, validator.program, REQUESTS, seed, 8_000))
    assert verdict.passed, verdict.differences
    assert verdict.requests == REQUESTS
    assert verdict.layers_compared == REQUESTS * len(validator.graph.ops)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_streams(flashed: tuple[ModelRef, Path], seed: int, tmp_path: Path) -> None:
    """What arrives belongs together: a frame, its layers, its result."""
    ref, chip = flashed
    graph, spec = optimize(ref.graph), ref.program
    pictures = write_frames(portrait_views(FRAMES, ref.margin, seed), tmp_path)
    faults = Faults(drop=1.5e-6, corrupt=1.5e-6, seed=seed)
    with (
        run_board(SIM, chip, pictures=pictures, faults=faults) as running,
        Session(running.port, timing=TIMING) as session,
    ):
        got = list(session.stream(FRAMES, want=Want.PICTURE | Want.LAYER_CRC))
    assert len(got) == FRAMES
    pictured = 0
    for inference in got:
        picture, result = inference.picture, inference.result
        if picture is None:
            continue
        pictured += 1
        frame = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
        crop = centre_region(picture.width, picture.height, 1, 1)
        tensor = picture_tensor(frame, crop, spec.input)
        expected = expect(graph, spec, [tensor], crop)
        assert result.input_crc == expected.input_crc
        assert result.outputs == expected.outputs
        assert result.items == (expected.record.values if expected.record else ())
        if inference.layers is not None:
            assert inference.layers.crc == expected.layer_crcs
    assert pictured > 0
