"""The firmware on a board without threads, waits and a clock: a bare loop, as in a browser.

The test gives bytes, frames and the time; the board (loop_board.c) counts whatever would have waited.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import firmware
from host_tools.boards import load_board
from host_tools.project.toolchains import host_compiler
from host_tools.simulator.partitions import FLASH_BYTES, OTADATA, SECTOR_BYTES, choose, read_entries
from host_tools.wire.framing import Decoder, Frame, encode
from host_tools.wire.messages import Message, unpack
from tests.firmware.conftest import STRICT
from tests.firmware.fake_model import write_project

OVER = -1
"""What a step returns at the end."""
TOKEN = "compiled into the firmware"


def build_loop_board(place: Path) -> Path:
    """The firmware for the loop board as a shared library, undefined behaviour trapped."""
    project = write_project(place / "project", load_board("sim"))
    sources = [
        *sorted((firmware.ROOT / "src").glob("*.c")),
        *sorted(project.glob("*.c")),
        Path(__file__).parent / "loop_board.c",
    ]
    include = [project / "firmware" / "include", project / "firmware" / "src"]
    flags = [
        *STRICT,
        "-fsanitize=undefined",
        "-fsanitize-undefined-trap-on-error",
        "-shared",
        "-fPIC",
        "-DTINYFACE_HAS_CAMERA=1",
        "-DTINYFACE_CHIP_STORE",
        "-DTINYFACE_MODEL_STORE",
        f'-DTINYFACE_TOKEN="{TOKEN}"',
        *(f"-I{folder}" for folder in include),
    ]
    library = place / "loop.so"
    subprocess.run([host_compiler(), *flags, *map(str, sources), "-o", str(library)], check=True)
    return library


class LoopBoard:
    """A started board; `said` holds what it has sent and nobody has asked about yet.

    Restarting is what a browser does: a new instance of the program on the same flash chip.
    """

    def __init__(self, program: Path, chip: bytes = b"\xff" * FLASH_BYTES) -> None:
        copy = program.with_name(f"{len(list(program.parent.iterdir()))}.so")
        shutil.copy(program, copy)  # a library of its own name has data of its own
        self._program, self._library = program, ctypes.CDLL(str(copy))
        self._decoder, self._sequence = Decoder(), 0
        self._inferences, self._text = 0, b""
        self.said: list[tuple[Frame, Message]] = []
        self._chip = (ctypes.c_uint8 * FLASH_BYTES).in_dll(self._library, "loop_chip")
        ctypes.memmove(self._chip, chip, FLASH_BYTES)
        self._library.tinyface_app_init()
        self._hear()

    def __getitem__(self, name: str) -> int:
        return ctypes.c_uint32.in_dll(self._library, f"loop_{name}").value

    def __setitem__(self, name: str, value: int) -> None:
        ctypes.c_uint32.in_dll(self._library, f"loop_{name}").value = value

    @property
    def ms(self) -> float:
        return ctypes.c_uint64.in_dll(self._library, "loop_micros").value / 1000

    def pass_time(self, ms: float) -> None:
        ctypes.c_uint64.in_dll(self._library, "loop_micros").value += int(1000 * ms)

    def step(self) -> int:
        """One step: it waits for nothing, and runs the model once at most."""
        wait_ms = int(self._library.tinyface_app_step())
        assert self["waits"] == 0
        ran = int(self._library.loop_inferences()) - self._inferences
        assert ran in (0, 1)
        self._inferences += ran
        self._hear()
        return wait_ms

    def _hear(self) -> None:
        buffer = ctypes.create_string_buffer(1 << 20)
        size = self._library.loop_take(buffer, len(buffer))
        for found in self._decoder.feed(buffer.raw[:size]):
            if isinstance(found, Frame):
                self.said.append((found, unpack(found.type, found.payload)))
            else:
                self._text += found

    def settle(self) -> int:
        """Steps for as long as there is something to do at once; the milliseconds it may wait then."""
        for _ in range(1000):
            wait_ms = self.step()
            if wait_ms:
                return wait_ms
        raise AssertionError("it never comes to rest")

    def send(self, message: Message) -> int:
        self._sequence += 1
        self.give(encode(message.CODE, self._sequence, message.pack()))
        return self._sequence

    def give(self, data: bytes) -> None:
        self._library.loop_give(data, len(data))

    def text(self) -> bytes:
        """What it has said outside frames since the last call."""
        said, self._text = self._text, b""
        return said

    def take(self) -> list[Message]:
        """What it has said since the last call."""
        said, self.said = [message for _, message in self.said], []
        return said

    def ask(self, message: Message) -> Message:
        """The answer to a request, which comes without any time passing."""
        self.take()
        self.send(message)
        self.settle()
        (answer,) = self.take()
        return answer

    def reboot(self) -> LoopBoard:
        """The boot loader chooses a slot, and the program starts again."""
        chip = bytearray(self._chip)
        for sector, entry in enumerate(choose(read_entries(bytes(chip))).entries):
            if entry is not None:
                at = OTADATA.offset + sector * SECTOR_BYTES
                chip[at : at + len(entry.pack())] = entry.pack()
        return LoopBoard(self._program, bytes(chip))
