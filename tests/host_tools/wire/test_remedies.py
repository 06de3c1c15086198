"""What helps fits what is there: a simulated board has no cable, and a page may hold the port."""

from __future__ import annotations

import sys

import pytest

from codegen.errors import BoardError
from host_tools.doctor import consult
from host_tools.wire.faults import fault_of
from host_tools.wire.messages import Error, ErrorCode
from host_tools.wire.transport import open_transport


def test_the_camera_of_a_simulated_board_has_no_ribbon() -> None:
    error = Error(ErrorCode.CAMERA, 0x105, "no camera answers")
    simulated, real = (fault_of(error, "a port", "sim", name).remedy for name in ("sim", "esp32cam"))
    assert "--fault" in simulated
    assert "ribbon" not in simulated
    assert "ribbon" in real
    assert "simulated" not in real


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
def test_the_port_of_a_simulated_board_that_is_off() -> None:
    with pytest.raises(BoardError) as fault:
        open_transport("/dev/pts/99999")
    assert "tinyface simulate" in fault.value.remedy
    assert "cable" not in fault.value.remedy


def test_a_busy_port_may_be_that_of_a_page() -> None:
    finding = consult.of_line("could not open port /dev/ttyUSB0: [Errno 16] Device or resource busy")
    assert finding is not None
    assert finding.rule == "port-busy"
    assert "tinyface view" in finding.remedy
