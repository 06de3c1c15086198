"""Examines a board that says HELLO: who it is, why it started, its memory, its camera."""

from __future__ import annotations

import re

from codegen.board import Board
from codegen.errors import BoardError
from codegen.shell import quoted
from host_tools.boards import load_board
from host_tools.doctor.diagnose import diagnose
from host_tools.doctor.rule import REPORT, Finding
from host_tools.doctor.rules import RULES
from host_tools.wire.board_settings import refused_names
from host_tools.wire.faults import CameraError, NoPicturesError
from host_tools.wire.messages import Hello, ResetReason, Settings, SettingsRequest, Stats
from host_tools.wire.plausible import in_parts
from host_tools.wire.session import Session
from host_tools.wire.stages import stages_of

LITTLE_HEAP = 8192
"""Free internal heap in bytes below which drivers begin to fail (estimated)."""
OTHER_CAMERA = (
    "Press reset and try again; if it stays, put another camera on the ribbon (docs/first-esp32cam.md names "
    "those that work)."
)
"""For a sensor that was found and gives no frame."""
REASONS = {
    ResetReason.BROWNOUT: "brownout",
    ResetReason.WATCHDOG: "task-watchdog",
    ResetReason.PANIC: "crash",
}
"""Why the board started last -> the rule that says what to do."""


def examine_running(
    session: Session, wanted: Board | None, model_hash: bytes | None
) -> tuple[dict[str, str], list[Finding]]:
    """Facts and findings of a board that answers; one frame of its camera is asked for.

    Args:
        wanted: what it should be, None where any board will do.
        model_hash: the model it should run, None where any will do.
    Raises:
        BoardError: it stops answering.
    """
    hello, stats = session.board, session.stats()
    facts = {
        "board": hello.board,
        "model": f"{hello.model} ({bytes(hello.model_hash).hex()})",
        "protocol": str(hello.protocol),
        "started by": _reason(hello),
        "free heap": f"{stats.heap_free:,} bytes, largest block {stats.heap_largest_block:,}",
        "inferences": f"{stats.inferences:,} in {stats.uptime_ms / 1000:.0f} s",
    }
    if in_parts(hello):
        facts["stages"] = "; ".join(map(str, stages_of(hello, session.port)))
    board = wanted or _known(hello.board)
    findings = _identity(hello, wanted, model_hash)
    findings += _last_start(hello)
    findings += _memory(stats, board)
    if hello.has_camera:
        try:
            seen = _camera(session)
            findings += seen
            if all(finding.rule != "stream" for finding in seen):
                facts |= _sensor(session)
        except NoPicturesError as fault:
            facts["camera"] = f"{fault.cause}: {fault.remedy}"
    return facts, findings


def _known(name: str) -> Board | None:
    """The board that one says it is, None where no folder describes it."""
    try:
        return load_board(name)
    except BoardError:
        return None


def _reason(hello: Hello) -> str:
    try:
        return ResetReason(hello.reset_reason).name.lower().replace("_", " ")
    except ValueError:
        return str(hello.reset_reason)


def _of_rule(name: str, seen: str) -> Finding:
    rule = next(rule for rule in RULES if rule.name == name)
    return Finding(rule.name, rule.cause, rule.remedy, seen)


def _identity(hello: Hello, wanted: Board | None, model_hash: bytes | None) -> list[Finding]:
    findings = []
    if wanted is not None and hello.board != wanted.name:
        findings.append(
            Finding(
                "another-board",
                f"the board says that it is {hello.board!r}, not {wanted.name!r}",
                f"Use --board {hello.board}, or another port.",
                "HELLO",
            )
        )
    if model_hash is not None and bytes(hello.model_hash) != model_hash:
        findings.append(
            Finding(
                "another-model",
                f"the board runs {hello.model!r} with hash {bytes(hello.model_hash).hex()}, "
                f"not the model with hash {model_hash.hex()}",
                f"Flash it: `tinyface flash --board {quoted(hello.board)} --model MODEL`.",
                "HELLO",
            )
        )
    return findings


def _last_start(hello: Hello) -> list[Finding]:
    """A board that works now may have started because it fell over."""
    for reason, rule in REASONS.items():
        if hello.reset_reason == reason:
            return [_of_rule(rule, f"HELLO: the last start followed a {reason.name.lower()}")]
    return []


def _memory(stats: Stats, board: Board | None) -> list[Finding]:
    findings = []
    if not stats.arena_guard_intact:
        findings.append(
            Finding(
                "arena",
                "bytes beside the model's arena were overwritten",
                REPORT,
                "STATS",
            )
        )
    if stats.heap_free < LITTLE_HEAP:
        findings.append(
            Finding(
                "heap",
                f"only {stats.heap_free:,} bytes of the heap are free",
                "Use a smaller model (`tinyface analyze`), or a board with PSRAM.",
                "STATS",
            )
        )
    if board is not None and board.memory.psram and not stats.psram_free:
        findings.append(_of_rule("psram", "STATS: no byte of PSRAM is free"))
    return findings


def _sensor(session: Session) -> dict[str, str]:
    """The camera's sensor where the board knows one, and the settings that it does not take."""
    sensor = session.stats().sensor
    if not sensor:
        return {}
    refused = refused_names(session.ask(SettingsRequest(), Settings))
    return {"camera": f"{sensor}, which does not take {', '.join(refused)}" if refused else sensor}


def _camera(session: Session) -> list[Finding]:
    """One frame; a driver's error code becomes the rule of that code.

    Raises:
        NoPicturesError: it is a simulated one, and nothing is ill.
    """
    try:
        for _ in session.stream(1):
            pass
    except NoPicturesError:
        raise
    except CameraError as fault:
        code = re.search(r"0x[0-9a-f]+", fault.cause)
        sensor = session.stats().sensor
        known = diagnose(f"Camera probe failed with error {code[0]}") if code else []
        if known and not sensor:  # that one was found, and the rules of a probe do not fit
            return [Finding(known[0].rule, known[0].cause, known[0].remedy, fault.cause)]
        cause = f"{fault.cause}; its sensor is the {sensor}" if sensor else fault.cause
        remedy = OTHER_CAMERA if sensor else fault.remedy
        return [Finding("camera", cause, remedy, "a frame was asked for")]
    except BoardError as fault:
        return [Finding("stream", fault.cause, fault.remedy, "a frame was asked for")]
    return []
