"""The token that a board on a network knows its people by, and the seals made with it (see protocol.toml).

firmware/src/guard.c does the same.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct

from codegen.errors import BoardError
from host_tools.wire.messages import Token

VARIABLE = "TINYFACE_TOKEN"
MAKE_ONE = '`python3 -c "import secrets; print(secrets.token_hex(32))"`'
"""A command that prints a token."""
SEAL_BYTES = 32
"""What a seal adds to a payload."""


def token_of_person() -> bytes | None:
    """The token in the environment; None without one.

    Raises:
        BoardError: it is too short or too long to be one, or holds other characters than visible ASCII.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    if not (Token.LEAST <= len(text) <= Token.MOST and text.isascii() and text.isprintable()):
        raise BoardError(
            f"a token has {int(Token.LEAST)} to {int(Token.MOST)} visible ASCII characters, this one "
            f"{len(text)}: whoever hears the line could guess a shorter one",
            VARIABLE,
            f"Make one with {MAKE_ONE}, and give it to the board too.",
        )
    return text.encode("ascii")


def seal_of(token: bytes, nonce: bytes, kind: int, sequence: int, payload: bytes) -> bytes:
    """The seal of a request, SEAL_BYTES long.

    Args:
        token: as the board has it.
        nonce: of the board's last CHALLENGE.
        kind: the request's type code.
        sequence: of its frame.
        payload: without the seal.
    """
    return hmac.digest(token, nonce + struct.pack("<BH", kind, sequence) + payload, hashlib.sha256)
