"""A crash that ended a stream is told once: the line that told it where the cause does not repeat it."""

from __future__ import annotations

import pytest

from host_tools.wire.faults import restarted, silent


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
            "the firmware crashed (LoadProhibited)",
        ),
        (
            "abort() was called at PC 0x400d1234 on core 0",
            "the firmware crashed (it says: abort() was called at PC 0x400d1234 on core 0)",
        ),
    ],
)
def test_once(line: str, said: str) -> None:
    heard = f"{line}\n".encode()
    assert restarted("a port", heard).cause == f"the board restarted in the middle of its work: {said}"
    assert silent("a port", "sim", heard).cause == f"the board stopped answering: {said}"
