"""Finds the serial port of a board: USB bridges that such boards carry come first."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from codegen.board import Board
from codegen.errors import BoardError

BRIDGES = {
    (0x10C4, 0xEA60): "Silicon Labs CP210x",
    (0x1A86, 0x7523): "WCH CH340",
    (0x1A86, 0x55D4): "WCH CH9102",
    (0x1A86, 0x55D3): "WCH CH343",
    (0x0403, 0x6001): "FTDI FT232R",
    (0x0403, 0x6010): "FTDI FT2232",
    (0x0403, 0x6014): "FTDI FT232H",
    (0x0403, 0x6015): "FTDI FT230X",
    (0x067B, 0x2303): "Prolific PL2303",
    (0x067B, 0x23A3): "Prolific PL2303GS",
}
"""(USB vendor, product) -> what it is: the bridges of ESP32 boards and of the usual adapter cables."""
OWN_USB = {(0x303A, 0x1001): "Espressif USB Serial/JTAG"}
"""The chips that are a USB serial port themselves."""


@dataclass(frozen=True)
class SerialPort:
    """One port of this machine.

    Attributes:
        device: its name.
        bridge: name of a known USB bridge or chip, or "".
        usb: it is a USB device.
        description: what the system says about it.
        own: it is the chip's own USB port, not that of a bridge.
    """

    device: str
    bridge: str
    usb: bool
    description: str
    own: bool = False

    def __str__(self) -> str:
        return f"{self.device} ({self.bridge or self.description or 'unknown'})"


def list_ports() -> list[SerialPort]:
    """The serial ports of this machine, known USB bridges first, then other USB devices, then the rest."""
    from serial.tools.list_ports import comports

    found = [
        SerialPort(
            port.device,
            (BRIDGES | OWN_USB).get((port.vid, port.pid), ""),
            port.vid is not None,
            port.description if port.description not in (None, "n/a") else "",
            (port.vid, port.pid) in OWN_USB,
        )
        for port in comports()
    ]
    return sorted(found, key=lambda port: (not port.bridge, not port.usb, port.device))


def find_port(board: Board, ports: Sequence[SerialPort] | None = None) -> SerialPort:
    """The one port that a board can be at.

    Args:
        board: where it talks through the chip's own USB port such ports come first, else bridges do.
        ports: to choose among; None asks the system.
    Raises:
        BoardError: there is none, or several; the message lists what there is.
    """
    if board.kind != "serial":
        raise BoardError(
            "this board is simulated and has no USB serial adapter",
            f"--board {board.name}",
            "Name the port that `tinyface simulate` prints with --port, or flash it with "
            f"`tinyface flash MODEL --board {board.name}`, and compare it with "
            f"`tinyface validate MODEL --board {board.name}`.",
        )
    among = list_ports() if ports is None else ports
    known = [port for port in among if port.bridge]
    usual = [port for port in known if port.own == board.own_usb]
    candidates = usual or known or [port for port in among if port.usb]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise BoardError(
            f"several boards may be meant: {', '.join(map(str, candidates))}",
            "--port",
            f"Choose one, for example --port {candidates[0].device}.",
        )
    others = f" (there are only {', '.join(map(str, among))})" if among else ""
    raise BoardError(f"no USB serial adapter is plugged in{others}", "--port", _no_port_remedy())


def _no_port_remedy() -> str:
    system = {
        "win32": "the device manager must show it under Ports, else install its CH340 or CP210x driver",
        "darwin": "it must show as /dev/cu.usbserial-*, else install its CH340 or CP210x driver",
    }.get(
        sys.platform,
        "`dmesg | tail` tells whether the system sees it; a container needs --device=/dev/ttyUSB0",
    )
    return (
        "Plug the board in with a USB cable that carries data (many only charge); "
        f"{system}. Or name the port with --port."
    )
