"""The image that goes into a board's model partition: constants of another model with the same plan.

firmware/src/model_store.h names the offsets; all integers are little-endian.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from codegen.errors import ModelError
from codegen.program.points import MAX_SCALE_Q24
from codegen.program.spec import TENSOR, InputSpec

MAGIC = b"TFMODEL1"
FRONT_BYTES = 32
HEAD_BYTES = 128
NAME_MOST = 256
"""Longest name with the zero byte behind it."""
_FRONT = struct.Struct("<8sIII")  # magic, number, bytes, CRC32 of what follows the front
_HEAD = struct.Struct(
    "<32s32siiIIIIIhB"
)  # plan hash, model hash, scale, zero, points, mean, constants, bytes, name, shift, layout


def pack_image(
    *,
    plan_hash: bytes,
    model_hash: bytes,
    name: str,
    constants: bytes,
    scale_q24: int = 0,
    zero_point: int = 0,
    mean_q24: Sequence[int] = (),
    input_spec: InputSpec = TENSOR,
) -> bytes:
    """The bytes of an image; its number is given by the board that takes it.

    Args:
        plan_hash, model_hash: 32 bytes each, as HELLO tells them.
        name: of the model.
        constants: laid out as in the program of that plan.
        scale_q24, zero_point, mean_q24: of the landmark decoder (pipeline.h); x and y of each mean point.
        input_spec: of the model; its layout and size are those of the firmware.
    Raises:
        ModelError: a name or a decoder that the board would not take.
    """
    text = name.encode()
    if len(text) >= NAME_MOST or any(byte < 0x20 or byte == 0x7F for byte in text):
        raise ModelError(
            f"a name of {len(text)} bytes that is longer than {NAME_MOST - 1} or has control characters",
            ascii(name[:40]),
            "Rename the file of the model.",
        )
    if not (0 <= scale_q24 <= MAX_SCALE_Q24 and -128 <= zero_point <= 127):
        raise ModelError(
            f"a decoder with scale {scale_q24} and zero point {zero_point}",
            name,
            f"Use a scale of 0 to {MAX_SCALE_Q24} and a zero point of -128 to 127.",
        )
    mean = struct.pack(f"<{len(mean_q24)}i", *mean_q24)
    constants_at = -(-(HEAD_BYTES + len(mean)) // 16) * 16
    name_at = constants_at + len(constants)
    head = _HEAD.pack(
        plan_hash, model_hash, scale_q24, zero_point, len(mean_q24) // 2, HEAD_BYTES, constants_at,
        len(constants), name_at, input_spec.shift, int(input_spec.layout),
    )  # fmt: skip
    body = head.ljust(HEAD_BYTES - FRONT_BYTES, b"\0") + mean
    body = body.ljust(constants_at - FRONT_BYTES, b"\0") + constants + text + b"\0"
    front = _FRONT.pack(MAGIC, 1, FRONT_BYTES + len(body), zlib.crc32(body))
    return front.ljust(FRONT_BYTES, b"\0") + body
