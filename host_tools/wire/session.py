"""A conversation with a board: handshake, inferences, streams, counters.

A request is answered, or repeated, or the port is opened anew once; then a BoardError says what is wrong.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import TypeVar

from codegen.errors import BoardError
from host_tools.wire.faults import (
    NOTICES,
    CameraError,
    another_protocol,
    damaged,
    fault_of,
    no_answer,
    other_firmware,
    restarted,
    silent,
    without_result,
)
from host_tools.wire.framing import Frame
from host_tools.wire.inference import Inference, assemble
from host_tools.wire.interruptions import DamagedError, RestartedError, SilenceError
from host_tools.wire.link import HEARD_BYTES, Link, LogCallback
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
    Layers,
    Message,
    MessageError,
    Model,
    Restart,
    Result,
    Settings,
    Stats,
    StatsRequest,
    Stream,
    Update,
    Want,
    unpack,
)
from host_tools.wire.plausible import check_hello, is_plausible
from host_tools.wire.timing import Counters, Timing
from host_tools.wire.transport import DEFAULT_BAUD, PortGoneError, Transport, open_transport, open_when_back

HELLO_EVERY_S = 0.5
CAMERA_FAILURES = 3
"""Camera failures in a row after which firmware ends a stream."""
MAX_REPEATS = 5
"""How often a request is sent again because the board says its frame arrived damaged."""
FLOOD_S = 1.0
"""So long after the deadline frames that nobody waits for are looked at: a flood of them is a silence."""
MAX_PARTS = 64
"""More messages than that before a RESULT belong to no inference."""
Reply = TypeVar("Reply", Hello, Stats, Settings, Update, Model)
FOREVER = 0xFFFFFFFF
"""Number of stream frames that means "until stopped"."""


class Session:
    """An open port with a board that has said HELLO.

    Args:
        port: its name.
        board_name: for the remedies in messages.
        on_log: gets the board's log lines and what it says outside frames.
        baud: the speed of a serial port.
        connect: opens the port, at first and after a silence; by default by its name.
    Attributes:
        board: the HELLO of the board.
        counters: repeats, timeouts, reconnects since the port was opened.

    Raises:
        BoardError: no such port, no answer, no firmware, another protocol version.
    """

    def __init__(
        self,
        port: str,
        *,
        board_name: str = "",
        timing: Timing | None = None,
        on_log: LogCallback | None = None,
        baud: int = DEFAULT_BAUD,
        connect: Callable[[], Transport] | None = None,
    ) -> None:
        self.port = port
        self.counters = Counters()
        self._name = board_name
        self._timing = timing or Timing()
        self._on_log = on_log
        self._connect = connect or (lambda: open_transport(port, baud))
        self._sequence = 0
        self._link = Link(self._connect(), on_log)
        self._bad_before = self._dropped_before = 0
        self._heard_before = b""
        try:
            self.board = self._handshake()
        except BaseException:
            self._link.close()
            raise

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the port back."""
        self._link.close()

    @property
    def bad_frames(self) -> int:
        """Damaged frames received since the port was first opened."""
        return self._bad_before + self._link.decoder.bad_frames + self._link.bad_messages

    @property
    def dropped_bytes(self) -> int:
        """Bytes received outside good frames (boot text included)."""
        return self._dropped_before + self._link.decoder.dropped_bytes

    @property
    def heard(self) -> bytes:
        """The latest bytes outside frames: boot text, a panic, what a driver prints."""
        return (self._heard_before + bytes(self._link.heard))[-HEARD_BYTES:]

    def hello(self) -> Hello:
        """Asks the board who it is, now.

        Raises:
            BoardError: it does not answer.
        """
        replies = self._request(HelloRequest(), Hello)
        self.board = _only(replies, Hello)
        return self.board

    def infer_tensor(self, tensors: bytes, want: int = 0) -> Inference:
        """Runs the model on raw input bytes (all inputs, one after the other).

        Args:
            tensors: HELLO's input_bytes bytes.
            want: messages.Want flags.
        Raises:
            BoardError: the board refuses them or stops answering.
        """
        return self._infer(InferTensor(want, tensors))

    def infer_picture(self, picture: InferPicture) -> Inference:
        """Runs the model on a picture sent along.

        Raises:
            BoardError: the board refuses it or stops answering.
        """
        return self._infer(picture)

    def _infer(self, request: InferTensor | InferPicture) -> Inference:
        """One inference with everything it was asked for: LAYERS may be lost while RESULT arrives."""
        for _ in range(MAX_REPEATS):
            inference = assemble(self._request(request, Result))
            if inference.layers is not None or not request.want & (Want.LAYER_CRC | Want.PROFILE):
                break
            self.counters.repeats += 1
        return inference

    def stats(self) -> Stats:
        """The board's counters and free memory.

        Raises:
            BoardError: it does not answer.
        """
        return self.ask(StatsRequest(), Stats)

    def ask(self, message: Message, reply: type[Reply]) -> Reply:
        """Sends any request that one message of this kind answers.

        Raises:
            BoardError: the board refuses it or stops answering.
        """
        return _only(self._request(message, reply), reply)

    def restart(self) -> Hello:
        """Restarts the board and waits for its HELLO.

        Raises:
            BoardError: it does not come back.
        """
        self._request(Restart(), Ack)
        self.board = self._handshake()
        return self.board

    def stream(
        self, frames: int = FOREVER, period_ms: int = 0, want: int = 0
    ) -> Generator[Inference, None, None]:
        """Inferences from the board's camera as they come; closing the iterator stops the board.

        Frames that were lost on the way are asked for again, so `frames` of them arrive in the end.

        Args:
            frames: how many, FOREVER until the iterator is closed.
            period_ms: shortest time between two of them.
            want: messages.Want flags.
        Raises:
            BoardError: the board has no camera, or stops answering; what was yielded before is kept.
        """
        left, reconnected = frames, False
        try:
            while left:
                got = 0
                try:
                    self._request(Stream(want, left, period_ms), Ack)
                    for inference in self._stream_frames(left, period_ms):
                        got += 1
                        left -= left != FOREVER
                        yield inference
                except RestartedError:
                    raise restarted(self.port, self.heard) from None
                except PortGoneError:
                    if reconnected:
                        raise
                    reconnected = True
                    self._reconnect()
                except SilenceError:
                    if not got:
                        if reconnected:
                            raise silent(self.port, self._name, self.heard) from None
                        reconnected = True
                        self._reconnect()
                if left and left != FOREVER and got:
                    self.counters.lost_frames += left
                    reconnected = False
        except BoardError:
            left = 0  # it would not hear a stop either
            raise
        finally:
            if left:
                with contextlib.suppress(BoardError):
                    self._request(Stream(0, 0, 0), Ack)

    def _stream_frames(self, frames: int, period_ms: int) -> Iterator[Inference]:
        """The frames of one request, numbered from 0; ends when the last one's number has come."""
        sequence, parts, awaited, failures, others = self._sequence, list[Message](), 0, 0, 0
        while awaited < frames:
            deadline = time.monotonic() + self._timing.reply_s + period_ms / 1000
            try:
                message = self._next(deadline, lambda f: f.sequence == sequence)
            except CameraError:
                failures += 1
                if failures == CAMERA_FAILURES:
                    raise
                continue
            except DamagedError:
                others += 1  # about an earlier copy of the request; this one was acknowledged
                if others > MAX_PARTS:
                    raise damaged(self.port, others) from None
                continue
            if isinstance(message, Result) and message.frame < awaited:
                self.counters.stale_replies += 1  # had before
                continue
            # One of a kind is kept: a board that sends no RESULT must not fill the memory.
            parts = [part for part in parts if type(part) is not type(message)] + [message]
            others += 1
            if others > MAX_PARTS:
                raise without_result(self.port, self._name, others)
            if isinstance(message, Result):
                others = 0
                if message.frame != awaited:
                    # Frames were lost, and perhaps the layers of this one: those at hand may be older.
                    parts = [part for part in parts if not isinstance(part, Layers)]
                awaited, failures = message.frame + 1, 0
                yield assemble(parts)
                parts = []

    def _next(self, deadline: float, wanted: Callable[[Frame], bool]) -> Message:
        while True:
            frame = self._link.receive(deadline)
            if frame is None or time.monotonic() > deadline + FLOOD_S:
                raise SilenceError
            if self._is_notice(frame):
                continue
            if frame.type == Hello.CODE and frame.flags & Flags.UNASKED:
                raise RestartedError
            if not wanted(frame):
                self.counters.stale_replies += 1
                continue
            message = self._unpack(frame)
            if message is None:
                continue
            if isinstance(message, Error):
                if message.code == ErrorCode.BAD_FRAME:
                    raise DamagedError
                raise fault_of(message, self.port, self._name)
            return message

    def _is_notice(self, frame: Frame) -> bool:
        """True for an ERROR that belongs to no request (what was wrong at boot): it goes to the log."""
        if frame.type != Error.CODE or frame.sequence != 0 or not frame.flags & Flags.UNASKED:
            return False
        message = self._unpack(frame)
        if not isinstance(message, Error) or message.code not in NOTICES:
            return False
        if self._on_log:
            self._on_log(message.text)
        return True

    def _unpack(self, frame: Frame) -> Message | None:
        try:
            message = unpack(frame.type, frame.payload)
        except MessageError:
            self._link.count_bad_message()
            return None
        if not is_plausible(message):
            self._link.count_bad_message()
            return None
        if isinstance(message, Hello):
            check_hello(message, self.port)
        return message

    def _request(self, message: Message, last: type[Message]) -> list[Message]:
        """Sends a request until its replies are complete: repeated, then reconnected once, then given up."""
        repeats = silences = 0
        restarts = reconnected = False
        while True:
            try:
                return self._attempt(message, last)
            except DamagedError:
                repeats += 1
                self.counters.repeats += 1
                if repeats > MAX_REPEATS:
                    raise damaged(self.port, repeats) from None
            except RestartedError:
                self.counters.repeats += 1
                if restarts:
                    raise restarted(self.port, self.heard) from None
                restarts = True
            except PortGoneError:
                if reconnected:
                    raise
                self._reconnect()
                reconnected = True
            except SilenceError:
                self.counters.timeouts += 1
                if reconnected:
                    raise silent(self.port, self._name, self.heard) from None
                silences += 1
                self.counters.repeats += 1
                if silences > 1:
                    self._reconnect()
                    reconnected = True

    def _attempt(self, message: Message, last: type[Message]) -> list[Message]:
        self._sequence = self._sequence % 0xFFFF + 1
        self.counters.requests += 1
        self._link.send(message, self._sequence)
        deadline = time.monotonic() + self._timing.reply_s
        replies: list[Message] = []
        while True:
            reply = self._next(
                deadline, lambda f: f.sequence == self._sequence and not f.flags & Flags.UNASKED
            )
            replies.append(reply)
            if isinstance(reply, last):
                return replies
            if len(replies) > MAX_PARTS:
                raise without_result(self.port, self._name, len(replies))

    def _reconnect(self) -> None:
        """Closes the port, opens it again and shakes hands with the same firmware.

        Raises:
            BoardError: the port is gone, silent, or another firmware answers.
        """
        self.counters.reconnects += 1
        before = self.board
        self._reopen()
        self.board = self._handshake()
        if (self.board.model_hash, self.board.plan_hash) != (before.model_hash, before.plan_hash):
            raise other_firmware(self.port)

    def _reopen(self) -> None:
        self._bad_before, self._dropped_before = self.bad_frames, self.dropped_bytes
        self._heard_before = self.heard
        self._link.close()
        self._link = Link(open_when_back(self._connect, self._timing.port_away_s), self._on_log)

    def _handshake(self) -> Hello:
        """Asks for HELLO until it comes: a board may still be booting, its port away with the reset."""
        deadline = time.monotonic() + self._timing.boot_s
        while True:
            try:
                return self._ask_who(deadline)
            except PortGoneError:
                if not self._timing.port_away_s or time.monotonic() >= deadline:
                    raise
                self._reopen()

    def _ask_who(self, deadline: float) -> Hello:
        while True:
            self._sequence = self._sequence % 0xFFFF + 1
            self._link.send(HelloRequest(), self._sequence)
            again = min(deadline, time.monotonic() + HELLO_EVERY_S)
            while True:
                frame = self._link.receive(again)
                if frame is None or time.monotonic() > deadline + FLOOD_S:
                    break
                if self._is_notice(frame):
                    continue
                if frame.type == Hello.CODE:
                    version = int.from_bytes(frame.payload[:2], "little")
                    if version != PROTOCOL_VERSION:
                        raise another_protocol(self.port, self._name, version)
                message = self._unpack(frame)
                if isinstance(message, Hello):
                    return message
                if isinstance(message, Error) and message.code != ErrorCode.BAD_FRAME:
                    raise fault_of(message, self.port, self._name)
            if time.monotonic() >= deadline:
                raise no_answer(self.port, self._name, self._timing.boot_s, self.heard)


def _only(parts: list[Message], kind: type[Reply]) -> Reply:
    return next(part for part in parts if isinstance(part, kind))
