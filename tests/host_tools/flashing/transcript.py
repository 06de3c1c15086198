"""`python -m tests.host_tools.flashing.transcript`: what `tinyface flash` says, into docs/first-esp32cam.md.

The command runs against the fake ROM and the board that boots from it; a person is played beside it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from host_tools.project.toolchains import host_compiler
from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort
from tests.host_tools.flashing.esp_board import boot
from tests.platformio.core import REPOSITORY, make_core

PAGE = REPOSITORY / "docs" / "first-esp32cam.md"
MARKS = re.compile(
    r"(<!-- transcript: .*? -->\n).*?(<!-- /transcript -->)",
    re.DOTALL,
)
SHOWN_PORT = "/dev/ttyUSB0"


def run(model: str) -> str:
    """What the command says, with the pseudo terminal's name replaced by a usual one."""
    chip, lines = FakeChip(CHIPS["esp32"], boot=boot), list[str]()
    with tempfile.TemporaryDirectory() as place, PtyPort(chip) as port:
        env = {
            "STANDIN_DRIVERS": "esp_idf",
            "STANDIN_CC": host_compiler(),
            "TINYFACE_STATE": place + "/state",
        }
        command = ["flash", model, "--board", "esp32cam", "--port", port.name]
        process = subprocess.Popen(
            [sys.executable, "-m", "host_tools.cli", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, **make_core(Path(place) / "core"), **env},
        )
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line.rstrip().replace(port.name, SHOWN_PORT))
                if "Bridge GPIO0" in line:
                    chip.bridge = True
                    chip.press_reset()
                if "take the bridge off" in line:
                    chip.bridge = False
                    chip.press_reset()
        if process.returncode != 0:
            raise SystemExit("\n".join(lines))
    return "\n".join([f"$ tinyface flash {model} --board esp32cam", *(line for line in lines if line)])


def page_with(text: str, page: str) -> str:
    """The page with the transcript between its marks, indented as a code block."""
    block = "\n".join("    " + line for line in text.splitlines())
    return MARKS.sub(lambda found: f"{found[1]}\n{block}\n\n{found[2]}", page)


def main() -> None:
    """Writes the page."""
    temporary = PAGE.with_name(PAGE.name + ".new")
    temporary.write_text(page_with(run("faces"), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    temporary.replace(PAGE)


if __name__ == "__main__":
    main()
