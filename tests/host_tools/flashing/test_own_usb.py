"""Chips that are their own USB port: a reset may take the port away, and it comes back under its name."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen.errors import BoardError
from host_tools.attach import timing_of
from host_tools.boards import load_board
from host_tools.flashing import download_mode
from host_tools.flashing.rom_link import RomLink
from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort

XIAO = load_board("xiao-esp32s3-sense")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a PTY")


class Socket:
    """A USB socket with one name. Each time the chip is reset its port is another one."""

    def __init__(self, folder: Path) -> None:
        self.name = folder / "ttyACM0"
        self._port: PtyPort | None = None
        self.chip = self._plug(in_loader=False)

    def _plug(self, in_loader: bool) -> FakeChip:
        self.chip = FakeChip(CHIPS["esp32s3"])
        self.chip.bridge = in_loader
        self._port = PtyPort(self.chip)
        self.chip.press_reset()
        self.name.symlink_to(self._port.name)
        return self.chip

    def unplug(self) -> None:
        if self._port is not None:
            self._port.__exit__()
            self._port = None
            self.name.unlink()

    def reset_into_loader(self, away_s: float = 0.4) -> None:
        """BOOT held, reset pressed."""
        self.unplug()
        time.sleep(away_s)
        self._plug(in_loader=True)


@pytest.fixture
def usb(tmp_path: Path) -> Iterator[Socket]:
    socket = Socket(tmp_path)
    yield socket
    socket.unplug()


def test_the_loader_is_found_behind_the_new_port(usb: Socket) -> None:
    told: list[str] = []

    def person(text: str) -> None:
        told.append(text)
        threading.Thread(target=usb.reset_into_loader).start()

    assert download_mode.enter(XIAO, str(usb.name), person, 10).auto_reset is False
    assert len(told) == 1
    assert usb.chip.in_download_mode


def test_a_port_that_does_not_come_back_is_told(usb: Socket) -> None:
    with RomLink(str(usb.name), 0.3) as link:
        usb.unplug()
        with pytest.raises(BoardError, match="no such port"):
            link.listen(5)


def test_a_bridge_does_not_leave(usb: Socket) -> None:
    """A bridge that is gone was pulled out: nobody waits for it."""
    assert timing_of(load_board("esp32cam")).port_away_s == 0
    assert timing_of(XIAO).port_away_s > 0
    with RomLink(str(usb.name)) as link:
        usb.unplug()
        with pytest.raises(BoardError, match="the port is gone"):
            link.listen(5)
