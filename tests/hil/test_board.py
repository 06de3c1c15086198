"""What every board must do, simulated or real, with any model."""

from __future__ import annotations

import time

import numpy as np
import pytest

from codegen.backends.tflm.tensors import engine_tensors
from codegen.graph import Graph
from codegen.program.picture import centre_region, picture_tensor
from host_tools.models import ModelRef
from host_tools.pictures.raw import frame_to_pixels
from host_tools.proof.reference import expect
from host_tools.proof.stimuli import requests, stimuli
from host_tools.proof.validate import Validator
from host_tools.proof.validate_tflm import TflmValidator, runs_alone
from host_tools.wire.messages import Hello, Runtime, TickUnit, Want
from host_tools.wire.session import Session
from tests.hil.conftest import Measured
from tests.hil.place import FACES, UnderTest

SEED = 20
CLOCK_SLACK_MS = 5_000
"""What a board's or an emulator's clock may be ahead of this machine's over one restart."""


def end_bytes(hello: Hello, ref: ModelRef) -> tuple[int, int]:
    """Bytes of all inputs and of all outputs: of the core, or of the file where the board has no other."""
    if runs_alone(hello, ref):
        ends = engine_tensors(ref.file, None)
        return sum(t.facts.bytes for t in ends.inputs), sum(t.facts.bytes for t in ends.outputs)
    graph = ref.graph
    return sum(graph.tensor(t).bytes for t in graph.inputs), sum(graph.tensor(t).bytes for t in graph.outputs)


def test_hello_says_what_was_flashed(session: Session, under_test: UnderTest) -> None:
    hello = session.hello()
    assert hello.board == under_test.board.name
    assert bytes(hello.model_hash) == under_test.ref.model_hash
    assert (hello.input_bytes, hello.output_bytes) == end_bytes(hello, under_test.ref)
    assert bool(hello.has_camera) == under_test.board.camera


def test_no_byte_differs(session: Session, under_test: UnderTest, measured: Measured) -> None:
    count, most = under_test.count, session.board.max_payload
    if runs_alone(session.board, under_test.ref):
        pytest.importorskip("tflite_micro", reason="the wheel tflite-micro is not here")
        alone = TflmValidator(session, under_test.ref, under_test.board, SEED)
        verdict = alone.run(requests(alone.signals, alone.program, count, SEED, most))
    else:
        validator = Validator(session, under_test.ref, under_test.board, SEED)
        verdict = validator.run(stimuli(validator.graph, validator.program, count, SEED, most))
    assert verdict.passed, verdict.differences
    assert verdict.requests == under_test.count
    assert verdict.distinct_inputs > under_test.count // 2
    assert verdict.bytes_compared == under_test.count * session.board.output_bytes
    measured(
        bytes_compared=verdict.bytes_compared,
        bytes_differing=verdict.bytes_differing,
        layers_compared=verdict.layers_compared,
        requests=verdict.requests,
    )
    if session.board.runtime == Runtime.AOT:
        assert verdict.layers_compared == under_test.count * session.board.layers


def test_the_same_input_gives_the_same_answer(session: Session, core: Graph) -> None:
    rng = np.random.default_rng(SEED)
    tensors = bytes(rng.integers(0, 256, session.board.input_bytes, np.uint8))
    first = session.infer_tensor(tensors, Want.PROFILE)
    for _ in range(3):
        session.infer_tensor(bytes(session.board.input_bytes))
        again = session.infer_tensor(tensors, Want.PROFILE)
        assert again.result.outputs == first.result.outputs
        assert again.layers is not None
        assert first.layers is not None
        if session.board.tick_unit == TickUnit.INSTRUCTIONS:
            assert again.layers.ticks == first.layers.ticks
            assert len(again.layers.ticks) == len(core.ops)


def test_stats_count_and_the_arena_is_fenced(session: Session) -> None:
    before = session.stats()
    session.infer_tensor(bytes(session.board.input_bytes))
    after = session.stats()
    assert after.inferences == before.inferences + 1
    assert after.uptime_ms >= before.uptime_ms
    assert after.arena_guard_intact == 1


def test_camera_frames_are_inferred_as_the_pipeline_says(
    session: Session, under_test: UnderTest, core: Graph, measured: Measured, no_camera: str
) -> None:
    if no_camera:
        pytest.skip(no_camera)
    spec = under_test.ref.program
    inputs = set()
    for inference in session.stream(FACES, want=Want.PICTURE | Want.LAYER_CRC):
        picture, result, layers = inference.picture, inference.result, inference.layers
        assert picture is not None
        assert layers is not None
        crop = centre_region(picture.width, picture.height, 1, 1)
        assert inference.region == crop
        frame = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
        tensor = picture_tensor(frame, crop, spec.input)
        expected = expect(core, spec, [tensor], crop)
        assert result.input_crc == expected.input_crc
        assert result.outputs == expected.outputs
        assert result.items == expected.record.values
        assert layers.crc in ((), expected.layer_crcs)
        inputs.add(result.input_crc)
    measured(camera_frames=FACES)
    if under_test.simulated:
        assert len(inputs) == FACES


def test_it_comes_back_after_a_restart(session: Session, under_test: UnderTest) -> None:
    session.infer_tensor(bytes(session.board.input_bytes))
    start_s = time.monotonic()
    hello = session.restart()
    assert bytes(hello.model_hash) == under_test.ref.model_hash
    stats = session.stats()
    assert stats.inferences == 0
    assert stats.uptime_ms <= 1000 * (time.monotonic() - start_s) + CLOCK_SLACK_MS, "not since the start"
