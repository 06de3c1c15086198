"""Ctrl-C while the flash is written: it ends at once, and nobody goes on writing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools.simulator.flash import APP_OFFSET
from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort
from tests.host_tools.flashing.conftest import Built, Person
from tests.host_tools.flashing.esp_board import boot
from tests.host_tools.test_simulated_board import hear_ctrl_c

SOME_BYTES = 40_000
"""Of about 60,000 that a whole flash sends."""
WAIT_S = 120


class Pausing(FakeChip):
    """It holds back its answers in the middle of writing until it may go on."""

    def __init__(self) -> None:
        super().__init__(CHIPS["esp32"], boot=boot)
        self.reached, self.may_go_on = threading.Event(), threading.Event()

    def connect(self, send: Callable[[bytes], None]) -> None:
        def pass_on(data: bytes) -> None:
            if self.received >= SOME_BYTES and not self.may_go_on.is_set():
                self.reached.set()
                self.may_go_on.wait(WAIT_S)
            send(data)

        super().connect(pass_on)


def run_until(chip: Pausing, process: subprocess.Popen[str]) -> str:
    """Does what the program asks for, and interrupts it, and it alone, in the middle of writing."""
    person = Person(chip, [])

    def interrupt() -> None:
        chip.reached.wait(WAIT_S)
        process.send_signal(signal.SIGINT)

    watch = threading.Thread(target=interrupt)
    watch.start()
    assert process.stdout is not None
    for line in process.stdout:
        person(line.rstrip())
    chip.reached.set()  # it ended by itself
    watch.join()
    return "\n".join(person.heard)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.parametrize("way", ["platformio", "esptool"])
def test_ctrl_c_while_writing(way: str, built: Built, repository: Path, tmp_path: Path) -> None:
    chip = Pausing()
    command = [sys.executable, "-m", "host_tools.cli", "flash", "--board", "esp32cam"]
    options = ["--project", str(built.project.folder), *(["--esptool"] if way == "esptool" else [])]
    with PtyPort(chip) as port:
        process = subprocess.Popen(
            [*command, "--port", port.name, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=repository,
            env={**os.environ, **built.env, "TINYFACE_STATE": str(tmp_path / "state")},
            preexec_fn=hear_ctrl_c,
        )
        try:
            with process:
                said = run_until(chip, process)
        finally:
            chip.may_go_on.set()
        assert process.returncode == 130, said
        assert "Traceback" not in said
        assert "now runs" not in said
        time.sleep(0.5)  # what was on the way is read
        received = chip.received
        time.sleep(1)
        assert chip.received == received, "somebody goes on writing"
        whole = built.images[APP_OFFSET]
        assert bytes(chip.flash[APP_OFFSET : APP_OFFSET + len(whole)]) != whole, "it was over already"
