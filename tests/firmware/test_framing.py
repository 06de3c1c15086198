"""Frames survive garbage, cuts and repeats; the C decoder and the Python decoder find the same."""

from __future__ import annotations

import ctypes
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from host_tools.wire.framing import Decoder, Frame, encode, header_crc, payload_crc
from host_tools.wire.messages import SYNC
from tests.effort import some_and_all

CAPACITY = 400
MAX_PAYLOAD = CAPACITY - 16

frames = st.builds(
    Frame, st.integers(0, 255), st.integers(0, 255), st.integers(0, 65535), st.binary(max_size=MAX_PAYLOAD)
)
# Garbage that tries: sync bytes, whole frames cut short, headers that promise much.
truncated = st.builds(
    lambda f, n: encode(f.type, f.sequence, f.payload, f.flags)[:n], frames, st.integers(0, 40)
)
garbage = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from([SYNC, SYNC[:1], SYNC[1:], b"\x00", b"text\r\n"]), max_size=12).map(b"".join),
    truncated,
)


def python_frames(stream: bytes, piece: int, abandon: bool) -> tuple[list[Frame], tuple[int, int, int], int]:
    """Frames, counters and the number of bytes handed over as text."""
    decoder = Decoder(MAX_PAYLOAD)
    found: list[Frame | bytes] = []
    for at in range(0, len(stream), piece):
        found += decoder.feed(stream[at : at + piece])
    if abandon:
        found += decoder.abandon()
    text = sum(len(f) for f in found if isinstance(f, bytes))
    counters = (decoder.bad_frames, decoder.dropped_bytes, decoder.pending)
    return [f for f in found if isinstance(f, Frame)], counters, text


def c_frames(
    library: ctypes.CDLL, stream: bytes, piece: int, abandon: bool
) -> tuple[list[Frame], tuple[int, int, int]]:
    """The same from firmware/src/protocol.c."""
    library.driver_memory.restype = ctypes.c_size_t
    words = library.driver_memory(ctypes.c_size_t(CAPACITY)) // 4 + 1
    buffer = (ctypes.c_uint32 * words)()
    out = ctypes.create_string_buffer(16 * len(stream) + 64)
    counters = (ctypes.c_uint32 * 3)()
    library.driver_decode.restype = ctypes.c_size_t
    written = library.driver_decode(
        stream, ctypes.c_size_t(len(stream)), ctypes.c_size_t(piece), int(abandon), buffer,
        ctypes.c_size_t(CAPACITY), out, counters,
    )  # fmt: skip
    found, at, raw = [], 0, out.raw
    while at < written:
        length = int.from_bytes(raw[at + 5 : at + 9], "little")
        if raw[at] == 1:
            sequence = int.from_bytes(raw[at + 3 : at + 5], "little")
            found.append(Frame(raw[at + 1], raw[at + 2], sequence, raw[at + 9 : at + 9 + length]))
        at += 9 + length
    return found, (counters[0], counters[1], counters[2])


def raw(frame: Frame) -> bytes:
    return encode(frame.type, frame.sequence, frame.payload, frame.flags)


def test_the_check_values_of_the_standards():
    assert header_crc(b"123456789") == 0x29B1
    assert payload_crc(b"123456789") == 0xCBF43926


def test_a_frame_byte_for_byte():
    assert encode(0x05, 0x1234).hex() == "a55a" + "05" + "00" + "3412" + "00000000" + "7410"
    assert encode(0x86, 1, b"\x01hi", 1).hex()[:20] == "a55a" + "86" + "01" + "0100" + "03000000"


def test_a_longer_payload_than_the_wire_allows_is_refused():
    with pytest.raises(ValueError, match="longer than"):
        encode(1, 1, bytes(1048577))


@settings(max_examples=200, deadline=None)
@given(frame=frames, piece=st.integers(1, 500))
def test_the_writer_in_c_equals_encode(firmware_library, frame, piece):
    out = ctypes.create_string_buffer(len(frame.payload) + 16)
    size = firmware_library.driver_encode(
        frame.type, frame.flags, frame.sequence, frame.payload, len(frame.payload), piece, out
    )
    assert out.raw[:size] == raw(frame)


@settings(max_examples=500, deadline=None)
@given(parts=st.lists(st.tuples(garbage, frames), max_size=4), tail=garbage, piece=st.integers(1, 900))
@example([(SYNC, Frame(1, 0, 2, b""))], SYNC, 1)
def test_good_frames_between_garbage_survive(firmware_library, parts, tail, piece):
    """Every good frame is found, in order; garbage may hold further ones only by repeating good bytes."""
    stream = b"".join(junk + raw(frame) for junk, frame in parts) + tail
    found, counters, text = python_frames(stream, piece, abandon=True)
    good = [frame for _, frame in parts]
    remaining = iter(found)
    assert all(frame in remaining for frame in good)
    assert text + sum(len(raw(f)) for f in found) == len(stream)
    assert counters[1] == text
    assert counters[2] == 0
    assert (found, counters) == c_frames(firmware_library, stream, piece, abandon=True)


def test_bytes_outside_frames_come_back_as_text():
    decoder = Decoder()
    stream = b"ets Jul 29\r\n" + encode(1, 1) + b"Guru Meditation" + encode(2, 2, b"x") + b"bye"
    expected = [b"ets Jul 29\r\n", Frame(1, 0, 1, b""), b"Guru Meditation", Frame(2, 0, 2, b"x"), b"bye"]
    assert decoder.feed(stream) == expected
    assert (decoder.bad_frames, decoder.dropped_bytes) == (0, 12 + 15 + 3)


def test_a_corrupt_payload_is_counted_and_what_follows_is_found():
    broken = bytearray(encode(1, 1, b"payload"))
    broken[14] ^= 1
    decoder = Decoder()
    found = decoder.feed(bytes(broken) + encode(2, 2))
    assert found == [bytes(broken), Frame(2, 0, 2, b"")]
    assert decoder.bad_frames == 1


def test_a_cut_frame_holds_back_only_until_abandoned():
    decoder = Decoder()
    cut = encode(1, 1, bytes(300))[:100]
    assert decoder.feed(cut + encode(2, 2)) == []
    assert decoder.pending == 112
    assert decoder.abandon() == [cut, Frame(2, 0, 2, b"")]


def test_a_frame_inside_a_corrupt_one_is_found_by_both(firmware_library):
    """A false header that promises more than it has can't swallow what follows."""
    false = encode(9, 9, bytes(200))[:12]
    stream = false + raw(Frame(1, 0, 1, b"one")) + raw(Frame(2, 0, 2, b"two")) + bytes(200)
    for piece in (1, 7, 1000):
        found, counters, _ = python_frames(stream, piece, abandon=True)
        assert [f.sequence for f in found] == [1, 2]
        assert (found, counters) == c_frames(firmware_library, stream, piece, abandon=True)


def mutated(rng: random.Random) -> bytes:
    """A few frames and texts with bytes flipped, cut, repeated, inserted or moved."""
    parts = []
    for _ in range(rng.randint(1, 5)):
        size = rng.choice([0, 0, 1, 3, 12, 40, rng.randint(0, MAX_PAYLOAD + 20)])
        payload = rng.choice([rng.randbytes(size), SYNC * (size // 2), bytes(size)])
        parts.append(encode(rng.randrange(256), rng.randrange(65536), payload, rng.randrange(256)))
        if rng.random() < 0.3:
            parts.append(rng.choice([b"log line\r\n", SYNC, SYNC[:1], rng.randbytes(rng.randint(0, 30))]))
    data = bytearray(b"".join(parts))
    for _ in range(rng.randint(0, 4)):
        at = rng.randrange(len(data) + 1)
        span = rng.randint(1, 30)
        kind = rng.randrange(5)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at : at + span]
        elif kind == 2:
            data[at:at] = data[at : at + span]
        elif kind == 3:
            data[at:at] = rng.choice([SYNC, rng.randbytes(span), encode(1, 1)[: rng.randint(1, 12)]])
        else:
            moved = data[at : at + span]
            del data[at : at + span]
            to = rng.randrange(len(data) + 1)
            data[to:to] = moved
    return bytes(data)


def fuzz(library: ctypes.CDLL, seed: int, streams: int) -> tuple[int, int]:
    """Number of frames found and of bad frames in `streams` mutated streams."""
    rng = random.Random(seed)
    found_frames = bad_frames = 0
    for number in range(streams):
        stream = mutated(rng)
        piece, abandon = rng.randint(1, len(stream) + 1), rng.random() < 0.8
        found, counters, _ = python_frames(stream, piece, abandon)
        in_c = c_frames(library, stream, piece, abandon)
        assert (found, counters) == in_c, f"seed {seed}, stream {number}: {stream.hex()} in pieces of {piece}"
        found_frames += len(found)
        bad_frames += counters[0]
    return found_frames, bad_frames


def test_both_decoders_agree_on_mutated_streams(firmware_library):
    found, bad = fuzz(firmware_library, seed=1, streams=3000)
    assert found > 3000
    assert bad > 300


@pytest.mark.slow
@pytest.mark.parametrize("streams", some_and_all(50_000, 200_000))
def test_both_decoders_agree_on_many_mutated_streams(streams, firmware_library, capsys):
    seed = random.SystemRandom().randrange(2**32)
    found, bad = fuzz(firmware_library, seed, streams)
    with capsys.disabled():
        print(
            f"\n{streams} mutated streams (seed {seed}): {found} frames found, {bad} bad, both decoders agree"
        )
    assert found > streams
