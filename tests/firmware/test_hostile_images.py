"""Images in the model partition whose CRC is right and whose fields are not are refused, under sanitizers."""

from __future__ import annotations

import random
import re
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

import firmware
from codegen.model_image import FRONT_BYTES, HEAD_BYTES, pack_image
from codegen.program.spec import InputSpec, Layout
from host_tools.boards import load_board
from host_tools.project.toolchains import host_compiler
from host_tools.simulator import run_board
from host_tools.simulator.partitions import MODEL
from host_tools.wire.messages import (
    Configure,
    Error,
    ErrorCode,
    HelloRequest,
    InferPicture,
    LedMode,
    Restart,
    UpdateFault,
)
from tests.firmware.fake_model import PLAN_HASH
from tests.firmware.test_update import CONSTANTS, Place, constants_image, expected, outputs, send
from tests.firmware.wire_client import WireClient

HEADER = (firmware.ROOT / "src" / "model_store.h").read_text(encoding="utf-8")
OFFSETS = {name: int(value) for name, value in re.findall(r"TINYFACE_IMAGE_(\w+) = (\d+)", HEADER)}
FIELDS = ("SCALE", "ZERO", "POINTS", "MEAN", "CONSTANTS", "CONSTANTS_BYTES", "NAME", "BYTES")
EXTREMES = (0, 1, 3, 4, 16, 127, 128, 129, 255, 256, 0x7F, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFF7F,
            0xFFFFFF80, 0xFFFFFFF0, 0xFFFFFFFF)  # fmt: skip
HALF = 8192


def image(number: int = 1, **changes) -> bytes:
    facts = {
        "plan_hash": bytes([1, 2, 3]).ljust(32, b"\0"), "model_hash": bytes(32), "name": "other",
        "constants": bytes(16), "scale_q24": 65536, "zero_point": -3, "mean_q24": (2**31 - 1, -(2**31), 0, 5),
        "input_spec": InputSpec(Layout.GRAY, 8, 8, -128),
    }  # fmt: skip
    return numbered(pack_image(**{**facts, **changes}), number)


def numbered(data: bytes, number: int) -> bytes:
    return data[:8] + struct.pack("<I", number) + data[12:]


def signed(data: bytes) -> bytes:
    """The image with the CRC that its bytes have, as far as its own length says."""
    length = struct.unpack_from("<I", data, OFFSETS["BYTES"])[0]
    crc = zlib.crc32(data[FRONT_BYTES : min(length, len(data))])
    return data[: OFFSETS["CRC"]] + struct.pack("<I", crc) + data[OFFSETS["CRC"] + 4 :]


def with_field(data: bytes, name: str, value: int) -> bytes:
    at = OFFSETS[name]
    return signed(data[:at] + struct.pack("<I", value) + data[at + 4 :])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("store") / "store"
    here, src = Path(__file__).parent, firmware.ROOT / "src"
    sources = [here / "hostile_images.c", src / "protocol.c", src / "picture.c", src / "pipeline.c"]
    flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function"]
    checks = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    include = [f"-I{src}", f"-I{firmware.ROOT / 'include'}"]
    subprocess.run(
        [host_compiler(), *flags, *checks, *include, *map(str, sources), "-o", str(program)], check=True
    )
    return program


def start(store: Path, partitions: list[bytes]) -> list[tuple[int, int, int]]:
    """What the firmware uses of each: number (0: its own), length of the name, checksum of points."""
    data = b"".join(struct.pack("<I", len(p)) + p for p in partitions)
    done = subprocess.run([str(store)], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    lines = [tuple(map(int, line.split())) for line in done.stdout.decode().splitlines()]
    assert len(lines) == len(partitions)
    return lines  # type: ignore[return-value]


def partition(first: bytes, second: bytes = b"") -> bytes:
    return first.ljust(HALF, b"\xff") + second.ljust(HALF, b"\xff")


def test_every_extreme_of_every_field(store):
    """The image beside it stays in use, unless the field may have that value."""
    good = image(7)
    whole = image(9, constants=bytes(16), name="n" * 255)
    cases = [(name, value) for name in FIELDS for value in EXTREMES]
    used = start(store, [partition(good, with_field(whole, name, value)) for name, value in cases])
    taken = {case for case, (number, _, _) in zip(cases, used, strict=True) if number == 9}
    assert all(number in (7, 9) for number, _, _ in used)
    int8 = {v for v in EXTREMES if v < 128 or v >= 2**32 - 128}
    assert {value for name, value in taken if name == "ZERO"} == int8
    assert {value for name, value in taken if name == "SCALE"} == {v for v in EXTREMES if v < 2**24}
    assert not {name for name, _ in taken} & {"POINTS", "BYTES"}
    assert {value for name, value in taken if name == "CONSTANTS_BYTES"} == {16}


def test_the_numbers_turn_over(store):
    cases = [(1, 2), (2, 1), (0xFFFFFFFF, 0), (0, 0xFFFFFFFF), (0x80000000, 0x7FFFFFFF)]
    used = start(store, [partition(image(a), image(b)) for a, b in cases])
    assert [number for number, _, _ in used] == [2, 2, 0, 0, 0x80000000]
    assert all(length == 5 for _, length, _ in used)  # number 0 is an image too


@pytest.mark.parametrize("size", [0, 4096, 8192])
def test_a_partition_without_room_is_left_alone(store, size):
    assert start(store, [bytes(size)])[0][:2] == (0, 0)


def test_names_that_steer_a_terminal_or_never_end(store):
    good, at = image(3), len(image(3)) - 6
    names = [b"oth\x1br\0", b"oth\x7fr\0", b"oth\nr\0", b"otherX", b"\0ther\0"]
    used = start(store, [partition(signed(good[:at] + name)) for name in names])
    assert [(number, length) for number, length, _ in used] == [(0, 0)] * 4 + [(3, 0)]


def test_mutants_of_an_image(store):
    """Bytes of the head changed, lengths cut, CRC right: nothing outside the partition is read."""
    rng = random.Random(5)
    partitions = []
    for _ in range(4000):
        data = bytearray(image(rng.randrange(2**32)))
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(8, HEAD_BYTES) if rng.random() < 0.8 else rng.randrange(len(data))
            data[at] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
        halves = [signed(bytes(data)), image(4)]
        rng.shuffle(halves)
        partitions.append(partition(*halves))
    used = start(store, partitions)
    assert len({number for number, _, _ in used}) > 100


@pytest.mark.parametrize(
    ("field", "value"), [("ZERO", 0x80000000), ("SCALE", 0x7FFFFFFF), ("POINTS", 3), ("NAME", 0xFFFFFFFF)]
)
def test_an_update_with_such_an_image_is_refused_at_its_end(flashed, tmp_path, field, value):
    place = Place("sim", flashed, tmp_path)
    with place.on() as (client, _):
        error = send(client, CONSTANTS, with_field(constants_image(9), field, value))
        assert (error.code, error.detail) == (ErrorCode.UPDATE, UpdateFault.REFUSED)
        assert "out of range" in error.text
        client.ask(Restart())
        assert client.boot().model == "fake"
        assert outputs(client) == expected()


def test_such_an_image_in_flash_is_passed_over(flashed, tmp_path):
    """The application with sanitizers, started with the zero point whose negation overflows."""
    flash = tmp_path / "flash.bin"
    chip = bytearray(flashed("sim", sanitize=True).read_bytes())
    hostile = with_field(numbered(constants_image(9, plan=PLAN_HASH), 5), "ZERO", 0x80000000)
    good = numbered(constants_image(7, plan=PLAN_HASH), 1)
    for half, data in enumerate((hostile, good)):
        at = MODEL.offset + half * MODEL.size // 2
        chip[at : at + len(data)] = data
    flash.write_bytes(chip)
    with run_board(load_board("sim"), flash) as running:
        with WireClient(running.port) as client:
            client.boot()
            assert client.ask(HelloRequest())[0].model_source == 1
            assert outputs(client) == expected(7)
            client.ask(InferPicture(0, 0, 1, 8, 8, -32768, 32767, 4095, 4095, bytes(64)))
        assert running.stderr_tail() == ""


def test_settings_say_whether_they_are_kept(sim):
    _, client = sim
    (error,) = client.ask(Configure(2, 0, -100, LedMode.ON, 0, -1, -1, 0, 0, 0, 0))
    assert isinstance(error, Error)
    assert (error.code, error.detail) == (ErrorCode.BAD_REQUEST, 2)
