"""What a conversation with a board can fail on, each with its cause and its remedy."""

from __future__ import annotations

import re

from codegen.errors import BoardError
from codegen.shell import quoted
from host_tools.doctor import consult
from host_tools.doctor.rule import Finding
from host_tools.wire.messages import SYNC, Error, ErrorCode, TokenFault
from host_tools.wire.token import VARIABLE
from host_tools.wire.upload_speed import SAFE_BAUD

NOTICES = (ErrorCode.PSRAM, ErrorCode.BROWNOUT, ErrorCode.CRASH, ErrorCode.HOST_GONE)
"""Errors that a board tells unasked and goes on working."""

NO_STORAGE = 0x30002
"""What a board without a place for settings says (firmware/src/board_defaults.c), as no driver does."""
NO_PICTURES = 0x30001
"""What the simulated camera says without pictures (firmware/boards/sim/camera.c), as no driver does."""


SIMULATED = "sim"
"""What the simulated board calls itself: nothing of it is plugged in."""


class CameraError(BoardError):
    """The board's camera does not start or gives no frame."""


class NoPicturesError(CameraError):
    """A simulated camera that was given nothing to see."""


class UnknownRequestError(BoardError):
    """The board's firmware is older than the request."""


class TokenError(BoardError):
    """The board serves this request only with the right seal."""


class NoAnswerError(BoardError):
    """Nobody says HELLO at an open port.

    Attributes:
        heard: what came instead.
    """

    heard = b""


def _flash(board_name: str) -> str:
    return f"`tinyface flash MODEL --board {quoted(board_name or 'BOARD')}`"


def fault_of(error: Error, port: str, board_name: str, told_name: str = "") -> BoardError:
    """The fault behind an ERROR reply.

    Args:
        board_name: as the person calls it.
        told_name: as it calls itself.
    """
    remedies = {
        ErrorCode.BAD_REQUEST: "Update tinyface and flash again, so that both sides agree.",
        ErrorCode.UNKNOWN_TYPE: f"Flash the firmware of this version with {_flash(board_name)}.",
        ErrorCode.NO_MODEL: f"Flash a model with {_flash(board_name)}.",
        ErrorCode.NO_FIRMWARE: f"Flash it with {_flash(board_name)}.",
        ErrorCode.ARENA: "Choose a smaller model; `tinyface analyze` says what fits.",
        ErrorCode.CAMERA: (
            "Start the simulated board without `--fault camera=CODE`."
            if told_name == SIMULATED
            else "Push the camera's ribbon cable in again, and look at its power (5 V, at least 500 mA)."
        ),
        ErrorCode.NO_PICTURE_INPUT: "This firmware takes raw tensors only: use `tinyface validate`. Where "
        "the model's input is a picture, say so when you flash it: --picture gray or --picture rgb.",
        ErrorCode.TOO_LONG: "Send a smaller picture.",
        ErrorCode.RUNTIME: "Run `tinyface validate` to see which layer fails.",
        ErrorCode.STORAGE: (
            "This board has nothing to keep settings in: change them with --no-keep."
            if error.detail == NO_STORAGE
            else "Try again; if it happens again, the board's flash is worn out."
        ),
        ErrorCode.UPDATE: f"Flash the board over its cable with {_flash(board_name)}.",
    }
    try:
        code = ErrorCode(error.code)
    except ValueError:
        return BoardError(f"the board reports error {error.code}: {error.text}", port, "Update tinyface.")
    if code == ErrorCode.CAMERA and error.detail == NO_PICTURES:
        return NoPicturesError(
            "the simulated camera has no pictures",
            port,
            "Start it with `tinyface simulate --pictures FOLDER`.",
        )
    if code == ErrorCode.TOKEN:
        return TokenError(f"the board says: {error.text.strip()}", port, _token_remedy(error.detail))
    shown = hex(error.detail) if code == ErrorCode.CAMERA else error.detail
    detail = f" (detail {shown})" if error.detail else ""
    said = error.text.strip() or code.name.lower().replace("_", " ")
    if code == ErrorCode.NO_FIRMWARE:
        return BoardError(f"the board has no firmware ({said})", port, remedies[code])
    kinds = {ErrorCode.CAMERA: CameraError, ErrorCode.UNKNOWN_TYPE: UnknownRequestError}
    kind = kinds.get(code, BoardError)
    return kind(f"the board says: {said}{detail}", port, remedies.get(code, "Try again."))


def _token_remedy(detail: int) -> str:
    remedies = {
        TokenFault.NONE_HERE: "Do it over the board's serial port, or give the board a token "
        f"(a simulated one is started with {VARIABLE} set).",
        TokenFault.MISSING: f"Set {VARIABLE} to the board's token.",
        TokenFault.WRONG: f"Set {VARIABLE} to the token that the board has; this is another one.",
        TokenFault.SPENT: "Try again; if it happens again, somebody else talks to this board: "
        "let one finish first.",
    }
    return remedies.get(TokenFault(detail), "") if detail in list(TokenFault) else "Update tinyface."


def no_answer(port: str, board_name: str, waited_s: float, heard: bytes) -> NoAnswerError:
    """Nobody said HELLO; where text came instead, what the doctor knows of it is the cause."""
    fault = _no_answer(port, board_name, waited_s, heard)
    fault.heard = heard
    return fault


def _no_answer(port: str, board_name: str, waited_s: float, heard: bytes) -> NoAnswerError:
    finding = consult.of_board(heard)
    if finding is not None:
        return NoAnswerError(
            f"no HELLO within {waited_s:g} s: {finding.cause} (the board says: {finding.line})",
            port,
            finding.remedy,
        )
    if SYNC in heard:
        return NoAnswerError(
            f"no HELLO within {waited_s:g} s: frames came, and none of them whole",
            port,
            "The line damages bytes: use a shorter cable, another USB port, or the baud rate of the "
            "firmware; a simulated line is made clean by `tinyface simulate` without --fault.",
        )
    if heard:
        return NoAnswerError(
            f"no HELLO within {waited_s:g} s, only text that is no frame",
            port,
            f"`tinyface doctor --port {quoted(port)}` reads the boot text, which comes at 115200 baud; "
            f"else check the baud rate, or flash the firmware with {_flash(board_name)}.",
        )
    return NoAnswerError(
        f"nothing answered within {waited_s:g} s",
        port,
        "Check power, cable and port, release GPIO0 if it is at GND, press reset, "
        f"or flash the firmware with {_flash(board_name)}.",
    )


def silent(port: str, board_name: str, heard: bytes) -> BoardError:
    """The board answered before and does no longer, not even after opening the port again."""
    finding = consult.of_board(heard)
    if finding is not None:
        return BoardError(f"the board stopped answering: {_said(finding)}", port, finding.remedy)
    return BoardError(
        "the board stopped answering (asked again, opened the port again)",
        port,
        f"Press reset; if it happens again, look at its power supply or flash it with {_flash(board_name)}.",
    )


def other_firmware(port: str) -> BoardError:
    """After opening the port again, another firmware was there."""
    return BoardError(
        "another firmware answers since the port was opened again",
        port,
        "Start over; keep other programs from flashing meanwhile.",
    )


def _said(finding: Finding) -> str:
    """Its cause, and the line that told it where the cause does not repeat it."""
    repeated = re.search(r"\((.+)\)$", finding.cause)
    if repeated and repeated[1] in finding.line:
        return finding.cause
    return f"{finding.cause} (it says: {finding.line})"


def restarted(port: str, heard: bytes) -> BoardError:
    """The board booted in the middle of a stream, or twice in the middle of a request."""
    finding = consult.of_board(heard)
    if finding is not None:
        return BoardError(
            f"the board restarted in the middle of its work: {_said(finding)}",
            port,
            finding.remedy,
        )
    return BoardError(
        "the board restarted in the middle of its work",
        port,
        "Check its power supply (5 V, at least 500 mA); `tinyface monitor` shows what it says when it boots.",
    )


def without_result(port: str, board_name: str, messages: int) -> BoardError:
    """The board sends messages that belong to an inference, and never the RESULT."""
    return BoardError(
        f"the board sent {messages} messages and no result",
        port,
        f"Flash the firmware of this version with {_flash(board_name)}.",
    )


def miscounted(port: str, board_name: str, came: int, told: int) -> BoardError:
    """The board tells other parts of a frame than its RESULT counts, over a line that loses nothing."""
    return BoardError(
        f"the board told {came} part{'' if came == 1 else 's'} of a frame and says that they are {told}",
        port,
        f"Its firmware is broken: flash that of this version with {_flash(board_name)}.",
    )


def without_layers(port: str, board_name: str) -> BoardError:
    """The board answers without the LAYERS that it was asked for, over a line that loses nothing."""
    return BoardError(
        "the board tells nothing of its layers, though it was asked",
        port,
        f"Its firmware is broken: flash that of this version with {_flash(board_name)}.",
    )


def damaged(port: str, times: int) -> BoardError:
    """The board refuses a request because its frame arrives damaged, again and again."""
    return BoardError(
        f"the board received {times} damaged frames in a row",
        port,
        f"Use a shorter cable, or flash with `--baud {SAFE_BAUD}`: the application then talks slower.",
    )
