"""Board folders load; a wrong board.toml is refused with file, key and remedy."""

from __future__ import annotations

from dataclasses import replace

import pytest

import firmware
from codegen.errors import BoardError
from host_tools.boards import board_defines, list_boards, load_board, project_files, read_board

GOOD = """\
title = "A board"
chip = "esp32"
kind = "sim"
clock_hz = 240_000_000
toolchain = "host"
max_payload = 4096
[memory]
static_ram = 1
heap = 2
heap_block = 2
psram = 0
flash_app = 5
app_ram = 6
app_flash = 7
[[build]]
sources = ["board.c"]
[flash]
method = "simulator"
"""

PLATFORMIO = 'method = "platformio"\nplatform = "p"\nboard = "b"\nframework = "f"'
ESPRESSIF = 'family = "espressif"\n' + GOOD.replace('method = "simulator"', PLATFORMIO)


def board_from(tmp_path, text):
    folder = tmp_path / "mine"
    folder.mkdir(exist_ok=True)
    (folder / "board.toml").write_text(text, encoding="utf-8")
    (folder / "board.c").touch()
    return read_board(folder)


def test_all_boards_load():
    boards = {board.name: board for board in list_boards()}
    kinds = {
        "serial": ["esp32c3-devkit", "esp32cam", "freenove-esp32s3-cam", "xiao-esp32s3-sense"],
        "qemu": ["qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa"],
        "sim": ["sim"],
    }
    for kind, names in kinds.items():
        assert {boards[name].kind for name in names} == {kind}
    esp32cam, sim = boards["esp32cam"], boards["sim"]
    assert esp32cam.memory == sim.memory
    assert esp32cam.picture == replace(sim.picture, settle_frames=10)  # simulated light has settled
    assert (esp32cam.camera, boards["qemu-xtensa"].camera) == (True, False)
    assert all(board.notes for board in boards.values())


def test_a_minimal_board(tmp_path):
    board = board_from(tmp_path, GOOD)
    assert (board.name, board.camera, board.baud, board.builds[0].variant) == (
        "mine",
        False,
        115_200,
        "default",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "A board"', "", r"title is missing.*Add `title"),
        ('title = "A board"', "title = 3", r"title is 3.*Write it as a text"),
        ("clock_hz = 240_000_000", "clock_hz = true", r"clock_hz is True.*an integer"),
        ("clock_hz = 240_000_000", "clock_hz = 5", r"clock_hz is 5\. Use 1000000 to"),
        ("clock_hz", "clok_hz", r"clock_hz is missing"),
        ('chip = "esp32"', 'chip = "esp32"\ncolour = "red"', r"colour is unknown.*The keys here are"),
        ('kind = "sim"', 'kind = "usb"', r"kind is 'usb'.*Use one of sim, qemu, serial"),
        ('toolchain = "host"', 'toolchain = "keil"', r"toolchain is 'keil'"),
        ("max_payload = 4096", "max_payload = 2_000_000", r"max_payload is 2000000"),
        ("heap_block = 2", "heap_block = -1", r"memory.heap_block is -1"),
        ("heap_block = 2", "heap_block = 2\nrom = 1", r"memory.rom is unknown"),
        ('sources = ["board.c"]', 'sources = ["none.c"]', r"build\[0\].sources names none.c"),
        ('sources = ["board.c"]', "sources = [1]", r"build\[0\].sources holds 1"),
        ('[[build]]\nsources = ["board.c"]', "", r"there is no \[\[build\]\]"),
        ('kind = "sim"', 'kind = "qemu"', r"has no run"),
        ('method = "simulator"', 'method = "pigeon"', r"flash.method is 'pigeon'"),
        ('method = "simulator"', 'method = "platformio"', r"flash.platform is missing"),
        ("[flash]", '[camera]\nformat = "jpeg"\n[flash]', r"camera.format is 'jpeg'"),
        ("[flash]", '[pins]\nled = "x"\n[flash]', r"pins.led is 'x'"),
        (
            'toolchain = "host"',
            'toolchain = "host"\nfamily = "acme"',
            r"family is 'acme'\. Use .*espressif",
        ),
        ('toolchain = "host"', 'toolchain = "host"\nfamily = "../boards"', r"Use one of espressif"),
        ('title = "A board"', "title =", r"is no TOML"),
    ],
)
def test_a_wrong_board_toml_is_refused(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(BoardError, match=rf"(?s)board\.toml: .*{message}"):
        board_from(tmp_path, GOOD.replace(old, new))


def test_unknown_boards_and_folders(tmp_path, monkeypatch):
    with pytest.raises(BoardError, match=r"no board 'esp33'.*esp32c3-devkit, esp32cam, .*qemu-xtensa, sim"):
        load_board("esp33")
    with pytest.raises(BoardError, match=r"no board\.toml"):
        read_board(tmp_path)
    monkeypatch.setenv("TINYFACE_BOARDS", str(tmp_path / "nowhere"))
    with pytest.raises(BoardError, match=r"no such folder"):
        list_boards()


def test_boards_of_ones_own(tmp_path, monkeypatch):
    board_from(tmp_path, GOOD)
    monkeypatch.setenv("TINYFACE_BOARDS", str(tmp_path))
    assert load_board("mine").title == "A board"
    assert "mine" in [board.name for board in list_boards()]


def test_a_platformio_board_needs_templates(tmp_path):
    text = GOOD.replace('method = "simulator"', PLATFORMIO)
    with pytest.raises(BoardError, match=r"no project templates.*family in board\.toml \(one of espressif\)"):
        project_files(board_from(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "cause"),
    [("{% if board.psram %}\n{% endif %}", "psram"), ("{{ mhz }}", "mhz"), ("{% if %}", "Expected")],
)
def test_a_template_that_jinja_cannot_fill_is_named(tmp_path, text, cause):
    (tmp_path / "mine" / "project").mkdir(parents=True)
    (tmp_path / "mine" / "project" / "sdkconfig.defaults.jinja").write_text(text)
    board = board_from(tmp_path, ESPRESSIF)
    with pytest.raises(
        BoardError, match=rf"sdkconfig\.defaults\.jinja: .*can't be filled \(.*{cause}.*Correct it"
    ):
        project_files(board)


def test_a_file_of_the_boards_own_takes_the_place_of_its_familys(tmp_path):
    (tmp_path / "mine" / "project").mkdir(parents=True)
    board = board_from(tmp_path, ESPRESSIF)
    usual = project_files(board)
    (tmp_path / "mine" / "project" / "sdkconfig.defaults").write_text("CONFIG_MINE=@MAIN_STACK@\n")
    assert project_files(board) == usual | {"sdkconfig.defaults": "CONFIG_MINE=6144\n"}


def test_a_board_of_a_family_is_a_file_of_facts(tmp_path):
    """Each of them ends up in the firmware or in its configuration."""
    facts = "own_usb = true\nled_active_low = true\noctal_psram = true\n"
    camera = "[camera]\nwidth = 320\nheight = 240\nmirror = true\nflip = true\n"
    text = facts + ESPRESSIF.replace("psram = 0", "psram = 8_388_608") + camera
    (plain, board) = board_from(tmp_path, ESPRESSIF), board_from(tmp_path, text)
    more = board_defines(board).items() - board_defines(plain).items()
    flags = {"OWN_USB", "LED_ACTIVE_LOW", "CAMERA_MIRROR", "CAMERA_FLIP", "HAS_CAMERA"}
    assert {(f"TINYFACE_{name}", "1") for name in flags} <= more
    options = [set(project_files(b)["sdkconfig.defaults"].splitlines()) for b in (plain, board)]
    assert "CONFIG_ESP_CONSOLE_UART_DEFAULT=y" in options[0] - options[1]
    assert {"CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG=y", "CONFIG_SPIRAM_MODE_OCT=y"} <= options[1] - options[0]


def test_board_folders_have_no_stray_files():
    known = {
        ".c",
        ".h",
        ".S",
        ".ld",
        ".sh",
        ".toml",
        ".md",
        ".ini",
        ".txt",
        ".yml",
        ".csv",
        ".defaults",
        ".jinja",
        ".py",
    }
    rooms = (firmware.ROOT / "boards", firmware.ROOT / "chips")
    files = [path for room in rooms for path in room.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= known
