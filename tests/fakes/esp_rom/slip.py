"""SLIP packets (RFC 1055): encode() makes one, Decoder finds them in a stream."""

from __future__ import annotations

END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE = 0xC0, 0xDB, 0xDC, 0xDD


def encode(packet: bytes) -> bytes:
    """One packet between two END bytes."""
    inner = packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return b"\xc0" + inner + b"\xc0"


class Decoder:
    """Packets out of bytes as they come; what lies outside packets is dropped."""

    def __init__(self) -> None:
        self._packet: bytearray | None = None
        self._escaped = False

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that end in these bytes. An escape that SLIP does not know drops its packet."""
        found: list[bytes] = []
        for value in data:
            if value == END:
                if self._packet:
                    found.append(bytes(self._packet))
                    self._packet = None
                else:
                    self._packet = bytearray()
                self._escaped = False
            elif self._packet is None:
                continue
            elif self._escaped:
                self._escaped = False
                if value == ESCAPED_END:
                    self._packet.append(END)
                elif value == ESCAPED_ESCAPE:
                    self._packet.append(ESCAPE)
                else:
                    self._packet = None
            elif value == ESCAPE:
                self._escaped = True
            else:
                self._packet.append(value)
        return found
