"""The smallest host: one port, requests and their frames, nothing hidden."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import termios
import time
import tty
from types import TracebackType

from host_tools.wire.framing import Decoder, Frame, encode
from host_tools.wire.messages import Message, unpack


class WireClient:
    """Opens a port; `text` collects the bytes outside frames."""

    def __init__(self, port: str) -> None:
        self.decoder = Decoder()
        self.text = b""
        self._queue: list[Frame] = []
        self._sequence = 0
        if port.startswith("socket://"):
            host, _, number = port.removeprefix("socket://").rpartition(":")
            self._socket: socket.socket | None = socket.create_connection((host, int(number)))
            self._descriptor = self._socket.fileno()
        else:
            self._socket = None
            self._descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(self._descriptor, termios.TCSANOW)  # keeps what has come

    def __enter__(self) -> WireClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        else:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)

    def send_raw(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view[:4096]) :]

    def send(self, message: Message) -> int:
        """Sends a request; its sequence number."""
        self._sequence = self._sequence % 65535 + 1
        self.send_raw(encode(message.CODE, self._sequence, message.pack()))
        return self._sequence

    def frame(self, timeout_s: float = 10) -> Frame:
        """The next frame."""
        end = time.monotonic() + timeout_s
        while not self._queue:
            left = end - time.monotonic()
            ready, _, _ = select.select([self._descriptor], [], [], max(0.0, left))
            if not ready:
                raise TimeoutError(f"no frame within {timeout_s} s; text so far {self.text!r}")
            data = os.read(self._descriptor, 65536)
            if not data:
                raise OSError("the port is gone")
            for found in self.decoder.feed(data):
                if isinstance(found, Frame):
                    self._queue.append(found)
                else:
                    self.text += found
        return self._queue.pop(0)

    def message(self, timeout_s: float = 10) -> tuple[Frame, Message]:
        """The next frame and what it says."""
        frame = self.frame(timeout_s)
        return frame, unpack(frame.type, frame.payload)

    def boot(self, timeout_s: float = 20) -> Message:
        """Waits for the HELLO at boot."""
        while True:
            frame, message = self.message(timeout_s)
            if type(message).__name__ == "Hello" and frame.flags & 1:
                return message

    def ask(self, message: Message, timeout_s: float = 10) -> list[Message]:
        """The replies to a request up to its final one (unasked frames are left out)."""
        sequence = self.send(message)
        replies = []
        while True:
            frame, reply = self.message(timeout_s)
            if frame.sequence == sequence and not frame.flags & 1:
                replies.append(reply)
                if type(reply).__name__ not in ("Layers", "Picture"):
                    return replies
