"""The facts of a board that compiling needs; host_tools loads them from board.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codegen.cores import PLAIN
from codegen.cost.energy import Power

FLASH_MODES = ("dio", "qio")
"""How a flash chip answers at 80 MHz: on two data lines, or on four. What a line of it then takes:
codegen/cost/memory.json."""


@dataclass(frozen=True)
class Memory:
    """Budgets in bytes (0 where the board has none).

    Attributes:
        static_ram: what a static arena plus the application's own data may take.
        heap: internal heap at start.
        heap_block: largest free block of the internal heap.
        psram: mapped external RAM.
        flash_app: largest application image.
        app_ram, app_flash: what the firmware without a model takes of them.
        copies: static RAM that constants may be copied to at start.
    """

    static_ram: int
    heap: int
    heap_block: int
    psram: int
    flash_app: int
    app_ram: int
    app_flash: int
    copies: int = 0


@dataclass(frozen=True)
class Camera:
    """What the camera delivers.

    Attributes:
        format: of simulated pictures, "gray8" or "rgb565"; a real camera gives what its sensor can.
        width, height: size of the largest frame in px.
        settle_frames: how many frames are given up after a start, while exposure and white balance settle.
        mirror, flip: how the sensor is mounted; the settings of these names count from there.
    """

    format: str
    width: int
    height: int
    settle_frames: int = 0
    mirror: bool = False
    flip: bool = False


@dataclass(frozen=True)
class Build:
    """How an image is compiled and run with one of the board's toolchains.

    Attributes:
        variant: the toolchain's variant, e.g. "default" or "lx106".
        sources: files of the board's folder to compile (C and assembly).
        flags, link: compiler and linker flags besides the common ones; "{folder}" stands for the board's
            folder in the project.
        run: the emulator's command line, "{image}" stands for the image, "{single-steps}" for QEMU's option
            of that name (empty: the image runs itself).
        spool: file in the emulator's folder through which bytes to the board go, each piece announced by
            one byte on its serial port ("" where the serial port carries them).
        entry: address of the 256 MB in which the image's ELF entry lies (tells variants apart).
    """

    variant: str
    sources: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    spool: str = ""
    entry: int = 0


@dataclass(frozen=True)
class Flash:
    """How an image gets onto the board.

    Attributes:
        method: "simulator" (a flash file) or "platformio".
        platform, board, framework: PlatformIO's names.
        components: IDF component -> version, for idf_component.yml.
        upload_speed: baud while flashing.
        flash_bytes: size of the flash chip.
        mode: how it is read, one of FLASH_MODES.
        modes: those that the board states it can be read in.
    """

    method: str
    platform: str = ""
    board: str = ""
    framework: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    upload_speed: int = 0
    flash_bytes: int = 4 << 20
    mode: str = FLASH_MODES[0]
    modes: tuple[str, ...] = FLASH_MODES[:1]


@dataclass(frozen=True)
class Board:
    """One board folder.

    Attributes:
        name: folder name, e.g. "esp32cam".
        title: what people call it.
        chip: e.g. "esp32", "cortex-m4".
        kind: "sim", "qemu" or "serial": how the host reaches it.
        clock_hz: CPU clock.
        cost_table: name of the cost table in codegen/cost/tables ("" where none exists).
        memory: budgets.
        toolchain: name of a toolchain in host_tools (e.g. "host", "arm-none-eabi", "xtensa-lx").
        camera: True where it has one.
        folder: the board's folder.
        max_payload: longest request the firmware takes, in bytes, where its memory allows.
        baud: speed of the serial port.
        picture: what the camera delivers (None without one).
        builds: one entry a toolchain variant, the preferred first (empty: PlatformIO builds).
        flash: how an image gets onto it.
        pins: signal -> GPIO number.
        notes: what people should know about it.
        family: folder of firmware/chips with the sources and project templates that boards with such a chip
            share ("": none).
        own_usb: it talks to the host through the chip's own USB port, not through a bridge.
        led_active_low: its status LED lights at low level.
        octal_psram: its PSRAM has eight data lines, not four.
        core: one of codegen.lowering.target.CORES, whose kernels generated C takes.
        cores: how many may compute one layer at once, 1 or 2.
        power: what the chip draws while it computes (None: not stated).
    """

    name: str
    title: str
    chip: str
    kind: str
    clock_hz: int
    cost_table: str
    memory: Memory
    toolchain: str
    camera: bool
    folder: Path
    max_payload: int = 0
    baud: int = 0
    picture: Camera | None = None
    builds: tuple[Build, ...] = ()
    flash: Flash = Flash("simulator")
    pins: Mapping[str, int] = field(default_factory=dict)
    notes: str = ""
    family: str = ""
    own_usb: bool = False
    led_active_low: bool = False
    octal_psram: bool = False
    core: str = PLAIN
    cores: int = 1
    power: Power | None = None
