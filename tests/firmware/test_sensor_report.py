"""What the board says of a camera that has started: what is not as the program wished is never silent."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import firmware
from host_tools.project.toolchains import host_compiler

BOARD = """\
#include <stdio.h>
#include <stdlib.h>
#include "sensor.h"
#include "voice.h"

static char **argument;

void tinyface_log(uint8_t level, const char *text)
{
    printf("%d %s\\n", level, text);
}

void tinyface_log_number(uint8_t level, const char *text, uint32_t number)
{
    printf("%d %s %u\\n", level, text, (unsigned)number);
}

void tinyface_board_camera_found(tinyface_camera_found *found)
{
    found->sensor = argument[1];
    found->format = (tinyface_pixels)atoi(argument[2]);
    found->width = (uint16_t)atoi(argument[3]);
    found->height = (uint16_t)atoi(argument[4]);
}

uint16_t tinyface_board_camera_configure(const tinyface_settings_head *settings)
{
    (void)settings;
    return (uint16_t)atoi(argument[5]);
}

int main(int n, char **arguments)
{
    const tinyface_camera_wish wish = {(tinyface_camera_layout)atoi(arguments[6]), 64, 112};
    const tinyface_settings_head settings = {0};
    argument = arguments;
    tinyface_sensor_started(&wish, &settings);
    printf("%u of %d\\n", tinyface_sensor_refused(), n);
    return 0;
}
"""
INFO, WARNING = 1, 2
SMALL = "frames are smaller than the model's picture, for larger ones do not fit: wanted are 112"
LACKS = "this camera does not take these settings:"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    (place / "board.c").write_text(BOARD)
    room = firmware.ROOT / "src"
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsanitize=address,undefined"]
    include = [f"-I{firmware.ROOT / 'include'}", f"-I{room}"]
    sources = [str(room / "sensor.c"), str(place / "board.c")]
    subprocess.run([host_compiler(), *flags, *include, *sources, "-o", str(place / "report")], check=True)
    return place / "report"


@pytest.mark.parametrize(
    ("sensor", "pixels", "width", "height", "refused", "wish", "said"),
    [
        ("OV2640", 1, 160, 120, 0, 0, [(INFO, "camera OV2640, gray frames of width 160")]),
        ("OV2640", 3, 128, 128, 0, 1, [(INFO, "camera OV2640, colour frames of width 128")]),
        (
            "OV2640", 1, 128, 96, 0, 0,
            [(INFO, "camera OV2640, gray frames of width 128"), (WARNING, SMALL)],
        ),
        (
            "SC030IOT", 1, 240, 240, 1 | 2 | 4, 1,
            [
                (INFO, "camera SC030IOT, gray frames of width 240"),
                (WARNING, "this camera gives no colours that the board can use"),
                (WARNING, f"{LACKS} exposure gain brightness"),
            ],
        ),
        ("", 1, 0, 0, 63, 0, [(WARNING, f"{LACKS} exposure gain brightness contrast mirror flip")]),
        ("", 1, 0, 0, 0, 0, []),
        ("X" * 200, 1, 112, 112, 0, 0, [(INFO, ("camera " + "X" * 200)[:95] + " 112")]),
    ],
)  # fmt: skip
def test_what_is_said(program, sensor, pixels, width, height, refused, wish, said):
    """Sensor and frames; no colours, small frames, refused settings; nothing of pictures without a sensor."""
    command = [str(program), sensor, *map(str, (pixels, width, height, refused, wish))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *lines, count = done.stdout.splitlines()
    assert lines == [f"{level} {text}" for level, text in said]
    assert count == f"{refused} of 7"
