"""The command line of an emulator: QEMU's option for single steps has two names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from host_tools.boards import load_board
from host_tools.simulator import emulator
from host_tools.simulator.emulator import emulator_command, option_of

OLD, NEW = ("-singlestep",), ("-accel", "tcg,one-insn-per-tb=on")


@pytest.mark.parametrize(
    ("version", "option"),
    [
        ("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)", OLD),
        ("QEMU emulator version 8.0.5", OLD),
        ("QEMU emulator version 8.1.0", NEW),
        ("QEMU emulator version 10.0.2 (v10.0.2)", NEW),
        ("another emulator", NEW),
    ],
)
def test_single_steps_by_version(version: str, option: tuple[str, ...]) -> None:
    assert option_of(version) == option


def test_places_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator, "find_program", lambda name, _: f"/bin/{name}")
    monkeypatch.setattr(emulator, "single_steps", lambda _: NEW)
    run = ("qemu-system-xtensa", "{single-steps}", "-M", "sim", "-kernel", "{image}")
    wanted = ["/bin/qemu-system-xtensa", *NEW, "-M", "sim", "-kernel", "/a/x.elf"]
    assert emulator_command(run, Path("/a/x.elf")) == wanted


@pytest.mark.skipif(not shutil.which("qemu-system-xtensa"), reason="there is no qemu-system-xtensa")
def test_the_core_with_mac16_takes_single_steps() -> None:
    builds = {build.variant: build.run for build in load_board("qemu-xtensa").builds}
    command = emulator_command(builds["de233_fpu"], Path("x.elf"))
    assert "-singlestep" in command or "tcg,one-insn-per-tb=on" in command
    assert "{single-steps}" not in builds["lx106"]
