"""The fake chip itself: reset lines, bridge and flash behave as the ESP32's do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools.simulator.link import Link
from tests.fakes.esp_rom import CHIPS, FakeChip, Faults


class Writing:
    """An application that writes one byte into its flash and stays."""

    def __init__(self, flash: Path, link: Link) -> None:
        content = bytearray(flash.read_bytes())
        content[0x9000] = content[0x9000] - 1
        flash.write_bytes(content)

    def close(self) -> None:
        """Power off."""


def on(chip: FakeChip) -> FakeChip:
    chip.connect(lambda _: None)
    return chip


@pytest.mark.parametrize(("io0_low", "loader"), [(True, True), (False, False)])
def test_io0_at_the_rising_edge_of_en_decides(io0_low: bool, loader: bool) -> None:
    chip = on(FakeChip(CHIPS["esp32"]))
    chip.set_lines(dtr=io0_low, rts=True)
    assert not chip.in_download_mode
    chip.set_lines(dtr=io0_low, rts=False)
    assert chip.in_download_mode == loader
    chip.set_lines(dtr=not io0_low, rts=False)
    assert chip.in_download_mode == loader


def test_a_chip_that_is_held_in_reset_hears_nothing() -> None:
    sent: list[bytes] = []
    chip = FakeChip(CHIPS["esp32"])
    chip.bridge = True
    chip.connect(sent.append)
    sent.clear()
    chip.set_lines(dtr=False, rts=True)
    chip.receive(b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + 32 * b"\x55" + b"\xc0")
    assert sent == []


def test_lines_that_lead_nowhere() -> None:
    chip = on(FakeChip(CHIPS["esp32"], faults=Faults(no_auto_reset=True)))
    resets = chip.resets
    chip.set_lines(dtr=True, rts=True)
    chip.set_lines(dtr=True, rts=False)
    assert not chip.in_download_mode
    assert chip.resets == resets


def test_a_bridge_counts_at_the_next_reset() -> None:
    chip = on(FakeChip(CHIPS["esp32"]))
    chip.bridge = True
    assert not chip.in_download_mode
    chip.press_reset()
    assert chip.in_download_mode


def test_what_the_application_writes_stays_in_the_flash() -> None:
    chip = on(FakeChip(CHIPS["esp32"], boot=Writing))
    for times in range(1, 4):
        chip.press_reset()
        assert chip.flash[0x9000] == 0xFF - times
    chip.close()
    assert chip.flash[0x9000] == 0xFF - 4


@pytest.mark.parametrize("own_usb", [False, True], ids=["bridge", "own-usb"])
def test_the_rom_is_reached_through_either_kind_of_port(own_usb: bool) -> None:
    from host_tools.boards import load_board
    from host_tools.flashing import download_mode
    from tests.fakes.esp_rom import Rfc2217Port

    chip = FakeChip(CHIPS["esp32"], faults=Faults(own_usb=own_usb))
    with Rfc2217Port(chip) as port:
        loader = download_mode.enter(load_board("esp32cam"), port.name, lambda _: None, 1.0)
    assert loader.auto_reset


class Losing(FakeChip):
    """Its first answer to READ_REG does not arrive."""

    def connect(self, send: Callable[[bytes], None]) -> None:
        lost: list[bytes] = []

        def pass_on(data: bytes) -> None:
            if data[1:3] == b"\x01\x0a" and not lost:
                lost.append(data)
            else:
                send(data)

        super().connect(pass_on)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a PTY")
def test_a_chip_whose_answer_is_lost_is_asked_again() -> None:
    from host_tools.boards import load_board
    from host_tools.flashing import download_mode
    from tests.fakes.esp_rom import PtyPort

    chip = Losing(CHIPS["esp32"])
    chip.bridge = True
    with PtyPort(chip) as port:
        loader = download_mode.enter(load_board("esp32cam"), port.name, lambda _: None, 5.0)
    assert not loader.auto_reset
