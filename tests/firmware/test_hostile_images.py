"""Images in the model partition whose CRC is right and whose fields are not are refused, under sanitizers."""

from __future__ import annotations

import random
import struct
import subprocess
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

import firmware
from codegen.model_image import FRONT_BYTES, Entry, StoredModel, pack_image
from codegen.program.decoders.points import Points
from codegen.program.single import single_program
from codegen.program.spec import InputSpec, Layout
from codegen.program.stages import Program
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

EXTREMES = (0, 1, 3, 4, 16, 127, 128, 129, 255, 256, 0x7F, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFF7F,
            0xFFFFFF80, 0xFFFFFFF0, 0xFFFFFFFF)  # fmt: skip
HALF = 8192
MEAN = (2**31 - 1, -(2**31), 0, 5)
GRAY = InputSpec(Layout.GRAY, 8, 8, -128)
PROGRAM = single_program("toy", GRAY, Points(MEAN, 65536, -3))
MODEL_OF_STORE = StoredModel("other", bytes([1, 2, 3]).ljust(32, b"\0"), bytes(32), bytes(16))


def image(number: int = 1, program: Program = PROGRAM, **changes) -> bytes:
    return numbered(pack_image(program, [replace(MODEL_OF_STORE, **changes)]), number)


def numbered(data: bytes, number: int) -> bytes:
    return data[:8] + struct.pack("<I", number) + data[12:]


def signed(data: bytes) -> bytes:
    """The image with the CRC that its bytes have, as far as its own length says."""
    length = struct.unpack_from("<I", data, 12)[0]
    crc = zlib.crc32(data[FRONT_BYTES : min(length, len(data))])
    return data[:16] + struct.pack("<I", crc) + data[20:]


def places(data: bytes) -> dict[Entry, int]:
    """Where each entry begins."""
    found, at = {}, FRONT_BYTES
    while at < len(data):
        kind, size = struct.unpack_from("<H2xI", data, at)
        found[Entry(kind)] = at
        at += 16 + -(-size // 16) * 16
    return found


def with_u32(data: bytes, at: int, value: int) -> bytes:
    return signed(data[:at] + struct.pack("<I", value) + data[at + 4 :])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("store") / "store"
    here, src = Path(__file__).parent, firmware.ROOT / "src"
    names = (
        "protocol",
        "picture",
        "picture_turned",
        "pixels",
        "values",
        "program",
        "kept",
        "shape",
        "model_image",
        "decode_points",
    )
    sources = [here / "hostile_images.c", *(src / f"{name}.c" for name in names)]
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


def test_every_extreme_of_every_parameter(store):
    """The image beside it stays in use, unless the field may have that value."""
    good, whole = image(7), image(9)
    first = places(whole)[Entry.PARAMETERS] + 16
    fields = {"POINTS": first, "SCALE": first + 4, "ZERO": first + 8}
    cases = [(name, value) for name in fields for value in EXTREMES]
    used = start(store, [partition(good, with_u32(whole, fields[name], value)) for name, value in cases])
    taken = {case for case, (number, _, _) in zip(cases, used, strict=True) if number == 9}
    assert all(number in (7, 9) for number, _, _ in used)
    int8 = {v for v in EXTREMES if v < 128 or v >= 2**32 - 128}
    assert {value for name, value in taken if name == "ZERO"} == int8
    assert {value for name, value in taken if name == "SCALE"} == {v for v in EXTREMES if v < 2**24}
    assert "POINTS" not in {name for name, _ in taken}


def test_every_extreme_of_every_length(store):
    good, whole = image(7), image(9, name="n" * 255)
    cases = [(kind, value) for kind in places(whole) for value in EXTREMES]
    used = start(store, [partition(good, with_u32(whole, places(whole)[k] + 4, v)) for k, v in cases])
    own = {kind: struct.unpack_from("<I", whole, at + 4)[0] for kind, at in places(whole).items()}
    taken = [case for case, (number, _, _) in zip(cases, used, strict=True) if number == 9]
    assert all(own[kind] == value for kind, value in taken)
    sizes = [partition(good, with_u32(whole, 12, value)) for value in EXTREMES]
    assert {number for number, _, _ in start(store, sizes)} == {7}


def entry(kind: int, value: bytes, stage: int = 0) -> bytes:
    return struct.pack("<HBxI8x", kind, stage, len(value)) + value + bytes(-len(value) % 16)


def with_entries(number: int, *more: bytes, drop: Entry | None = None) -> bytes:
    """An image with entries added at its end, or one taken out."""
    data, at = image(number), places(image(number))
    body = data[FRONT_BYTES:]
    if drop is not None:
        begin = at[drop] - FRONT_BYTES
        size = struct.unpack_from("<I", body, begin + 4)[0]
        body = body[:begin] + body[begin + 16 + -(-size // 16) * 16 :]
    body += b"".join(more)
    front = data[:12] + struct.pack("<I", FRONT_BYTES + len(body)) + data[16:FRONT_BYTES]
    return signed(front + body)


@pytest.mark.parametrize(
    ("made", "used"),
    [
        ({}, 9),
        ({"more": entry(99, b"from a later version")}, 9),
        ({"more": entry(0, b"")}, 9),
        ({"drop": Entry.PARAMETERS}, 9),
        ({"drop": Entry.INPUT}, 9),
        ({"drop": Entry.DECODER}, 9),
        ({"drop": Entry.PLAN_HASH}, 7),
        ({"drop": Entry.MODEL_HASH}, 7),
        ({"drop": Entry.NAME}, 7),
        ({"drop": Entry.CONSTANTS}, 7),
        ({"more": entry(Entry.CONSTANTS, bytes(16))}, 7),
        ({"more": entry(Entry.NAME, b"twice\0")}, 7),
        ({"more": entry(Entry.DECODER, b"boxes\0")}, 7),
        ({"more": entry(99, b"x", stage=1)}, 7),
        ({"more": bytes(8)}, 7),
        ({"more": struct.pack("<HBBI8x", 99, 0, 1, 0)}, 7),
        ({"more": entry(99, b"x" * 17)[:-1]}, 7),
    ],
)
def test_entries_that_are_new_missing_double_or_cut(store, made, used):
    data = with_entries(9, *([made["more"]] if "more" in made else []), drop=made.get("drop"))
    assert start(store, [partition(image(7), data)])[0][0] == used


@pytest.mark.parametrize(
    ("spec", "used"),
    [
        (GRAY, 9),
        (InputSpec(Layout.GRAY, 8, 8, -382), 9),
        (InputSpec(Layout.GRAY, 8, 9, -128), 7),
        (InputSpec(Layout.RGB, 8, 8, -128), 7),
        (InputSpec(), 9),
    ],
)
def test_only_the_shift_of_an_input_may_change(store, spec, used):
    data = image(9, single_program("toy", spec, Points(MEAN, 65536, -3)))
    assert start(store, [partition(image(7), data)])[0][0] == used


def test_the_numbers_turn_over(store):
    cases = [(1, 2), (2, 1), (0xFFFFFFFF, 0), (0, 0xFFFFFFFF), (0x80000000, 0x7FFFFFFF)]
    used = start(store, [partition(image(a), image(b)) for a, b in cases])
    assert [number for number, _, _ in used] == [2, 2, 0, 0, 0x80000000]
    assert all(length == 5 for _, length, _ in used)  # number 0 is an image too


@pytest.mark.parametrize("size", [0, 4096, 8192])
def test_a_partition_without_room_is_left_alone(store, size):
    assert start(store, [bytes(size)])[0][:2] == (0, 0)


def test_names_that_steer_a_terminal_or_never_end(store):
    good = image(3)
    at = places(good)[Entry.NAME] + 16
    names = [b"oth\x1br\0", b"oth\x7fr\0", b"oth\nr\0", b"otherX"]
    changed = [signed(good[:at] + name + good[at + len(name) :]) for name in (*names, b"0ther\0")]
    used = start(store, [partition(data) for data in changed])
    assert [(number, length) for number, length, _ in used] == [(0, 0)] * 4 + [(3, 5)]


def test_mutants_of_an_image(store):
    """Bytes of the entries changed, lengths cut, CRC right: nothing outside the partition is read."""
    rng = random.Random(5)
    partitions = []
    for _ in range(4000):
        data = bytearray(image(rng.randrange(2**32)))
        for _ in range(rng.randint(1, 3)):
            heads = [start + k for start in places(image()).values() for k in range(16)]
            at = rng.choice(heads) if rng.random() < 0.7 else rng.randrange(8, len(data))
            data[at] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
        halves = [signed(bytes(data)), image(4)]
        rng.shuffle(halves)
        partitions.append(partition(*halves))
    used = start(store, partitions)
    assert len({number for number, _, _ in used}) > 100


def hostile_update(data: bytes, kind: Entry, at: int, value: int) -> bytes:
    return with_u32(data, places(data)[kind] + at, value)


@pytest.mark.parametrize(
    ("kind", "at", "value"),
    [
        (Entry.PARAMETERS, 24, 0x80000000),  # zero point
        (Entry.PARAMETERS, 20, 0x7FFFFFFF),  # scale
        (Entry.PARAMETERS, 16, 3),  # points
        (Entry.NAME, 4, 0xFFFFFFFF),
    ],
)
def test_an_update_with_such_an_image_is_refused_at_its_end(flashed, tmp_path, kind, at, value):
    place = Place("sim", flashed, tmp_path)
    with place.on() as (client, _):
        error = send(client, CONSTANTS, hostile_update(constants_image(9), kind, at, value))
        assert (error.code, error.detail) == (ErrorCode.UPDATE, UpdateFault.REFUSED)
        assert "out of range" in error.text
        client.ask(Restart())
        assert client.boot().model == "fake"
        assert outputs(client) == expected()


def test_such_an_image_in_flash_is_passed_over(flashed, tmp_path):
    """The application with sanitizers, started with the zero point whose negation overflows."""
    flash = tmp_path / "flash.bin"
    chip = bytearray(flashed("sim", sanitize=True).read_bytes())
    hostile = numbered(constants_image(9, plan=PLAN_HASH), 5)
    hostile = hostile_update(hostile, Entry.PARAMETERS, 24, 0x80000000)
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
            client.ask(InferPicture(0, 0, 1, 8, 8, -32768, 32767, 4095, 4095, 0, bytes(64)))
        assert running.stderr_tail() == ""


def test_settings_say_whether_they_are_kept(sim):
    _, client = sim
    (error,) = client.ask(Configure(2, 0, -100, LedMode.ON, 0, -1, -1, 0, 0, 0, 0))
    assert isinstance(error, Error)
    assert (error.code, error.detail) == (ErrorCode.BAD_REQUEST, 2)
