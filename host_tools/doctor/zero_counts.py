"""Words that count or deny faults: "error count: 0", "no errors", "failed: none" name no fault."""

from __future__ import annotations

import re

_FAULTS = (
    r"(?:errors?|errs?|fail(?:s|ed|ures?)?|faults?|timeouts?(?: waiting for \w+)?|"
    r"overflows?|overruns?|ovf|brown-?outs?|panics?|"
    r"crash(?:es)?|resets?|reboots?|restarts?|watchdogs?|wdt|aborts?|exceptions?|mismatch(?:es)?|"
    r"corruptions?|problems?|lost|triggered|no-soi|no-eoi)"
)
_COUNTED = (
    r"(?:errors|failures|faults|timeouts|overflows|overruns|brown-?outs|panics|crashes|resets|reboots|"
    r"restarts|aborts|exceptions|mismatches|corruptions|problems)"
)
_KIND = r"(?<![\w.'/-])(?:[\w.'/-]{1,24} ){0,5}?(?:[A-Za-z]{1,24}[_-]){0,3}?"
"""Of which kind they are: "camera init" errors, camera_errors."""
_COUNTER = (
    r"(?:[ _-](?:count(?:er)?s?|total|number|rate|ratio|status|code|flags?|times|events|frames|seen|so far))?"
)
_ENDS = (
    r"(?=[ \t]*(?:$|[,;|)\]}/]|\.(?:\s|$)|-[ -]|[\w-]+ ?[:=]|\((?:ESP_)?OK\)|"
    r"(?:and|times?|in|of|since|after|so far)\b))"
)
_ZERO = r"(?:0x0|0+(?:\.0+)?(?:[ \t]?%)?)(?!\.?\w)"
_NONE = r"(?:none|no|nil|null|false|zero|ok|esp_ok)\b"
_ZERO_COUNTS = re.compile(
    # "camera init error count: 0", "failed=0", "\"errors\": 0", "error: none", "error 0x0 (ESP_OK)"
    rf"{_KIND}(?:{_FAULTS}{_COUNTER}(?:\(s\))?|count(?:er)?s?|occurrences|events|times)[\"']?[ \t]*"
    rf"(?:(?:[:=]+|\||->)[ \t]*|[ \t]is[ \t])(?:{_ZERO}|{_NONE}){_ENDS}"
    # "errors 0, frames 12", "errors (0)"
    rf"|{_KIND}(?:{_COUNTED}|count|err(?:or)?[ _]code|error(?=[ \t]+0x0))[ \t]*[(\[]?[ \t]*{_ZERO}{_ENDS}"
    # "failed 0 times"
    rf"|{_KIND}{_FAULTS}[ \t]+(?:0|zero|no)[ \t]+(?:times|frames|of)\b"
    # "0 errors", "9 passed, 0 failed"
    rf"|(?:(?<=[,;:=(|\[>])|(?<=\band)|(?<=\bwith)|^)[ \t]*(?:0|zero)[ \t]+{_KIND}"
    rf"(?:{_COUNTED}\b|error\(s\)|{_FAULTS}{_ENDS})"
    # "no camera errors", "without any error"
    rf"|\b(?:no|without|without any|free of)[ \t]+{_KIND}(?:{_COUNTED}\b|"
    rf"(?:error|failure|fault|problem|brown-?out|overflow|crash|panic)"
    rf"(?:\b{_ENDS}|[ \t]+(?:was|were|detected|found|seen)\b))"
    r"|\b(?:error|fault)[- ]free\b",
    re.IGNORECASE | re.MULTILINE,
)


_SPEAKS_OF_FAULTS = re.compile(
    r"^[^\n]*?(?:err|fail|fault|timeout|over|ovf|brown|panic|crash|reset|reboot|restart|watchdog|wdt|abort|"
    r"exception|mismatch|corrupt|problem|lost|trigger|no-soi|no-eoi|count|occurrence|event|times)[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)


def without_zero_counts(text: str) -> str:
    """The text with spaces in the place of such words, so that each other character stays where it is."""
    return _SPEAKS_OF_FAULTS.sub(lambda line: _ZERO_COUNTS.sub(_blank, line[0]), text)


def _blank(words: re.Match[str]) -> str:
    return " " * len(words[0])
