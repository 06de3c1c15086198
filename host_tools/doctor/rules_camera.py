"""What ESP-IDF says of the PSRAM, and what esp32-camera says of the camera, from its oldest releases on."""

from __future__ import annotations

from host_tools.doctor.rule import POWER, RIBBON, Rule

_FAILED = r"[Cc]amera (?:probe|init|config|setup)\b[^\n]{0,24}?(?:failed|error)[^\n]{0,24}?"
_SENSORS = {
    "26": "OV2640", "3660": "OV3660", "5640": "OV5640", "76": "OV7670", "77": "OV7725", "2145": "GC2145",
    "232a": "GC032A", "9b": "GC0308", "1410": "NT99141", "30": "BF3005", "20a6": "BF20A6", "9a46": "SC030IOT",
    "da4a": "SC101IOT", "955": "HM1055", "360": "HM0360",
}  # fmt: skip
"""Product number as the drivers print it -> name, as esp32-camera 2.1 has them."""
_KNOWN = (
    "esp32-camera 2.1 drives OV2640, OV3660, OV5640, OV7670, OV7725, GC2145 (sold as RHYX M21-45), GC0308, "
    "GC032A, NT99141, BF3005, BF20A6, SC030IOT, HM1055, HM0360; older releases drive fewer"
)
_MISMATCH = (
    r"Mismatch PID=0x0*(?i:{pid})\b(?:[^\n]*\n){{1,8}}?"
    r"[^\n]*Detected camera not supported[^\n]*"
)
_NO_JPEG = (
    "Ask for PIXFORMAT_RGB565, YUV422 or GRAYSCALE at QVGA or smaller, and compress on the chip where it "
    "must be JPEG (frame2jpg). OV2640, OV3660 and OV5640 give JPEG themselves; GC2145 (sold as RHYX M21-45), "
    "GC0308, GC032A, OV7670 and OV7725 do not. The firmware that `tinyface flash` writes takes them all."
)
_CAMERA = (
    "camera-memory",
    "camera-power",
    "camera-init",
    "camera-format",
    "camera-frames",
    "camera-not-found",
    "camera-not-supported",
)

PSRAM_RULES = (
    Rule(
        "psram",
        r"PSRAM ID read error: 0x[0-9a-fA-F]+\b(?!, fallback)[^\n]*|Failed to init external RAM[^\n]*|"
        r"(?:PS|SPI ?|PSRAM )RAM enabled but initialization failed[^\n]*|"
        r"PSRAM enabled but initialization failed"
        r"[^\n]*|PSRAM chip is not connected[^\n]*|wrong PSRAM line mode|SPI RAM not initialized|"
        r"PSRAM (?:init|test|initialization) fail[^\n]*|External RAM could not be added to heap[^\n]*|"
        r"does not support PSRAM[^\n]*|PSRAM (?:not found|was not found|missing)[^\n]*|"
        r"No PSRAM (?:found|detected)[^\n]*",
        "the PSRAM does not answer",
        "Make sure that the board has PSRAM (an ESP32-CAM carries a second, larger chip on its front) and "
        "that the "
        "right board is named: quad and octal PSRAM differ (Arduino: QSPI or OPI PSRAM; ESP-IDF: "
        "CONFIG_SPIRAM_MODE_QUAD or _OCT).",
        explains=(*_CAMERA, "heap", "arena-too-small"),
    ),
    Rule(
        "psram",
        r"SPI SRAM memory test fail[^\n]*|SPI SRAM error@[^\n]*|MSPI PSRAM error[^\n]*",
        "the PSRAM answers and keeps other bytes than were written",
        "Choose a lower PSRAM speed (40 MHz), and look at the power: "
        + POWER
        + " If it stays, use another board.",
        explains=(*_CAMERA, "heap"),
    ),
    Rule(
        "psram",
        r"Expected (\d+)KiB chip but found (\d+)KiB chip[^\n]*",
        "the PSRAM holds {1} KiB, and the firmware was built for {0} KiB",
        "Name the right board, or let the firmware find the size itself (CONFIG_SPIRAM_TYPE_AUTO).",
        explains=(*_CAMERA, "heap"),
    ),
    Rule(
        "psram",
        r"VDDSDIO is not (1\.8|3\.3)V|PSRAM rev0 can't share CLK|PSRAM space not enough[^\n]*|"
        r"SPI RAM space not enough[^\n]*|This version of PSRAM needs to claim[^\n]*",
        "the PSRAM can't be used as the firmware was built to use it",
        "Name the right board and flash again: voltage, speed and size of the PSRAM must be those of its "
        "module.",
        explains=(*_CAMERA, "heap"),
    ),
)

CAMERA_RULES = (
    Rule(
        "camera-memory",
        r"frame buffer malloc failed[^\n]*|DMA buffer \d+ Byte malloc failed[^\n]*|"
        r"dma_desc_init failed[^\n]*|"
        r"(?:[Aa]llocating|[Aa]llocation of|[Ff]ailed to allocate) (?:\w+ )?frame ?buffer[^\n]*(?:fail)?[^\n]"
        r"*|"
        r"dma_(?:half_)?buffer malloc failed|" + _FAILED + r"(?:0x101\b|ESP_ERR_NO_MEM)[^\n]*",
        "there is no memory for the camera's frames",
        "They lie in PSRAM: make sure that the board has it and that the right board is named (in Arduino "
        "switch "
        "PSRAM on), or ask for smaller or fewer frames.",
        explains=_CAMERA,
    ),
    Rule(
        "camera-bus",
        r"(?:CONFLICT! )?driver_ng is not allowed to be used with th(?:is|e) old driver[^\n]*|"
        r"failed to (?:install|get) SCCB I2C[^\n]*|sccb init err[^\n]*|i2c driver install error[^\n]*",
        "the camera's control bus can't be opened: another driver holds this I2C port",
        "Let the camera have an I2C port of its own, and use one I2C driver (the new or the old one) in the "
        "program.",
        explains=_CAMERA,
    ),
    Rule(
        "camera-clock",
        r"ledc(?:_timer_config|_channel_config)? ?[^\n]*(?:failed|"
        r"requested frequency[^\n]*can not be achieved)[^\n]*",
        "the camera's clock (XCLK) can't be made",
        "Let the camera have a LEDC timer and channel of its own, and ask for 20 MHz or 10 MHz.",
        explains=_CAMERA,
    ),
    Rule(
        "camera-dma",
        r"Can't (?:find|get|found) (?:available )?GDMA channel[^\n]*|"
        r"(?:LCD_CAM|DMA) interrupt allocation of camera failed[^\n]*|ll_cam_\w+\(\d+\)[^\n]*(?:fail|"
        r"error)[^\n]*",
        "the camera's driver gets no DMA channel or interrupt",
        "Start the camera before other drivers (I2S, SPI, LCD), or use fewer of them.",
        explains=_CAMERA,
    ),
    Rule(
        "camera-not-found",
        _FAILED + r"(?:0x105|0x20001)\b[^\n]*|" + _FAILED + r"ESP_ERR_NOT_FOUND[^\n]*|"
        r"SCCB_Write \[[0-9a-f]+\]=[0-9a-f]+ failed|Device with address [0-9a-f]+ not found|"
        r"ESP_ERR_CAMERA_NOT_DETECTED",
        "no camera answers at its control pins",
        RIBBON
        + "; make sure that the right board (its camera's pins) is named; then look at the power: "
        + POWER,
        explains=("camera-power", "camera-init", "camera-frames"),
    ),
    Rule(
        "camera-not-found",
        _FAILED + r"(?:0x107\b|ESP_ERR_TIMEOUT)[^\n]*",
        "no camera answers in time at its control pins",
        RIBBON
        + "; make sure that the right board (its camera's pins) is named; then look at the power: "
        + POWER,
        explains=("camera-power", "camera-init", "camera-frames"),
    ),
    Rule(
        "camera-no-jpeg",
        r"Detected (\w+) camera(?:[^\n]*\n){1,12}?[^\n]*JPEG format is (?:not supported on this sensor|only "
        r"supported for)[^\n]*",
        "the camera's sensor, a {0}, gives no JPEG",
        _NO_JPEG,
        explains=("camera-not-supported", "camera-format", "camera-init"),
    ),
    Rule(
        "camera-no-jpeg",
        r"JPEG format is (?:not supported on this sensor|only supported for)[^\n]*",
        "the camera's sensor gives no JPEG: it is no OV2640",
        _NO_JPEG,
        explains=("camera-not-supported", "camera-format", "camera-init"),
    ),
    *(
        Rule(
            "camera-other-sensor",
            _MISMATCH.format(pid=pid),
            f"the camera's sensor is an {name}, and this firmware was built without its driver",
            f"Switch it on (ESP-IDF: CONFIG_{name}_SUPPORT) or update esp32-camera: {_KNOWN}.",
            explains=("camera-not-supported", "camera-init"),
        )
        for pid, name in _SENSORS.items()
    ),
    Rule(
        "camera-other-sensor",
        r"Detected camera not supported\. PID: (0x[0-9a-fA-F]+)[^\n]*",
        "a camera answers, and the driver does not know its sensor ({0})",
        f"Update esp32-camera: {_KNOWN}.",
        explains=("camera-not-supported", "camera-init"),
    ),
    Rule(
        "camera-not-supported",
        r"Detected camera not supported[^\n]*|" + _FAILED + r"(?:0x106|0x20004)\b[^\n]*|"
        r"ESP_ERR_CAMERA_NOT_SUPPORTED|" + _FAILED + r"ESP_ERR_NOT_SUPPORTED[^\n]*",
        "no camera answers that the driver knows",
        "Newer drivers say this of a missing camera too: open the ribbon's latch, push the ribbon in "
        "straight up to "
        f"its line, close the latch. If it sits well, update the driver ({_KNOWN}), and look at the power: "
        + POWER,
        explains=("camera-power", "camera-init", "camera-frames"),
    ),
    Rule(
        "camera-frames",
        r"Timeout waiting for VSYNC[^\n]*|(?:Failed|failed) to get (?:the )?frame(?: on time|"
        r": timeout)[^\n]*|"
        r"Frame buffer could not be acquired[^\n]*",
        "no picture comes from the camera, although it answers at its control pins",
        "Push the ribbon in again, keep it away from the antenna, and look at the power: " + POWER,
        explains=("camera-format", "camera-init"),
        minor=True,
    ),
    Rule(
        "camera-frames",
        r"cam_hal:[^\n]*(?:FB-OVF|FB-SIZE|EV-\w+-OVF|DMA overflow|NO-SOI|NO-EOI)[^\n]*|"
        r"\b(?:EV-VSYNC-OVF|EV-EOF-OVF|NO-SOI|NO-EOI|FB-OVF)\b",
        "the camera's frames come damaged or not at all",
        "Push the ribbon in again, keep it away from the antenna, and look at the power: "
        + POWER
        + " If it stays, ask for smaller frames or a slower XCLK (10 MHz).",
        explains=("camera-format", "camera-init"),
        minor=True,
    ),
    Rule(
        "camera-format",
        _FAILED + r"(?:0x20002|0x20003)\b[^\n]*|Failed to set (?:frame size|(?:output )?format)|"
        r"Requested format is not supported|Resolution too high|"
        r"ESP_ERR_CAMERA_FAILED_TO_SET_\w+",
        "the camera refuses the picture size or format",
        "Ask for what every sensor has: QVGA or QQVGA, in GRAYSCALE, YUV422 or RGB565 (JPEG only of OV2640, "
        "OV3660 and OV5640). If the sensor should have it, push its ribbon in again and look at its power.",
        explains=("camera-init",),
    ),
    Rule(
        "camera-power",
        r"[Cc]amera probe failed with error 0xffffffff[^\n]*|SCCB_(?:Write|Read)[^\n]* [Ff]ailed[^\n]*|"
        r"\b[WR] \[[0-9a-f]+\]=[0-9a-f]+ fail",
        "the camera answers at first, and then no longer",
        POWER + " If it stays, push its ribbon in again.",
        explains=("camera-init",),
    ),
    Rule(
        "camera-memory",
        r"[Cc]amera config failed with error 0xffffffff[^\n]*",
        "the camera's driver could not set itself up: mostly there is no memory for its frames",
        "They lie in PSRAM: make sure that the board has it and that the right board is named (in Arduino "
        "switch "
        "PSRAM on), or ask for smaller or fewer frames.",
        explains=("camera-init",),
    ),
    Rule(
        "camera-init",
        _FAILED + r"(?:0x103\b|ESP_ERR_INVALID_STATE)[^\n]*",
        "the camera's start failed: the driver, or something that it needs, is already running (0x103, "
        "invalid state)",
        "Start the camera once, and call esp_camera_deinit before a second start; press reset.",
    ),
    Rule(
        "camera-init",
        _FAILED + r"(?:0x102\b|ESP_ERR_INVALID_ARG)[^\n]*",
        "the camera's start failed: its settings are wrong (0x102, invalid argument)",
        "Name the board whose camera pins these are, and flash again.",
    ),
    Rule(
        "camera-init",
        _FAILED + r"(0x[0-9a-fA-F]+|-1\b)[^\n]*",
        "the camera's start failed with code {0}",
        "Push the ribbon in again, make sure that the right board is named and has PSRAM, and look at the "
        "power: " + POWER,
    ),
    Rule(
        "camera-init",
        r"three camera starts failed[^\n]*",
        "the camera did not start, and was tried three times",
        "Where lines before it say why, that counts. On a board push the ribbon in again, make sure that the "
        "right board is named, and look at the power: "
        + POWER
        + " A simulated board is started without `--fault camera=CODE`.",
        consequence=True,
    ),
    Rule(
        "camera-init",
        r"(?i)camera (?:capture|init(?:iali[sz]ation)?|setup) (?:failed|error)[^\n]*|CAMERA FAIL\b|"
        r"(?i:(?:failed|unable) to (?:init(?:iali[sz]e)?|start) (?:the )?camera)[^\n]*",
        "the application says that its camera does not work, and not why",
        "Push the ribbon in again, make sure that the right board is named and has PSRAM, and look at the "
        "power: " + POWER,
        consequence=True,
    ),
)
