"""`tinyface validate --recording`: holds what a board was recorded to answer against the reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.commands.options import Stated
from host_tools.terminal.console import ERR, note

if TYPE_CHECKING:
    from host_tools.proof.validate_recording import Replayed


def run(model: str, file: Path, stated: Stated, named_by: str) -> Replayed:
    """Replays a recording, and says what of it was not compared.

    Args:
        named_by: the option that names classes, as typed.
    Raises:
        RecordingError, BoardError, ModelError: see host_tools.proof.validate_recording.
    """
    from rich.progress import Progress

    from host_tools.boards import load_board
    from host_tools.models import resolve
    from host_tools.proof.validate_recording import replay
    from host_tools.wire.recording.read import open_recording

    recording = open_recording(file)
    target = load_board(recording.hello.board)
    ref = resolve(model, core_needed=False, picture=stated.picture, labels=stated.labels)
    note(f"recorded {recording.started:%Y-%m-%d %H:%M:%S} UTC from {target.name}")
    with Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        task = progress.add_task(f"{ref.name} in {file.name}", total=None)
        replayed = replay(recording, ref, target, stated.flags + named_by, lambda _: progress.advance(task))
    if replayed.not_compared:
        note(
            f"{replayed.not_compared} of {replayed.frames} frames were not compared: others were lost on the "
            "way before them, and the program's state with them"
        )
    if replayed.damage:
        note(f"the recording can be read no further: {replayed.damage}")
    return replayed
