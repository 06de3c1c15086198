"""The bytes of a recording: a head, then blocks, each with a CRC that goes on from the one before.

A cut file, a flipped byte and a block that is missing or out of place all end the file at the last whole
block. docs/recordings.md says the same for readers of other programs.
"""

from __future__ import annotations

import enum
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from codegen.errors import RecordingError
from host_tools.wire.messages import Message, MessageError, unpack

MAGIC = b"\x93TINYFACE\n"
VERSION = 1
HEAD = struct.Struct("<10sH")
"""Magic and version."""
BLOCK = struct.Struct("<BBHIQ")
"""Kind, flags, 0, bytes of the payload, microseconds since the recording began."""
MESSAGE = struct.Struct("<BI")
"""Code and bytes of a message of the wire."""
CRC = struct.Struct("<I")
MAX_BLOCK_BYTES = 1 << 27
"""Of a payload: a frame's parts are 64 MB at most, a message 1 MB."""


class BlockKind(enum.IntEnum):
    """What a block holds; readers skip what they do not know."""

    BOARD = 1
    FRAME = 2
    LOG = 3
    END = 4
    PREVIEW = 5


class BlockFlag(enum.IntFlag):
    """Flags of a block."""

    AFTER_GAP = 1


@dataclass(frozen=True)
class Block:
    """One block.

    Attributes:
        kind: a BlockKind, or one of a later version.
        flags: of BlockFlag.
        time_us: microseconds since the recording began.
    """

    kind: int
    flags: int
    time_us: int
    payload: bytes


class DamagedError(Exception):
    """No whole block follows, though the file does not end here; says why."""


def file_head() -> bytes:
    """The first bytes of a recording of this version."""
    return HEAD.pack(MAGIC, VERSION)


def encode(block: Block, before: int) -> tuple[bytes, int]:
    """A block's bytes and its CRC.

    Args:
        before: the CRC of the block before, of the first one that of the file's head.
    """
    body = BLOCK.pack(block.kind, block.flags, 0, len(block.payload), block.time_us) + block.payload
    crc = zlib.crc32(body, before)
    return body + CRC.pack(crc), crc


def check_head(head: bytes, where: str) -> None:
    """Refuses a file that is no recording, or one of a version that is not known here.

    Raises:
        RecordingError: see above.
    """
    if len(head) < HEAD.size or head[: len(MAGIC)] != MAGIC:
        raise RecordingError(
            "it is no recording", where, "Name a file that `tinyface monitor --record FILE` wrote."
        )
    version = HEAD.unpack(head)[1]
    if version != VERSION:
        raise RecordingError(
            f"it is a recording of version {version}; this program reads version {VERSION}",
            where,
            "Use the tinyface that wrote it, or record anew.",
        )


def read_blocks(file: BinaryIO, size: int) -> Iterator[Block]:
    """The blocks that follow the head, each as its bytes are checked.

    Args:
        file: stands behind the head.
        size: bytes of the whole file.
    Raises:
        DamagedError: what follows is no whole block.
    """
    before, at = zlib.crc32(file_head()), HEAD.size
    while at < size:
        head = file.read(BLOCK.size)
        if len(head) < BLOCK.size:
            raise DamagedError("it is cut")
        kind, flags, _, length, time_us = BLOCK.unpack(head)
        if length > MAX_BLOCK_BYTES:
            raise DamagedError("it is damaged")
        if length + CRC.size > size - at - BLOCK.size:
            raise DamagedError("it is cut or damaged")
        payload = file.read(length)
        told = file.read(CRC.size)
        if len(payload) + len(told) < length + CRC.size:
            raise DamagedError("it is cut")
        before = zlib.crc32(payload, zlib.crc32(head, before))
        if told != CRC.pack(before):
            raise DamagedError("it is damaged")
        at += BLOCK.size + length + CRC.size
        yield Block(kind, flags, time_us, payload)


def pack_messages(messages: Iterable[Message]) -> bytes:
    """Messages of the wire one after the other, each with its code and length before it."""
    found = []
    for message in messages:
        payload = message.pack()
        found += [MESSAGE.pack(message.CODE, len(payload)), payload]
    return b"".join(found)


def unpack_messages(payload: bytes) -> list[Message]:
    """The messages in a block.

    Raises:
        DamagedError: they are none.
    """
    found, at = list[Message](), 0
    while at < len(payload):
        if len(payload) - at < MESSAGE.size:
            raise DamagedError("it holds a cut message")
        code, length = MESSAGE.unpack_from(payload, at)
        at += MESSAGE.size
        if length > len(payload) - at:
            raise DamagedError("it holds a cut message")
        try:
            found.append(unpack(code, payload[at : at + length]))
        except MessageError as error:
            raise DamagedError(f"it holds a message that is none ({error})") from error
        at += length
    return found
