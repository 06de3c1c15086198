"""What ESP-IDF's boot loader, its checks and its update code say of flash, partitions and images."""

from __future__ import annotations

from host_tools.doctor.rule import FLASH, POWER, Rule

_AFTER = "no-application", "boot-loader", "flash-read"
_OTHER_CHIP = "Flash the board again, with the board named that carries this chip."
_SIZE = "Choose the board with this flash size, or set flash_bytes in its board.toml and flash it again."

IMAGE_RULES = (
    Rule(
        "wrong-chip",
        r"mismatch chip ID, expected (\d+), found (?!65535)(\d+)",
        "the application was built for another chip (the image says {1}, the chip is {0})",
        _OTHER_CHIP,
        explains=(*_AFTER, "damaged-application"),
    ),
    Rule(
        "chip-revision",
        r"Image requires (?:chip|efuse blk) rev ([<>]= v?[\d.]+), but chip is (v?[\d.]+)",
        "the application was built for chip revision {0}, and the chip is {1}",
        "Set the least chip revision (CONFIG_ESP32_REV_MIN) to that of the chip and flash again, or use a "
        "newer chip.",
        explains=_AFTER,
    ),
    Rule(
        "chip-revision",
        r"chip revision check failed\. Required ([<>]= v?[\d.]+), found (v?[\d.]+?)\.?(?:\s|$)",
        "the application was built for chip revision {0}, and the chip is {1}",
        "Set the least chip revision (CONFIG_ESP32_REV_MIN) to that of the chip and flash again, or use a "
        "newer chip.",
        explains=_AFTER,
    ),
    Rule(
        "chip-revision",
        r"chip is revision ([\d.v]+) but the application is configured for minimum revision "
        r"(v?\d+(?:\.\d+)?)",
        "the application was built for chip revision {1} or newer, and the chip is {0}",
        "Set the least chip revision (CONFIG_ESP32_REV_MIN) to that of the chip and flash again, or use a "
        "newer chip.",
        explains=_AFTER,
    ),
    Rule(
        "chip-revision",
        r"can't run on lower chip revision, expected (\d+), found (?!255)(\d+)",
        "the application was built for chip revision {1} or newer, and the chip is {0}",
        "Set the least chip revision (CONFIG_ESP32_REV_MIN) to that of the chip and flash again, or use a "
        "newer chip.",
        explains=_AFTER,
    ),
    Rule(
        "chip-cores",
        r"Running on single core (?:variant of a )?chip, but app(?:lication)? is built with (?:dual|"
        r"multi)[- ]core "
        r"support",
        "the application needs two cores, and this chip has one",
        "Use a chip with two cores, or build with CONFIG_FREERTOS_UNICORE.",
    ),
    Rule(
        "flash-size",
        r"Detected size\((\d{1,3})k\) smaller than the size in the binary image header\((\d+)k\)",
        "the flash chip answers as one of {0} KB, which none is: it was misread (the firmware was built for "
        "{1} KB)",
        "Flash again with the board named that is at hand: its flash mode and speed must be those of the "
        "chip. If "
        "it stays, unplug what hangs at the flash's pins (ESP32: GPIO6 to GPIO11 and GPIO12).",
        explains=("flash-chip", *_AFTER),
    ),
    Rule(
        "flash-size",
        r"Detected size\((\d+)k\) smaller than the size in the binary image header\((\d+)k\)",
        "the flash chip holds {0} KB, and the firmware was built for {1} KB",
        _SIZE,
        explains=("flash-chip", *_AFTER),
    ),
    Rule(
        "flash-size-partition",
        r"partition \d+ invalid - offset (0x[0-9a-f]+) size (0x[0-9a-f]+) exceeds flash chip size (0x[0-9a-f]"
        r"+)",
        "a partition ends behind the flash chip of {2} bytes",
        "Choose the board with this flash size, or shorten partitions.csv and flash it again.",
        explains=("partition-table", *_AFTER),
    ),
    Rule(
        "flash-mode",
        r"Octal Flash option selected, but EFUSE not configured|memory type is not Octal",
        "the firmware was built for an octal flash, and the chip has a quad one (or the other way round)",
        "Flash again with the board named that is at hand; in Arduino choose the flash mode QIO or OPI of "
        "the module.",
    ),
    Rule(
        "flash-chip",
        r"No detected Flash chip|spi_flash: [^\n]*\b(?:[Nn]o response|[Ff]ailed to (?:get chip size|"
        r"init))[^\n]*|"
        r"XMC (?:flash )?startup (?:flow )?fail[^\n]*|esp_flash_init_default_chip|"
        r"Failed to (?:initialise|probe|init) (?:flash|default flash chip)[^\n]*|"
        r"do_core_init [^\n]*flash_ret == ESP_OK",
        "the flash chip does not answer as the driver expects",
        "Flash again with the board named that is at hand (its flash mode and size). If it stays, unplug "
        "what hangs "
        "at the flash's pins (ESP32: GPIO6 to GPIO11 and GPIO12) and look at the power: " + POWER,
    ),
    Rule(
        "partition-table",
        r"partition \d+ invalid magic number[^\n]*|Failed to (?:verify|read) partition table[^\n]*|"
        r"[Pp]artition table (?:md5|MD5|has no)[^\n]*|load partition table error|Incorrect MD5 checksum|"
        r"load_partitions returned 0x[0-9a-f]+|invalid partition table, no app partitions",
        "the partition table in the flash is damaged",
        "Flash the board again; all parts are written, not the application alone.",
        explains=_AFTER,
    ),
    Rule(
        "too-large",
        r"Image length (\d+) doesn't fit in partition length (\d+)",
        "the application has {0} bytes, and its partition {1}",
        "Use a smaller model (`tinyface analyze`), or a larger partition in partitions.csv, and flash again.",
        explains=(*_AFTER, "damaged-application"),
    ),
    Rule(
        "update-damaged",
        r"ESP_ERR_OTA_VALIDATE_FAILED|esp_ota_end(?: failed)?\b[^\n]*(?:fail|0x1503)[^\n]*|"
        r"Image validation failed[^\n]*|OTA image has invalid magic byte[^\n]*|New image failed verification|"
        r"Wrong Magic Byte|MD5 Check Failed|Could Not Activate The Firmware|"
        r"esp_https_ota_finish[^\n]*fail[^\n]*",
        "the update that was sent is damaged, or is no application image; the board keeps the one it has",
        "Build the image again and send it again (the application's firmware.bin, not a merged or zipped "
        "file).",
        explains=(*_AFTER, "damaged-application"),
    ),
    Rule(
        "update-rolled-back",
        r"Rollback is not possible[^\n]*|Running app has not confirmed state[^\n]*|"
        r"[EW] \(\d+\) [^\n]*(?:[Rr]oll(?:ed|ing)[ -]?back|rollback)[^\n]*|ESP_OTA_IMG_(?:ABORTED|INVALID)|"
        r"App rollback[^\n]*",
        "the new application did not prove itself after an update, and the board goes back to the one before",
        "Look at what the new application printed before it restarted, correct that, and send the update "
        "again.",
        minor=True,
    ),
    Rule(
        "secure-boot",
        r"Secure [Bb]oot (?:V\d )?(?:signature )?verification failed[^\n]*|secure boot (?:verification|"
        r"check) fail"
        r"[^\n]*|image has invalid signature version field[^\n]*|SECURE_BOOT_REQUIRE_ALREADY_ENABLED[^\n]*|"
        r"No (?:application|bootloader) key digest[^\n]*|[Ss]ignature verification failed[^\n]*|"
        r"No valid \w+ signature blocks found|image valid, signature bad",
        "the chip starts signed images only (secure boot), and this one carries no signature that it accepts",
        "Sign the image with the key of this chip; a chip whose secure boot is on takes nothing else.",
        explains=(*_AFTER, "damaged-application"),
    ),
    Rule(
        "secure-boot",
        r"Anti-rollback[^\n]*|secure version is lower than[^\n]*",
        "the application's security version is older than the one burned into the chip",
        "Build the application with at least the security version of the chip's fuses.",
        explains=(*_AFTER, "damaged-application"),
    ),
    Rule(
        "flash-encryption",
        r"[Ff]lash encryption (?:is not enabled|error|eFuse)[^\n]*(?:abort|refusing|error|not)[^\n]*|"
        r"SECURE_FLASH_REQUIRE_ALREADY_ENABLED[^\n]*|encrypt(?:ion)? flash contents failed[^\n]*",
        "the chip's flash encryption and the firmware's settings do not agree",
        "Build with the flash encryption that the chip's fuses have.",
        explains=_AFTER,
    ),
    Rule(
        "damaged-application",
        r"Image hash failed[^\n]*|Checksum failed\. Calculated[^\n]*|image corrupted on flash|"
        r"Segment \d+ load address [^\n]*doesn't match data[^\n]*|bootloader_flash_read failed[^\n]*",
        "the application in the flash is damaged: its checksum does not fit",
        "Flash the board again; if it comes back, use a shorter cable and look at the power: " + POWER,
        explains=_AFTER,
    ),
    Rule(
        "no-application",
        r"invalid segment length 0x[0-9a-f]+|Segment \d+ 0x[0-9a-f]+-0x[0-9a-f]+ invalid[^\n]*|"
        r"Segment \d+: length [^\n]*too short[^\n]*|image at 0x[0-9a-f]+ has invalid magic byte[^\n]*|"
        r"mismatch chip ID, expected \d+, found 65535|No bootable (?:app|"
        r"test) partitions? in the partition table|image header (?:is )?invalid[^\n]*|"
        r"app partition(?: slot \d+)? is not bootable",
        "the boot loader finds no application that passes its checks",
        FLASH,
        unless=r"Loaded app from partition at offset",
    ),
    Rule(
        "nvs",
        r"ESP_ERR_NVS_(?:NO_FREE_PAGES|NEW_VERSION_FOUND|PART_NOT_FOUND|CORRUPT_KEY_PART|WRONG_ENCRYPTION)|"
        r"nvs_flash_init[^\n]*fail[^\n]*|Failed to initiali[sz]e NVS[^\n]*|esp_err_t 0x11(?:0d|10|0f)\b",
        "the settings partition (nvs) can't be read",
        "Erase the flash and write everything again: `esptool --port PORT erase-flash`, then "
        "`tinyface flash MODEL --board BOARD`.",
    ),
    Rule(
        "file-system",
        r"(?:SPIFFS|spiffs|LittleFS|LITTLEFS|esp_littlefs|FFat)\b[^\n]*(?:[Mm]ount(?:ing)? fail|mount failed|"
        r"[Cc]orrupted dir pair|partition could not be found|Failed to (?:mount|init))[^\n]*",
        "the file system of the application can't be mounted",
        "Upload the file system's image as well, or let the application format it.",
        minor=True,
    ),
)
