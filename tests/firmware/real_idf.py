"""ESP-IDF's own headers and configuration, where IDF_PATH names a checkout of it.

Espressif's compilers are used where they are on PATH (`. export.sh` puts them there), other compilers for the
same architectures otherwise: only the syntax is checked. Components that ESP-IDF does not hold (esp32-camera,
esp-tflite-micro, esp-nn) are looked for in the folder TINYFACE_IDF_COMPONENTS, such as the managed_components
of a built project.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from codegen.board import Board
from codegen.errors import ToolError
from host_tools.boards import project_files
from host_tools.project.toolchains import find_toolchain

CHIPS = {"esp32": "xtensa", "esp32s3": "xtensa", "esp32c3": "riscv"}
"""Chip -> architecture, as ESP-IDF's folders are named."""
FOLDERS = """
    freertos/config/include freertos/config/include/freertos freertos/config/{arch}/include
    freertos/FreeRTOS-Kernel/include freertos/FreeRTOS-Kernel/portable/{arch}/include
    freertos/FreeRTOS-Kernel/portable/{arch}/include/freertos freertos/esp_additions/include
    esp_hw_support/include esp_hw_support/include/soc esp_hw_support/port/{chip}/include
    heap/include log/include soc/include soc/{chip} soc/{chip}/include soc/{chip}/register
    hal/platform_port/include hal/{chip}/include hal/include esp_rom/include esp_rom/{chip}/include
    esp_rom/{chip} esp_common/include esp_system/include xtensa/{chip}/include xtensa/include
    riscv/include esp_driver_gpio/include esp_driver_uart/include esp_driver_usb_serial_jtag/include
    esp_driver_ledc/include esp_ringbuf/include esp_timer/include esp_psram/include
    nvs_flash/include esp_partition/include app_update/include bootloader_support/include
    esp_app_format/include esp_bootloader_format/include spi_flash/include driver/deprecated
"""
"""Where the headers that this project includes lie, and those that they include."""
CAMERA_FOLDERS = ("driver/include", "conversions/include")


def idf_path() -> Path | None:
    """The checkout, None where there is none."""
    place = os.environ.get("IDF_PATH")
    return Path(place) if place and (Path(place) / "components").is_dir() else None


def component(name: str) -> Path | None:
    """Folder of a component from Espressif's registry, None where it is not at hand."""
    place = os.environ.get("TINYFACE_IDF_COMPONENTS")
    found = Path(place) / f"espressif__{name}" if place else None
    return found if found is not None and found.is_dir() else None


def camera_includes() -> list[str] | None:
    """Compiler flags for esp32-camera and what it includes, None without it."""
    camera = component("esp32-camera")
    if camera is None:
        return None
    jpeg = component("esp_jpeg")
    folders = [camera / part for part in CAMERA_FOLDERS] + ([jpeg / "include"] if jpeg else [])
    return [f"-I{folder}" for folder in folders]


def without_camera(sources: Iterable[Path], headers: Iterable[Path]) -> list[Path]:
    """Those that don't include esp32-camera's header, neither themselves nor through one of our headers."""
    own = {header.name: header.read_text() for header in headers}

    def reached(text: str, seen: frozenset[str]) -> bool:
        names = set(re.findall(r'#include "([\w./]+)"', text)) - seen
        return "esp_camera.h" in names or any(reached(own.get(name, ""), seen | names) for name in names)

    return [source for source in sources if not reached(source.read_text(), frozenset())]


def compiler(chip: str) -> list[str]:
    """A C compiler for the chip's architecture with the flags that it needs.

    Raises:
        ToolError: there is none with a C library.
    """
    arch = CHIPS[chip]
    names = ("riscv32-esp-elf-gcc",) if arch == "riscv" else (f"xtensa-{chip}-elf-gcc", "xtensa-esp-elf-gcc")
    for name in names:
        if shutil.which(name):
            return [name, *(["-march=rv32imc_zicsr_zifencei"] if arch == "riscv" else ["-mlongcalls"])]
    xtensa = find_toolchain("xtensa-lx")
    if xtensa.variant != "de233_fpu":
        raise ToolError("that compiler has no C library", xtensa.cc, "Run ESP-IDF's export.sh before.")
    if arch == "xtensa":
        return [xtensa.cc, "-mlongcalls"]
    newlib = Path(xtensa.cc).parent.parent / "xtensa-elf" / "include"  # the same on every processor
    riscv = find_toolchain("riscv64-unknown-elf").cc
    return [riscv, "-march=rv32imc_zicsr_zifencei", "-mabi=ilp32", "-isystem", str(newlib)]


def includes(idf: Path, chip: str) -> list[str]:
    """Compiler flags for ESP-IDF's headers."""
    named = (idf / "components" / f.format(chip=chip, arch=CHIPS[chip]) for f in FOLDERS.split())
    # After the C library's own headers: these wrap those of Espressif's newlib.
    wrap = idf / "components" / "newlib" / "platform_include"
    return [f"-I{folder}" for folder in named if folder.is_dir()] + ["-idirafter", str(wrap)]


def configure(idf: Path, board: Board, folder: Path, *more: str) -> tuple[dict[str, str], list[str]]:
    """ESP-IDF's whole configuration for a board's sdkconfig.defaults and the further files named.

    Leaves sdkconfig.h in the folder, which is made where there is none.

    Returns:
        option (without CONFIG_) -> value, and what kconfgen says about the options that the board sets.
    """
    folder.mkdir(exist_ok=True)
    names = ("sdkconfig.defaults", *more)
    for name in names:
        (folder / name).write_text(project_files(board)[name])
    texts = "".join((folder / name).read_text() for name in names)
    defaults = [text for name in names for text in ("--defaults", str(folder / name))]
    extra = [place for name in ("esp32-camera", "esp-nn") if (place := component(name))]
    sources = {"kconfigs.in": "Kconfig", "kconfigs_projbuild.in": "Kconfig.projbuild"}
    for file, name in sources.items():
        found = sorted((idf / "components").glob(f"*/{name}")) + [
            p / name for p in extra if (p / name).is_file()
        ]
        (folder / file).write_text("".join(f'source "{path}"\n' for path in found))
    env = {
        "IDF_PATH": str(idf), "IDF_TARGET": board.chip, "IDF_TOOLCHAIN": "gcc", "IDF_ENV_FPGA": "",
        "IDF_VERSION": version(idf), "IDF_INIT_VERSION": version(idf), "IDF_MINIMAL_BUILD": "n",
        "COMPONENT_KCONFIGS_SOURCE_FILE": str(folder / "kconfigs.in"),
        "COMPONENT_KCONFIGS_PROJBUILD_SOURCE_FILE": str(folder / "kconfigs_projbuild.in"),
    }  # fmt: skip
    done = subprocess.run(
        [
            sys.executable, "-m", "kconfgen", "--list-separator=semicolon", "--kconfig", str(idf / "Kconfig"),
            "--sdkconfig-rename", str(idf / "sdkconfig.rename"), "--config", str(folder / "sdkconfig"),
            *defaults,
            "--output", "header", str(folder / "sdkconfig.h"),
            "--output", "config", str(folder / "sdkconfig"),
        ],
        capture_output=True, text=True, env={**os.environ, **env}, cwd=folder, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    values = dict(re.findall(r"^CONFIG_(\w+)=(.*)$", (folder / "sdkconfig").read_text(), re.MULTILINE))
    ours = re.compile(r"\b(" + "|".join(re.findall(r"^CONFIG_(\w+)=", texts, re.MULTILINE)) + r")\b|defaults")
    faults = [line for line in (done.stdout + done.stderr).splitlines() if "NOTE" in line or "rror" in line]
    said = [line for line in faults if ours.search(line) and "defaults policy" not in line]
    return values, said


def version(idf: Path) -> str:
    """ESP-IDF's version, e.g. 5.5.3."""
    text = (idf / "tools" / "cmake" / "version.cmake").read_text()
    return ".".join(re.findall(r"set\(IDF_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)\)", text))


def check_syntax(command: Iterable[str], *sources: Path) -> str:
    """What the compiler objects to, "" for nothing."""
    flags = [
        "-std=gnu17",
        "-fsyntax-only",
        "-fdiagnostics-color=never",
        "-Wall",
        "-Wextra",
        "-Wno-unused-parameter",
    ]
    errors = ["-Werror", "-Wno-sign-compare", "-Wno-enum-conversion", "-Wno-old-style-declaration"]
    done = subprocess.run(
        [*command, *flags, *errors, *map(str, sources)], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode or done.stderr else ""
