"""A board made of a thread behind TCP: answers like firmware, or misbehaves as a test tells it to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

from host_tools.wire.framing import Decoder, Frame, encode
from host_tools.wire.inference import region_of
from host_tools.wire.messages import (
    PROTOCOL_VERSION,
    Ack,
    Error,
    ErrorCode,
    Flags,
    Hello,
    HelloRequest,
    InferPicture,
    InferTensor,
    Log,
    Message,
    Model,
    ModelRequest,
    Restart,
    Result,
    Settings,
    SettingsRequest,
    Stats,
    StatsRequest,
    Stream,
)
from host_tools.wire.threshold import SEND_ALL

HELLO = Hello(
    protocol=PROTOCOL_VERSION,
    runtime=1,
    tick_unit=0,
    model_hash=bytes(range(32)),
    plan_hash=bytes(32),
    arena_bytes=1024,
    arena_internal=1,
    max_payload=65536,
    input_bytes=4,
    output_bytes=4,
    layers=1,
    has_camera=1,
    cores=1,
    stages=1,
    reset_reason=1,
    slot=0,
    model_source=0,
    board="fake",
    model="toy",
    sensor="",
    stage_facts=(0, 0, 0, 0, 0),
    stage_names="toy\n",
    stage_models="toy\n",
)

Handler = Callable[["FakeBoard", Frame], bool]
"""Handles a frame itself and says so, or leaves it to the normal answer."""


class FakeBoard:
    """Listens on a free port until closed.

    Attributes:
        hello: what it says about itself; tests change it.
        model: what it tells of its model, None for firmware that does not know the request.
        handler: sees every frame first.
        frames: all frames received.
        connections: how often it was connected to.
        greeting: bytes sent at each connection.
        lose: which stream frames are not sent, counted from 1.
        stream_limit: stream frames that are sent before the board falls silent.
        threshold: among its settings.
    """

    def __init__(self, handler: Handler | None = None) -> None:
        self.hello = HELLO
        self.model: Model | None = None
        self.handler = handler
        self.frames: list[Frame] = []
        self.connections = 0
        self.greeting = b""
        self.lose: set[int] = set()
        self.stream_limit: int | None = None
        self.threshold = SEND_ALL
        self.frame_number = 0
        self.streamed = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._peer: socket.socket | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> str:
        return f"socket://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> FakeBoard:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self._thread.join(5)

    def hang_up(self) -> None:
        """Closes the present connection."""
        peer, self._peer = self._peer, None
        if peer is not None:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()

    def send(self, message: Message, sequence: int, flags: int = 0) -> None:
        self.send_bytes(encode(message.CODE, sequence, message.pack(), flags))

    def send_bytes(self, data: bytes) -> None:
        peer = self._peer
        if peer is not None:
            with contextlib.suppress(OSError):
                peer.sendall(data)

    def count(self, kind: type[Message]) -> int:
        """How many frames of this type were received."""
        return sum(frame.type == kind.CODE for frame in self.frames)

    def result(self, outputs: bytes, picture: InferPicture | None = None) -> Result:
        """One of these outputs; time and region are those of the picture."""
        self.frame_number += 1
        if picture is not None:
            r = region_of(picture)
            part = r.x, r.y, r.width, r.height, r.turn
            return Result(self.frame_number, picture.time_ms, 1000, 5, 0, *part, 0, 0, 0, 0, outputs, ())
        return Result(self.frame_number, 0, 1000, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, outputs, ())

    def answer(self, frame: Frame) -> None:
        """What working firmware does."""
        if frame.type == HelloRequest.CODE:
            self.send(self.hello, frame.sequence)
        elif frame.type == ModelRequest.CODE:
            unknown = Error(ErrorCode.UNKNOWN_TYPE, frame.type, "this request is unknown here")
            self.send(self.model or unknown, frame.sequence)
        elif frame.type == InferTensor.CODE:
            self.send(self.result(InferTensor.unpack(frame.payload).tensors), frame.sequence)
        elif frame.type == StatsRequest.CODE:
            self.send(Stats(1, 2, 0, 0, 3, 4, 5, 6, 1, 0, 0, 0, 7, self.hello.sensor), frame.sequence)
        elif frame.type == SettingsRequest.CODE:
            self.send(Settings(0, self.threshold, 0, 0, -1, -1, 0, 0, 0, 0, 0), frame.sequence)
        elif frame.type == Restart.CODE:
            self.send(Ack(), frame.sequence)
        elif frame.type == Stream.CODE:
            self.send(Ack(), frame.sequence)
            for number in range(min(Stream.unpack(frame.payload).frames, 100)):
                if self.stream_limit is not None and self.streamed >= self.stream_limit:
                    return
                self.streamed += 1
                if self.streamed not in self.lose:
                    result = replace(self.result(b"%04d" % self.streamed), frame=number)
                    self.send(result, frame.sequence, Flags.UNASKED)

    def log(self, text: str) -> None:
        self.send(Log(1, text), 0, Flags.UNASKED)

    def as_model(self, model_hash: bytes) -> None:
        """From now on it says that it runs another model."""
        self.hello = replace(self.hello, model_hash=model_hash)

    def _serve(self) -> None:
        while not self._closed:
            try:
                self._peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.send_bytes(self.greeting)
            decoder = Decoder()
            while (peer := self._peer) is not None:
                try:
                    data = peer.recv(65536)
                except OSError:
                    break
                if not data:
                    break
                for item in decoder.feed(data):
                    if isinstance(item, Frame):
                        self.frames.append(item)
                        if not (self.handler and self.handler(self, item)):
                            self.answer(item)
            self.hang_up()
