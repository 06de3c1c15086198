"""The work of both decoders grows with the number of bytes, whatever they are: steps are counted."""

from __future__ import annotations

import binascii
import ctypes
import subprocess
from pathlib import Path

import pytest

import firmware
from host_tools.project.toolchains import host_compiler
from host_tools.wire.framing import Decoder, encode
from host_tools.wire.prefix_crc import MARK

HEADER_BYTES = 12
MOST_STEPS = 40
"""A byte of the worst stream: two registers from their marks for each header of 12 bytes, and moves."""


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    library = tmp_path_factory.mktemp("steps") / "decoder.so"
    here = Path(__file__).parent
    sources = [firmware.ROOT / "src" / "protocol.c", here / "decoder_driver.c", here / "step_counter.c"]
    flags = [
        "-std=gnu99",
        "-O1",
        "-finstrument-functions",
        "-Dmemmove=counted_memmove",
        "-shared",
        "-fPIC",
        "-Wl,-Bsymbolic",
    ]
    include = ["-include", "string.h", "-I", str(firmware.ROOT / "include")]
    command = [host_compiler(), *flags, *include, *map(str, sources), "-o", str(library)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


def header(length: int) -> bytes:
    """Of a frame with so long a payload, the payload left out."""
    return encode(1, 0, bytes(length))[:HEADER_BYTES]


def steps_of(library: ctypes.CDLL, stream: bytes, capacity: int, piece: int) -> int:
    library.driver_memory.restype = library.driver_decode.restype = ctypes.c_size_t
    memory = (ctypes.c_uint32 * (library.driver_memory(ctypes.c_size_t(capacity)) // 4 + 1))()
    out = ctypes.create_string_buffer(16 * len(stream) + 64)
    counters = (ctypes.c_uint32 * 3)()
    counted = ctypes.c_uint64.in_dll(library, "steps")
    counted.value = 0
    library.driver_decode(
        stream, ctypes.c_size_t(len(stream)), ctypes.c_size_t(piece), 1, memory, ctypes.c_size_t(capacity),
        out, counters,
    )  # fmt: skip
    assert counters[1] == len(stream)  # all of it is garbage
    return counted.value


def to_the_end(size: int) -> bytes:
    """Each header promises everything up to the end of the stream, with a wrong CRC there."""
    starts = range(0, size - HEADER_BYTES, HEADER_BYTES)
    return b"".join(header(max(1, size - at - 16)) for at in starts).ljust(size, b"\0")


def half_as_much(size: int) -> bytes:
    """Each header promises half of the stream: all are complete, one after the other."""
    return header(size // 2) * (size // HEADER_BYTES)


def a_quarter(size: int) -> bytes:
    """The longest frames that the narrow buffer takes: what lies in it must be moved again and again."""
    return header(size // 4 - 16) * (size // HEADER_BYTES)


def one_too_many(size: int) -> bytes:
    """The headers promise a little more each time, so that each waits for bytes of its own."""
    starts = range(0, size, HEADER_BYTES)
    return b"".join(header(size // 2 + at // 24) for at in starts)[:size]


@pytest.mark.parametrize("piece", [1, 61, 1 << 20], ids=["bytes", "pieces", "at once"])
@pytest.mark.parametrize("make", [to_the_end, half_as_much, a_quarter, one_too_many])
@pytest.mark.parametrize("parts", [1, 4], ids=["wide", "narrow"])
def test_nested_headers_cost_in_proportion_to_their_bytes(counting, make, piece, parts):
    counts = [steps_of(counting, make(size), size // parts, piece) for size in (6000, 24_000)]
    assert counts[1] < MOST_STEPS * 24_000
    assert counts[1] < 4.5 * counts[0]


@pytest.mark.parametrize("piece", [61, 1 << 20], ids=["pieces", "at once"])
@pytest.mark.parametrize("make", [to_the_end, half_as_much, a_quarter, one_too_many])
def test_the_decoder_in_python_walks_over_each_byte_a_few_times(monkeypatch, make, piece):
    streams = [make(size) for size in (6000, 24_000)]
    crc32, walked = binascii.crc32, 0

    def counted(data: bytes, register: int = 0) -> int:
        nonlocal walked
        walked += len(data)
        return crc32(data, register)

    monkeypatch.setattr(binascii, "crc32", counted)
    for stream in streams:
        decoder, walked = Decoder(), 0
        for at in range(0, len(stream), piece):
            decoder.feed(stream[at : at + piece])
        decoder.abandon()
        assert decoder.dropped_bytes == len(stream)
        assert decoder.bad_frames > len(stream) // HEADER_BYTES // 2
        # Once for its own payload, once for the marks, again after a cut; two registers for each header.
        assert len(stream) // 3 < walked < len(stream) * (3 + 2 * MARK / HEADER_BYTES)
