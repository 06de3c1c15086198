"""The simulated board around the firmware: flash file, boot texts, ports, faults, crashes."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codegen.errors import BoardError, BudgetError, PictureError
from host_tools.boards import load_board
from host_tools.simulator import Faults, parse_faults, run_board
from host_tools.simulator.__main__ import main
from host_tools.simulator.flash import (
    APP_OFFSET,
    FLASH_BYTES,
    TABLE_OFFSET,
    CorruptImageError,
    ErasedFlashError,
    read_image,
    reseal,
    write_flash,
)
from host_tools.wire.messages import (
    Ack,
    Error,
    ErrorCode,
    Hello,
    HelloRequest,
    InferTensor,
    Restart,
    Result,
    StatsRequest,
)
from tests.firmware.fake_model import reference
from tests.firmware.wire_client import WireClient

DATA = bytes(range(64))


def ask_often(client, timeout_s):
    for _ in range(200):
        client.ask(InferTensor(0, DATA), timeout_s)


def run_without_firmware(flash, expected_text):
    with run_board(load_board("sim"), flash) as running, WireClient(running.port) as client:
        for request in (HelloRequest(), InferTensor(0, DATA)):
            (error,) = client.ask(request)
            assert isinstance(error, Error)
            assert error.code == ErrorCode.NO_FIRMWARE
        assert expected_text in client.text


def test_the_chip_as_the_esp32_lays_it_out(tmp_path):
    program = os.urandom(1001)
    (tmp_path / "firmware.elf").write_bytes(program)
    write_flash(load_board("sim"), tmp_path / "firmware.elf", tmp_path / "flash.bin")
    chip = (tmp_path / "flash.bin").read_bytes()
    assert len(chip) == FLASH_BYTES
    assert chip[:TABLE_OFFSET] == b"\xff" * TABLE_OFFSET
    table = chip[TABLE_OFFSET : TABLE_OFFSET + 192]
    assert [table[at : at + 2] for at in range(0, 192, 32)] == [b"\xaa\x50"] * 5 + [b"\xeb\xeb"]
    assert table[176:192] == hashlib.md5(table[:160]).digest()
    ends = [
        int.from_bytes(table[at + 4 : at + 8], "little") + int.from_bytes(table[at + 8 : at + 12], "little")
        for at in range(0, 160, 32)
    ]
    starts = [int.from_bytes(table[at + 4 : at + 8], "little") for at in range(0, 160, 32)]
    assert starts == [0x9000, *ends[:-1]]
    assert ends[-1] == FLASH_BYTES
    assert chip[APP_OFFSET] == 0xE9
    image = read_image(tmp_path / "flash.bin")
    assert (image.board, image.program[:1001]) == ("sim", program)
    filled = 24 + 8 + 256 + 8 + 1004 + 1  # header, two segments with their heads, checksum
    end = APP_OFFSET + -(-filled // 16) * 16 + 32
    application = chip[APP_OFFSET:end]
    assert chip[end:] == b"\xff" * (FLASH_BYTES - end)
    assert application[-32:] == hashlib.sha256(application[:-32]).digest()
    checksum = 0xEF
    for value in application[24 + 8 : 24 + 8 + 256] + application[24 + 8 + 256 + 8 : 24 + 16 + 256 + 1004]:
        checksum ^= value
    assert application[-33] == checksum


@pytest.mark.parametrize("offset", [0, 1, 24 + 4, 24 + 8, 1500])
def test_a_damaged_image_is_noticed_and_can_be_resealed(flashed, tmp_path, offset):
    flash = tmp_path / "flash.bin"
    chip = bytearray(flashed("sim").read_bytes())
    chip[APP_OFFSET + offset] ^= 0x40
    flash.write_bytes(chip)
    with pytest.raises(CorruptImageError):
        read_image(flash)
    if offset == 1500:
        reseal(flash)
        assert read_image(flash).program != read_image(flashed("sim")).program


def test_a_damaged_image_does_not_boot(flashed, tmp_path):
    chip = bytearray(flashed("sim").read_bytes())
    chip[APP_OFFSET + 2000] ^= 1
    (tmp_path / "flash.bin").write_bytes(chip)
    run_without_firmware(tmp_path / "flash.bin", b"esp_image: Checksum failed.")


def test_an_erased_chip_says_so(tmp_path):
    with pytest.raises(ErasedFlashError):
        read_image(tmp_path / "missing.bin")
    run_without_firmware(tmp_path / "missing.bin", b"invalid header: 0xffffffff\r\n")
    (tmp_path / "erased.bin").write_bytes(b"\xff" * FLASH_BYTES)
    run_without_firmware(tmp_path / "erased.bin", b"invalid header: 0xffffffff\r\n")


def test_what_is_no_chip_or_too_large_is_refused(tmp_path):
    (tmp_path / "short.bin").write_bytes(b"\xff" * 100)
    with pytest.raises(BoardError, match="100 bytes are no 4 MB"):
        run_board(load_board("sim"), tmp_path / "short.bin")
    (tmp_path / "large.elf").write_bytes(bytes(1_572_864))
    with pytest.raises(BudgetError, match=r"336 bytes longer than the application's partition of 1572864"):
        write_flash(load_board("sim"), tmp_path / "large.elf", tmp_path / "flash.bin")
    assert not (tmp_path / "flash.bin").exists()
    with pytest.raises(BoardError, match="can't be read"):
        write_flash(load_board("sim"), tmp_path / "none.elf", tmp_path / "flash.bin")


def test_an_image_for_another_board_is_refused(flashed):
    with pytest.raises(BoardError, match="flashed for the board sim, not qemu-cortex-m4"):
        run_board(load_board("qemu-cortex-m4"), flashed("sim"))
    with pytest.raises(BoardError, match="no simulated board"):
        run_board(load_board("esp32cam"), flashed("sim"))


@pytest.mark.skipif(sys.platform == "win32", reason="there a board runs without")
def test_a_folder_without_links_is_told(flashed, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    chip = flashed("sim")
    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(BoardError, match="can't be given its flash"):
        run_board(load_board("sim"), chip)


def test_a_file_that_is_no_picture(flashed, tmp_path):
    (tmp_path / "x.png").write_bytes(b"not a picture")
    with pytest.raises(PictureError, match="is no picture"):
        run_board(load_board("sim"), flashed("sim"), pictures=[tmp_path / "x.png"])


def test_tcp_serves_one_client_after_the_other(flashed):
    with run_board(load_board("sim"), flashed("sim"), tcp="127.0.0.1:0") as running:
        assert running.port.startswith("socket://127.0.0.1:")
        for _ in range(3):
            with WireClient(running.port) as client:
                assert client.ask(InferTensor(0, DATA))[0].outputs == reference(DATA)[1].tobytes()
    with pytest.raises(OSError, match=r"refused|\[Errno"):
        WireClient(running.port)
    with pytest.raises(BoardError, match="can't listen"):
        run_board(load_board("sim"), flashed("sim"), tcp="127.0.0.1:http")


def test_a_pty_may_be_opened_again(flashed):
    with run_board(load_board("sim"), flashed("sim")) as running:
        for _ in range(3):
            with WireClient(running.port) as client:
                assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)


def test_a_crash_is_told_and_the_board_boots_again(flashed):
    with run_board(load_board("sim"), flashed("sim")) as running, WireClient(running.port) as client:
        client.boot()
        os.kill(running._process.pid, signal.SIGSEGV)
        client.boot()
        assert b"Guru Meditation Error" in client.text
        assert b"SIGSEGV" in client.text
        assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)


@pytest.mark.slow
def test_dropped_and_flipped_bytes_lose_frames_but_never_lie(flashed):
    faults = Faults(drop=0.0005, corrupt=0.0005, seed=4)
    with (
        run_board(load_board("sim"), flashed("sim"), faults=faults) as running,
        WireClient(running.port) as client,
    ):
        good = lost = 0
        for number in range(200):
            data = bytes([number]) * 64
            try:
                (reply,) = client.ask(InferTensor(0, data), timeout_s=0.4)
            except TimeoutError:
                lost += 1
                continue
            if isinstance(reply, Result):
                assert reply.outputs == reference(data)[1].tobytes()
                good += 1
            else:
                lost += 1
        assert good > 100
        assert lost > 0


def test_a_board_that_hangs(flashed):
    with run_board(load_board("sim"), flashed("sim"), faults=Faults(hang_after=3000)) as running:
        with WireClient(running.port) as client:
            client.boot()
            with pytest.raises(TimeoutError):
                ask_often(client, timeout_s=0.3)
        assert running.exit_status is None


@pytest.mark.parametrize("tcp", [None, "127.0.0.1:0"])
def test_a_board_that_is_unplugged(flashed, tcp):
    faults = Faults(unplug_after=4000)
    with (
        run_board(load_board("sim"), flashed("sim"), tcp=tcp, faults=faults) as running,
        WireClient(running.port) as client,
        pytest.raises(OSError, match=r"gone|Errno"),
    ):
        ask_often(client, timeout_s=2)


def test_faults_are_read_from_a_text():
    assert parse_faults("drop=0.001,hang_after=7,seed=3") == Faults(drop=0.001, hang_after=7, seed=3)
    assert parse_faults("") == Faults()
    with pytest.raises(BoardError, match="no fault 'dorp'"):
        parse_faults("dorp=1")
    with pytest.raises(BoardError, match="no number"):
        parse_faults("drop=x")


def test_close_leaves_no_process_behind(flashed):
    running = run_board(load_board("sim"), flashed("sim"))
    with WireClient(running.port) as client:
        client.boot()
    process = running._process
    running.close()
    running.close()
    assert process.poll() is not None


@pytest.mark.skipif(not shutil.which("setpriv"), reason="without setpriv (util-linux) no parent-death signal")
def test_the_board_ends_with_its_simulator(flashed):
    """Even when the simulator is killed, no emulator stays behind."""
    command = [
        sys.executable,
        "-m",
        "host_tools.simulator",
        "--flash",
        str(flashed("sim")),
        "--tcp",
        "127.0.0.1:0",
    ]
    simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = simulator.stdout.readline().strip()
        with WireClient(port) as client:
            assert isinstance(client.ask(HelloRequest())[0], Hello)
            assert isinstance(client.ask(Restart())[0], Ack)
            client.boot()
            assert client.ask(StatsRequest())
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(simulator.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
    finally:
        simulator.kill()
        simulator.wait()
        simulator.stdout.close()
    deadline = time.monotonic() + 5
    while children and time.monotonic() < deadline:
        children = [pid for pid in children if os.path.exists(f"/proc/{pid}/exe")]  # noqa: PTH110
        time.sleep(0.05)
    assert children == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--board", "nope"], "there is no board 'nope'"),
        (["--pictures", "/nowhere"], "Name a folder of pictures"),
        (["--fault", "bang=1"], "no fault 'bang'"),
        (["--tcp", "here"], "can't listen there"),
    ],
)
def test_the_standalone_simulator_tells_what_is_wrong(tmp_path, capsys, options, message):
    assert main(["--flash", str(tmp_path / "flash.bin"), *options]) == 2
    assert message in capsys.readouterr().err
