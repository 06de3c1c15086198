"""Tells text in an older encoding (Cyrillic, Western, East Asian) from the noise of a wrong baud rate."""

from __future__ import annotations

import re

_CYRILLIC = ("cp1251", "cp866", "koi8-r")
_RUSSIAN_WORD = re.compile("[а-яёА-ЯЁіїєґІЇЄҐ]+")
_COMMON = frozenset("оеаинтсрвлкмд")
_LONGEST_WORD = 25
_WESTERN = frozenset("äöüÄÖÜßéèêëàâáãåæçñíîïìóôõòøúûùýÉÈÀÁÂÃÅÆÇÑÍÓÔÕØÚ¿¡«»°µ£§…–—‘’“”")
_SINGLES = 0.4
"""Of words with one letter: more of them are stray bytes."""
_ENOUGH = 0.85
_FEW = 3
_PAIRS = {"gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "euc_kr": (0xB0, 0xC8)}
"""Codec -> first bytes of its usual characters."""


def legacy_codec(raw: bytes) -> str | None:
    """The encoding in which the bytes from 0x80 on are words, None where they are noise in all of them."""
    high = sum(byte >= 0x80 for byte in raw)
    if high < _FEW:
        return None
    scores = {codec: _russian(raw.decode(codec, "replace")) / high for codec in _CYRILLIC}
    best = max(scores, key=lambda codec: scores[codec])
    if scores[best] >= _ENOUGH:
        return best
    for codec, (first, last) in _PAIRS.items():
        if _east_asian(raw, codec, first, last):
            return codec
    if _japanese(raw):
        return "shift_jis"
    return "cp1252" if _western(raw, high) else None


def _russian(text: str) -> int:
    """Letters in words as people write them: a capital at most at the start, or all capitals."""
    words = [word for word in _RUSSIAN_WORD.findall(text) if len(word) <= _LONGEST_WORD]
    if sum(len(word) == 1 for word in words) > _SINGLES * len(words):
        return 0
    proper = [word for word in words if len(word) == 1 or word[1:].islower() or word.isupper()]
    letters = "".join(proper).lower()
    if not letters or sum(c in _COMMON for c in letters) < 0.45 * len(letters):
        return 0
    return len(letters)


def _east_asian(raw: bytes, codec: str, first: int, last: int) -> bool:
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError:
        return False
    wide = [c for c in text if ord(c) >= 0x80]
    usual = [
        c
        for c in wide
        if first <= c.encode(codec)[0] <= last or 0x3000 <= ord(c) <= 0x303F or ord(c) >= 0xFF00
    ]
    return len(wide) >= 2 and len(usual) >= _ENOUGH * len(wide)


def _japanese(raw: bytes) -> bool:
    try:
        text = raw.decode("shift_jis")
    except UnicodeDecodeError:
        return False
    wide = [c for c in text if ord(c) >= 0x80]
    kana = [c for c in wide if 0x3040 <= ord(c) <= 0x30FF]
    return len(wide) >= 4 and len(kana) >= 0.3 * len(wide)


def _western(raw: bytes, high: int) -> bool:
    """Letters with accents inside words, never two in a row."""
    text = raw.decode("cp1252", "replace")
    found = re.findall(r"(?<![^\x00-\x7f])[^\x00-\x7f](?![^\x00-\x7f])", text)
    letters = sum(c in _WESTERN for c in found)
    return letters >= _ENOUGH * high and high < 0.2 * len(raw)
