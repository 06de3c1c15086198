"""What a bad line does to a board: cut and corrupt frames, a reset in mid-frame, hours of work."""

from __future__ import annotations

import random
import time

import pytest

from host_tools.wire.framing import encode
from host_tools.wire.messages import HelloRequest, Restart
from host_tools.wire.session import Session
from tests.hil.conftest import Measured
from tests.hil.place import UnderTest
from tests.hil.work import KINDS, Work

SILENCE_S = 0.7
"""A board gives up an incomplete frame after half a second."""


def write(session: Session, data: bytes) -> None:
    """Raw bytes to the board, outside any conversation."""
    session._link.transport.write(data)


def test_damaged_frames_are_counted_and_the_next_request_is_served(
    session: Session, work: Work, measured: Measured
) -> None:
    rng, whole = random.Random(5), work.request()
    before = session.stats().bad_frames
    for number in range(10):
        frame = bytearray(encode(whole.CODE, 60_000 + number, whole.pack()))
        frame[rng.randrange(12, len(frame))] ^= 1 << rng.randrange(8)
        write(session, bytes(frame))
        work.check()
    counted = session.stats().bad_frames - before
    assert counted >= 10
    measured(bad_frames_answered=counted)


def test_cut_frames_are_given_up(session: Session, work: Work) -> None:
    before = session.stats().bad_frames
    request = work.request()
    whole = encode(request.CODE, 60_100, request.pack())
    for length in (len(whole) - 1, len(whole) // 2, 13):
        write(session, whole[:length])
        time.sleep(SILENCE_S)
        work.check()
    assert session.stats().bad_frames - before >= 3


def test_noise_between_frames(session: Session, work: Work) -> None:
    rng = random.Random(6)
    before = session.stats().dropped_bytes
    for _ in range(20):
        write(session, rng.randbytes(rng.randint(1, 200)).replace(b"\xa5", b"\x5a"))
        work.check()
    assert session.stats().dropped_bytes > before


def test_a_reset_in_mid_frame(session: Session, under_test: UnderTest, work: Work) -> None:
    """Half a request is under way when the board restarts: the other half must not confuse the new start."""
    request = work.request()
    whole = encode(request.CODE, 60_200, request.pack())
    write(session, encode(Restart.CODE, 60_199) + whole[: len(whole) // 2])
    time.sleep(0.1)
    write(session, whole[len(whole) // 2 :])
    deadline = time.monotonic() + 30
    while session.stats().inferences != 0:
        assert time.monotonic() < deadline, "the board did not restart"
    work.restarted()
    work.check()
    assert session.ask(HelloRequest(), type(session.board)).model_hash == under_test.ref.model_hash


@pytest.mark.timeout(0)  # it lasts as long as --soak-s says; each request has a deadline of its own
def test_soak(
    session: Session, under_test: UnderTest, work: Work, measured: Measured, no_camera: str
) -> None:
    """Requests and, with a camera that works, streams in turns; nothing is lost, nothing leaks."""
    if not no_camera:
        work.watch(1)  # its driver takes its memory when it starts, once
    start = session.stats()
    repeats = session.counters.repeats
    end = time.monotonic() + under_test.soak_s
    done = frames = 0
    while done < KINDS or time.monotonic() < end:
        work.check()
        done += 1
        if not no_camera and done % 50 == 0:
            work.watch(3)
            frames += 3
    now = session.stats()
    assert now.inferences - start.inferences >= done + frames
    assert (now.bad_frames, now.arena_guard_intact) == (start.bad_frames, 1)
    assert (now.heap_free, now.heap_largest_block) == (start.heap_free, start.heap_largest_block)
    assert now.stack_free > 0
    assert now.uptime_ms >= start.uptime_ms
    assert session.counters.repeats == repeats
    measured(soak_inferences=done, soak_frames=frames)
