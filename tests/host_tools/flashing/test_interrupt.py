"""Ctrl-C while the flash is written: it ends at once, and nobody goes on writing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from host_tools.simulator.flash import APP_OFFSET
from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort
from tests.host_tools.flashing.conftest import Built, Person
from tests.host_tools.flashing.esp_board import boot
from tests.host_tools.test_simulated_board import hear_ctrl_c

SOME_BYTES = 40_000
"""Of about 200,000 that a whole flash sends."""
WAIT_S = 120


def run_until(chip: FakeChip, process: subprocess.Popen[str]) -> str:
    """Does what the program asks for, and interrupts it, and it alone, in the middle of writing."""
    person = Person(chip, [])

    def interrupt() -> None:
        end = time.monotonic() + WAIT_S
        while chip.received < SOME_BYTES and process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)

    watch = threading.Thread(target=interrupt)
    watch.start()
    assert process.stdout is not None
    for line in process.stdout:
        person(line.rstrip())
    watch.join()
    return "\n".join(person.heard)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.parametrize("way", ["platformio", "esptool"])
def test_ctrl_c_while_writing(way: str, built: Built, repository: Path, tmp_path: Path) -> None:
    chip = FakeChip(CHIPS["esp32"], boot=boot)
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
        with process:
            said = run_until(chip, process)
        assert process.returncode == 130, said
        assert "Traceback" not in said
        assert "now runs" not in said
        received = chip.received
        time.sleep(1)
        assert chip.received == received, "somebody goes on writing"
        whole = built.images[APP_OFFSET]
        assert bytes(chip.flash[APP_OFFSET : APP_OFFSET + len(whole)]) != whole, "it was over already"
