"""Frames on the wire: encode() makes one, Decoder finds them in any byte stream.

firmware/src/protocol.c does the same; the tests hold the two equal on mutated streams.
"""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass

from host_tools.wire.messages import MAX_PAYLOAD, SYNC
from host_tools.wire.prefix_crc import PrefixCrc

HEADER_BYTES = 12
"""Sync, type, flags, sequence, length, header CRC."""
TRAILER_BYTES = 4
"""Payload CRC32; absent when the payload is empty."""


@dataclass(frozen=True)
class Frame:
    """One frame whose checks are right."""

    type: int
    flags: int
    sequence: int
    payload: bytes


def header_crc(fields: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, most significant bit first."""
    return binascii.crc_hqx(fields, 0xFFFF)


def payload_crc(payload: bytes) -> int:
    """CRC-32 of IEEE 802.3, as zlib computes it."""
    return binascii.crc32(payload)


def encode(type: int, sequence: int, payload: bytes = b"", flags: int = 0) -> bytes:
    """The bytes of one frame.

    Args:
        type: message code.
        sequence: request number, 0 to 65535.
        payload: at most MAX_PAYLOAD bytes.
        flags: messages.Flags.
    Raises:
        ValueError: the payload is longer than MAX_PAYLOAD.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(payload)} bytes is longer than {MAX_PAYLOAD}")
    fields = struct.pack("<BBHI", type, flags, sequence, len(payload))
    trailer = struct.pack("<I", payload_crc(payload)) if payload else b""
    return SYNC + fields + struct.pack("<H", header_crc(fields)) + payload + trailer


class Decoder:
    """Finds frames in a byte stream; everything else comes back as log text.

    A header or payload whose CRC is wrong gives up one byte and everything after it is looked at
    again, so a sync inside garbage swallows no good frame. A frame whose rest never comes holds back
    what follows it: call abandon() after a silence.

    Attributes:
        bad_frames: headers that were right while the payload was too long, wrong or cut.
        dropped_bytes: bytes outside good frames.
    """

    def __init__(self, max_payload: int = MAX_PAYLOAD) -> None:
        self.max_payload = max_payload
        self.bad_frames = 0
        self.dropped_bytes = 0
        self._held = bytearray()
        self._start = 0  # what lies before it was handed over
        self._checked = 0  # payloads up to here were walked over
        self._registers = PrefixCrc()

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._held) - self._start

    def feed(self, data: bytes) -> list[Frame | bytes]:
        """Frames and, between them, the bytes outside frames, in the order they came."""
        self._held += data
        return self._scan(final=False)

    def abandon(self) -> list[Frame | bytes]:
        """Give up an incomplete frame: its bytes are looked at again, nothing stays held."""
        return self._scan(final=True)

    def _scan(self, final: bool) -> list[Frame | bytes]:
        held = self._held
        found: list[Frame | bytes] = []
        start = text = self._start  # the candidate; the first byte not yet handed over
        while True:
            start = held.find(SYNC[0], start)
            if start < 0:
                start = len(held)
                break
            verdict = self._candidate(start)
            if isinstance(verdict, Frame):
                if text < start:
                    found.append(bytes(held[text:start]))
                    self.dropped_bytes += start - text
                found.append(verdict)
                start += HEADER_BYTES + len(verdict.payload) + (TRAILER_BYTES if verdict.payload else 0)
                text = start
            elif verdict or final:
                if not verdict and len(held) - start >= HEADER_BYTES:
                    self.bad_frames += 1
                start += 1
            else:
                break
        if text < start:
            found.append(bytes(held[text:start]))
            self.dropped_bytes += start - text
        self._start = start
        self._drop_front()
        return found

    def _drop_front(self) -> None:
        """Only where no more is left than goes: no byte then makes more than one move or be marked again."""
        if 2 * self._start < len(self._held):
            return
        del self._held[: self._start]
        self._checked = max(0, self._checked - self._start)
        self._start = 0
        self._registers = PrefixCrc()

    def _candidate(self, start: int) -> Frame | bool:
        """The frame that starts here; True: none does; False: more bytes must tell."""
        held = self._held
        if held[start : start + 2] != SYNC[: len(held) - start]:
            return True
        if len(held) - start < HEADER_BYTES:
            return False
        fields = bytes(held[start + 2 : start + 10])
        if header_crc(fields) != int.from_bytes(held[start + 10 : start + 12], "little"):
            return True
        kind, flags, sequence, length = struct.unpack("<BBHI", fields)
        if length > self.max_payload:
            self.bad_frames += 1
            return True
        if length == 0:
            return Frame(kind, flags, sequence, b"")
        end = start + HEADER_BYTES + length
        if len(held) < end + TRAILER_BYTES:
            return False
        told = int.from_bytes(held[end : end + TRAILER_BYTES], "little")
        if self._payload_crc(start + HEADER_BYTES, end) != told:
            self.bad_frames += 1
            return True
        return Frame(kind, flags, sequence, bytes(held[start + HEADER_BYTES : end]))

    def _payload_crc(self, begin: int, end: int) -> int:
        """Each byte is walked over once; what overlaps an earlier, wrong payload is told from the marks."""
        if begin < self._checked:
            return self._registers.crc(self._held, begin, end)
        self._checked = end
        return payload_crc(bytes(self._held[begin:end]))
