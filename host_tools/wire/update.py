"""Sends a new firmware or new model constants over the wire, piece by piece, and has the board check them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from codegen.errors import BoardError
from host_tools.wire.messages import (
    Update,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateState,
    UpdateTarget,
)
from host_tools.wire.session import Session
from host_tools.wire.token import SEAL_BYTES
from host_tools.wire.upload_speed import SAFE_BAUD

PIECE_BYTES = 4096
"""A flash sector; pieces this long keep the board answering."""
HEAD_BYTES = 8
"""What UPDATE_DATA adds to its data."""
MAX_RESUMED = 20
"""How often the board may ask for another place than the next one."""


def send_update(
    session: Session, target: UpdateTarget, image: bytes, progress: Callable[[int], None] = lambda _: None
) -> Update:
    """Puts an image into the place of its target; it counts from the next restart on.

    Args:
        session: an open conversation.
        target: the application slot that does not run, or the model partition.
        image: all its bytes.
        progress: called with the number of bytes that lie in the board's flash.
    Returns:
        the board's last word, state READY.
    Raises:
        BoardError: the board refuses the image (too large, another plan, wrong hash) or stops answering.
    """
    piece = min(PIECE_BYTES, session.board.max_payload - HEAD_BYTES - SEAL_BYTES)
    said = session.ask(UpdateBegin(target, len(image), hashlib.sha256(image).digest()), Update)
    at, resumed = 0, 0
    while at < len(image):
        said = session.ask(UpdateData(at, image[at : at + piece]), Update)
        expected = at + len(image[at : at + piece])
        resumed += said.next != expected
        if resumed > MAX_RESUMED or said.next > len(image):
            raise BoardError(
                f"the board asks for byte {said.next} instead of {expected}",
                session.port,
                f"Use a shorter cable, or flash with `--baud {SAFE_BAUD}`: the firmware then talks slower.",
            )
        at = said.next
        progress(at)
    said = session.ask(UpdateEnd(), Update)
    if said.state != UpdateState.READY:
        raise BoardError(f"the update ends in state {said.state}", session.port, "Try again.")
    return said
