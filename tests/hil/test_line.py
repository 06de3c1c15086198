"""What a bad line does to a board: cut and corrupt frames, a reset in mid-frame, hours of work."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest

from codegen.graph import Graph
from host_tools.proof.reference import expect
from host_tools.wire.framing import encode
from host_tools.wire.messages import HelloRequest, InferTensor, Restart, Want
from host_tools.wire.session import Session
from tests.hil.conftest import Measured
from tests.hil.place import UnderTest

SILENCE_S = 0.7
"""A board gives up an incomplete frame after half a second."""
KINDS = 8


class Known:
    """A few inputs and what the reference makes of them."""

    def __init__(self, graph: Graph) -> None:
        rng = np.random.default_rng(77)
        self.cases: list[tuple[bytes, bytes]] = []
        for _ in range(KINDS):
            tensors = [
                rng.integers(-128, 128, graph.tensor(t).shape).astype(graph.tensor(t).dtype)
                for t in graph.inputs
            ]
            data = b"".join(tensor.tobytes() for tensor in tensors)
            self.cases.append((data, expect(graph, None, tensors, None).outputs))

    def check(self, session: Session, number: int) -> None:
        data, outputs = self.cases[number % KINDS]
        assert session.infer_tensor(data).result.outputs == outputs


@pytest.fixture(scope="module")
def known(core: Graph) -> Known:
    return Known(core)


def write(session: Session, data: bytes) -> None:
    """Raw bytes to the board, outside any conversation."""
    session._link.transport.write(data)


def test_damaged_frames_are_counted_and_the_next_request_is_served(
    session: Session, known: Known, measured: Measured
) -> None:
    rng = random.Random(5)
    before = session.stats().bad_frames
    for number in range(10):
        frame = bytearray(encode(InferTensor.CODE, 60_000 + number, InferTensor(0, known.cases[0][0]).pack()))
        frame[rng.randrange(12, len(frame))] ^= 1 << rng.randrange(8)
        write(session, bytes(frame))
        known.check(session, number)
    counted = session.stats().bad_frames - before
    assert counted >= 10
    measured(bad_frames_answered=counted)


def test_cut_frames_are_given_up(session: Session, known: Known) -> None:
    before = session.stats().bad_frames
    whole = encode(InferTensor.CODE, 60_100, InferTensor(0, known.cases[0][0]).pack())
    for number, length in enumerate((len(whole) - 1, len(whole) // 2, 13)):
        write(session, whole[:length])
        time.sleep(SILENCE_S)
        known.check(session, number)
    assert session.stats().bad_frames - before >= 3


def test_noise_between_frames(session: Session, known: Known) -> None:
    rng = random.Random(6)
    before = session.stats().dropped_bytes
    for number in range(20):
        write(session, rng.randbytes(rng.randint(1, 200)).replace(b"\xa5", b"\x5a"))
        known.check(session, number)
    assert session.stats().dropped_bytes > before


def test_a_reset_in_mid_frame(session: Session, under_test: UnderTest, known: Known) -> None:
    """Half a request is under way when the board restarts: the other half must not confuse the new start."""
    whole = encode(InferTensor.CODE, 60_200, InferTensor(0, known.cases[0][0]).pack())
    write(session, encode(Restart.CODE, 60_199) + whole[: len(whole) // 2])
    time.sleep(0.1)
    write(session, whole[len(whole) // 2 :])
    deadline = time.monotonic() + 30
    while session.stats().inferences != 0:
        assert time.monotonic() < deadline, "the board did not restart"
    known.check(session, 0)
    assert session.ask(HelloRequest(), type(session.board)).model_hash == under_test.ref.model_hash


@pytest.mark.timeout(0)  # it lasts as long as --soak-s says; each request has a deadline of its own
def test_soak(
    session: Session, under_test: UnderTest, known: Known, measured: Measured, no_camera: str
) -> None:
    """Requests and, with a camera that works, streams in turns; nothing is lost, nothing leaks."""
    for _ in () if no_camera else session.stream(1):
        pass  # its driver takes its memory when it starts, once
    start = session.stats()
    repeats = session.counters.repeats
    end = time.monotonic() + under_test.soak_s
    done = frames = 0
    while done < KINDS or time.monotonic() < end:
        known.check(session, done)
        done += 1
        if not no_camera and done % 50 == 0:
            for inference in session.stream(3, want=Want.LAYER_CRC):
                assert inference.region is not None
                frames += 1
    now = session.stats()
    assert now.inferences - start.inferences >= done + frames
    assert (now.bad_frames, now.arena_guard_intact) == (start.bad_frames, 1)
    assert (now.heap_free, now.heap_largest_block) == (start.heap_free, start.heap_largest_block)
    assert now.stack_free > 0
    assert now.uptime_ms >= start.uptime_ms
    assert session.counters.repeats == repeats
    measured(soak_inferences=done, soak_frames=frames)
