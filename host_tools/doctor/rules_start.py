"""What a chip's ROM says when it starts: why it was reset, how it was told to boot, what lies in its flash.

Reset reasons go by number: ESP32, S3 and C3 share them, while their names differ (rom/rtc.h of ESP-IDF).
"""

from __future__ import annotations

from host_tools.doctor.rule import POWER, REPORT, Rule

_STARTED = r"\bentry 0x[0-9a-f]{8}"
"""The boot loader runs: what the ROM complained of at an earlier start is over."""
_WATCHED = "boot-loader", "watchdog-reset", "rtc-watchdog"

POWER_RULES = (
    Rule(
        "brownout",
        r"[Bb]rown ?out detector was triggered|rst:0xf\b|\((?:RTCWDT_)?BROWN_?OUT_RE?SE?T\)|"
        r"(?i:reset reason:? [^\n]{0,20}brown-?out)",
        "the supply voltage collapses (brownout)",
        POWER,
        explains=("watchdog-reset", "rtc-watchdog"),
    ),
    Rule(
        "power-glitch",
        r"rst:0x(?:13|17)\b|\((?:GLITCH_RTC|POWER_GLITCH)_RE?SE?T\)",
        "the chip was reset by a glitch of its supply",
        POWER,
    ),
    Rule(
        "efuse-reset",
        r"rst:0x14\b|\(EFUSE_RE?SE?T\)",
        "the chip was reset because it read its fuses wrongly",
        "Look at the power, then press reset: "
        + POWER
        + " If it stays, the chip is damaged: use another board.",
    ),
)

START_RULES = (
    Rule(
        "download-mode",
        r"boot:0x[0-9a-f]+ \((?:DOWNLOAD|SDIO_[FR]EI_)[^\n]*|waiting for download[ .]*(?:\n|\Z)",
        "the chip waits for a download instead of starting its application: its boot pin is at GND",
        "Take the bridge off GPIO0 (ESP32-C3: GPIO9) or release the BOOT button, and press reset.",
        explains=("flash-read", "strapping"),
        last_start=True,
    ),
    Rule(
        "strapping",
        r"\(SPI_DOWNLOAD_BOOT\)|wait spi download",
        "the strapping pins select the SPI download: GPIO8 and GPIO9 are low at reset",
        "Take away what pulls GPIO8 and GPIO9 low (a LED, a sensor, a jumper; GPIO8 needs a pull-up), and "
        "press reset.",
        last_start=True,
    ),
    Rule(
        "strapping",
        r"boot:0x[0-9a-f]+ \(((?!SPI_FAST_FLASH_BOOT|SPI_FLASH_BOOT|DOWNLOAD|SDIO_)[A-Z]{2,}[A-Z0-9_/()]*)\)",
        "the strapping pins select another way to start ({0}), not the flash",
        "Take away what hangs at the strapping pins (ESP32: GPIO0, GPIO2, GPIO5, GPIO12, GPIO15; S3: GPIO0, "
        "GPIO3, GPIO45, GPIO46; C3: GPIO2, GPIO8, GPIO9), and press reset.",
        last_start=True,
    ),
    Rule(
        "boot-loader",
        r"load:0x[0-9a-f]{8},len:(?:0x)?[0-9a-f]+\s+load:0xffffffff,len:-1|"
        r"failed to load bootloader (?:image )?header",
        "the ROM reads only a part of the boot loader",
        "Flash the board again, with the board named that carries this chip: the flash mode and speed in the "
        "boot "
        "loader's header must be those of its flash chip (DIO works with most).",
        explains=(*_WATCHED, "empty-flash", "no-application"),
    ),
    Rule(
        "empty-flash",
        r"invalid header: 0xffffffff|load:0xffffffff,len:-1",
        "the flash is empty: there is no boot loader where the chip looks for it",
        "Flash the board: `tinyface flash MODEL --board BOARD --port PORT`.",
        explains=_WATCHED,
    ),
    Rule(
        "boot-loader",
        r"invalid header: 0x(?!ffffffff)[0-9a-f]{1,8}|Invalid chip id\. Expected \d+ read \d+[^\n]*|"
        r"csum err[^\n]*",
        "what lies in the boot loader's place is no boot loader of this chip",
        "Flash the board again, with the board named that carries this chip.",
        explains=_WATCHED,
    ),
    Rule(
        "flash-read",
        r"flash read err, ?[0-9a-f]+",
        "the ROM can't read a boot loader from the flash chip",
        "Flash the board again: what lies at the boot loader's place may be no image (a web page, an "
        "application written to address 0). If it stays, unplug what hangs at GPIO12 (at 3.3 V it selects "
        "the "
        "wrong flash voltage) and at GPIO6 to GPIO11, and press reset.",
        explains=_WATCHED,
        over=_STARTED,
    ),
    Rule(
        "boot-loader",
        r"ets_loader\.c \d+|ets_main\.c \d+|Failed to load (?:the )?second stage",
        "the ROM can't load the boot loader from the flash, until a watchdog resets the chip",
        "Flash the board again, with the board named that carries this chip: the flash mode and speed in the "
        "boot loader's header must be those of its flash chip. If it stays, look at what hangs at the "
        "flash's "
        "pins (ESP32: GPIO6 to GPIO11 and GPIO12).",
        explains=_WATCHED,
        over=_STARTED,
    ),
    Rule(
        "crystal",
        r"Possibly invalid CONFIG_\w*XTAL_FREQ\w* setting \((\d+) ?MHz\)\. Detected (\d+) ?MHz",
        "the firmware was built for a crystal of {0} MHz, and the board has one of {1} MHz: its baud "
        "rates and times are wrong",
        "Set the crystal to {1} MHz (CONFIG_XTAL_FREQ_{1}=y; `pio run -t menuconfig`: Hardware Settings, "
        "Main XTAL Config) and build and flash again.",
    ),
)

RESET_RULES = (
    Rule(
        "flash-read",
        r"flash read err, ?[0-9a-f]+",
        "the ROM could not read the flash chip at one start, and could at a later one",
        "Look at the power: " + POWER + " If it stays, unplug what hangs at GPIO12 and at GPIO6 to GPIO11.",
        explains=("rtc-watchdog", "watchdog-reset"),
        consequence=True,
    ),
    Rule(
        "watchdog-reset",
        r"rst:0x(?:4|7|8|b|11|12)\b|\((?:TG[01]?WDT|OWDT|SUPER_?WDT)_[A-Z_]*RE?SE?T\)|"
        r"CPU has been reset by WDT|(?i:reset reason:? [^\n]{0,20}(?:watchdog|wdt))",
        "a watchdog timer reset the chip: the software stood still, or had interrupts off for too long",
        REPORT + " A start that ends here without a word: flash again, and look at the power.",
        consequence=True,
    ),
    Rule(
        "rtc-watchdog",
        r"rst:0x(?:9|d|10)\b|\(RTCWDT_(?:RTC|SYS|CPU)_RE?SE?T\)",
        "the RTC watchdog reset the chip because the application never came up",
        "Flash the board again; if it stays, look at the power: " + POWER,
        consequence=True,
        # esptool and OpenOCD start an application with this watchdog
        unless=r"Hard resetting with (?:a watchdog|RTC WDT)",
    ),
    Rule(
        "restart-loop",
        r"rst:0x1 \(POWERON[\s\S]{0,600}?(?:rst:0x1 \(POWERON[\s\S]{0,600}?){2}",
        "the board starts again and again as if its power went off and on, before its application says a "
        "word",
        POWER + " Press reset once only, and let nothing pull EN down.",
        consequence=True,
    ),
    Rule(
        "restart-loop",
        r"rst:0x(?:3|c) \((?:[\s\S]{0,600}?rst:0x(?:3|c) \(){2}",
        "the application restarts the chip again and again before it says a word",
        "Look at the power first: "
        + POWER
        + " If it stays, flash the board again, with the board named that is at "
        "hand.",
        consequence=True,
    ),
    Rule(
        "intrusion-reset",
        r"rst:0xa\b|\(INTRUSION_RE?SE?T\)",
        "the chip was reset because it noticed an intrusion into its security",
        "Look at the power, then press reset: " + POWER,
        consequence=True,
    ),
)
