"""Which port a board is at: known USB bridges first; none and several are explained."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from codegen.errors import BoardError
from host_tools.boards import load_board
from host_tools.flashing import ports
from host_tools.flashing.ports import SerialPort, find_port, list_ports
from tests.host_tools.flashing.esp_board import esp32cam

CH340 = SimpleNamespace(device="/dev/ttyUSB1", vid=0x1A86, pid=0x7523, description="USB2.0-Serial")
CP210X = SimpleNamespace(device="/dev/ttyUSB0", vid=0x10C4, pid=0xEA60, description="CP2102 USB to UART")
OWN_USB = SimpleNamespace(device="/dev/ttyACM1", vid=0x303A, pid=0x1001, description="USB JTAG/serial")
MODEM = SimpleNamespace(device="/dev/ttyACM0", vid=0x1234, pid=0x5678, description="Modem")
BUILT_IN = SimpleNamespace(device="/dev/ttyS0", vid=None, pid=None, description="n/a")


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> object:
    def plug(*devices: SimpleNamespace) -> None:
        monkeypatch.setattr("serial.tools.list_ports.comports", lambda: list(devices))

    return plug


def test_known_bridges_come_first(plugged) -> None:
    plugged(BUILT_IN, MODEM, CH340)
    assert [port.device for port in list_ports()] == ["/dev/ttyUSB1", "/dev/ttyACM0", "/dev/ttyS0"]
    assert list_ports()[0] == SerialPort("/dev/ttyUSB1", "WCH CH340", True, "USB2.0-Serial")
    assert find_port(esp32cam()).device == "/dev/ttyUSB1"


def test_another_usb_device_is_taken_where_no_bridge_is(plugged) -> None:
    plugged(BUILT_IN, MODEM)
    assert find_port(esp32cam()).device == "/dev/ttyACM0"


def test_two_boards_are_not_guessed_between(plugged) -> None:
    plugged(CH340, CP210X, MODEM)
    with pytest.raises(BoardError) as caught:
        find_port(esp32cam())
    assert "/dev/ttyUSB0 (Silicon Labs CP210x)" in caught.value.cause
    assert "/dev/ttyUSB1 (WCH CH340)" in caught.value.cause
    assert "--port /dev/ttyUSB0" in caught.value.remedy


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_no_board_is_explained(plugged, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plugged(BUILT_IN)
    monkeypatch.setattr(ports.sys, "platform", system)
    with pytest.raises(BoardError) as caught:
        find_port(esp32cam())
    assert "no USB serial adapter" in caught.value.cause
    assert "/dev/ttyS0" in caught.value.cause
    assert "carries data" in caught.value.remedy
    assert {"linux": "dmesg", "darwin": "cu.usbserial", "win32": "device manager"}[
        system
    ] in caught.value.remedy


@pytest.mark.parametrize(
    ("board", "device"), [("xiao-esp32s3-sense", "/dev/ttyACM1"), ("esp32cam", "/dev/ttyUSB1")]
)
def test_the_own_usb_port_is_for_the_boards_that_talk_through_it(plugged, board: str, device: str) -> None:
    plugged(CH340, MODEM, OWN_USB)
    assert find_port(load_board(board)).device == device
    plugged(MODEM, OWN_USB)  # nothing else that is known: the chip's answer will tell
    assert find_port(load_board(board)).device == "/dev/ttyACM1"


@pytest.mark.parametrize("name", ["COM3", r"\\\\.\\COM12"])
def test_names_of_windows_ports(plugged, name: str) -> None:
    plugged(SimpleNamespace(device=name, vid=0x1A86, pid=0x7523, description=f"USB-SERIAL CH340 ({name})"))
    assert str(find_port(esp32cam())) == f"{name} (WCH CH340)"
