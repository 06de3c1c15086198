"""The image for a model partition: entries as the firmware's model_image.h has them."""

from __future__ import annotations

import re
import struct
import zlib

import pytest

import firmware
from codegen.backends.tflm import generate as tflm
from codegen.errors import ModelError
from codegen.model_image import FRONT_BYTES, NAME_MOST, Entry, StoredModel, pack_image
from codegen.program.decoders.points import MAX_SCALE_Q24, Points
from codegen.program.single import single_program
from codegen.program.spec import InputSpec, Layout
from codegen.program.stages import Program, Source, Stage
from codegen.tflite.model_file import read_file
from tests.toys.models import TOYS

HEADER = (firmware.ROOT / "src" / "model_image.h").read_text(encoding="utf-8")
NUMBERS = {name: int(value) for name, value in re.findall(r"TINYFACE_((?:IMAGE|ENTRY)_\w+) = (\d+)", HEADER)}


def entries_of(image: bytes) -> list[tuple[int, int, bytes]]:
    """Type, stage and value of each entry."""
    found, at = [], FRONT_BYTES
    while at < len(image):
        kind, stage, zero, size = struct.unpack_from("<HBBI", image, at)
        assert (zero, image[at + 8 : at + 16]) == (0, bytes(8))
        at += NUMBERS["IMAGE_ENTRY"]
        assert at % 16 == 0
        found.append((kind, stage, image[at : at + size]))
        at += -(-size // 16) * 16
    assert at == len(image)
    return found


def stored(number: int = 0, name: str = "näme") -> StoredModel:
    return StoredModel(name, bytes(range(32)), bytes(range(50, 82)), bytes(range(100 + number)))


def test_every_field_lies_where_the_firmware_reads_it() -> None:
    points = Points((1, -2, 3, 2**31 - 1), 7, -9)
    image = pack_image(single_program("toy", InputSpec(Layout.RGB, 5, 4, -300), points), [stored()])
    magic, number, size, crc = struct.unpack_from("<8sIII", image)
    assert (magic, number, size, crc) == (b"TFMODEL2", 1, len(image), zlib.crc32(image[FRONT_BYTES:]))
    assert (NUMBERS["IMAGE_FRONT"], NUMBERS["IMAGE_NAME_MOST"]) == (FRONT_BYTES, NAME_MOST)
    assert {name: NUMBERS[f"ENTRY_{name}"] for name in Entry.__members__} == dict(Entry.__members__)
    values = {kind: value for kind, stage, value in entries_of(image) if stage == 0}
    assert values == {
        Entry.PLAN_HASH: bytes(range(32)),
        Entry.MODEL_HASH: bytes(range(50, 82)),
        Entry.NAME: "näme".encode() + b"\0",
        Entry.CONSTANTS: bytes(range(100)),
        Entry.DECODER: b"points\0",
        Entry.PARAMETERS: struct.pack("<7i", 2, 7, -9, 1, -2, 3, 2**31 - 1),
        Entry.INPUT: struct.pack("<BBHHh", 3, 0, 5, 4, -300),
    }


def test_each_stage_has_its_own_entries() -> None:
    gray = InputSpec(Layout.GRAY, 8, 8, -128)
    stages = (
        Stage("one", 1, gray, Source.CENTRE),
        Stage("two", 0, gray, Source.CENTRE),
        Stage("three", None, InputSpec(), Source.NONE),
    )
    image = pack_image(Program("three", stages), [stored(0), stored(1)])
    constants = [(s, len(value)) for kind, s, value in entries_of(image) if kind == Entry.CONSTANTS]
    assert constants == [(0, 101), (1, 100)]
    assert [kind for kind, s, _ in entries_of(image) if s == 2] == [Entry.DECODER]


def test_a_whole_model_for_tflite_micro() -> None:
    data = TOYS["softmax"]()
    image = tflm.model_image(read_file(data, "softmax"), single_program("softmax"))
    values = {kind: value for kind, _, value in entries_of(image)}
    assert (values[Entry.CONSTANTS], values[Entry.PLAN_HASH]) == (data, bytes(32))
    assert Entry.PARAMETERS not in values
    assert Entry.INPUT not in values


def test_the_bounds_are_the_firmwares() -> None:
    stage = (firmware.ROOT / "include" / "tinyface" / "stage.h").read_text(encoding="utf-8")
    most = re.search(r"TINYFACE_MAX_SCALE_Q24 = (\w+)", stage)
    assert most
    assert int(most[1], 0) == MAX_SCALE_Q24


@pytest.mark.parametrize(
    ("name", "cause"),
    [("n" * 256, "256 bytes"), ("\u00e4" * 128, "256 bytes"), ("a\x1b[2J", "control characters")],
)
def test_what_the_board_would_not_take_is_refused_here(name: str, cause: str) -> None:
    assert pack_image(single_program("toy"), [stored(name="n" * 255)])
    with pytest.raises(ModelError, match=cause):
        pack_image(single_program("toy"), [stored(name=name)])
