"""Examines a board at a port, or a text in a file; what it finds are findings, never guesses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import BinaryIO

from codegen.board import Board
from codegen.errors import BoardError
from host_tools.doctor import consult
from host_tools.doctor.diagnose import Verdict, diagnose, unexplained, verdict_of
from host_tools.doctor.readable import readable
from host_tools.doctor.rule import Finding
from host_tools.doctor.running import examine_running
from host_tools.flashing.chips import CHIPS
from host_tools.flashing.rom_link import RomLink
from host_tools.wire.faults import NoAnswerError
from host_tools.wire.framing import Decoder, Frame
from host_tools.wire.messages import PROTOCOL_VERSION, Hello
from host_tools.wire.other_versions import AnotherProtocolError, another_protocol, version_of
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing, port_away_s

HELLO_S = 4.0
"""How long a running board may take for HELLO."""
BOOT_TEXT_S = 3.0
LISTEN_S = 0.5
SHOWN_LINES = 40
SHOWN_CHARACTERS = 300
"""Of an unknown line."""
LOG_BYTES = 2 << 20
"""So much of the end of a log is read: more is the same again."""


@dataclass
class Report:
    """What an examination saw.

    Attributes:
        facts: name -> value, in the order they became known.
        findings: what is wrong, the nearest to the cause first.
        text: what the board or the tool printed, "" where it said HELLO or nothing.
        well: frames of the application came, which only a board that works sends.
    """

    facts: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    text: str = ""
    well: bool = False

    @property
    def verdict(self) -> Verdict:
        """The whole in a word."""
        verdict = verdict_of(self.text, self.findings)
        healthy = verdict == "nothing" or (verdict == "unknown" and not unexplained(self.text))
        return "well" if self.well and healthy else verdict

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "verdict": self.verdict,
            "facts": self.facts,
            "findings": [asdict(f) for f in self.findings],
            "text": self.text,
        }


def read_log(stream: BinaryIO) -> tuple[bytes, int]:
    """The last LOG_BYTES of a stream, and how long it is."""
    kept, total = bytearray(), 0
    while piece := stream.read(1 << 20):
        kept += piece
        total += len(piece)
        del kept[:-LOG_BYTES]
    return bytes(kept), total


def examine_log(stream: BinaryIO) -> Report:
    """What a text says: a boot log, or the output of esptool, PlatformIO or a monitor, frames or not."""
    raw, total = read_log(stream)
    left = f", the last {len(raw):,} read" if total > len(raw) else ""
    facts = {"log": f"{total:,} bytes{left}"}
    plain, frames = _without_frames(raw)
    if frames:
        facts["frames"] = f"{len(frames):,} of the application"
    text = readable(plain)
    return Report(facts, diagnose(text) + _versions(frames), text, well=bool(frames))


def _without_frames(raw: bytes) -> tuple[bytes, list[Frame]]:
    """The bytes outside good frames, and the frames."""
    decoder = Decoder()
    found = [*decoder.feed(raw), *decoder.abandon()]
    frames = [item for item in found if isinstance(item, Frame)]
    return (b"".join(item for item in found if isinstance(item, bytes)) if frames else raw), frames


def _versions(frames: list[Frame]) -> list[Finding]:
    """What the last HELLO among frames says of its firmware's version, where that is another one."""
    hellos = [frame.payload for frame in frames if frame.type == Hello.CODE and frame.payload]
    if not hellos or version_of(hellos[-1]) == PROTOCOL_VERSION:
        return []
    return [_of(another_protocol("", "", hellos[-1]), "another-protocol", "HELLO")]


def examine_port(
    board: Board,
    port: str,
    *,
    named: bool = True,
    model_hash: bytes | None = None,
    tell: Callable[[str], None] = lambda _: None,
    hand_s: float = 20.0,
    hello_s: float = HELLO_S,
) -> Report:
    """Looks at the board at a port: HELLO first, which disturbs nothing; then its loader and its boot text.

    Args:
        named: a person named the board; else a board that answers is the one that it says it is.
        model_hash: the model it should run (32 bytes), None where any will do.
        tell: asks the person to press reset where the port has no reset line.
        hand_s: how long that person may take.
        hello_s: how long a running board may take for HELLO.
    """
    report = Report({"port": port})
    timing = Timing(hello_s, hello_s, port_away_s(board))
    try:
        with Session(port, board_name=board.name, timing=timing, baud=board.baud) as session:
            facts, findings = examine_running(session, board if named else None, model_hash)
            report.facts |= facts
            report.findings += findings
            report.well = True
            return report
    except NoAnswerError as silence:
        no_hello = silence
        heard = silence.heard if consult.of_board(silence.heard) else b""
    except AnotherProtocolError as fault:
        report.findings.append(_of(fault, "another-protocol"))
        return report
    except BoardError as fault:
        report.findings.append(_of(fault, "board"))
        return report
    report.facts["HELLO"] = f"none within {hello_s:g} s at {board.baud:,} baud"
    try:
        with RomLink(port, port_away_s(board)) as link:
            _loader_or_boot(report, link, board, tell, hand_s, heard)
    except BoardError as fault:
        report.findings.append(_of(fault, "port"))
    if not report.findings and not report.text.strip():
        report.findings.append(_of(no_hello, "no-answer"))
    return report


def _loader_or_boot(
    report: Report, link: RomLink, board: Board, tell: Callable[[str], None], hand_s: float, before: bytes
) -> None:
    """A board that says no HELLO: is it in its loader, and what does it print when it boots?

    Args:
        before: what it printed while HELLO was waited for, b"" where that says nothing.
    """
    if link.sync(2):
        chip = link.identify()
        report.facts["chip"] = chip.title if chip else "unknown"
        report.findings.append(diagnose("waiting for download")[0])
        wanted = CHIPS.get(board.chip)
        if wanted is not None and chip != wanted:
            report.findings.append(
                Finding(
                    "another-chip",
                    f"the chip is {report.facts['chip']}, while the {board.title} has an {wanted.title}",
                    "Choose the board that has this chip (`tinyface boards`), or another port.",
                    "READ_REG",
                )
            )
        return
    start = len(link.heard)
    if link.reset(into_loader=False):
        link.listen(BOOT_TEXT_S)
    else:
        tell("Press the board's reset button.")
        end = time.monotonic() + hand_s
        while time.monotonic() < end and len(link.heard) == start:
            link.listen(LISTEN_S)
        link.listen(BOOT_TEXT_S)
    report.text = readable(before + link.heard)
    report.facts["boot text"] = f"{len(link.heard):,} bytes at 115200 baud"
    report.findings += diagnose(report.text)


def _of(fault: BoardError, rule: str, line: str = "") -> Finding:
    return Finding(rule, fault.cause, fault.remedy, line or fault.where)
