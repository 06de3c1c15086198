"""What a board that has said HELLO is asked for: inferences, streams, statistics, settings."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator

from codegen.errors import BoardError
from host_tools.wire.answers import Reply
from host_tools.wire.conversation import MAX_REPEATS, Conversation
from host_tools.wire.faults import (
    CameraError,
    damaged,
    miscounted,
    restarted,
    silent,
    without_layers,
    without_result,
)
from host_tools.wire.gathering import Gathering
from host_tools.wire.inference import Inference, StageRun, assemble
from host_tools.wire.interruptions import DamagedError, RestartedError, SilenceError
from host_tools.wire.messages import (
    Ack,
    Hello,
    HelloRequest,
    InferPicture,
    InferTensor,
    Message,
    Pixels,
    Preview,
    Restart,
    Result,
    Settings,
    SettingsRequest,
    Stats,
    StatsRequest,
    Stream,
    Want,
)
from host_tools.wire.plausible import in_parts
from host_tools.wire.previews import Previews
from host_tools.wire.threshold import SEND_ALL
from host_tools.wire.transport import PortGoneError

MAX_DAMAGES = 64
"""So many damaged requests in a row are told about one stream."""
MAX_MISCOUNTED = 3
"""So many frames in a row with other parts than RESULT counts, and nothing damaged: it is not the line."""
CAMERA_FAILURES = 3
"""Camera failures in a row after which firmware ends a stream."""
BLACK_SIDE_PX = 16
"""Of the picture that shows that a program of several stages runs."""
POLL_S = 0.2
"""A stream that nobody wants any more ends so soon, also while the board is silent."""
FOREVER = 0xFFFFFFFF
"""Number of stream frames that means "until stopped"."""


class Session(Conversation):
    """An open port with a board that has said HELLO.

    Args:
        port: its name.
        board_name: for the remedies in messages.
        on_log: gets the board's log lines and what it says outside frames.
        baud: the speed of a serial port.
        connect: opens the port, at first and after a silence; by default by its name.
        wanted: asked at least once a second while the board is waited for; False ends the wait.
    Attributes:
        board: the HELLO of the board.
        counters: repeats, timeouts, reconnects since the port was opened.

    Raises:
        BoardError: no such port, no answer, no firmware, another protocol version, or no longer wanted.
    """

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

    def infer_nothing(self) -> Inference:
        """One inference on zeros, whatever the board's program takes: it shows that it runs.

        Raises:
            BoardError: the board refuses it or stops answering.
        """
        if not in_parts(self.board):
            return self.infer_tensor(bytes(self.board.input_bytes))
        form, side = Pixels.GRAY8, BLACK_SIDE_PX
        return self.infer_picture(InferPicture(0, 0, form, side, side, 0, 0, 0, 0, 0, bytes(side * side)))

    def infer_picture(self, picture: InferPicture) -> Inference:
        """Runs the model on a picture sent along.

        Raises:
            BoardError: the board refuses it or stops answering.
        """
        return self._infer(picture)

    def _infer(self, request: InferTensor | InferPicture) -> Inference:
        """One inference with everything it was asked for: LAYERS may be lost while RESULT arrives."""
        damaged_before = self._damages()
        for _ in range(MAX_REPEATS):
            inference = assemble(self._request(request, Result))
            layers = _has_layers(inference, request.want, in_parts(self.board))
            if inference.is_whole and layers:
                return inference
            self.counters.repeats += 1
        if self._damages() == damaged_before:
            if not inference.is_whole:
                raise miscounted(self.port, self._name, len(inference.parts), inference.result.parts)
            raise without_layers(self.port, self._name)
        return inference

    def _damages(self) -> tuple[int, int]:
        """What the line has spoilt so far."""
        return self.bad_frames, self.dropped_bytes

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
        self,
        frames: int = FOREVER,
        period_ms: int = 0,
        want: int = 0,
        wanted: Callable[[], bool] = lambda: True,
        on_preview: Callable[[Preview], None] = lambda _: None,
    ) -> Generator[Inference, None, None]:
        """Inferences from the board's camera as they come; closing the iterator stops the board.

        Frames that were lost on the way are asked for again, so `frames` of them arrive in the end.

        Args:
            frames: how many, FOREVER until the iterator is closed.
            period_ms: shortest time between two of them.
            want: messages.Want flags.
            wanted: asked every POLL_S while nothing comes; False ends the stream.
            on_preview: gets each whole preview, where they are wanted.
        Raises:
            BoardError: the board has no camera, or stops answering; what was yielded before is kept.
        """
        left, reconnected, self._below_threshold = frames, False, None
        try:
            while left and wanted():
                got = 0
                try:
                    self._request(Stream(want, left, period_ms), Ack)
                    for inference in self._stream_frames(left, period_ms, wanted, on_preview):
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
                    if self._holds_back():
                        continue
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

    def _holds_back(self) -> bool:
        """Whether the board is silent because no frame has reached its threshold; then it says so.

        The first silence only takes the count; a board without a threshold is silent, and one that does
        not tell.
        """
        before = self._below_threshold
        try:
            if _only(self._exchange(SettingsRequest(), Settings), Settings).threshold == SEND_ALL:
                return False
            self._below_threshold = _only(self._exchange(StatsRequest(), Stats), Stats).below_threshold
        except (BoardError, DamagedError, RestartedError, SilenceError):
            return False
        if before is None:
            return True
        held = self._below_threshold - before
        if held > 0 and self._on_log:
            self._on_log(f"no frame reaches the board's threshold ({held} held back)")
        return held > 0

    def _stream_frames(
        self,
        frames: int,
        period_ms: int,
        wanted: Callable[[], bool],
        on_preview: Callable[[Preview], None],
    ) -> Iterator[Inference]:
        """The frames of one request, numbered from 0; ends when the last one's number has come, or when they
        are no longer wanted."""
        patience_s, previews = self._timing.reply_s + period_ms / 1000, Previews()
        deadline = time.monotonic() + patience_s
        sequence, parts, awaited, failures = self._sequence, Gathering(in_parts(self.board)), 0, 0
        damages, wrong, sound = 0, 0, self._damages()
        while awaited < frames:
            try:
                message = self._stream_message(deadline, sequence, wanted)
                if message is None:
                    return
            except CameraError:
                deadline = time.monotonic() + patience_s
                failures += 1
                if failures == CAMERA_FAILURES:
                    raise
                continue
            except DamagedError:
                damages += 1  # about an earlier copy of the request; this one was acknowledged
                if damages > MAX_DAMAGES:
                    raise damaged(self.port, damages) from None
                continue
            if isinstance(message, Preview):  # it says nothing of how the network is
                whole = previews.take(message)
                if whole is not None:
                    on_preview(whole)
                continue
            deadline = time.monotonic() + patience_s
            if isinstance(message, Result) and message.frame < awaited:
                self.counters.stale_replies += 1  # had before, with what came before it
                parts.clear()
                continue
            if not parts.take(message):
                raise without_result(self.port, self._name, parts.count)
            if isinstance(message, Result):
                if message.frame != awaited:
                    parts.drop_parts()  # frames were lost, and perhaps layers of this one
                awaited, failures, damages = message.frame + 1, 0, 0
                inference = assemble(parts.messages)
                if not inference.is_whole:
                    self.counters.lost_frames += 1
                    wrong = wrong + 1 if self._damages() == sound else 0
                    if wrong == MAX_MISCOUNTED:
                        raise miscounted(self.port, self._name, len(inference.parts), inference.result.parts)
                sound = self._damages()
                yield inference
                parts.clear()

    def _stream_message(self, deadline: float, sequence: int, wanted: Callable[[], bool]) -> Message | None:
        """The next message of a stream; None when it is no longer wanted."""
        while True:
            until = min(deadline, time.monotonic() + POLL_S)
            try:
                return self._next(until, lambda f: f.sequence == sequence)
            except SilenceError:
                if time.monotonic() >= deadline:
                    raise
                if not wanted():
                    return None


def _has_layers(inference: Inference, want: int, in_parts: bool) -> bool:
    """Whether the LAYERS that were asked for came, one for each run that is told."""
    if not want & (Want.LAYER_CRC | Want.PROFILE):
        return True
    if in_parts:
        return all(part.layers for part in inference.parts if isinstance(part, StageRun))
    return inference.layers is not None


def _only(parts: list[Message], kind: type[Reply]) -> Reply:
    return next(part for part in parts if isinstance(part, kind))
