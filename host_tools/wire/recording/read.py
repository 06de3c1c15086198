"""Reads a recording: who the board was, then its frames and log lines up to the last whole one.

A file may come from anywhere: what no board says ends it, as damage does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import BinaryIO

from codegen.errors import BoardError, RecordingError
from host_tools.wire.gathering import Gathering
from host_tools.wire.inference import Inference, assemble
from host_tools.wire.messages import (
    Hello,
    Layers,
    Message,
    Model,
    Picture,
    Preview,
    Record,
    Result,
    Run,
    Settings,
)
from host_tools.wire.plausible import check_hello, check_model, check_parts, in_parts, is_plausible
from host_tools.wire.recording.blocks import (
    HEAD,
    Block,
    BlockFlag,
    BlockKind,
    DamagedError,
    check_head,
    read_blocks,
    unpack_messages,
)
from host_tools.wire.recording.purpose import BOARD_HEAD, Purpose

_OF_A_FRAME = (Picture, Run, Record, Layers, Result)
_OF_A_BOARD = (Hello, Model, Settings)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LATEST_US = 253_370_764_800 * 10**6
"""The year 9999."""


@dataclass(frozen=True)
class RecordedFrame:
    """One frame.

    Attributes:
        time_us: microseconds since the recording began.
        inference: with its picture and all parts.
        after_gap: the board may have seen other frames since the one before, or since its start.
    """

    time_us: int
    inference: Inference
    after_gap: bool


@dataclass(frozen=True)
class RecordedLog:
    """One line of the board's log, `time_us` microseconds after the recording began."""

    time_us: int
    text: str


@dataclass(frozen=True)
class RecordedPreview:
    """A small picture for people to look at, `time_us` microseconds after the recording began."""

    time_us: int
    preview: Preview


@dataclass
class Recording:
    """A recording whose first block is whole.

    Attributes:
        path: the file.
        purpose: what it may be used for.
        started: when it began.
        hello, model, settings: what the board told; None where it told no such thing.
        damage: after the last of `events`, why no more of it can be read; "" where it is whole.
    """

    path: Path
    purpose: Purpose
    started: datetime
    hello: Hello
    model: Model | None
    settings: Settings | None
    damage: str = ""

    def events(self) -> Iterator[RecordedFrame | RecordedPreview | RecordedLog]:
        """Frames, previews and log lines in their order, up to the last whole one; `damage` says what then.

        Raises:
            RecordingError: the file can't be read any more.
        """
        self.damage, count, ended = "", 0, False
        with _opened(self.path) as file:
            try:
                for block in _blocks(file, self.path):
                    if ended:
                        raise DamagedError("something follows its end")
                    if block.kind == BlockKind.FRAME:
                        yield self._frame(block)
                        count += 1
                    elif block.kind == BlockKind.PREVIEW:
                        yield RecordedPreview(block.time_us, _preview(block))
                    elif block.kind == BlockKind.LOG:
                        yield RecordedLog(block.time_us, block.payload.decode("utf-8", "replace"))
                    elif block.kind == BlockKind.END:
                        if block.payload != struct.pack("<I", count):
                            raise DamagedError("it counts other frames than it holds")
                        ended = True
                if not ended:
                    raise DamagedError("it is cut")
            except DamagedError as error:
                self.damage = f"{error} after {count} whole frame{'' if count == 1 else 's'}"
            except OSError as error:
                raise _unreadable(self.path, error) from error

    def frames(self) -> Iterator[RecordedFrame]:
        """The frames alone.

        Raises:
            RecordingError: as `events`.
        """
        return (event for event in self.events() if isinstance(event, RecordedFrame))

    def _frame(self, block: Block) -> RecordedFrame:
        messages = _told(block.payload, _OF_A_FRAME)
        parts = Gathering(in_parts(self.hello))
        for place, message in enumerate(messages):
            if isinstance(message, Result) != (place == len(messages) - 1):
                raise DamagedError("it holds a frame that does not end with its result")
            try:
                check_parts(message, self.hello, str(self.path))
            except BoardError as error:
                raise DamagedError(f"in it {error.cause}") from error
            if not parts.take(message):
                raise DamagedError("it holds a frame of too many parts")
        if not messages:
            raise DamagedError("it holds an empty frame")
        return RecordedFrame(block.time_us, assemble(parts.messages), bool(block.flags & BlockFlag.AFTER_GAP))


def open_recording(path: Path) -> Recording:
    """Opens a recording and reads who the board was.

    Raises:
        RecordingError: it can't be read, is no recording, or not even its first block is whole.
    """
    with _opened(path) as file:
        try:
            for block in _blocks(file, path):
                return _of_board(block, path)
            raise DamagedError("it is cut")
        except DamagedError as error:
            raise RecordingError(
                f"nothing of the recording can be read: {error}", str(path), "Record anew."
            ) from error
        except OSError as error:
            raise _unreadable(path, error) from error


def _of_board(block: Block, path: Path) -> Recording:
    if block.kind != BlockKind.BOARD or len(block.payload) < BOARD_HEAD.size:
        raise DamagedError("it does not begin with its board")
    purpose, started_us = BOARD_HEAD.unpack_from(block.payload)
    if purpose not in list(Purpose) or started_us > _LATEST_US:
        raise DamagedError("it says no purpose and time that are known here")
    facts = {type(told): told for told in _told(block.payload[BOARD_HEAD.size :], _OF_A_BOARD)}
    hello, model, settings = (facts.get(kind) for kind in _OF_A_BOARD)
    if not isinstance(hello, Hello):
        raise DamagedError("it does not say whose it is")
    try:
        check_hello(hello, str(path))
        if isinstance(model, Model):
            check_model(model, hello, str(path))
    except BoardError as error:
        raise DamagedError(f"in it {error.cause}") from error
    return Recording(
        path,
        Purpose(purpose),
        _EPOCH + timedelta(microseconds=started_us),
        hello,
        model if isinstance(model, Model) else None,
        settings if isinstance(settings, Settings) else None,
    )


def _preview(block: Block) -> Preview:
    messages = _told(block.payload, (Preview,))
    for message in messages:
        if isinstance(message, Preview) and len(message.pixels) == message.width * message.height:
            return message
    raise DamagedError("it holds a preview that is not whole")


def _told(payload: bytes, kinds: tuple[type[Message], ...]) -> list[Message]:
    """The messages of a block, all of them of these kinds and such as boards send."""
    messages = unpack_messages(payload)
    for message in messages:
        if not isinstance(message, kinds) or not is_plausible(message):
            raise DamagedError(f"it holds a {type(message).__name__} that no board sends there")
    return messages


def _blocks(file: BinaryIO, path: Path) -> Iterator[Block]:
    """Whole blocks of the file, its head checked."""
    size = file.seek(0, 2)
    file.seek(0)
    check_head(file.read(HEAD.size), str(path))
    yield from read_blocks(file, size)


def _opened(path: Path) -> BinaryIO:
    try:
        if not path.is_file():
            raise RecordingError(
                "there is no such recording", str(path), "Write one with `tinyface monitor --record FILE`."
            )
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> RecordingError:
    said = getattr(error, "strerror", None) or error
    return RecordingError(
        f"the recording can't be read ({said})", str(path), "Check its permissions and the disk."
    )
