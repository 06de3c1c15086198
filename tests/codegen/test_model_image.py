"""The image for a model partition: every offset where the firmware's model_store.h says."""

from __future__ import annotations

import re
import struct
import zlib

import pytest

import firmware
from codegen.backends.pipeline_spec import PipelineSpec
from codegen.backends.tflm import generate as tflm
from codegen.errors import ModelError
from codegen.model_image import FRONT_BYTES, HEAD_BYTES, NAME_MOST, pack_image
from codegen.program.points import MAX_SCALE_Q24
from codegen.program.spec import InputSpec, Layout
from codegen.tflite.model_file import read_file
from tests.toys.models import TOYS

HEADER = (firmware.ROOT / "src" / "model_store.h").read_text(encoding="utf-8")
OFFSETS = {name: int(value) for name, value in re.findall(r"TINYFACE_IMAGE_(\w+) = (\d+)", HEADER)}


def u32(image: bytes, name: str) -> int:
    return int(struct.unpack_from("<I", image, OFFSETS[name])[0])


@pytest.mark.parametrize("points", [0, 1, 3])
def test_every_field_lies_where_the_firmware_reads_it(points: int) -> None:
    plan, model, constants = bytes(range(32)), bytes(range(50, 82)), bytes(range(100))
    mean = tuple(range(-points, points))
    image = pack_image(
        plan_hash=plan, model_hash=model, name="näme", constants=constants, scale_q24=7, zero_point=-9,
        mean_q24=mean, input_spec=InputSpec(Layout.RGB, 5, 4, -300),
    )  # fmt: skip
    assert (OFFSETS["FRONT"], OFFSETS["HEAD"]) == (FRONT_BYTES, HEAD_BYTES)
    assert image[:8] == b"TFMODEL1"
    assert u32(image, "BYTES") == len(image)
    assert u32(image, "CRC") == zlib.crc32(image[FRONT_BYTES:])
    assert image[OFFSETS["PLAN_HASH"] :][:32] == plan
    assert image[OFFSETS["MODEL_HASH"] :][:32] == model
    assert struct.unpack_from("<ii", image, OFFSETS["SCALE"]) == (7, -9)
    assert OFFSETS["ZERO"] == OFFSETS["SCALE"] + 4
    assert u32(image, "POINTS") == points
    assert struct.unpack_from(f"<{2 * points}i", image, u32(image, "MEAN")) == mean
    assert struct.unpack_from("<hB", image, OFFSETS["SHIFT"]) == (-300, 3)
    assert OFFSETS["LAYOUT"] == OFFSETS["SHIFT"] + 2
    at = u32(image, "CONSTANTS")
    assert at % 16 == 0
    assert image[at : at + u32(image, "CONSTANTS_BYTES")] == constants
    assert image[u32(image, "NAME") :] == "näme".encode() + b"\0"


def test_a_whole_model_for_tflite_micro() -> None:
    data = TOYS["softmax"]()
    image = tflm.model_image(read_file(data, "softmax"), PipelineSpec())
    at = u32(image, "CONSTANTS")
    assert at % 16 == 0
    assert image[at : at + u32(image, "CONSTANTS_BYTES")] == data
    assert image[OFFSETS["PLAN_HASH"] :][:32] == bytes(32)


def test_the_bounds_are_the_firmwares() -> None:
    pipeline = (firmware.ROOT / "include" / "tinyface" / "pipeline.h").read_text(encoding="utf-8")
    most = re.search(r"TINYFACE_MAX_SCALE_Q24 = (\w+)", pipeline)
    assert most
    assert (int(most[1], 0), OFFSETS["NAME_MOST"]) == (MAX_SCALE_Q24, NAME_MOST)


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"scale_q24": MAX_SCALE_Q24 + 1}, "scale 16777216"),
        ({"scale_q24": -1}, "scale -1"),
        ({"zero_point": 128}, "zero point 128"),
        ({"zero_point": -(2**31)}, "zero point -2147483648"),
        ({"name": "n" * 256}, "256 bytes"),
        ({"name": "\u00e4" * 128}, "256 bytes"),
        ({"name": "a\x1b[2J"}, "control characters"),
    ],
)
def test_what_the_board_would_not_take_is_refused_here(wrong, cause) -> None:
    facts = {"plan_hash": bytes(32), "model_hash": bytes(32), "name": "toy", "constants": b""}
    assert pack_image(**{**facts, "name": "n" * 255, "scale_q24": MAX_SCALE_Q24, "zero_point": -128})
    with pytest.raises(ModelError, match=cause):
        pack_image(**{**facts, **wrong})
