"""Runs a simulated board: boots the flash file, bridges the firmware's process to a PTY or TCP port."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from codegen.board import Board, Build
from codegen.errors import BoardError, ToolError
from codegen.scratch import ScratchFolder
from host_tools.pictures.raw import write_frames
from host_tools.simulator import rom
from host_tools.simulator.emulator import emulator_command
from host_tools.simulator.faults import Faults, FaultyLine
from host_tools.simulator.flash import CorruptImageError, ErasedFlashError, boot_image
from host_tools.simulator.link import CHUNK, Link, Reach, open_link
from host_tools.simulator.partitions import SLOTS
from host_tools.wire.framing import Decoder, Frame, encode
from host_tools.wire.messages import Error, ErrorCode, ResetReason

EXIT_RESTART = 90
"""Exit status of a firmware that was asked to restart (boards/*/board.c)."""
EXIT_POWER_CUT = 92
"""Exit status of a firmware whose power failed (boards/sim/chip.c)."""
FIFO_BYTES = 128
"""What the chip's receiver holds until the application reads."""
RESET_REASON = "TINYFACE_RESET_REASON"
REACH = "TINYFACE_LINK"
"""Tells a program whom its link leads to (boards/sim/board.c); one that does not ask guards nothing."""
CRASH_PAUSE_S = 1.0
"""A crashed application boots again after this long."""


class RunningBoard:
    """A board that runs from switch_on() to close(). Made by run_board().

    Attributes:
        port: what the host opens, "/dev/pts/N" or "socket://127.0.0.1:PORT".
    """

    def __init__(
        self,
        board: Board,
        flash_file: Path,
        pictures: Sequence[Path],
        link: Link,
        faults: Faults,
        reach: Reach = Reach.SERIAL,
    ) -> None:
        self.port = link.port
        self._board = board
        self._flash_file = flash_file
        self._link = link
        self._faults = faults
        self._reach = reach
        self._place = ScratchFolder()
        self._folder = self._place.path
        self._camera = self._folder / "camera"
        self._stderr = self._folder / "stderr"
        self._stderr.touch()
        self._to_board = FaultyLine(faults, 0)
        self._to_host = FaultyLine(faults, 1)
        self._process: subprocess.Popen[bytes] | None = None
        self._spool: Path | None = None
        self._responder: Decoder | None = None  # answers in place of a missing application
        self._closing = threading.Event()
        try:
            if pictures or board.camera:
                self._camera.mkdir()
                self.show(pictures)
            self._no_firmware = b""
            self._command, self._slot = self._load()
        except BaseException:
            self._place.close()
            raise
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> RunningBoard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def show(self, pictures: Sequence[Path], period_ms: int = 0) -> None:
        """Puts pictures before the camera of a board that has seen none: it looks when it next starts.

        Args:
            period_ms: of a film: so much later is each picture, whenever the board takes it. 0: no film.
        Raises:
            BoardError: the board has no camera.
            PictureError: a picture is none.
        """
        if pictures:
            write_frames(pictures, self._board.picture, self._camera, period_ms)

    def switch_on(self) -> None:
        """Boot; no effect on a running board. Its port is there before, so that a host can hear all of it."""
        if self._threads or self._closing.is_set():
            return
        self._threads = [threading.Thread(target=t, daemon=True) for t in (self._supervise, self._feed)]
        for thread in self._threads:
            thread.start()

    @property
    def exit_status(self) -> int | None:
        """How the firmware's process ended last; None while it runs."""
        return self._process.returncode if self._process is not None else None

    def stderr_tail(self, limit: int = 4000) -> str:
        """The end of what the firmware's process wrote to its standard error (sanitizer reports)."""
        with contextlib.suppress(OSError):
            return self._stderr.read_text(encoding="utf-8", errors="replace")[-limit:]
        return ""

    def close(self) -> None:
        """Switch the board off; the port is gone afterwards."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._kill()
        self._join(self._threads[1:])
        self._link.close()  # nobody reads it any more; what the board still has to say is not waited for
        self._join(self._threads[:1])
        self._kill()
        self._place.close()

    def _join(self, threads: Sequence[threading.Thread]) -> None:
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(timeout=5)

    def _load(self) -> tuple[list[str] | None, int]:
        """Boot: the command that runs the program in the flash file (None: there is none) and its slot."""
        try:
            image = boot_image(self._flash_file)
        except ErasedFlashError:
            self._no_firmware = rom.erased_text()
            return None, 0
        except CorruptImageError as error:
            self._no_firmware = rom.corrupt_text(error.reason)
            return None, 0
        if image.board != self._board.name:
            raise BoardError(
                f"it was flashed for the board {image.board}, not {self._board.name}",
                str(self._flash_file),
                "Flash it again, or name that board.",
            )
        if self._reach == Reach.NETWORK and REACH.encode() not in image.program:
            raise BoardError(
                "its firmware does not guard itself on a network",
                f"board {self._board.name}, {self._flash_file}",
                "Listen to this computer alone (127.0.0.1:PORT), or use the board sim, flashed again with "
                "`tinyface flash MODEL --board sim`.",
            )
        program = self._folder / f"firmware{image.slot}.elf"
        program.unlink(missing_ok=True)
        program.write_bytes(image.program)
        program.chmod(0o700)
        build = variant_of(self._board, image.program)
        self._spool = self._folder / build.spool if build.spool else None
        self._offer_chip()
        command = emulator_command(build.run, program) if build.run else [str(program)]
        guard = shutil.which("setpriv") if sys.platform == "linux" else None
        return ([guard, "--pdeathsig", "KILL"] if guard else []) + command, image.slot

    def _offer_chip(self) -> None:
        """Emulators find the flash file under this name. On Windows links need a right that few have: without
        one an emulated board keeps nothing, and its firmware says so when asked to."""
        link = self._folder / "flash.bin"
        if link.is_symlink():
            return
        try:
            link.symlink_to(self._flash_file.resolve())
        except OSError as error:
            if sys.platform != "win32":
                raise BoardError(
                    f"the board can't be given its flash ({error.strerror})",
                    str(link),
                    "Set TMPDIR to a folder that knows symbolic links.",
                ) from error

    def _supervise(self) -> None:
        """Boots, carries the board's bytes to the host, boots again after a restart or a crash."""
        reason, why = rom.POWER_ON, ResetReason.POWER_ON
        if self._faults.brownout:
            reason, why = rom.BROWNOUT, ResetReason.BROWNOUT
        first = True
        while self._command is not None and not self._closing.is_set():
            self._send(rom.boot_text(SLOTS[self._slot].offset, reason))
            status = self._run_once(self._command, {**self._environment(first), RESET_REASON: str(int(why))})
            if self._closing.is_set() or status is None:
                return
            reason, why, first = rom.RESTART, ResetReason.SOFTWARE, False
            if status == EXIT_POWER_CUT:
                reason, why = rom.POWER_ON, ResetReason.POWER_ON
            elif status != EXIT_RESTART:
                why = ResetReason.PANIC
                self._send(
                    rom.panic_text(f"status {status}" if status >= 0 else signal.Signals(-status).name)
                )
                self._closing.wait(CRASH_PAUSE_S)
            try:
                self._command, self._slot = self._load()
            except BoardError as error:  # an update brought the firmware of another board
                self._send(rom.panic_text(str(error)))
                return
        if self._command is None:
            self._send(self._no_firmware)
            self._responder = Decoder()  # from now on the other thread sends

    def _environment(self, first: bool) -> dict[str, str]:
        """What the program is told besides the environment of this process."""
        told = {"TINYFACE_FLASH": str(self._flash_file.resolve()), **self._faults.environment(first)}
        told[REACH] = str(int(self._reach))
        if self._camera.is_dir():
            told["TINYFACE_CAMERA"] = str(self._camera)
        return told

    def _run_once(self, command: list[str], told: dict[str, str]) -> int | None:
        """One life of the firmware's process; its exit status, None when it did not start."""
        if self._spool is not None:
            self._spool.write_bytes(b"")
        with self._stderr.open("ab") as errors:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    bufsize=0,
                    env={**os.environ, **told},
                    cwd=self._folder,
                    start_new_session=sys.platform != "win32",
                )
            except OSError as error:
                self._send(rom.panic_text(str(error)))
                return None
        self._process = process
        if self._closing.is_set():
            process.kill()
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            self._carry(process.stdout)
            return process.wait()
        finally:
            process.stdout.close()
            with contextlib.suppress(OSError):
                process.stdin.close()

    def _carry(self, output: IO[bytes]) -> None:
        assert isinstance(output, io.RawIOBase)  # without a buffer of its own: what is there is taken at once
        buffer = bytearray(CHUNK)  # one for all reads: a new one each time leaves gaps in memory
        while count := output.readinto(buffer):
            self._send(bytes(memoryview(buffer)[:count]))

    def _send(self, data: bytes) -> None:
        """Board to host, through the faults."""
        data = self._to_host.pass_on(data)
        before, passed = self._to_host.passed - len(data), self._to_host.passed
        hang, unplug = self._faults.hang_after, self._faults.unplug_after
        if hang and passed > hang:
            data = data[: max(0, hang - before)]
        if unplug and passed > unplug:
            self._link.write(data[: max(0, unplug - before)])
            self._link.unplug()
            return
        self._link.write(data)

    def _feed(self) -> None:
        """Host to board."""
        early = b""
        while not self._closing.is_set():
            try:
                data = self._link.read()
            except (OSError, ValueError):
                return  # unplugged
            data = early + self._to_board.pass_on(data)
            process = self._process
            if not data:
                self._closing.wait(0.002)  # an unplugged link returns at once
            elif self._responder is not None:
                self._answer(self._responder, data)
            elif process is None or process.stdin is None or process.stdin.closed:
                early = data[:FIFO_BYTES]  # still in the ROM
                self._closing.wait(0.002)
                continue
            else:
                self._deliver(process.stdin, data)
            early = b""

    def _deliver(self, stdin: IO[bytes], data: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # the process has just ended
            if self._spool is not None:
                with self._spool.open("ab") as spool:
                    spool.write(data)
                data = b"\n"
            view = memoryview(data)
            while view:
                view = view[stdin.write(view) :]

    def _answer(self, responder: Decoder, data: bytes) -> None:
        reply = Error(ErrorCode.NO_FIRMWARE, 0, "no firmware: flash the board first")
        for frame in responder.feed(data):
            if isinstance(frame, Frame):
                self._send(encode(Error.CODE, frame.sequence, reply.pack()))

    def _kill(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()


def variant_of(board: Board, program: bytes) -> Build:
    """The [[build]] that made a program: an emulator's is told by the 256 MB its ELF entry lies in.

    Raises:
        BoardError: an emulator's program is no ELF file.
    """
    if board.kind == "sim":
        return board.builds[0]
    if program[:4] != b"\x7fELF" or len(program) < 64:
        raise BoardError("the flashed program is no ELF file", board.name, "Flash it again.")
    entry = int.from_bytes(program[24:28], "little")
    for build in board.builds:
        if entry >> 28 == build.entry >> 28:
            return build
    return board.builds[0]


def run_board(
    board: Board,
    flash_file: Path,
    *,
    pictures: Sequence[Path] = (),
    tcp: str | None = None,
    faults: Faults | None = None,
    on: bool = True,
) -> RunningBoard:
    """Switch a simulated board on.

    Args:
        board: a board of kind "sim" or "qemu".
        flash_file: the chip it boots from; where there is none the chip is empty.
        pictures: what its camera sees, one after the other, round and round.
        tcp: "HOST:PORT" to listen on (port 0 picks one); a PTY when None.
        faults: what goes wrong on the line.
        on: False leaves it switched off, until switch_on(); its port is there.
    Returns:
        the board, a context manager; `.port` is what the host opens.
    Raises:
        BoardError: the board is no simulated one, was flashed for another board, or can't be reached.
        PictureError: a picture is none.
        ToolError: the emulator is missing.
    """
    if board.kind not in ("sim", "qemu"):
        raise BoardError("it is no simulated board", board.name, "Connect it and name its port.")
    if board.kind == "qemu" and not board.builds:
        raise ToolError("board.toml says no emulator", board.name, "Add a [[build]] with `run`.")
    link = open_link(tcp)
    try:
        running = RunningBoard(board, flash_file, pictures, link, faults or Faults(), link.reach)
    except BaseException:
        link.close()
        raise
    if on:
        running.switch_on()
    return running
