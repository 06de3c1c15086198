"""The application in steps, on a board without threads, waits and a clock: a bare loop, as in a browser.

The test gives bytes, frames and the time; the board (loop_board.c) counts whatever would have waited.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from dataclasses import astuple
from pathlib import Path

import pytest

import firmware
from host_tools.boards import load_board
from host_tools.project.toolchains import host_compiler
from host_tools.simulator.partitions import (
    FLASH_BYTES,
    OTADATA,
    SECTOR_BYTES,
    choose,
    read_entries,
)
from host_tools.wire.framing import Decoder, Frame, encode
from host_tools.wire.messages import (
    Ack,
    Challenge,
    ChallengeRequest,
    Configure,
    ErrorCode,
    Flags,
    Guard,
    Hello,
    HelloRequest,
    InferTensor,
    LedMode,
    Log,
    Message,
    Restart,
    Result,
    Settings,
    SettingsRequest,
    StatsRequest,
    Stream,
    TokenFault,
    Update,
    UpdateTarget,
    unpack,
)
from host_tools.wire.token import seal_of
from tests.firmware.conftest import STRICT
from tests.firmware.fake_model import reference, write_project
from tests.firmware.test_update import constants_image, requests_for

OVER = -1
TOKEN = "compiled into the firmware"
NETWORK = 2
PAUSE_MS = 200
"""Between two starts of the camera (camera.c)."""
DATA = bytes(range(64))
FOREVER = 0xFFFFFFFF


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware for the loop board as a shared library, undefined behaviour trapped."""
    place = tmp_path_factory.mktemp("loop")
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


@pytest.fixture
def board(program: Path) -> LoopBoard:
    return LoopBoard(program)


def output(constant: int = 0, data: bytes = DATA) -> bytes:
    return reference(data, constant=constant)[1].tobytes()


def test_it_says_hello_and_rests(board):
    ((frame, hello),) = board.said
    assert isinstance(hello, Hello)
    assert (frame.flags, hello.board, hello.cores, hello.has_camera) == (Flags.UNASKED, "loop", 1, 1)
    board.take()
    assert board.settle() == 1000
    assert board.take() == []
    assert board.ask(HelloRequest()) == hello


def test_inferences(board):
    board.take()
    for seed in range(5):
        data = bytes((seed * 31 + i) % 256 for i in range(64))
        result = board.ask(InferTensor(0, data))
        assert isinstance(result, Result)
        assert (result.frame, result.outputs) == (seed, output(data=data))


def test_each_of_many_requests_has_a_step_of_its_own(board):
    """They come at once, more of them than the receive buffer takes; step() counts the inferences."""
    board.take()
    sequences = [board.send(InferTensor(0, DATA)) for _ in range(400)]
    board.settle()
    assert [frame.sequence for frame, _ in board.said] == sequences
    assert {message.outputs for _, message in board.said} == {output()}


def test_bytes_come_one_by_one_and_a_cut_frame_is_given_up(board):
    board.take()
    for byte in encode(InferTensor.CODE, 9, InferTensor(0, DATA).pack()):
        assert board.take() == []
        board.give(bytes([byte]))
        assert board.settle() <= 1000
        board.pass_time(10)
    assert board.take()[0].outputs == output()
    board.give(encode(InferTensor.CODE, 10, InferTensor(0, DATA).pack())[:40])
    assert board.settle() == 500
    board.pass_time(499)
    board.settle()
    assert board.take() == []
    board.pass_time(1)
    board.settle()
    ((frame, error),) = board.said
    assert (frame.sequence, error.code) == (10, ErrorCode.BAD_FRAME)


def test_settings_are_kept_over_a_restart(board):
    mine = Configure(1, 250, 12, LedMode.BUSY, 0, 300, 5, -1, 2, 1, 0)
    wanted = Settings(*astuple(mine)[1:], refused=0)
    assert board.ask(mine) == wanted
    assert board["led"] == 0
    board.send(Restart())
    board.take()
    assert board.settle() == OVER
    assert [type(message) for message in board.take()] == [Ack]
    assert board["restarted"] == 1
    assert board.step() == OVER
    again = board.reboot()
    assert isinstance(again.take()[0], Hello)
    assert again.ask(SettingsRequest()) == wanted


def test_a_camera_that_fails_twice_and_then_starts(board):
    """The answer to STREAM comes with the start; the board says how long it may be left alone until then."""
    board["failing_starts"] = 2
    board.take()
    sequence = board.send(Stream(0, 2, 0))
    late = board.send(StatsRequest())
    began = board.ms
    for start in (1, 2):
        assert board.settle() == PAUSE_MS
        assert (board["starts"], board["led"]) == (start, 0)
        board.pass_time(PAUSE_MS - 1)
        assert board.settle() == 1
        assert board["starts"] == start
        assert board.said == []
        board.pass_time(1)
    assert board.ms - began == 2 * PAUSE_MS
    assert board.settle() == 5  # no frame yet
    (ack, stats) = board.said
    assert [(frame.sequence, frame.flags) for frame, _ in board.said] == [(sequence, 0), (late, 0)]
    assert (type(ack[1]), stats[1].camera_failures, board["led"]) == (Ack, 2, 1)
    board.take()
    board["frames"] = 9
    board.pass_time(5)
    board.settle()
    assert [(f.sequence, f.flags, m.frame) for f, m in board.said] == [(sequence, 1, n) for n in (0, 1)]
    assert (board["frames"], board["held"]) == (7, 0)
    assert board.settle() == 1000  # the stream is over


def test_a_camera_that_starts_in_several_turns(board):
    """A turn a step: no pause between turns, and only a try that ends counts as a failure."""
    board["start_turns"] = 3
    board["failing_starts"] = 1
    board.take()
    sequence = board.send(Stream(0, 1, 0))
    for turn in (1, 2, 3):
        assert board.step() == 0
        assert (board["starts"], board.said) == (turn, [])
    assert board.settle() == PAUSE_MS
    assert board["starts"] == 4
    board.pass_time(PAUSE_MS)
    assert board.settle() == 5  # it runs
    ((frame, ack),) = board.said
    assert (frame.sequence, type(ack), board["starts"]) == (sequence, Ack, 8)
    assert board.ask(StatsRequest()).camera_failures == 1


def test_a_camera_that_never_starts_is_refused_at_the_third_try(board):
    board["failing_starts"] = 9
    board.take()
    sequence = board.send(Stream(0, 1, 0))
    for _ in range(2):
        assert board.settle() == PAUSE_MS
        assert board.said == []
        board.pass_time(PAUSE_MS)
    board.settle()
    (_, log), (frame, error) = board.said
    assert isinstance(log, Log)
    assert (frame.sequence, error.code, error.detail) == (sequence, ErrorCode.CAMERA, 0x105)
    assert board.ask(Stream(0, 1, 0)) == error  # at once
    assert board["starts"] == 3
    assert board.ask(InferTensor(0, DATA)).outputs == output()


def test_a_host_that_takes_nothing_while_the_camera_starts(board):
    board["failing_starts"] = 1
    board.take()
    board.send(Stream(0, FOREVER, 0))
    assert board.settle() == PAUSE_MS
    board["deaf"] = 1
    board.pass_time(PAUSE_MS)
    board.settle()
    board["deaf"] = 0
    board.pass_time(60)
    assert board.settle() == 1000
    assert board.said == []
    board.send(HelloRequest())
    board.settle()
    gone, hello = board.take()
    assert (gone.code, type(hello)) == (ErrorCode.HOST_GONE, Hello)
    assert board.settle() == 1000


def test_a_stream_keeps_its_period_and_requests_come_between(board):
    board.take()
    board["frames"] = 1000
    sequence = board.send(Stream(0, FOREVER, 40))
    waits = []
    for _ in range(10):
        waits.append(board.settle())
        board.pass_time(waits[-1])
    assert waits == [40] * 10
    results = [m for f, m in board.said if (f.sequence, f.flags) == (sequence, Flags.UNASKED)]
    assert [r.frame for r in results] == list(range(10))


def test_requests_do_not_hold_up_a_stream_nor_a_stream_requests(board):
    """Both always have something to do: they take turns."""
    board["frames"] = 1000
    board.send(Stream(0, FOREVER, 0))
    board.step()
    board.take()
    asked = [board.send(InferTensor(0, DATA)) for _ in range(20)]
    for _ in range(41):
        assert board.step() == 0
    answered = [frame.sequence for frame, _ in board.said if not frame.flags]
    assert answered == asked
    assert len(board.said) == 41


def test_text_mode_waits_for_a_camera_too(board):
    board["failing_starts"] = 1
    board.take()
    board.give(b"t\r")
    board.settle()
    assert b"letter and Enter" in board.text()
    board.give(b"c\r")
    assert board.settle() == PAUSE_MS
    board.pass_time(PAUSE_MS)
    board["frames"] = 1
    board.settle()
    assert board.text().startswith(b"frame 0: ")
    board.give(b"c\r")
    board.settle()
    assert board.text() == b"camera off\r\n"
    board.give(b"r\r")
    assert board.settle() == OVER


def put(board: LoopBoard, target: UpdateTarget, image: bytes) -> None:
    for request in requests_for(target, image):
        assert isinstance(board.ask(request), Update)
    board.send(Restart())
    assert board.settle() == OVER


def test_a_new_model_runs_after_the_restart(board):
    assert board.ask(InferTensor(0, DATA)).outputs == output()
    put(board, UpdateTarget.MODEL, constants_image(5))
    again = board.reboot()
    assert again.take()[0].model_source == 1
    assert again.ask(InferTensor(0, DATA)).outputs == output(5)


def test_a_new_firmware_that_nobody_confirms_restarts_by_itself(board):
    put(board, UpdateTarget.FIRMWARE, b"\xe9" + bytes(9000))
    again = board.reboot()
    assert again.take()[0].slot == 1
    assert again.settle() == 1000
    again.pass_time(59_999)
    assert again.settle() == 1000
    again.pass_time(1)
    assert again.settle() == OVER
    assert again["restarted"] == 1
    assert again.reboot().take()[0].slot == 0


def test_on_a_network_the_token_is_the_one_compiled_in(board):
    board["link"], board["randoms"] = NETWORK, 1
    assert board.ask(Restart()).detail == TokenFault.MISSING
    challenge = board.ask(ChallengeRequest())
    assert challenge == Challenge(Guard.SEALED, b"\x01" * 16)
    board.take()
    for token in ("another one than compiled in", TOKEN):
        assert board["restarted"] == 0
        board.give(
            encode(Restart.CODE, 99, seal_of(token.encode(), challenge.nonce, Restart.CODE, 99, b""), 2)
        )
        board.settle()
    assert [getattr(m, "detail", None) for m in board.take()] == [TokenFault.WRONG, None]
    assert board["restarted"] == 1


def test_a_board_without_random_bytes_serves_no_change_on_a_network(board):
    board["link"], board["randoms"] = NETWORK, 1
    nonce = board.ask(ChallengeRequest()).nonce
    assert board.ask(ChallengeRequest()) == Challenge(Guard.CLOSED, bytes(16))
    for old in (nonce, bytes(16)):
        seal = seal_of(TOKEN.encode(), old, Restart.CODE, 99, b"")
        board.give(encode(Restart.CODE, 99, seal, Flags.SEALED))
    assert board.settle() == 1000
    assert [(m.code, m.detail) for m in board.take()] == 2 * [(ErrorCode.TOKEN, TokenFault.NONE_HERE)]
    board["randoms"] = 1
    assert board.ask(ChallengeRequest()).guard == Guard.CLOSED
