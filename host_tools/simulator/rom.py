"""What an ESP32 prints before the application runs: ROM and second-stage boot loader, at 115200 baud.

Our own text in the chip's well-known form; hosts must find the first frame behind it.
"""

from __future__ import annotations

from host_tools.simulator.partitions import TABLE

_ROM = """\
ets Jul 29 2019 12:21:46

rst:{reason},boot:0x13 (SPI_FAST_FLASH_BOOT)
configsip: 0, SPIWP:0xee
clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00
mode:DIO, clock div:2
load:0x3fff0030,len:7104
load:0x40078000,len:15576
load:0x40080400,len:4
entry 0x4008063c
"""

_LOADER = """\
I (29) boot: ESP-IDF 2nd stage bootloader (simulated)
I (29) boot: chip revision: v3.1
I (33) boot.esp32: SPI Speed      : 40MHz
I (38) boot.esp32: SPI Mode       : DIO
I (42) boot.esp32: SPI Flash Size : 4MB
I (47) boot: Partition Table:
I (50) boot: ## Label            Usage          Type ST Offset   Length
"""

POWER_ON = "0x1 (POWERON_RESET)"
RESTART = "0xc (SW_CPU_RESET)"
BROWNOUT = "0xf (RTCWDT_BROWN_OUT_RESET)"
WATCHDOG = "0x10 (RTCWDT_RTC_RESET)"
_USAGE = {
    "nvs": "WiFi data",
    "otadata": "OTA data",
    "app0": "OTA app",
    "app1": "OTA app",
    "model": "Unknown data",
}


def _wire(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def _table() -> str:
    """The boot loader's listing of the partition table."""
    rows = "".join(
        f"I ({57 + 8 * number}) boot: {number:2d} {p.name:16s} {_USAGE[p.name]:16s} "
        f"{p.kind:02x} {p.subtype:02x} {p.offset:08x} {p.size:08x}\n"
        for number, p in enumerate(TABLE)
    )
    return _LOADER + rows + "I (97) boot: End of partition table\n"


def boot_text(offset: int, reason: str = POWER_ON) -> bytes:
    """What is printed before a good application starts.

    Args:
        offset: where its slot starts.
        reason: POWER_ON, RESTART or BROWNOUT.
    """
    tail = (
        f"I (480) boot: Loaded app from partition at offset {offset:#x}\n"
        "I (480) boot: Disabling RNG early entropy source...\n"
    )
    return _wire(_ROM.format(reason=reason) + _table() + tail)


def erased_text() -> bytes:
    """What the ROM repeats when the flash is empty, until the watchdog resets the chip."""
    head = f"ets Jul 29 2019 12:21:46\n\nrst:{WATCHDOG},boot:0x13 (SPI_FAST_FLASH_BOOT)\n"
    return _wire(head + "invalid header: 0xffffffff\n" * 8 + "ets_main.c 371 \n")


def corrupt_text(reason: str) -> bytes:
    """What the boot loader prints when the application does not pass its checks."""
    tail = (
        f"E (310) esp_image: {reason}\n"
        "E (315) boot: OTA app partition slot 0 is not bootable\n"
        "E (320) boot: No bootable app partitions in the partition table\n"
    )
    return _wire(_ROM.format(reason=POWER_ON) + _table() + tail)


def panic_text(status: str) -> bytes:
    """What is printed when the application died; the chip restarts by itself afterwards."""
    return _wire(
        f"\nGuru Meditation Error: Core  0 panic'ed (application ended: {status}).\n\nRebooting...\n"
    )
