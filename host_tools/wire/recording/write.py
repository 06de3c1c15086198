"""Writes a recording block by block: what was written before a cut stays whole."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from codegen.errors import RecordingError
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import Hello, Message, Model, Preview, Settings
from host_tools.wire.recording.blocks import Block, BlockFlag, BlockKind, encode, file_head, pack_messages
from host_tools.wire.recording.purpose import BOARD_HEAD, Purpose

OWNER_ONLY = 0o600
"""People may be in the pictures."""


class Recorder:
    """A recording that is being written; close() ends it.

    Args:
        path: a file that is not there yet.
        hello: of the board.
        model: its MODEL, None where it tells none.
        settings: that hold.
        purpose: what the recording may be used for.
        started_us: when it began, microseconds since 1970.
        clock_us: microseconds since then, for each block.
    Attributes:
        path: the file.
        purpose: what it may be used for.
        frames: whole ones in the file.
        previews: small pictures in it.

    Raises:
        RecordingError: the file is there already, or can't be written.
    """

    def __init__(
        self,
        path: Path,
        hello: Hello,
        model: Model | None,
        settings: Settings | None,
        purpose: Purpose = Purpose.PROOF,
        *,
        started_us: int | None = None,
        clock_us: Callable[[], int] | None = None,
    ) -> None:
        self.path, self.purpose, self.frames, self.previews = path, purpose, 0, 0
        begun = time.monotonic_ns()
        self._clock_us = clock_us or (lambda: (time.monotonic_ns() - begun) // 1000)
        started = time.time_ns() // 1000 if started_us is None else started_us
        facts = [part for part in (hello, model, settings) if part is not None]
        self._descriptor: int | None = _create(path)
        self._end = 0
        self._crc = zlib.crc32(file_head())
        try:
            self._append(file_head())
            self._block(BlockKind.BOARD, BOARD_HEAD.pack(purpose, started) + pack_messages(facts), time_us=0)
        except BaseException:
            self._give_up()
            with contextlib.suppress(OSError):
                path.unlink()
            raise

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def frame(self, inference: Inference, *, after_gap: bool = False) -> None:
        """Adds a frame with all that the board told of it.

        Args:
            after_gap: the board may have seen other frames since the one before, or since its start.
        Raises:
            RecordingError: it can't be written; the frames before it are kept.
        """
        flags = int(BlockFlag.AFTER_GAP) if after_gap else 0
        self.frames += self._block(BlockKind.FRAME, pack_messages(messages_of(inference)), flags)

    def preview(self, preview: Preview) -> None:
        """Adds a whole preview.

        Raises:
            RecordingError: it can't be written.
        """
        self.previews += self._block(BlockKind.PREVIEW, pack_messages([preview]))

    def log(self, text: str) -> None:
        """Adds a line of the board's log.

        Raises:
            RecordingError: it can't be written.
        """
        self._block(BlockKind.LOG, text.encode("utf-8", "replace"))

    def close(self) -> None:
        """Says that the recording ends here; a second call does nothing.

        Raises:
            RecordingError: it can't be written; the frames are kept.
        """
        if self._descriptor is None:
            return
        try:
            self._block(BlockKind.END, struct.pack("<I", self.frames))
        finally:
            self._give_up()

    def _block(self, kind: BlockKind, payload: bytes, flags: int = 0, time_us: int | None = None) -> bool:
        """Whether it is in the file now; after the end, or a fault that was told, nothing more is."""
        if self._descriptor is None:
            return False
        at = self._clock_us() if time_us is None else time_us
        data, crc = encode(Block(kind, flags, at, payload), self._crc)
        self._append(data)
        self._crc = crc
        return True

    def _append(self, data: bytes) -> None:
        """All of it or nothing."""
        assert self._descriptor is not None
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            self._give_up()
            raise RecordingError(
                f"the recording can't be written ({error.strerror}); {self.frames} frames of it are kept",
                str(self.path),
                "Make room, or choose another folder.",
            ) from error
        self._end += len(data)

    def _give_up(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def messages_of(inference: Inference) -> Iterator[Message]:
    """What an inference was put together from, RESULT last."""
    if inference.picture is not None:
        yield inference.picture
    for part in inference.parts:
        if isinstance(part, StageRun):
            if part.layers is not None:
                yield part.layers
            yield part.run
        else:
            yield part
    if inference.layers is not None:
        yield inference.layers
    yield inference.result


def _create(path: Path) -> int:
    """A new file that its owner alone may read."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, OWNER_ONLY)
    except OSError as error:
        there = error.errno == errno.EEXIST
        raise RecordingError(
            "there is something of this name already"
            if there
            else f"the recording can't be written ({error.strerror})",
            str(path),
            "Name a file that is not there yet." if there else "Choose another place.",
        ) from error
    except ValueError as error:
        raise RecordingError(
            f"no file can have this name ({error})", repr(path), "Choose another."
        ) from error
