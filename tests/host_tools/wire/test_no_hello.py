"""What came instead of HELLO is named: damaged frames are no text."""

from __future__ import annotations

from host_tools.wire.faults import no_answer
from host_tools.wire.messages import SYNC

FRAME = SYNC + bytes(range(40))


def test_damaged_frames_are_no_text() -> None:
    fault = no_answer("/dev/pts/9", "sim", 3.0, FRAME[:-1] + bytes([FRAME[-1] ^ 1]))
    assert "none of them whole" in fault.cause
    assert "doctor" not in fault.remedy


def test_text_is_text() -> None:
    assert "no frame" in no_answer("/dev/pts/9", "sim", 3.0, b"hello, here is a modem\n").cause
