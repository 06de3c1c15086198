"""The image that goes into a board's model partition: constants of other models with the same plans.

Entries of type, length and value (firmware/src/model_image.h); all integers are little-endian. Readers skip
types that they don't know.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from codegen.errors import ModelError
from codegen.program.stages import Program, Stage

MAGIC = b"TFMODEL2"
FRONT_BYTES = 32
ALIGNMENT = 16
NAME_MOST = 256
"""Longest name with the zero byte behind it."""
_FRONT = struct.Struct("<8sIII12x")  # magic, number, bytes, CRC32 of what follows the front
_ENTRY = struct.Struct("<HBxI8x")  # type, stage, length
_INPUT = struct.Struct("<BxHHh")  # layout, width, height, shift


class Entry(IntEnum):
    """Types of entries."""

    PLAN_HASH = 1
    MODEL_HASH = 2
    NAME = 3
    CONSTANTS = 4
    DECODER = 5
    PARAMETERS = 6
    INPUT = 7


@dataclass(frozen=True)
class StoredModel:
    """What a board keeps of a network.

    Attributes:
        name: of the model.
        plan_hash, model_hash: 32 bytes each, as HELLO tells them.
        constants: laid out as in the program of that plan.
    """

    name: str
    plan_hash: bytes
    model_hash: bytes
    constants: bytes


def pack_image(program: Program, models: Sequence[StoredModel]) -> bytes:
    """The bytes of an image; its number is given by the board that takes it.

    Args:
        program: checked; its decoders and inputs go along.
        models: of the program's networks.
    Raises:
        ModelError: a name that the board would not take.
    """
    entries = []
    for index, stage in enumerate(program.stages):
        if stage.model is not None:
            entries += [_entry(kind, index, value) for kind, value in _of_model(models[stage.model])]
        entries += [_entry(kind, index, value) for kind, value in _of_stage(stage)]
    body = b"".join(entries)
    return _FRONT.pack(MAGIC, 1, FRONT_BYTES + len(body), zlib.crc32(body)) + body


def _of_model(model: StoredModel) -> list[tuple[Entry, bytes]]:
    return [
        (Entry.PLAN_HASH, model.plan_hash),
        (Entry.MODEL_HASH, model.model_hash),
        (Entry.NAME, _text(model.name)),
        (Entry.CONSTANTS, model.constants),
    ]


def _of_stage(stage: Stage) -> list[tuple[Entry, bytes]]:
    values = stage.decoder.parameters
    entries = [(Entry.DECODER, _text(stage.decoder.NAME))]
    if values:
        entries.append((Entry.PARAMETERS, struct.pack(f"<{len(values)}i", *values)))
    if stage.input.is_picture:
        i = stage.input
        entries.append((Entry.INPUT, _INPUT.pack(int(i.layout), i.width, i.height, i.shift)))
    return entries


def _entry(kind: Entry, stage: int, value: bytes) -> bytes:
    return _ENTRY.pack(kind, stage, len(value)) + value + bytes(-len(value) % ALIGNMENT)


def _text(name: str) -> bytes:
    text = name.encode()
    if len(text) >= NAME_MOST or any(byte < 0x20 or byte == 0x7F for byte in text):
        raise ModelError(
            f"a name of {len(text)} bytes that is longer than {NAME_MOST - 1} or has control characters",
            ascii(name[:40]),
            "Rename the file of the model.",
        )
    return text + b"\0"
