"""Standard streams that take any text: characters that their encoding lacks get an ASCII stand-in.

Also for streams that the caller closed: they are there again, and say so when something is written.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from typing import TextIO

FALLBACK = "tinyface-ascii"
"""Name of the error handler for `encode`."""

_STAND_INS = {
    "\u2500": "-", "\u2501": "-", "\u2574": "-", "\u2578": "-", "\u257a": "-", "\u2576": "-", "\u2550": "=",
    "\u2502": "|", "\u2503": "|", "\u2551": "|", "\u2190": "<-", "\u2192": "->", "\u2191": "^", "\u2193": "v",
    "\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
    "\u00d7": "x", "\u00b7": ".", "\u2022": "*", "\u2026": "...", "\u00b0": " deg", "\u00b1": "+-",
    "\u2264": "<=", "\u2265": ">=", "\u00b5": "u", "\u03bc": "u", "\u00a0": " ", "\u202f": " ",
}  # fmt: skip


class OutputError(Exception):
    """Standard output takes no more (full, closed, its reader gone); the cause says which."""


class Output(io.TextIOWrapper):
    """Standard output whose own failures are told apart from those of all other files."""

    def write(self, text: str) -> int:
        with _own():
            return super().write(text)

    def flush(self) -> None:
        with _own():
            super().flush()


class ClosedOutput(io.TextIOBase):
    """Stands in for a standard output that was closed before the program began."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        raise OutputError from OSError(errno.EBADF, "it is closed")


@contextlib.contextmanager
def _own() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError from error


def prepare_streams() -> None:
    """Makes stdin, stdout and stderr usable, whatever the caller left of them."""
    _fill_descriptors()
    codecs.register_error(FALLBACK, stand_in)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 (for as long as the program runs)
    if sys.stdout is None:
        sys.stdout = ClosedOutput()
    elif isinstance(sys.stdout, io.TextIOWrapper):
        given = sys.stdout
        encoding, by_line = given.encoding, given.line_buffering
        sys.stdout = Output(given.detach(), encoding, FALLBACK, line_buffering=by_line)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors=FALLBACK)


def is_terminal(stream: TextIO | None) -> bool:
    """True where a person looks on."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def silence(stream: TextIO) -> None:
    """Lets the interpreter's last flush of a stream that can't be written go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """Error handler of `encode`: what is written for characters that the encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ascii(c) for c in error.object[error.start : error.end]), error.end


def _ascii(character: str) -> str:
    if character in _STAND_INS:
        return _STAND_INS[character]
    code = ord(character)
    if 0x2500 <= code <= 0x257F:
        return "+"  # corners and crossings of boxes
    if 0x2580 <= code <= 0x259F:
        return "#"  # blocks, of which bars are made
    if 0x2800 <= code <= 0x28FF:
        return "*"  # dots, which turn while something works
    plain = unicodedata.normalize("NFKD", character)
    if plain.isascii():
        return plain
    return character.encode("ascii", "backslashreplace").decode("ascii")


def _fill_descriptors() -> None:
    """A closed descriptor below 3 would be given to the next file that is opened, and printed into."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
