"""A board whose firmware speaks another version of the wire protocol: what it says, and what to do.

HELLO begins with its version, in every version; the rest is read where its layout is known.
"""

from __future__ import annotations

from codegen.errors import BoardError
from codegen.shell import command_line
from host_tools.wire.messages import PROTOCOL_VERSION, Runtime
from host_tools.wire.stages import MAX_NAME

_HEAD_BYTES = {2: 92}
"""Version -> bytes of HELLO before the two strings, board and model."""
_RUNTIME_AT = 2
SIMULATED = ("socket://", "/dev/pts/", "/dev/ttys")
"""How the ports of simulated boards begin: they are flashed through their flash file."""


class AnotherProtocolError(BoardError):
    """The board's firmware is older or newer than this program."""


def version_of(payload: bytes) -> int:
    """The version that a HELLO of any version begins with."""
    return int.from_bytes(payload[:2], "little")


def another_protocol(port: str, board_name: str, payload: bytes) -> AnotherProtocolError:
    """The fault of a HELLO of another version.

    Args:
        port: where it came from, "" for a log.
        board_name: what the person calls the board, "" where nobody said it.
        payload: of the HELLO.
    """
    version = version_of(payload)
    both = f"version {version} of the wire protocol, this program version {PROTOCOL_VERSION}"
    if version > PROTOCOL_VERSION:
        return AnotherProtocolError(
            f"the board's firmware is newer than this program: it speaks {both}",
            port,
            "Update tinyface (in its checkout: `git pull`) to the version that flashed the board, or put the "
            f"firmware of this version on it: `{_flash('MODEL', 'BOARD', port)}`.",
        )
    board, model = _names(version, payload)
    tflm = board != "" and payload[_RUNTIME_AT] == Runtime.TFLM
    who = f" (board {board}, model {model})" if board and model else ""
    command = _flash(model or "MODEL", board or board_name or "BOARD", port, tflm=tflm)
    return AnotherProtocolError(
        f"the board's firmware is older than this program{who}: it speaks {both}",
        port,
        f"Flash it again, then it speaks version {PROTOCOL_VERSION}: `{command}` "
        "(a model of your own is named by its .tflite file).",
    )


def _flash(model: str, board: str, port: str, tflm: bool = False) -> str:
    """The command that puts this version's firmware onto a board."""
    words = ["tinyface", "flash", model, "--board", board]
    if port and not port.startswith(SIMULATED):
        words += ["--port", port]
    return command_line(*words, *(["--runtime", "tflm"] if tflm else []))


def _names(version: int, payload: bytes) -> tuple[str, str]:
    """Board and model; "" where that version's layout is not known, or the names are none."""
    at, names = _HEAD_BYTES.get(version, len(payload)), []
    for _ in range(2):
        size = int.from_bytes(payload[at : at + 4], "little")
        text = payload[at + 4 : at + 4 + size]
        name = text.decode("ascii", "replace")
        if not 0 < size <= MAX_NAME or len(text) < size or not (name.isascii() and name.isprintable()):
            return "", ""
        names.append(name)
        at += 4 + size
    return names[0], names[1]
