"""Every family of messages is known; what looks like a fault only is none; any wrapping comes off."""

from __future__ import annotations

import html
import json

import pytest

from codegen.installation import extra_command, upgrade_command
from host_tools.doctor.diagnose import diagnose, verdict_of
from host_tools.doctor.readable import readable
from host_tools.doctor.rules import HARMLESS, RULES, WRONG_BAUD
from host_tools.simulator import rom
from tests.host_tools.doctor.families import FAMILIES

GOOD = rom.boot_text(0x180000).decode()
CAMERA = "E (490) camera: Camera probe failed with error 0x105(ESP_ERR_NOT_FOUND)"


def faults(text: str | bytes) -> list[str]:
    raw = text if isinstance(text, bytes) else text.encode()
    return [finding.rule for finding in diagnose(readable(raw))]


def verdict(text: str | bytes) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    known = readable(raw)
    return verdict_of(known, diagnose(known))


@pytest.mark.parametrize(("fault", "text"), FAMILIES)
def test_a_line_names_its_fault(fault: str, text: str) -> None:
    assert faults(text) == [fault]
    if fault != "no-application":  # which GOOD has started
        assert faults(GOOD + text + "\n") == [fault]
    (finding,) = diagnose(readable(text.encode()))
    assert finding.remedy.endswith((".", ")"))
    assert "{" not in finding.cause + finding.remedy
    assert finding.line


@pytest.mark.parametrize(
    "line",
    [
        "CORRUPT HEAP: Bad head at 0x3ffb1234. Expected 0xabba1234 got 0x00000000",
        "assert failed: multi_heap_free multi_heap_poisoning.c:279 (head != NULL)",
        'assert failed: tlsf_free tlsf.c:1120 (!block_is_free(block) && "block already marked as free")',
        'assert failed: heap_caps_free heap_caps.c:381 (heap != NULL && "free() target pointer is outside")',
        'assertion "head != NULL" failed: file "/idf/components/heap/multi_heap_poisoning.c", line 214',
    ],
)
def test_a_corrupt_heap_is_no_other_crash(line: str) -> None:
    (finding,) = diagnose(line + "\nabort() was called at PC 0x40083d1d on core 1\n")
    assert "heap is corrupt" in finding.cause


def test_a_sketch_that_fits_is_no_overflow() -> None:
    fits = "Sketch uses 3145000 bytes (99%) of program storage space. Maximum is 3145728 bytes.\n"
    assert faults(fits + "Global variables use 61932 bytes (18%) of dynamic memory. Maximum is 327680.") == []


def test_every_fault_has_a_line() -> None:
    assert {rule.name for rule in RULES} == {fault for fault, _ in FAMILIES}


def test_what_rules_explain_exists() -> None:
    known = {rule.name for rule in RULES}
    assert {name for rule in RULES for name in rule.explains} <= known
    assert WRONG_BAUD.name not in known


@pytest.mark.parametrize(
    "line",
    [
        "E (334) esp_core_dump_flash: No core dump partition found!",
        "rst:0x3 (SW_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
        "rst:0x5 (DEEPSLEEP_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
        "rst:0xc (RTC_SW_CPU_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)",
        "rst:0xe (EXT_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
        "rst:0x15 (USB_UART_CHIP_RESET),boot:0x8 (SPI_FAST_FLASH_BOOT)",
        "I (31) cpu_start: Brownout detector enabled, level 0",
        "E (1100) gpio: gpio_install_isr_service(500): GPIO isr service already installed",
        "[E][Preferences.cpp:50] begin(): nvs_open failed: NOT_FOUND",
        "W (70) octal_psram: PSRAM ID read error: 0x0000000a, fallback to use default driver pattern",
        "W (40) spi_flash: Detected size(8192k) larger than the size in the binary image header(4096k).",
        "SHA-256 comparison failed:\nAttempting to boot anyway...",
        "I (700) app: 12 frames, 0 errors",
    ],
)
def test_a_harmless_line_is_no_fault(line: str) -> None:
    assert faults(GOOD + line + "\n") == []
    assert verdict(GOOD + line + "\n") == "well"


@pytest.mark.parametrize(
    "line",
    [
        "camera init error count: 0",
        "I (900) app: camera init errors: 0, capture failures: 0, NO-SOI: 0",
        "[  900][I][main.cpp:31] loop(): Camera capture failed 0 times",
        "Brownout detector was triggered count: 0",
        "stats: camera_errors=0 brownouts=0 task_watchdog_timeouts=0 stack_overflows=0",
        '{"errors": 0, "camera_failures": 0, "panics": 0}',
        "Errors: none",
        "no camera errors",
        "self test: 9 passed, 0 failed",
        "PSRAM memory test failures: 0",
        "Camera init: error 0x0 (ESP_OK)",
        "finished without errors",
        "error rate: 0.00 %",
        "out of memory events: 0",
        "Timeout waiting for VSYNC: 0",
        "E (900) app: error count: 0",
    ],
)
def test_a_count_of_zero_is_no_fault(line: str) -> None:
    assert faults(line) == []
    assert verdict(GOOD + line + "\n") == "well"


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("errors: 0, Camera init failed with error 0x105", ["camera-not-found"]),
        ("Camera capture failed 0 times\nCamera init failed with error 0x105", ["camera-not-found"]),
        ("Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.", ["crash"]),
        ("E (70) psram: PSRAM ID read error: 0x00000000", ["psram"]),
        ("camera init errors: 10\nCamera init failed with error 0x106", ["camera-not-supported"]),
    ],
)
def test_a_zero_elsewhere_hides_no_fault(line: str, right: list[str]) -> None:
    assert faults(line) == right


def test_a_missing_program_is_named_with_the_way_to_install_it_here() -> None:
    pio = diagnose("/bin/sh: 1: pio: not found")[0]
    assert "the program pio " in pio.cause
    assert extra_command("pio") in pio.remedy
    assert "idf.py" in diagnose("bash: idf.py: command not found")[0].cause
    old = diagnose("esptool.py: error: argument operation: invalid choice: 'write-flash'")[0]
    assert upgrade_command("pio") in old.remedy


@pytest.mark.parametrize(
    "line",
    [
        "I (5000) ble: device disconnected; reason 0x13",
        "I (5000) app: port busy, trying 8081",
        "I (5000) door: waiting for download of its configuration",
        "I (5000) app: Invalid image requested by client: a.jpg",
        "I (5000) login: verify failed for 2 of 9",
        "[ 12345][I][app.cpp:12] loop(): Write timeout 5 s",
        "12:00:01.250 -> I (5000) ota: Connection reset counter 1",
    ],
)
def test_what_an_application_tells_of_its_own_is_no_fault_of_the_port(line: str) -> None:
    assert faults(GOOD + line + "\n") == []
    assert verdict(GOOD + line + "\n") == "well"


@pytest.mark.parametrize(
    "line",
    [
        "E (5000) esp-tls: [sock=54] connect() error: Connection reset by peer",
        "E (5000) transport_base: tcp_read error, errno=Connection refused",
        "E (5000) app: send failed: errno 32 (Broken pipe)",
        "E (5000) sd: Input/output error while reading the card",
    ],
)
def test_an_applications_own_error_is_not_known(line: str) -> None:
    assert faults(GOOD + line + "\n") == []
    assert verdict(GOOD + line + "\n") == "unknown"


def test_a_build_with_a_warning_is_well() -> None:
    built = "src/main.c:12:9: warning: unused variable 'error'\n===== [SUCCESS] Took 22.11 seconds =====\n"
    assert verdict(built) == "well"


def test_harmless_lines_are_patterns_that_something_prints() -> None:
    assert len(set(HARMLESS)) == len(HARMLESS)


def test_the_four_verdicts() -> None:
    assert verdict(GOOD) == "well"
    assert verdict("Hash of data verified.\n\nHard resetting via RTS pin...\n") == "well"
    assert verdict("") == verdict(b"\0\0\0\r\n") == "nothing"
    assert verdict("the flux capacitor is cold") == "unknown"
    assert verdict(GOOD + "E (500) flux: the capacitor is cold\n") == "unknown"
    assert verdict(GOOD + CAMERA) == "fault"
    restarted = (
        "rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\nload:0x40080400,len:4\nentry 0x400805f0\n"
    )
    assert verdict(restarted) == "well"
    assert verdict("camera is fine\n" + restarted) == "unknown", "the application restarted and says not why"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (
            "E (9) cam_hal: cam_dma_config(301): frame buffer malloc failed\n"
            "E (9) cam_hal: cam_config(385): cam_dma_config failed\n"
            "E (9) camera: Camera config failed with error 0xffffffff\nCamera init failed with error "
            "0xffffffff",
            ["camera-memory"],
        ),
        (
            "E (9) psram: PSRAM ID read error: 0xffffffff\nE (9) cam_hal: frame buffer malloc failed",
            ["psram"],
        ),
        (f"Brownout detector was triggered\n{CAMERA}\n", ["brownout", "camera-not-found"]),
        (f"{CAMERA}\nGuru Meditation Error: Core  1 panic'ed (LoadProhibited).", ["camera-not-found"]),
        (
            "W (9) cam_hal: NO-SOI\nGuru Meditation Error: Core  1 panic'ed (LoadProhibited).",
            ["camera-frames", "crash"],
        ),
        (
            "[E][camera.c:9] Timeout waiting for VSYNC\nCamera init failed with error 0x20003",
            ["camera-frames"],
        ),
        (
            "E (9) esp_image: invalid segment length 0x1\nE (9) ota: ESP_ERR_OTA_VALIDATE_FAILED",
            ["update-damaged"],
        ),
        ("Didn't find op for builtin opcode 'MUL'\nAllocateTensors() failed", ["operator"]),
        ("waiting for download\n" + GOOD, []),
        (
            "A fatal error occurred: Failed to connect to ESP32: No serial data received.\n*** [upload] "
            "Error 2",
            ["no-answer"],
        ),
        ("Hard resetting with a watchdog...\nrst:0x9 (RTCWDT_SYS_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)\n", []),
    ],
)
def test_the_line_nearest_the_cause_wins(text: str, right: list[str]) -> None:
    assert faults(text) == right


def test_values_are_named() -> None:
    canary = "Debug exception reason: Stack canary watchpoint triggered (cam_task)"
    assert "cam_task" in diagnose(canary)[0].cause
    assert (
        "20592"
        in diagnose("Failed to resize buffer. Requested: 81920, available 61328, missing: 20592")[0].cause
    )
    assert "COM" not in diagnose("could not open port 'COM7': PermissionError(13, 'x', None, 5)")[0].cause
    small, real = (
        diagnose(f"Detected size({size}k) smaller than the size in the binary image header(4096k)")[0]
        for size in (128, 2048)
    )
    assert "misread" in small.cause
    assert "flash_bytes" not in small.remedy
    assert "2048 KB" in real.cause
    assert "quad and octal" in diagnose("PSRAM chip is not connected, or wrong PSRAM line mode")[0].remedy


WRAPPED = {
    "UTF-8 with its mark": b"\xef\xbb\xbf" + CAMERA.encode(),
    "UTF-16 of PowerShell": b"\xff\xfe" + (GOOD + CAMERA).encode("utf-16-le"),
    "UTF-16, big end first": b"\xfe\xff" + (GOOD + CAMERA).encode("utf-16-be"),
    "UTF-16 without its mark": (GOOD + CAMERA).encode("utf-16-le"),
    "colours": b"\x1b[0;31m" + CAMERA.encode() + b"\x1b[0m",
    "colours whose escape was lost": b"[0;31m" + CAMERA.encode() + b"[0m",
    "a web page": html.escape(CAMERA).replace(":", "&#58;").encode(),
    "a web page with breaks": f"<pre>x<br>{CAMERA.replace('camera:', '<b>camera</b>:')}</pre>".encode(),
    "JSON": json.dumps({"log": f"\n\n\n{CAMERA}\n"}).encode(),
    "Arduino's clock": f"14:03:22.123 -> {CAMERA}".encode(),
    "a clock in brackets": f"[2026-11-28 14:03:22]{CAMERA}".encode(),
    "a quotation": f"> > {CAMERA}".encode(),
    "a broken line": b"E (490) camera: Camera probe failed with err\r\nor 0x105(ESP_ERR_NOT_FOUND)\r\n",
    "a line broken behind a clock": b"14:03:22.123 -> E (4) camera: Camera probe failed with er\nror 0x105\n",
    "zeros": CAMERA.encode().replace(b" ", b"\0 "),
    "line ends of terminals": CAMERA.encode() + b"\r\r\n",
    "Cyrillic of Windows": "Камера не найдена, проверьте\n".encode("cp1251") + CAMERA.encode(),
}


@pytest.mark.parametrize("way", sorted(WRAPPED))
def test_a_text_comes_through_any_wrapping(way: str) -> None:
    assert faults(WRAPPED[way]) == ["camera-not-found"]


@pytest.mark.parametrize(
    ("codec", "said"),
    [
        ("utf-8", "Камера не найдена, проверьте шлейф и питание\n"),
        ("cp1251", "Камера не найдена, проверьте шлейф и питание\n"),
        ("cp866", "Камера не найдена, проверьте шлейф и питание\n"),
        ("koi8-r", "Камера не найдена, проверьте шлейф и питание\n"),
        ("utf-8", "摄像头初始化失败，请检查排线\n"),
        ("gb18030", "摄像头初始化失败，请检查排线\n"),
        ("shift_jis", "カメラが見つかりません、ケーブルを確認してください\n"),
        ("cp1252", "Kamera nicht gefunden, prüfen Sie das Kabel für die Übertragung\n"),
    ],
)
def test_text_in_another_encoding_is_no_wrong_baud_rate(codec: str, said: str) -> None:
    raw = (said * 8).encode(codec)
    assert verdict(raw) == "unknown"
    assert readable(raw) == said * 8


def test_half_of_a_line_may_be_noise() -> None:
    noise = bytes((17 * i * i + 5 * i) % 128 + 128 for i in range(90))
    assert faults(noise + b"len:0x10\n" + noise + b"x x") == ["wrong-baud"]
    assert faults(noise[:12] + b"ets Jul 29\nflash read err, 1000\n" + noise[:9]) == ["flash-read"]


@pytest.mark.parametrize("width", range(60, 100))
def test_a_line_may_be_broken_anywhere(width: int) -> None:
    """Before a blank too, and where what follows would name a fault of its own."""
    line = "E (452) spi_flash: Detected size(2048k) smaller than the size in the binary image header(4096k)."
    after = "assert failed: do_core_init startup.c:328 (flash_ret == ESP_OK)"
    rows = [text[at : at + width] for text in (line, after) for at in range(0, len(text), width)]
    assert faults("\n".join(rows)) == ["flash-size"]
