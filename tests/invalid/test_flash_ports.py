"""`tinyface flash` for a real board, without one or with one that went away."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.invalid.conftest import Refused


def test_no_board_is_plugged_in(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [])
    assert "no USB serial adapter is plugged in" in refused("flash", "--board", "esp32cam")


def test_the_one_adapter_is_taken(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = SimpleNamespace(device="/dev/ttyUSB77", vid=0x1A86, pid=0x7523, description="")
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [gone])
    said = refused("flash", "--board", "esp32cam")
    assert "found /dev/ttyUSB77 (WCH CH340)" in said
    assert "there is no such port" in said
