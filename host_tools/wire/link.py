"""Frames over a transport: sends messages, receives them with a deadline, hands log text to a callback."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from codegen.errors import BoardError
from host_tools.wire.framing import Decoder, Frame, encode
from host_tools.wire.messages import Flags, Log, Message, MessageError
from host_tools.wire.transport import Transport

CUT_FRAME_S = 1.0
"""A frame whose rest does not come for this long was cut; what follows it must not wait."""
MAX_LINE_BYTES = 400
"""Text without a line end is handed on after this many bytes."""

HEARD_BYTES = 16384
"""So much text from outside frames is kept: what a board prints when it starts or falls over."""

LogCallback = Callable[[str], None]


class Link:
    """One open transport with its decoder.

    Attributes:
        transport: the pipe.
        decoder: counts bad frames and bytes outside frames.
        bad_messages: frames whose payload is not the message their type claims.
        heard: the latest bytes outside frames, at most HEARD_BYTES.
    """

    def __init__(
        self,
        transport: Transport,
        on_log: LogCallback | None = None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self.transport = transport
        self.decoder = Decoder()
        self.bad_messages = 0
        self.heard = bytearray()
        self._on_log, self._wanted = on_log, wanted
        self._ready: deque[Frame] = deque()
        self._text = b""
        self._last_byte_s = time.monotonic()

    def send(self, message: Message, sequence: int, seal: Callable[[bytes], bytes] | None = None) -> None:
        """Writes one message.

        Args:
            seal: gives the seal of its payload where it needs one.
        Raises:
            BoardError: the port is gone.
        """
        payload, flags = message.pack(), 0
        if seal is not None:
            payload, flags = payload + seal(payload), Flags.SEALED
        self.transport.write(encode(message.CODE, sequence, payload, flags))

    def receive(self, deadline_s: float) -> Frame | None:
        """The next frame that is no log line, or None when `deadline_s` (time.monotonic) passes.

        Raises:
            BoardError: the port is gone, or the board is no longer wanted.
        """
        while True:
            while self._ready:
                frame = self._ready.popleft()
                if frame.type != Log.CODE:
                    return frame
                self._log_frame(frame)
            left = deadline_s - time.monotonic()
            if left <= 0:
                return None
            if not self._wanted():
                raise BoardError("the board is no longer waited for")
            data = self.transport.read(min(left, CUT_FRAME_S))
            now = time.monotonic()
            if data:
                self._last_byte_s = now
                self._sort(self.decoder.feed(data))
            elif self.decoder.pending and now - self._last_byte_s >= CUT_FRAME_S:
                self._sort(self.decoder.abandon())

    def count_bad_message(self) -> None:
        """A caller could not unpack a frame that came from here."""
        self.bad_messages += 1

    def close(self) -> None:
        """Gives the port back."""
        self.transport.close()

    def _sort(self, found: list[Frame | bytes]) -> None:
        for item in found:
            if isinstance(item, Frame):
                self._ready.append(item)
            else:
                self._log_text(item)

    def _log_frame(self, frame: Frame) -> None:
        try:
            message = Log.unpack(frame.payload)
        except MessageError:
            self.count_bad_message()
            return
        if self._on_log:
            self._on_log(message.text)

    def _log_text(self, text: bytes) -> None:
        """Bytes outside frames: the ROM's boot text, a printf, or garbage; shown where it is readable."""
        self.heard += text
        del self.heard[:-HEARD_BYTES]
        self._text += text
        *lines, rest = self._text.replace(b"\r", b"\n").split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            lines, rest = [*lines, rest], b""
        self._text = rest
        for line in lines:
            readable = line.decode("ascii", "replace").strip()
            if readable and readable.isprintable() and self._on_log:
                self._on_log(readable)
