"""Simulated boards: a flash file, a boot loader's text, and the firmware as a process behind a port."""

from host_tools.simulator.faults import Faults, parse_faults
from host_tools.simulator.process import RunningBoard, run_board

__all__ = ["Faults", "RunningBoard", "parse_faults", "run_board"]
