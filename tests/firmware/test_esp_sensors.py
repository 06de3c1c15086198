"""Every sensor that esp32-camera drives, on a fake with each driver's refusals: what frames a board gets.

What the sensors give and refuse was read in the drivers of esp32-camera 2.1.6: see fake_sensors.c.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import firmware
from host_tools.boards import board_defines, load_board
from host_tools.project.toolchains import host_compiler
from host_tools.wire.messages import Pixels, Refused

FAKES = Path(__file__).resolve().parents[1] / "fakes" / "esp_idf"
SHARED = firmware.ROOT / "chips" / "espressif"
CAMERA = ("esp_capture.c", "esp_frames.c", "esp_sensor.c", "esp_sensor_settings.c")
SETTLE_FRAMES = 10
PSRAM, DRAM = "psram", "dram"
GRAYSCALE, YUV422, RGB565 = 3, 1, 0
"""esp32-camera's pixformat_t."""

CHANGED = "300 5 -1 2 1 1"
USUAL = "-1 -1 0 0 0 0"


@dataclass(frozen=True)
class Outcome:
    """What the driver program said: see esp_camera_driver.c."""

    said: str
    log: str
    pixels: bytes

    @property
    def code(self) -> int:
        return int(re.findall(r"^start (0x\w+)$", self.said, re.MULTILINE)[0], 16)

    @property
    def found(self) -> tuple[str, int, int, int]:
        name, *rest = re.findall(r"^found '(\w*)' (\d+) (\d+) (\d+)$", self.said, re.MULTILINE)[0]
        return (name, *map(int, rest))

    @property
    def frames(self) -> list[tuple[int, int, int, int]]:
        """(format, width, height, frames that were given up before it)."""
        pattern = r"^frame (\d+) (\d+) (\d+) after (\d+)$"
        return [tuple(map(int, part)) for part in re.findall(pattern, self.said, re.MULTILINE)]

    @property
    def refused(self) -> list[Refused]:
        return [Refused(int(mask)) for mask in re.findall(r"^refused (\d+)$", self.said, re.MULTILINE)]

    @property
    def starts(self) -> list[tuple[int, int, str, int]]:
        """(format, count of frames, where, code) of every start of the driver."""
        pattern = r"^camera init size \d+ format (\d+) frames (\d+) in (\w+) .* code (0x\w+)$"
        found = re.findall(pattern, self.log, re.MULTILINE)
        return [(int(kind), int(count), where, int(code, 16)) for kind, count, where, code in found]


class Driver:
    """Builds the camera's sources and the fakes for each chip once, and runs them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _program(self, name: str) -> Path:
        program = self._folder / name
        if not program.exists():
            board = load_board(name)
            facts = [f"-D{fact}={value}" for fact, value in board_defines(board).items()]
            facts += [
                f"-DCONFIG_IDF_TARGET_ESP32={int(board.chip == 'esp32')}",
                "-DCONFIG_FREERTOS_UNICORE=0",
            ]
            places = (firmware.ROOT / "include", firmware.ROOT / "src", SHARED, FAKES)
            sources = [SHARED / source for source in CAMERA] + sorted(FAKES.glob("*.c"))
            sources += [firmware.ROOT / "src" / "protocol.c", Path(__file__).with_name("esp_camera_driver.c")]
            flags = ["-std=gnu17", "-g", "-D_GNU_SOURCE", "-pthread", "-fsanitize=address,undefined"]
            command = [host_compiler(), *flags, *facts, *(f"-I{place}" for place in places)]
            subprocess.run([*command, *map(str, sources), "-o", str(program)], check=True)
        return program

    def run(
        self, sensor: str, wish: str = "gray 8 8", *, board: str = "esp32cam", frames: int = 2, **more: object
    ) -> Outcome:
        out, log = self._folder / "out", self._folder / "log"
        log.write_text("")
        mine = {
            "FAKE_SENSOR": sensor, "FAKE_FRAME_MS": 2, "FAKE_LOG": log, "DRIVER_WISH": wish,
            "DRIVER_FRAMES": frames, "DRIVER_OUT": out, "ASAN_OPTIONS": "detect_leaks=0", **more,
        }  # fmt: skip
        environment = os.environ | {name: str(value) for name, value in mine.items()}
        done = subprocess.run(
            [self._program(board)], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stderr == ""
        return Outcome(done.stdout, log.read_text(), out.read_bytes())


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    return Driver(tmp_path_factory.mktemp("camera"))


def gray_of(pixels: bytes) -> bytes:
    """The gray that the fake sensor exposed; which turn it was, and when handed out, stand in the picture."""
    number, i = int.from_bytes(pixels[:4], "little"), np.arange(len(pixels), dtype=np.uint64)
    expected = ((i * 7 + number * 31 + i // 97) & 255).astype(np.uint8)
    expected[:8] = np.frombuffer(pixels[:8], np.uint8)
    assert 0 < number <= int.from_bytes(pixels[4:8], "little") < 10_000
    return expected.tobytes()


# sensor, formats asked for, size of the frame for a small gray picture, settings that it does not take
SENSORS = [
    ("OV2640", [GRAYSCALE], (96, 96), ""),
    ("OV3660", [GRAYSCALE], (96, 96), ""),
    ("OV5640", [GRAYSCALE], (96, 96), ""),
    ("OV7725", [GRAYSCALE], (96, 96), ""),
    ("OV7670", [GRAYSCALE] * 3, (160, 120), "exposure gain brightness contrast"),
    ("NT99141", [GRAYSCALE] * 2, (320, 240), ""),
    ("GC2145", [GRAYSCALE, YUV422], (96, 96), "exposure gain brightness contrast"),
    ("GC032A", [GRAYSCALE, YUV422], (96, 96), "exposure gain brightness contrast"),
    ("GC0308", [GRAYSCALE], (96, 96), "brightness"),
    ("BF3005", [GRAYSCALE], (96, 96), "exposure"),
    ("BF20A6", [GRAYSCALE], (96, 96), "exposure gain brightness contrast"),
    ("SC101IOT", [GRAYSCALE, YUV422], (96, 96), "exposure gain brightness"),
    ("SC030IOT", [GRAYSCALE, YUV422], (96, 96), "exposure gain brightness"),
    ("SC031GS", [GRAYSCALE], (96, 96), "exposure gain brightness contrast"),
    ("MEGA_CCM", [GRAYSCALE, YUV422], (96, 96), "exposure gain"),
    ("HM1055", [GRAYSCALE, YUV422], (160, 120), ""),
]


@pytest.mark.parametrize(("sensor", "asked", "size", "lacks"), SENSORS, ids=[row[0] for row in SENSORS])
def test_every_sensor_gives_gray(driver, sensor, asked, size, lacks):
    """Gray, or the luma of YUV422, byte for byte as the sensor exposed it; what it lacks is named."""
    done = driver.run(sensor, DRIVER_SETTINGS=f"{USUAL} {CHANGED} {USUAL}")
    assert (done.code, done.found) == (0, (sensor, Pixels.GRAY8, *size))
    assert [start[0] for start in done.starts] == asked
    assert {start[1:3] for start in done.starts} == {(4, PSRAM)}
    assert done.frames == [(Pixels.GRAY8, *size, SETTLE_FRAMES), (Pixels.GRAY8, *size, 0)]
    pixels = size[0] * size[1]
    assert len(done.pixels) == 2 * pixels
    for frame in (done.pixels[:pixels], done.pixels[pixels:]):
        assert frame == gray_of(frame)
    expected = Refused(sum(Refused[name.upper()] for name in lacks.split()))
    assert done.refused == [Refused(0), expected, Refused(0)]


def test_the_first_page_lists_them() -> None:
    """docs/first-esp32cam.md, table by table cell; SC101IOT and SC031GS are switched off in the driver."""
    page = (firmware.ROOT.parent / "docs" / "first-esp32cam.md").read_text(encoding="utf-8")
    table = page.partition("| sensor | frames |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ?([^|]*?) ?\|$", table, re.MULTILINE)
    listed = {
        name: (frames, lacks)
        for names, frames, lacks in rows
        for name in re.sub(r" \(.*?\)", "", names).replace("MEGA CCM", "MEGA_CCM").split(", ")
    }
    assert set(listed) == {row[0] for row in SENSORS} - {"SC101IOT", "SC031GS"} | {"HM0360"}
    for sensor, asked, (width, height), lacks in SENSORS:
        if sensor in listed:
            kind = "luma of YUV422" if asked[-1] == YUV422 else "gray"
            size = f", {width} x {height}" if width > 96 else ""
            assert listed[sensor][0].removesuffix(" or more") == kind + size, sensor
            assert listed[sensor][1].replace(",", "") == lacks, sensor


def test_a_gray_sensor_whose_pixels_the_chip_misreads(driver):
    """HM0360: the ESP32's driver takes every second byte for a colour. That is no picture: an error."""
    done = driver.run("HM0360")
    assert (done.code, done.found[0], len(done.starts)) == (0x20004, "HM0360", 1)
    done = driver.run("HM0360", board="xiao-esp32s3-sense", DRIVER_SETTINGS=f"{USUAL} {CHANGED}")
    assert (done.code, done.found) == (0, ("HM0360", Pixels.GRAY8, 160, 120))
    assert done.pixels[: 160 * 120] == gray_of(done.pixels[: 160 * 120])
    assert done.refused[1] == Refused.EXPOSURE | Refused.GAIN | Refused.CONTRAST


COLOURS = ["OV2640", "OV3660", "OV5640", "OV7725", "OV7670", "NT99141", "GC2145", "GC032A", "GC0308"]
COLOURS += ["BF3005", "MEGA_CCM", "HM1055"]


@pytest.mark.parametrize("sensor", COLOURS)
def test_colours_have_their_high_byte_first(driver, sensor):
    """The fake sensors send one orange, 0xFC 0x80: it goes on as it came."""
    done = driver.run(sensor, "rgb 96 96")
    kind, width, height, _ = done.frames[0]
    assert (done.code, done.found) == (0, (sensor, Pixels.RGB565, width, height))
    assert kind == Pixels.RGB565
    frame = bytearray(done.pixels[: 2 * width * height])
    frame[4:8] = bytes([0xFC, 0x80] * 2)  # the fake notes there when it was handed out
    assert frame == bytes([0xFC, 0x80]) * (width * height)


@pytest.mark.parametrize("sensor", ["SC030IOT", "SC101IOT", "BF20A6", "SC031GS"])
def test_a_sensor_without_rgb565_gives_gray_instead(driver, sensor):
    """Two of their drivers say yes to RGB565 and change nothing."""
    done = driver.run(sensor, "rgb 96 96")
    assert (done.code, done.found) == (0, (sensor, Pixels.GRAY8, 96, 96))
    assert done.pixels[: 96 * 96] == gray_of(done.pixels[: 96 * 96])


# sensor, side of the wish, bytes of PSRAM (0: none) and internal heap; then size, count and place of frames
MEMORY = [
    ("OV2640", 224, 4 << 20, 290_000, (240, 240), 4, PSRAM),
    ("OV2640", 224, 2 << 20, 290_000, (240, 240), 4, PSRAM),
    ("GC2145", 224, 2 << 20, 290_000, (240, 240), 4, PSRAM),
    ("GC2145", 224, 300_000, 290_000, (240, 240), 2, PSRAM),  # of 2 MB, after a large model
    ("GC2145", 224, 100_000, 290_000, (240, 176), 2, DRAM),
    ("OV2640", 8, 0, 290_000, (96, 96), 4, DRAM),
    ("GC2145", 8, 0, 290_000, (96, 96), 2, DRAM),
    ("OV7670", 8, 0, 290_000, (160, 120), 2, DRAM),
    ("OV2640", 224, 0, 290_000, (240, 240), 2, DRAM),
    ("GC2145", 224, 0, 290_000, (240, 176), 2, DRAM),  # 240 x 240 of two bytes is more than the largest block
    ("OV2640", 8, 0, 60_000, (96, 96), 2, DRAM),
    ("GC2145", 8, 0, 62_000, (96, 96), 1, DRAM),
    ("OV2640", 224, 0, 80_000, (176, 144), 1, DRAM),
]


@pytest.mark.parametrize(("sensor", "side", "psram", "heap", "size", "count", "where"), MEMORY)
def test_frames_fit_the_memory(driver, sensor, side, psram, heap, size, count, where):
    """With 4 MB of PSRAM, with 2 MB, with what a large model leaves of it, and without."""
    memory = {"FAKE_PSRAM": psram} if psram else {"TINYFACE_NO_PSRAM": 1}
    done = driver.run(sensor, f"gray {side} {side}", FAKE_HEAP=heap, **memory)
    assert (done.code, done.found) == (0, (sensor, Pixels.GRAY8, *size))
    assert done.starts[-1][1:] == (count, where, 0)
    assert done.pixels[: size[0] * size[1]] == gray_of(done.pixels[: size[0] * size[1]])


@pytest.mark.parametrize(
    ("side", "size"),
    [
        (8, (96, 96)), (96, (96, 96)), (97, (128, 128)), (112, (128, 128)), (129, (176, 144)),
        (160, (240, 176)), (192, (240, 240)), (240, (240, 240)), (241, (320, 240)),
    ],
)  # fmt: skip
def test_frames_are_the_smallest_that_cover_the_wish(driver, side, size):
    """The shorter side holds the model's picture, up to the largest frame that the board's facts allow."""
    assert driver.run("OV2640", f"gray {side // 2} {side}", frames=0).found[2:] == size


def test_no_memory_at_all_is_an_error(driver):
    done = driver.run("OV2640", TINYFACE_NO_PSRAM=1, FAKE_HEAP=45_000)
    assert (done.code, done.starts) == (0x101, [])


def test_memory_that_the_driver_does_not_get(driver):
    """It says ESP_FAIL and no more: fewer frames, then smaller ones; what was taken is given back."""
    done = driver.run("OV2640", "gray 240 240", FAKE_FRAME_ROOM=60_000)
    assert [(start[1], start[3]) for start in done.starts] == [(4, 0xFFFFFFFF), (2, 0xFFFFFFFF), (1, 0)]
    assert done.found == ("OV2640", Pixels.GRAY8, 240, 240)
    done = driver.run("OV2640", "gray 240 240", FAKE_FRAME_ROOM=20_000)
    assert done.found == ("OV2640", Pixels.GRAY8, 96, 96)
    assert done.starts[-1][3] == 0
    done = driver.run("OV2640", "gray 240 240", FAKE_FRAME_ROOM=1)
    assert done.code == 0xFFFFFFFF
    assert re.search(r"^free 290000 ", done.said, re.MULTILINE)


def test_another_fault_is_not_tried_again(driver):
    done = driver.run("GC2145", FAKE_CAMERA="0x105")
    assert (done.code, done.found[0], len(done.starts)) == (0x105, "", 1)


def test_a_setting_that_was_taken_and_no_longer_is(driver):
    """The usual value too is told once the sensor has shown that it knows the setting."""
    done = driver.run("OV2640", DRIVER_SETTINGS=f"{CHANGED} {USUAL}", DRIVER_DEAF=1)
    assert done.refused == [Refused(0), Refused(63)]
    done = driver.run("GC2145", DRIVER_SETTINGS=f"{CHANGED} {USUAL}", DRIVER_DEAF=1)
    assert done.refused[1] == Refused.MIRROR | Refused.FLIP


def test_a_camera_that_falls_silent_while_it_settles(driver):
    done = driver.run("OV2640", FAKE_CAMERA_NONE=4)
    assert "grab 0x107" in done.said
    assert done.frames == []
