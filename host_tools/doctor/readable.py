"""Makes text of what came from a board, a terminal, a file or a web page, however encoded or wrapped."""

from __future__ import annotations

import codecs
import html
import re

from host_tools.doctor.encodings import legacy_codec

_COLOURS = re.compile(r"(?:\x1b|\^\[|\\u001b|\\x1b|\\033|\\e|␛)?\[(?:\d{1,3};)*\d{1,3}m|(?:\x1b|\^\[)\[m")
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|lt|gt|amp|quot|apos|nbsp);")
_TAG = re.compile(
    r"</?(?:span|pre|code|p|div|font|b|i|tt|samp|kbd|strong|em|a|td|tr|table|tbody|li|ul)\b[^<>\n]*>"
)
_BREAK = re.compile(r"<(?:br|BR) ?/?>")
_LINE_ENDS_AS_TEXT = 3
"""So many written line ends (a backslash and an n) make a text one that some program quoted."""
_CONTROLS = dict.fromkeys([*(set(range(32)) - set(b"\t\n\0")), 127, *range(128, 160)], "\ufffd") | {0: None}
"""A terminal must not obey what a log holds: shown as U+FFFD, zeros not at all."""
_QUOTES = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0xA0: " ", 0xFEFF: None}
_PREFIX = re.compile(
    r"(?:\s*(?:"
    r"\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.:,]\d{1,6})?Z?(?: ?[AP]M)?\]?(?: ?(?:->|>|:|\|))? ?"
    r"|(?:> ?)+))+"
)
"""What terminals and quoting put before a line."""
_STARTS_A_LINE = re.compile(
    r"\s|$|[EWIDV] (?:\(|[\w.]+:)|\[|rst:|ets[ _]|ESP-ROM|Build:|load:|entry |configsip|clk_drv|mode:|SPIWP|"
    r"ho \d|"
    r"Guru |Core |Backtrace|PC  |[AP]\d|EXC|LBEG|EPC|MEPC|ELF file|Rebooting|abort\(|assert|\*\*\*|CORRUPT|"
    r"waiting |"
    r"invalid header|flash read|csum|user code|wait |Brownout|Camera |Debug |cam_hal|Detected in|Stack |SCCB|"
    r"esptool|"
    r"A fatal|Connecting|Serial port|Writing|Hash |Leaving|Hard |Chip |Failed to|AllocateTensors|Node |Didn't"
)
_WRAPPED = 400
"""No terminal breaks lines that are longer."""
_NARROWEST = 40
"""No terminal that shows logs has fewer columns."""
_GARBLED_CHARACTERS = 32
"""Fewer than that say nothing about the baud rate."""
_READABLE_SHARE = 0.7
_NOISE_SHARE = 0.12
"""So much noise in a text that says nothing else is a line that does not carry it."""
_WORD = re.compile(r"[^\W\d_]{4,}")


def readable(raw: bytes) -> str:
    """Text as characters: decoded, line ends made alike, no colours or markup, what is no text as U+FFFD."""
    text = re.sub(r"\r+\n", "\n", _decoded(raw)).replace("\r", "\n")
    if text.count("\\n") >= _LINE_ENDS_AS_TEXT and text.count("\\n") > text.count("\n"):
        text = text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\r", "\n").replace('\\"', '"')
    if _ENTITY.search(text):
        text = html.unescape(text)
    if _BREAK.search(text) or _TAG.search(text):
        text = _TAG.sub("", _BREAK.sub("\n", text))
    text = _ESCAPES.sub("", _COLOURS.sub("", text))
    return text.translate(_QUOTES).translate(_CONTROLS)


def _decoded(raw: bytes) -> str:
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(mark):
            return raw[len(mark) :].decode(codec, "replace")
    wide = _wide_codec(raw)
    if wide:
        return raw.decode(wide, "replace")
    plain = raw.replace(b"\0", b"")
    high = sum(byte >= 0x80 for byte in plain)
    if not high:
        return plain.decode("ascii")
    text = plain.decode("utf-8", "replace")
    if text.count("\ufffd") <= high // 20:
        return text
    return plain.decode(legacy_codec(plain) or "ascii", "replace")


def _wide_codec(raw: bytes) -> str | None:
    """UTF-16 without its mark: zeros at every second byte."""
    sample = raw[:4096]
    half = len(sample) // 2
    if half < 8:
        return None
    even, odd = sample[0 : 2 * half : 2].count(0), sample[1 : 2 * half : 2].count(0)
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def garbled(text: str) -> bool:
    """True where much of a text is no text, as behind a wrong baud rate or on a noisy line."""
    shown = [c for c in text if not c.isspace()]
    if len(shown) < _GARBLED_CHARACTERS:
        return False
    bad = sum(c == "\ufffd" or not c.isprintable() for c in shown)
    if bad > (1 - _READABLE_SHARE) * len(shown):
        return True
    return bad > _NOISE_SHARE * len(shown) and len(_WORD.findall(text)) < bad


def unwrapped(text: str) -> str:
    """The text with lines joined that a terminal broke.

    Those are lines that begin like no line of a log, and whatever stands after a line as long as the longest:
    there the terminal ended, be it before a blank or a word that often begins a line.
    """
    lines: list[str] = []
    given = text.split("\n")
    width = max(map(len, given))
    full = False
    for line in given:
        if full and line and len(lines[-1]) < _WRAPPED:
            lines[-1] += line
            full = len(line) == width
            continue
        full = _NARROWEST <= width < _WRAPPED and len(line) == width
        plain = line[_prefix_end(line) :]
        if (
            lines
            and lines[-1].strip()
            and len(lines[-1]) < _WRAPPED
            and not _prefix_end(line)
            and not _STARTS_A_LINE.match(plain)
        ):
            lines[-1] += plain
        else:
            lines.append(plain)
    return "\n".join(lines)


def _prefix_end(line: str) -> int:
    found = _PREFIX.match(line)
    return found.end() if found else 0
