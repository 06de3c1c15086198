"""Finds the faults that a text names; says of a text without one whether it is well, unknown or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

from codegen.installation import extra_command, upgrade_command
from host_tools.doctor.readable import garbled, unwrapped
from host_tools.doctor.rule import Finding, Rule
from host_tools.doctor.rules import HARMLESS, HOST_RULES, RULES, WRONG_BAUD
from host_tools.doctor.zero_counts import without_zero_counts

SHOWN_CHARACTERS = 200
"""Of the line that a finding quotes."""
Verdict = Literal["fault", "well", "unknown", "nothing"]

_HEALTHY = re.compile(
    r"\bentry 0x[0-9a-f]{8}|Loaded app from partition|Hash of data verified|\bcpu_start: |"
    r"main_task: Calling app_main|"
    r"Calling app_main|Hard resetting via RTS|SUCCESS\]|cam_hal: cam init ok|Detected \w+ camera\b"
)
_SUSPECT = re.compile(
    r"(?:^|\s|\[)E(?: \(|\]\[|\[)|\b(?:error|fail(?:ed|ure|s)?|fatal|panic|exception|timeout|cannot|can't|"
    r"unable|abort(?:ed)?)\b",
    re.IGNORECASE,
)
_ERROR_LEVEL = re.compile(r"(?:^|\s)E \(\d+\) |\[E\]|(?:^|\s)E [\w.]+: ")
_TOLD = re.compile(r"(?:^|\s)[IDV] \(\d[\d:. -]*\) |^[ID] |\[[IDV]\]\[|: warning: ")
"""A line that tells something, whatever its words, or a compiler's warning."""
_RESTARTED = re.compile(
    r"^(?!ets |ESP-ROM|Build:|[ \t]*$)[^\n]+\n(?:ets [^\n]*|ESP-ROM[^\n]*|Build:[^\n]*|\s)*"
    r"rst:0x(?:3|c)\b(?:(?!rst:)[^\n]*\n)*?entry 0x[0-9a-f]+\s*\Z",
    re.MULTILINE,
)
"""A text that ends with a restart of the software, about which the application says nothing."""
_LOGGED = re.compile(
    r"^[^\n]{0,80}?(?<![\w\]])(?:[EWIDV] \(\d[\d:. -]*\) [\w./-]+: |\[ *\d+\]\[[EWIDV]\]\[)[^\n]*",
    re.MULTILINE,
)
"""A line that a board's own log wrote: what it says of ports and sockets is not about the port it came by."""
_LONG_LINE = re.compile(r"([^\n]{4000})(?=[^\n])")
"""Text without line ends is looked at in pieces."""
_HARMLESS = re.compile("|".join(HARMLESS), re.IGNORECASE)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def diagnose(text: str, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """The faults that a text names, the one nearest to the cause first; none where nothing is known.

    A fault that another one explains is left out. A line that a terminal wrapped is read as one.

    Args:
        text: as readable() makes it.
        rules: the nearest to the cause first.
    """
    text = _LONG_LINE.sub(r"\1\n", text)
    plain = without_zero_counts(text)  # before lines are joined: a count ends with its line
    found = _matches(plain, text, rules)
    joined = unwrapped(plain)
    if joined != plain:
        known = {rule.name for rule, _ in found}
        more = _matches(joined, joined, rules)
        found += [(rule, finding) for rule, finding in more if rule.name not in known]
        found.sort(key=lambda pair: rules.index(pair[0]))
    kept: list[tuple[Rule, Finding]] = []
    for rule, finding in found:
        if not any(rule.name in earlier.explains for earlier, _ in kept):
            kept = [pair for pair in kept if pair[0].name not in rule.explains]
            kept.append((rule, finding))
    if any(not (rule.consequence or rule.minor) for rule, _ in kept):
        kept = [pair for pair in kept if not pair[0].consequence]
    else:
        consequences = [pair for pair in kept if pair[0].consequence][:1]
        kept = [pair for pair in kept if not pair[0].consequence or pair in consequences]
    if not kept and garbled(text):
        return [
            Finding(
                WRONG_BAUD.name, WRONG_BAUD.cause, WRONG_BAUD.remedy, text.strip().partition("\n")[0][:60]
            )
        ]
    return [finding for _, finding in kept]


def _matches(text: str, shown: str, rules: Sequence[Rule]) -> list[tuple[Rule, Finding]]:
    """The first rule of each fault that the text holds, in the order of the rules.

    Args:
        text: what the rules read.
        shown: what findings quote; each character stands at the same place in both.
    """
    last_start = max(text.rfind("boot:0x"), 0)
    by_host = _LOGGED.sub(lambda line: " " * len(line[0]), text)
    found: dict[str, tuple[Rule, Finding]] = {}
    for rule in rules:
        if rule.name in found:
            continue
        said = by_host if rule in HOST_RULES else text
        match = _compiled(rule.pattern).search(said, _from(rule, said, last_start))
        if match and not (rule.unless and _compiled(rule.unless).search(text)):
            found[rule.name] = rule, _finding(rule, match, shown)
    return list(found.values())


def _from(rule: Rule, text: str, last_start: int) -> int:
    """Where in a text a rule begins to count."""
    if rule.over:
        return max((match.end() for match in _compiled(rule.over).finditer(text)), default=0)
    return last_start if rule.last_start else 0


def _finding(rule: Rule, match: re.Match[str], text: str) -> Finding:
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.start())
    end = end if end >= 0 else len(text)
    start = max(start, match.start() - SHOWN_CHARACTERS // 2)
    groups = tuple((group or "").strip()[:SHOWN_CHARACTERS] for group in match.groups())
    line = text[start:end].strip()[:SHOWN_CHARACTERS]
    commands = {"install": extra_command, "upgrade": upgrade_command} if rule.extra else {}
    named = {name: command(rule.extra) for name, command in commands.items()}
    remedy = rule.remedy.format(*groups, **named)
    return Finding(rule.name, rule.cause.format(*groups).strip(), remedy, line)


def unexplained(text: str) -> list[str]:
    """Lines that look like errors, name no known fault and are not known to be harmless."""
    lines = [line for line in text.splitlines() if _SUSPECT.search(line)]
    return [
        line
        for line in lines
        if _ERROR_LEVEL.search(line) or not _TOLD.search(line)
        if not _HARMLESS.search(line) and not _counts_none(line)
    ]


def _counts_none(line: str) -> bool:
    """True for a line that counts faults and finds none; its level says no more."""
    plain = without_zero_counts(line)
    return plain != line and not _SUSPECT.search(_ERROR_LEVEL.sub("", plain))


def verdict_of(text: str, findings: Sequence[Finding]) -> Verdict:
    """What a text says as a whole.

    Returns:
        "fault": findings name what is wrong. "well": a start, or a flashing, that went through, and no line
        that looks like an error. "nothing": no character came. "unknown": neither is known.
    """
    if findings:
        return "fault"
    if not text.strip("\ufffd \t\r\n\0"):
        return "nothing"
    healthy = _HEALTHY.search(text) and not _RESTARTED.search(text)
    return "well" if healthy and not unexplained(text) else "unknown"
