"""What a board says when it starts, read by pytest-embedded: the ROM's banner, one start, no panic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from host_tools.wire.framing import Decoder, Frame
from host_tools.wire.messages import Flags, Hello
from host_tools.wire.session import Session
from tests.hil.conftest import Measured
from tests.hil.place import Place, UnderTest

if TYPE_CHECKING:
    from tests.hil.embedded import EmbeddedPort

QUIET_S = 2.0
"""A board in a reset loop starts again within this time."""
TROUBLE = re.compile(
    rb"Guru Meditation|Backtrace:|abort\(\) was called|Brownout detector|Task watchdog got triggered|"
    rb"invalid header|No bootable app"
)


def test_boot(
    session: Session, wired: EmbeddedPort, place: Place, under_test: UnderTest, measured: Measured
) -> None:
    """Once from the ROM's banner to the application's HELLO, and then nothing but silence."""
    with wired.listening() as dut:
        banner = wired.reset()
        start = wired.log.read_bytes().rindex(banner.group(0))
        dut.expect_exact(under_test.board.name, timeout=place.timing.boot_s)
        wired.hear(QUIET_S)
    said = wired.log.read_bytes()[start:]
    assert banner.group(2).endswith(b"FLASH_BOOT"), banner.group(0).decode()
    assert said.count(b"rst:0x") == 1, "the board starts again and again"
    assert TROUBLE.search(said) is None
    hellos = [
        frame
        for frame in Decoder().feed(said)
        if isinstance(frame, Frame) and frame.type == Hello.CODE and frame.flags & Flags.UNASKED
    ]
    assert [Hello.unpack(frame.payload).board for frame in hellos] == [under_test.board.name]
    assert bytes(session.hello().model_hash) == under_test.ref.model_hash
    measured(boots=1)


def test_a_person_with_a_plain_terminal(session: Session, wired: EmbeddedPort, under_test: UnderTest) -> None:
    """Letters and Enter give lines; the next frame ends it."""
    with wired.listening() as dut:
        dut.write("t")
        dut.expect_exact("tinyface, text mode")
        dut.write("i")
        who = dut.expect(rb"board (\S+), model (\S+) ([0-9a-f]{16})")
    assert who.group(1).decode() == under_test.board.name
    assert who.group(3).decode() == under_test.ref.model_hash.hex()[:16]
    assert session.hello().board == under_test.board.name
