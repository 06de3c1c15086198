"""The exchange with a board below its requests: handshake, one request and its answers, the port opened anew.

A request is answered, or repeated, or the port is opened anew once; then a BoardError says what is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from host_tools.wire.faults import (
    NOTICES,
    TokenError,
    damaged,
    fault_of,
    no_answer,
    other_firmware,
    restarted,
    silent,
    without_result,
)
from host_tools.wire.framing import Frame
from host_tools.wire.gathering import Gathering
from host_tools.wire.interruptions import DamagedError, RestartedError, SilenceError
from host_tools.wire.link import HEARD_BYTES, Link, LogCallback
from host_tools.wire.messages import (
    GUARDED,
    PROTOCOL_VERSION,
    Challenge,
    ChallengeRequest,
    Error,
    ErrorCode,
    Flags,
    Guard,
    Hello,
    HelloRequest,
    Message,
    MessageError,
    unpack,
)
from host_tools.wire.other_versions import another_protocol, version_of
from host_tools.wire.plausible import check_hello, check_parts, in_parts, is_plausible
from host_tools.wire.timing import Counters, Timing
from host_tools.wire.token import seal_of, token_of_person
from host_tools.wire.transport import DEFAULT_BAUD, PortGoneError, Transport, open_transport, open_when_back

HELLO_EVERY_S = 0.5
MAX_REPEATS = 5
"""How often a request is sent again because the board says its frame arrived damaged."""
FLOOD_S = 1.0
"""So long after the deadline frames that nobody waits for are looked at: a flood of them is a silence. What
is waited for counts however late it is looked at, as on a busy computer."""
This = TypeVar("This", bound="Conversation")


class Conversation:
    """An open port with a board that has said HELLO; session.Session adds what it is asked for.

    Attributes:
        port: its name.
        board: the HELLO of the board.
        counters: repeats, timeouts, reconnects since the port was opened.
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
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self.port = port
        self.counters = Counters()
        self._name = board_name
        self._timing = timing or Timing()
        self._on_log = on_log
        self._connect = connect or (lambda: open_transport(port, baud))
        self._sequence = 0
        self._below_threshold: int | None = None  # held back, as told at the last silence of a stream
        self._challenge: Challenge | None = None  # that counts for this start of the board
        self._wanted = wanted
        self._link = Link(self._connect(), on_log, wanted)
        self._bad_before = self._dropped_before = 0
        self._heard_before = b""
        try:
            self.board = self._handshake()
        except BaseException:
            self._link.close()
            raise

    def __enter__(self: This) -> This:
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

    def _next(self, deadline: float, wanted: Callable[[Frame], bool]) -> Message:
        while True:
            frame = self._link.receive(deadline)
            if frame is None:
                raise SilenceError
            late = time.monotonic() > deadline + FLOOD_S
            message = None
            if frame.type == Hello.CODE and frame.flags & Flags.UNASKED:
                raise RestartedError
            if not self._is_notice(frame):
                if wanted(frame):
                    message = self._unpack(frame)
                else:
                    self.counters.stale_replies += 1
            if isinstance(message, Error):
                if message.code == ErrorCode.BAD_FRAME:
                    raise DamagedError
                raise fault_of(message, self.port, self._name, self.board.board)
            if message is not None:
                check_parts(message, self.board, self.port)
                return message
            if late:
                raise SilenceError

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
        restarts = reconnected = renewed = False
        while True:
            try:
                return self._attempt(message, last)
            except DamagedError:
                repeats += 1
                self.counters.repeats += 1
                if repeats > MAX_REPEATS:
                    raise damaged(self.port, repeats) from None
            except TokenError:
                if renewed or self._challenge is None:
                    raise
                self._challenge = None  # another program may have asked for one
                renewed = True
                self.counters.repeats += 1
            except RestartedError:
                self._challenge = None
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
        token = token_of_person() if message.CODE in GUARDED else None
        if token is None:
            return self._exchange(message, last)
        if self._challenge is None:
            replies = self._exchange(ChallengeRequest(), Challenge)
            self._challenge = next(reply for reply in replies if isinstance(reply, Challenge))
        if self._challenge.guard != Guard.SEALED:
            return self._exchange(message, last)  # needs no seal, or is refused with the board's own words
        nonce = self._challenge.nonce
        return self._exchange(
            message, last, lambda payload: seal_of(token, nonce, message.CODE, self._sequence, payload)
        )

    def _exchange(
        self, message: Message, last: type[Message], seal: Callable[[bytes], bytes] | None = None
    ) -> list[Message]:
        self._sequence = self._sequence % 0xFFFF + 1
        self.counters.requests += 1
        self._link.send(message, self._sequence, seal)
        deadline = time.monotonic() + self._timing.reply_s
        replies = Gathering(in_parts(self.board))
        while True:
            reply = self._next(
                deadline, lambda f: f.sequence == self._sequence and not f.flags & Flags.UNASKED
            )
            fits = replies.take(reply)
            if isinstance(reply, last):
                return replies.messages
            if not fits:
                raise without_result(self.port, self._name, replies.count)

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
        self._link = Link(open_when_back(self._connect, self._timing.port_away_s), self._on_log, self._wanted)

    def _handshake(self) -> Hello:
        """Asks for HELLO until it comes: a board may still be booting, its port away with the reset."""
        self._challenge = None
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
                if frame is None:
                    break
                late = time.monotonic() > deadline + FLOOD_S
                message = None
                if not self._is_notice(frame):
                    if frame.type == Hello.CODE and version_of(frame.payload) != PROTOCOL_VERSION:
                        raise another_protocol(self.port, self._name, frame.payload)
                    message = self._unpack(frame)
                if isinstance(message, Hello):
                    return message
                if isinstance(message, Error) and message.code != ErrorCode.BAD_FRAME:
                    raise fault_of(message, self.port, self._name)
                if late:
                    break
            if time.monotonic() >= deadline:
                raise no_answer(self.port, self._name, self._timing.boot_s, self.heard)
