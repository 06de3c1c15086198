"""HMAC-SHA-256 of the firmware: the vectors of RFC 4231, and what Python's own says of other lengths."""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import subprocess

import pytest

import firmware
from host_tools.project.toolchains import host_compiler
from tests.firmware.conftest import STRICT

VECTORS = [
    ("0b" * 20, b"Hi There".hex(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe".hex(),
        b"what do ya want for nothing?".hex(),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ("aa" * 20, "dd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        bytes(range(1, 26)).hex(),
        "cd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    ("0c" * 20, b"Test With Truncation".hex(), "a3b6167473100ee06e0c796c2955552b"),
    (
        "aa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First".hex(),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        "aa" * 131,
        (
            b"This is a test using a larger than block-size key and a larger than block-size data. The key "
            b"needs to be hashed before being used by the HMAC algorithm."
        ).hex(),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]
"""Key, data, digest; the fifth one is cut to 128 bits, as the RFC does."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    place = tmp_path_factory.mktemp("hmac") / "hmac.so"
    sources = [str(firmware.ROOT / "src" / name) for name in ("hmac.c", "sha256.c")]
    flags = [*STRICT, "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-shared", "-fPIC"]
    subprocess.run([host_compiler(), *flags, *sources, "-o", str(place)], check=True)
    return ctypes.CDLL(str(place))


def digest_of(library: ctypes.CDLL, key: bytes, data: bytes, cut: int = 0) -> bytes:
    state, digest = ctypes.create_string_buffer(512), ctypes.create_string_buffer(32)
    library.tinyface_hmac_start(state, key, ctypes.c_size_t(len(key)))
    for part in (data[:cut], data[cut:]):
        library.tinyface_hmac_add(state, part, ctypes.c_size_t(len(part)))
    library.tinyface_hmac_end(state, digest)
    return digest.raw


@pytest.mark.parametrize(("key", "data", "digest"), VECTORS)
def test_rfc_4231(library, key, data, digest):
    said = digest_of(library, bytes.fromhex(key), bytes.fromhex(data))
    assert said[: len(digest) // 2].hex() == digest


def test_keys_and_data_of_any_length(library):
    for length in range(0, 200, 7):
        key = bytes((3 * i + length) % 256 for i in range(length))
        for size in (0, 1, 55, 64, 119, 1000):
            data = bytes((7 * i + size) % 256 for i in range(size))
            expected = hmac.digest(key, data, hashlib.sha256)
            assert digest_of(library, key, data, size // 3) == expected


def test_digests_are_the_same_or_not(library):
    digest = bytes(range(32))
    assert library.tinyface_hmac_same(digest, bytes(digest)) == 1
    for place in range(32):
        for bit in range(8):
            other = bytearray(digest)
            other[place] ^= 1 << bit
            assert library.tinyface_hmac_same(digest, bytes(other)) == 0
