"""Lines of every family that the doctor knows, and the fault that each names: (fault, text).

They are written after the sources that print them (ESP-IDF, the ROM, esp32-camera, TensorFlow Lite Micro,
esptool, pyserial, PlatformIO), with values of our own.
"""

from __future__ import annotations

FAMILIES: tuple[tuple[str, str], ...] = (
    # why the chip started: ESP32, S3, C3 name the same numbers differently
    ("brownout", "rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"),
    ("brownout", "rst:0xf (BROWN_OUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)"),
    ("brownout", "E (31) BOD: Brownout detector was triggered"),
    ("power-glitch", "rst:0x17 (POWER_GLITCH_RESET),boot:0xd (SPI_FAST_FLASH_BOOT)"),
    ("power-glitch", "rst:0x13 (GLITCH_RTC_RESET),boot:0x8 (SPI_FAST_FLASH_BOOT)"),
    ("efuse-reset", "rst:0x14 (EFUSE_RESET),boot:0x8 (SPI_FAST_FLASH_BOOT)"),
    ("intrusion-reset", "rst:0xa (INTRUSION_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"),
    ("watchdog-reset", "rst:0x4 (OWDT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"),
    ("watchdog-reset", "rst:0x7 (TG0WDT_SYS_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"),
    ("watchdog-reset", "rst:0x8 (TG1WDT_SYS_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)"),
    ("watchdog-reset", "rst:0xb (TGWDT_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"),
    ("watchdog-reset", "rst:0x11 (TG1WDT_CPU_RST),boot:0xc (SPI_FAST_FLASH_BOOT)"),
    ("watchdog-reset", "rst:0x12 (SUPER_WDT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)"),
    ("watchdog-reset", "W (87) boot.esp32: APP CPU has been reset by WDT."),
    ("rtc-watchdog", "rst:0x9 (RTCWDT_SYS_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)"),
    ("rtc-watchdog", "rst:0xd (RTCWDT_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"),
    ("rtc-watchdog", "rst:0x10 (RTCWDT_RTC_RST),boot:0xd (SPI_FAST_FLASH_BOOT)"),
    # how it was told to start
    ("download-mode", "rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\nwaiting for download"),
    ("download-mode", "rst:0x15 (USB_UART_CHIP_RESET),boot:0x5 (DOWNLOAD(USB/UART0/1))"),
    ("download-mode", "rst:0x1 (POWERON_RESET),boot:0x1 (SDIO_REI_REO_V1_BOOT)"),
    ("strapping", "rst:0x1 (POWERON),boot:0x4 (SPI_DOWNLOAD_BOOT)"),
    ("strapping", "rst:0x1 (POWERON_RESET),boot:0x23 (HSPI_FLASH_BOOT)"),
    ("strapping", "rst:0x1 (POWERON_RESET),boot:0x6 (ATE_BOOT)"),
    ("empty-flash", "invalid header: 0xffffffff"),
    ("boot-loader", "invalid header: 0x3c21444f"),
    ("boot-loader", "Invalid chip id. Expected 9 read 0. Bootloader for wrong chip?"),
    ("boot-loader", "csum err:0x12!=0x34\nets_main.c 371"),
    ("boot-loader", "rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\nets_main.c 384"),
    ("boot-loader", "mode:QIO, clock div:2\nload:0x3fff0008,len:8\nload:0xffffffff,len:-1"),
    (
        "restart-loop",
        "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST\nrst:0x1 (POWERON_RESET),bo\nrst:0x1 (POWERON_RESET)",
    ),
    ("restart-loop", 3 * "rst:0x3 (SW_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\nentry 0x400805f0\n"),
    ("flash-read", "flash read err, 12a\nets_main.c 371"),
    (
        "crystal",
        "W (45) rtc_clk: Possibly invalid CONFIG_ESP32_XTAL_FREQ setting (40MHz). Detected 26 MHz.",
    ),
    ("crystal", "W (38) clk: Possibly invalid CONFIG_XTAL_FREQ setting (40MHz). Detected 26 MHz."),
    # the boot loader's checks
    ("wrong-chip", "E (53) boot_comm: mismatch chip ID, expected 0, found 5"),
    ("chip-revision", "E (63) boot_comm: can't run on lower chip revision, expected 1, found 3"),
    ("too-large", "E (530) esp_image: Image length 1053936 doesn't fit in partition length 1048576"),
    ("no-application", "E (61) boot_comm: mismatch chip ID, expected 0, found 65535"),
    ("chip-revision", "E (53) boot_comm: Image requires chip rev >= v3.0, but chip is v1.0"),
    ("chip-revision", "E (53) boot_comm: chip revision check failed. Required >= v3.1, found v3.0."),
    (
        "chip-revision",
        "E (39) boot_comm: This chip is revision 1 but the application is configured for minimum revision 3. "
        "Can't run.",
    ),
    (
        "chip-cores",
        "E (10) cpu_start: Running on single core variant of a chip, but app is built with multi-core "
        "support.",
    ),
    (
        "flash-size",
        "E (41) spi_flash: Detected size(1024k) smaller than the size in the binary image header(8192k).",
    ),
    (
        "flash-size",
        "E (41) spi_flash: Detected size(256k) smaller than the size in the binary image header(4096k).",
    ),
    (
        "flash-size-partition",
        "E (5) flash_parts: partition 3 invalid - offset 0x200000 size 0x300000 exceeds flash chip size "
        "0x400000\nE (6) boot: Failed to verify partition table",
    ),
    ("flash-mode", "E (91) cpu_start: Octal Flash option selected, but EFUSE not configured!"),
    ("flash-chip", "E (44) spi_flash: No detected Flash chip, please check the menuconfig"),
    ("partition-table", "E (70) flash_parts: partition table has no terminating entry, not valid"),
    ("partition-table", "E (70) boot: load partition table error!"),
    ("no-application", "E (71) esp_image: image at 0x20000 has invalid magic byte (nothing flashed here?)"),
    ("no-application", "E (71) esp_image: Segment 2 0x40080000-0x40091234 invalid: bad load address range"),
    ("damaged-application", "E (71) esp_image: Checksum failed. Calculated 0x11 read 0x22"),
    ("damaged-application", "E (71) esp_image: Image hash failed - image is corrupt"),
    ("update-damaged", "E (9) esp_ota_ops: OTA image has invalid magic byte (expected 0xE9, saw 0x3c)"),
    ("update-damaged", "E (9) esp_https_ota: Image validation failed, image is corrupted"),
    ("update-damaged", "[E][Updater.cpp:121] Update Error: Wrong Magic Byte"),
    (
        "update-rolled-back",
        "E (9) esp_ota_ops: Rollback is not possible, do not have any suitable apps in slots",
    ),
    ("secure-boot", "E (99) secure_boot_v2: Secure boot signature verification failed"),
    ("secure-boot", "E (99) secure_boot_v2: No valid bootloader signature blocks found."),
    (
        "flash-encryption",
        "E (88) boot: flash encryption is not enabled, and SECURE_FLASH_REQUIRE_ALREADY_ENABLED is set, "
        "refusing to boot.",
    ),
    ("nvs", "ESP_ERROR_CHECK failed: esp_err_t 0x110d (ESP_ERR_NVS_NO_FREE_PAGES) at 0x400d1234"),
    ("file-system", "E (612) SPIFFS: mount failed, -10025"),
    # PSRAM
    ("psram", "E (71) psram: PSRAM ID read error: 0xffffffff"),
    ("psram", "E (71) quad_psram: PSRAM chip is not connected, or wrong PSRAM line mode"),
    ("psram", "E (71) spiram: SPI RAM enabled but initialization failed. Bailing out."),
    ("psram", "W (71) esp_psram: Failed to init external RAM; continuing without it."),
    ("psram", "E (71) spiram: SPI SRAM memory test fail. 12/131072 writes failed, first @ 3F800020"),
    ("psram", "E (71) spiram: Expected 8192KiB chip but found 4096KiB chip. Bailing out.."),
    ("psram", "E (71) psram: VDDSDIO is not 1.8V"),
    # the camera
    ("camera-not-found", "E (71) camera: Camera probe failed with error 0x105(ESP_ERR_NOT_FOUND)"),
    ("camera-not-found", "Camera init failed with error 0x20001"),
    ("camera-not-found", "E (71) camera: Camera probe failed with error 0x107(ESP_ERR_TIMEOUT)"),
    (
        "camera-not-found",
        "[E][camera:080]: Camera setup failed with error ESP_ERR_NOT_FOUND: camera init failed",
    ),
    ("camera-not-supported", "E (71) camera: Camera probe failed with error 0x106(ESP_ERR_NOT_SUPPORTED)"),
    ("camera-not-supported", "[E][camera.c:1049] camera_probe(): Detected camera not supported."),
    ("camera-memory", "E (71) cam_hal: cam_dma_config(321): frame buffer malloc failed"),
    (
        "camera-memory",
        "E (71) cam_hal: cam_dma_config(292): DMA buffer 32000 Byte malloc failed, the current largest free "
        "block:9000 Byte",
    ),
    ("camera-memory", "Camera init failed with error 0x101"),
    ("camera-memory", "E (71) camera: Camera config failed with error 0xffffffff"),
    ("camera-bus", "E (71) i2c: CONFLICT! driver_ng is not allowed to be used with this old driver"),
    ("camera-bus", "E (71) camera: sccb init err"),
    (
        "camera-clock",
        "E (71) ledc: requested frequency 20000000 and duty resolution 5 can not be achieved, try reducing "
        "it",
    ),
    ("camera-dma", "E (71) s3 ll_cam: Can't find available GDMA channel"),
    ("camera-frames", "[E][camera.c:205] skip_frame(): Timeout waiting for VSYNC"),
    ("camera-frames", "W (71) cam_hal: Failed to get frame: timeout"),
    ("camera-frames", "cam_hal: FB-OVF"),
    ("camera-frames", "W (71) cam_hal: NO-EOI"),
    ("camera-frames", "E (71) cam_hal: FB-SIZE: 12345 != 614400"),
    ("camera-no-jpeg", "E (71) camera: JPEG format is not supported on this sensor"),
    ("camera-no-jpeg", "E (71) camera: JPEG format is only supported for ov2640"),
    (
        "camera-no-jpeg",
        "I (61) camera: Detected GC2145 camera\nI (62) camera: Detected camera at address=0x3c\n"
        "E (71) camera: JPEG format is not supported on this sensor\nCamera init failed with error 0x106",
    ),
    (
        "camera-other-sensor",
        "I (61) ov5640: Mismatch PID=0x3660\nE (71) camera: Detected camera not supported.\n"
        "E (71) camera: Camera probe failed with error 0x106(ESP_ERR_NOT_SUPPORTED)",
    ),
    (
        "camera-other-sensor",
        "E (71) camera: Detected camera not supported. PID: 0x2d\n"
        "E (71) camera: Camera probe failed with error 0x20004",
    ),
    ("camera-format", "E (71) ll_cam: Requested format is not supported"),
    ("camera-format", "E (71) camera: Camera init failed with error 0x20002"),
    ("camera-power", "E (71) sccb: SCCB_Write Failed addr:0x30, reg:0xff, data:0x01, ret:-1"),
    ("camera-power", "E (71) camera: Camera probe failed with error 0xffffffff(ESP_FAIL)"),
    ("camera-init", "E (71) camera: Camera init failed with error 0x103"),
    ("camera-init", "E (71) camera: Camera init failed with error 0x102"),
    ("camera-init", "E (71) camera: Camera init failed with error 0x10b"),
    ("camera-init", "Camera Init Failed"),
    # TensorFlow Lite Micro
    ("model-schema", "Model provided is schema version 4294967295 not equal to supported version 3."),
    ("operator", "Didn't find op for builtin opcode 'SVDF'"),
    ("operator", "Failed to get registration from op code CUSTOM"),
    ("operator", "Couldn't register builtin op #9, resolver size is too small (8)."),
    ("arena-too-small", "Failed to resize buffer. Requested: 1234, available 1000, missing: 234"),
    ("arena-too-small", "Failed to allocate tail memory. Requested: 1234, available 1000, missing: 234"),
    (
        "arena-too-small",
        "Arena size is too small for all buffers. Needed 1234 but only 1000 was available.\n"
        "AllocateTensors() failed",
    ),
    (
        "operator-failed",
        "Node SOFTMAX (number 30f) failed to prepare with status 1\nAllocateTensors() failed",
    ),
    ("operator-failed", "Node CONV_2D (number 3) failed to invoke with status 1"),
    ("operator-failed", "tensorflow/lite/micro/kernels/add.cc:71 input1->type != input2->type (9 != 1)"),
    ("tflm", "AllocateTensors() failed"),
    ("tflm", "Invoke failed on x_val: 0.2"),
    # software that falls over
    ("stack-overflow", "Debug exception reason: Stack canary watchpoint triggered (httpd)"),
    ("stack-overflow", "***ERROR*** A stack overflow in task camera_task has been detected."),
    (
        "stack-overflow",
        "Guru Meditation Error: Core  0 panic'ed (Stack protection fault).\n\n"
        'Detected in task "loopTask" at 0x42001234',
    ),
    ("interrupt-watchdog", "Guru Meditation Error: Core  0 panic'ed (Interrupt wdt timeout on CPU0)."),
    (
        "task-watchdog",
        "E (9) task_wdt: Task watchdog got triggered. The following tasks did not reset the watchdog in "
        "time:\n"
        "E (9) task_wdt:  - IDLE1 (CPU 1)\nE (9) task_wdt: Tasks currently running:\nE (9) task_wdt: CPU 0: "
        "IDLE0\n"
        "E (9) task_wdt: CPU 1: detect\nabort() was called at PC 0x400d1234 on core 0",
    ),
    ("crash", "Guru Meditation Error: Core  0 panic'ed (InstrFetchProhibited). Exception was unhandled."),
    ("crash", "Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled."),
    ("crash", "Guru Meditation Error of type StoreProhibited occurred on core  1. Exception was unhandled."),
    ("crash", "abort() was called at PC 0x400d1234 on core 1"),
    ("crash", "assert failed: xQueueSemaphoreTake queue.c:1545 (( pxQueue ))"),
    ("crash", 'assertion "res == ESP_OK" failed: file "main.c", line 12, function: app_main'),
    ("crash", "Stack smashing protect failure!\n\nabort() was called at PC 0x400d1234 on core 0"),
    ("crash", "assert failed: multi_heap_free multi_heap_poisoning.c:279 (head != NULL)"),
    ("crash", "assert failed: block_trim_free heap_tlsf.c:377 (block_is_free(block))"),
    ("crash", "CORRUPT HEAP: Bad head at 0x3ffb1234. Expected 0xabba1234 got 0x00000000"),
    ("crash", "E (9) app: malloc failed\nassert failed: app_main main.c:12 (p != NULL)"),
    ("crash", "ESP_ERROR_CHECK failed: esp_err_t 0x103 (ESP_ERR_INVALID_STATE) at 0x400d1234"),
    (
        "crash",
        "Guru Meditation Error: Core  0 panic'ed (Cache error).\nCache disabled but cached memory region ",
    ),
    ("crash", "Guru Meditation Error: Core  1 panic'ed (Double exception)."),
    ("heap", "E (9) app: heap_caps_malloc failed: 40000 bytes"),
    # serial ports: by number, in any language
    ("port-busy", "could not open port 'COM7': PermissionError(13, 'Zugriff verweigert', None, 5)"),
    ("port-busy", "could not open port 'COM7': PermissionError(13, '\ufffd\ufffd\ufffd', None, 5)"),
    ("port-busy", "[Errno 16] could not open port /dev/cu.usbserial-1: [Errno 16] Resource busy"),
    ("port-busy", "[Errno 11] Could not exclusively lock port /dev/ttyUSB0"),
    ("port-permission", "[Errno 13] could not open port /dev/ttyACM0: [Errno 13] Permission non accordée"),
    (
        "port-permission",
        "A fatal error occurred: Could not open /dev/ttyUSB0, the port is busy or doesn't exist.\n"
        "([Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0')",
    ),
    ("port-missing", "could not open port 'COM9': FileNotFoundError(2, 'Datei nicht gefunden', None, 2)"),
    ("port-missing", "[Errno 2] could not open port /dev/ttyUSB3: [Errno 2] No such file or directory"),
    ("port-missing", "A fatal error occurred: Could not open COM4, the port doesn't exist"),
    (
        "port-missing",
        "Error: Please specify `upload_port` for environment or use global `--upload-port` option.",
    ),
    (
        "port-driver",
        "Cannot configure port, something went wrong. Original message: OSError(22, 'Falscher Parameter', "
        "None, 87)",
    ),
    ("port-driver", "could not open port 'COM5': OSError(22, 'xx', None, 121)"),
    ("port-driver", "A fatal error occurred: Could not configure port: (5, 'Input/output error')"),
    ("port-lost", "ClearCommError failed (PermissionError(13, 'Accès refusé.', None, 5))"),
    ("port-lost", "read failed: [Errno 6] Device not configured"),
    ("port-lost", "device reports readiness to read but returned no data (device disconnected?)"),
    ("port-unusable", "A fatal error occurred: Could not open COM4 for a reason of its own"),
    # esptool
    (
        "wrong-boot-mode",
        "A fatal error occurred: Failed to connect to ESP32: Wrong boot mode detected (0x17)!",
    ),
    (
        "serial-tx",
        "A fatal error occurred: Failed to connect to ESP32-S3: Download mode successfully detected, but "
        "getting "
        "no sync reply: The serial TX path seems to be down.",
    ),
    ("no-answer", "A fatal error occurred: Failed to connect to Espressif device: No serial data received."),
    ("no-answer", "A fatal error occurred: Timed out waiting for packet content"),
    (
        "no-answer",
        "A fatal error occurred: Could not connect to an Espressif device on any of the 2 available ports",
    ),
    (
        "line-broken",
        "A fatal error occurred: Invalid head of packet (0xE0): Possible serial noise or corruption.",
    ),
    ("line-broken", "A fatal error occurred: The chip stopped responding."),
    (
        "line-broken",
        "A fatal error occurred: Serial data stream stopped: Possible serial noise or corruption.",
    ),
    ("line-broken", "A fatal error occurred: Packet content transfer stopped (received 8 bytes)"),
    ("line-broken", "A fatal error occurred: Failed to start stub. Unexpected response: b'\\x00'"),
    ("line-broken", "Failed to write to target flash after seq 7 (result was 01050000: Operation timed out)"),
    (
        "baud-change",
        "Changing baud rate to 460800\nChanged.\nA fatal error occurred: No serial data received.",
    ),
    ("baud-change", "A fatal error occurred: Failed to set baud rate 921600. The driver may not support it."),
    ("another-chip", "A fatal error occurred: This chip is ESP32-C3, not ESP32. Wrong chip argument?"),
    ("another-chip", "'firmware.bin' is not an ESP32-S3 image. Use the force argument to flash anyway."),
    (
        "chip-revision",
        "bootloader.bin requires chip revision 3 or higher (this chip is revision 1). Use --force",
    ),
    ("flash-differs", "A fatal error occurred: MD5 of file does not match data in flash!"),
    ("flash-differs", "A fatal error occurred: Verification failed (digest mismatch)."),
    (
        "flash-chip-lost",
        "WARNING: Failed to communicate with the flash chip, read/write operations will fail.",
    ),
    (
        "flash-chip-lost",
        "Changing baud rate to 460800\nChanged.\nConfiguring flash size...\nWARNING: Failed to communicate "
        "with the flash chip, read/write operations will fail.\nFlash will be erased from 0x1000 to 0x5fff..."
        "\nA fatal error occurred: Failed to write compressed data to flash after seq 0 (result was 0x106)",
    ),
    (
        "flash-chip-lost",
        "Changing baud rate to 921600\nChanged.\nWarning: Failed to communicate with the flash chip, read/"
        "write operations will fail.\nA fatal error occurred: Timed out waiting for packet content",
    ),
    (
        "flash-chip-lost",
        "Changing baud rate to 460800\nChanged.\nManufacturer: ff\nDevice: ffff\nDetected flash size: Unknown"
        "\nA fatal error occurred: Timed out waiting for packet header",
    ),
    (
        "baud-change",
        "Changing baud rate to 921600\nChanged.\nA fatal error occurred: Unable to verify flash chip "
        "connection (No serial data received.).",
    ),
    (
        "too-large",
        "File firmware.bin (length 2000000) at offset 65536 will not fit in 1048576 bytes of flash. Use "
        "--flash_size",
    ),
    ("bad-image", "A fatal error occurred: This is not a valid image (invalid magic number: 0x3c)"),
    ("overlap", "Detected overlap at address: 0x8000 for file: partitions.bin"),
    ("locked-chip", "A fatal error occurred: Secure Download Mode is enabled. The tool can not read eFuses."),
    (
        "esptool-version",
        "esptool: error: argument operation: invalid choice: 'write-flash' (choose from ...)",
    ),
    # PlatformIO, compiler and linker
    ("build-path", "Error: Detected a whitespace character in project paths."),
    ("build-space", "OSError: [Errno 28] No space left on device: '/home/me/.platformio/packages'"),
    ("build-download", "HTTPClientError: "),
    (
        "build-download",
        "urllib3.exceptions.MaxRetryError: HTTPSConnectionPool: Max retries exceeded with url: /v3",
    ),
    (
        "build-permission",
        "PermissionError: [Errno 13] Permission denied: '/home/anna/.platformio/appstate.json'",
    ),
    (
        "unknown-package",
        "UnknownPackageError: Could not find the package with 'espressif32 @ 9' requirements",
    ),
    ("unknown-package", "Error: This board doesn't support arduino framework!"),
    ("build-tool", "OSError: [Errno 8] Exec format error: 'xtensa-esp32-elf-gcc'"),
    ("python-module", "ModuleNotFoundError: No module named 'serial'"),
    ("memory-overflow", "ld: region `dram0_0_seg' overflowed by 4321 bytes"),
    ("memory-overflow", "ld: firmware.elf section `.dram0.bss' will not fit in region `dram0_0_seg'"),
    (
        "memory-overflow",
        "Error: The program size (1400000 bytes) is greater than maximum allowed (1310720 bytes)",
    ),
    (
        "memory-overflow",
        "Sketch uses 3400000 bytes (108%) of program storage space. Maximum is 3145728 bytes.\n"
        "Compilation error: text section exceeds available space in board",
    ),
    ("memory-overflow", "text section exceeds available space in board"),
    ("memory-overflow", "Sketch too big; see https://support.arduino.cc/ for tips on reducing it."),
    (
        "memory-overflow",
        "Global variables use 400000 bytes (122%) of dynamic memory, leaving -72320 bytes for local "
        "variables. Maximum is 327680 bytes.",
    ),
    ("memory-overflow", "data section exceeds available space in board"),
    ("build-memory", "xtensa-esp32-elf-g++: fatal error: Killed signal terminated program cc1plus"),
    ("missing-header", "main/app.c:3:10: fatal error: esp_camera.h: No such file or directory"),
    ("tool-missing", "/bin/sh: 1: pio: not found"),
    ("tool-missing", "zsh: command not found: esptool.py"),
    ("tool-missing", "-bash: esptool.py: command not found"),
    ("tool-missing", "fish: Unknown command: pio"),
    (
        "tool-missing",
        "'pio' is not recognized as an internal or external command,\noperable program or batch file.",
    ),
    ("tool-missing", "pio : The term 'pio' is not recognized as the name of a cmdlet, function, script file"),
    ("tool-missing", '"pio" не является внутренней или внешней\nкомандой, исполняемой программой'),
    ("tool-missing", 'Der Befehl "pio" ist entweder falsch geschrieben oder\nkonnte nicht gefunden werden.'),
    ("tool-missing", "make: pio: No such file or directory\nmake: *** [Makefile:5: flash] Error 127"),
    ("tool-missing", "FileNotFoundError: [Errno 2] No such file or directory: 'pio'"),
    ("tool-missing", "/usr/bin/python3: No module named platformio"),
    ("tool-missing", "bash: tinyface: command not found"),
    ("tool-missing", "bash: idf.py: command not found"),
    ("tool-missing", "/usr/bin/env: 'python3': No such file or directory"),
    ("tool-missing", "Python was not found; run without arguments to install from the Microsoft Store"),
    ("build-tool", "sh: 1: xtensa-esp32-elf-g++: not found"),
    ("missing-symbol", "main.c:7: undefined reference to `tinyface_run'"),
    ("not-a-project", "NotPlatformIOProjectError: Not a PlatformIO project."),
    ("build", "src/main.c:12:5: error: expected ';' before 'return'"),
    ("build", "*** [.pio/build/esp32cam/src/main.o] Error 1"),
)
