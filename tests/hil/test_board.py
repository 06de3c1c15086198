"""What every board must do, simulated or real, with any model."""

from __future__ import annotations

import time

import pytest

from codegen.backends.tflm.tensors import engine_tensors
from host_tools.models import ModelRef
from host_tools.proof.stimuli import requests
from host_tools.proof.validate_tflm import TflmValidator, runs_alone
from host_tools.wire.messages import Hello, Runtime, TickUnit
from host_tools.wire.session import Session
from tests.hil.conftest import Measured
from tests.hil.place import FACES, UnderTest
from tests.hil.work import Work, work_of

SEED = 20
CLOCK_SLACK_MS = 5_000
"""What a board's or an emulator's clock may be ahead of this machine's over one restart."""


def end_bytes(hello: Hello, ref: ModelRef) -> tuple[int, int]:
    """Bytes of all inputs and of all outputs: of the core, or of the file where the board has no other; of a
    program, which takes frames, none."""
    if ref.has_stages:
        return 0, 0
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
    if under_test.ref.has_stages:
        assert hello.stage_names.splitlines() == [stage.name for stage in under_test.ref.program.stages]


def test_no_byte_differs(session: Session, under_test: UnderTest, measured: Measured) -> None:
    count, most = under_test.count, session.board.max_payload
    if runs_alone(session.board, under_test.ref):
        pytest.importorskip("tflite_micro", reason="the wheel tflite-micro is not here")
        alone = TflmValidator(session, under_test.ref, under_test.board, SEED)
        verdict = alone.run(requests(alone.signals, alone.program, count, SEED, most))
    else:
        verdict = work_of(session, under_test.ref, under_test.board).prove(count, SEED)
    assert verdict.passed, verdict.differences
    assert verdict.requests == under_test.count
    assert verdict.distinct_inputs > under_test.count // 2
    if not under_test.ref.has_stages:  # else as many as the stages have runs
        assert verdict.bytes_compared == under_test.count * session.board.output_bytes
    measured(
        bytes_compared=verdict.bytes_compared,
        bytes_differing=verdict.bytes_differing,
        layers_compared=verdict.layers_compared,
        requests=verdict.requests,
    )
    if session.board.runtime == Runtime.AOT and not under_test.ref.has_stages:
        assert verdict.layers_compared == under_test.count * session.board.layers


def test_the_same_input_gives_the_same_answer(session: Session, work: Work) -> None:
    outputs, ticks = work.answer()
    for _ in range(3):
        again = work.answer()
        assert again[0] == outputs
        if session.board.tick_unit == TickUnit.INSTRUCTIONS:
            assert again[1] == ticks
            assert all(ticks)


def test_stats_count_and_the_arena_is_fenced(session: Session) -> None:
    before = session.stats()
    session.infer_nothing()
    after = session.stats()
    assert after.inferences == before.inferences + 1
    assert after.uptime_ms >= before.uptime_ms
    assert after.arena_guard_intact == 1


def test_camera_frames_are_inferred_as_the_pipeline_says(
    under_test: UnderTest, work: Work, measured: Measured, no_camera: str
) -> None:
    if no_camera:
        pytest.skip(no_camera)
    inputs = work.watch(FACES)
    measured(camera_frames=FACES)
    if under_test.simulated:
        assert len(inputs) == FACES


def test_it_comes_back_after_a_restart(session: Session, under_test: UnderTest) -> None:
    session.infer_nothing()
    start_s = time.monotonic()
    hello = session.restart()
    assert bytes(hello.model_hash) == under_test.ref.model_hash
    stats = session.stats()
    assert stats.inferences == 0
    assert stats.uptime_ms <= 1000 * (time.monotonic() - start_s) + CLOCK_SLACK_MS, "not since the start"
