"""The sources of espressif/esp-tflite-micro and esp-nn, compiled for this machine as an ESP32 gets them.

They are not part of this project: TINYFACE_ESP_TFLM names a folder of them, with esp-nn beside it, as the
component manager lays them out in an ESP-IDF project (managed_components/espressif__esp-tflite-micro).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from host_tools.models import ModelRef
from host_tools.project.build import build
from host_tools.project.write import write_project
from host_tools.simulator.flash import write_flash
from tests.firmware.esp_on_fakes import FAKES, add_fakes, on_fakes

VARIABLE = "TINYFACE_ESP_TFLM"
NEURAL_NAMES = ("esp-nn", "espressif__esp-nn")

LITE = "tensorflow/lite"
SOURCES = (
    f"{LITE}/micro/*.cc", f"{LITE}/micro/esp/micro_time.cc", f"{LITE}/micro/tflite_bridge/*.cc",
    f"{LITE}/micro/memory_planner/*.cc", f"{LITE}/micro/arena_allocator/*.cc", f"{LITE}/micro/kernels/*.cc",
    f"{LITE}/micro/kernels/esp_nn/*.cc", f"{LITE}/kernels/kernel_util.cc", f"{LITE}/core/c/common.cc",
    f"{LITE}/core/api/*.cc", f"{LITE}/kernels/internal/*.cc", f"{LITE}/kernels/internal/reference/*.cc",
    "tensorflow/compiler/mlir/lite/core/api/error_reporter.cc",
    "tensorflow/compiler/mlir/lite/schema/schema_utils.cc",
)  # fmt: skip
"""What the component's CMakeLists.txt compiles, signal processing left out."""
REPLACED = ("add", "conv", "depthwise_conv", "fully_connected", "mul", "pooling", "softmax")
"""Kernels that esp_nn/ has of its own."""
NEURAL_SOURCES = ("src/*/*_ansi.c", "src/*/*_opt.c")
INCLUDES = (
    "",
    "third_party/gemmlowp",
    "third_party/flatbuffers/include",
    "third_party/ruy",
    "third_party/kissfft",
)
DEFINES = ("NDEBUG", "TF_LITE_STATIC_MEMORY", "TF_LITE_DISABLE_X86_NEON")
CHIP = ("ESP_NN", "CONFIG_NN_OPTIMIZED=1", "CONFIG_IDF_TARGET_ESP32=1")
COMMON = ("-O2", "-ffunction-sections", "-fdata-sections", "-fno-unwind-tables")
CPP = ("-fno-rtti", "-fno-exceptions")


@dataclass(frozen=True)
class EspTflm:
    """The compiled library.

    Attributes:
        cpp: the C++ compiler.
        root: the sources of esp-tflite-micro.
        library: the archive.
    """

    cpp: str
    root: Path
    library: Path

    def compile(self, source: Path, target: Path, *flags: str) -> None:
        """One file that uses the library, in the language of ESP-IDF 5.5; warnings are errors."""
        headers = [part for name in INCLUDES for part in ("-isystem", str(self.root / name))]
        defines = [f"-D{name}" for name in DEFINES]
        language = ["-std=gnu++2b", "-Wall", "-Wextra", "-Werror", *COMMON, *CPP]
        _run([self.cpp, *language, *defines, *headers, *flags, "-c", str(source), "-o", str(target)])


def find_sources() -> tuple[Path, Path]:
    """Folders of esp-tflite-micro and esp-nn; skips the test where they are not given."""
    given = os.environ.get(VARIABLE)
    if not given:
        pytest.skip(f"{VARIABLE} is not set: the sources of espressif/esp-tflite-micro are not here")
    root = Path(given)
    neural = [root.parent / name for name in NEURAL_NAMES if (root.parent / name).is_dir()]
    assert (root / LITE / "micro").is_dir(), f"{VARIABLE}={root} holds no tensorflow/lite/micro"
    assert neural, f"no {' or '.join(NEURAL_NAMES)} beside {root}"
    return root, neural[0]


def build_library(place: Path) -> EspTflm:
    """Compiles it, in two to five minutes."""
    root, neural = find_sources()
    cpp, cc, ar = (
        shutil.which(name) or pytest.skip(f"{name} is not installed") for name in ("g++", "gcc", "ar")
    )
    includes = [f"-I{root / name}" for name in INCLUDES] + [
        f"-I{neural / 'include'}",
        f"-I{neural / 'src/common'}",
    ]
    flags = [*COMMON, "-w", *(f"-D{name}" for name in (*DEFINES, *CHIP)), *includes, f"-I{FAKES}"]
    kernels = {root / LITE / "micro/kernels" / f"{name}.cc" for name in REPLACED}
    kernels.add(root / LITE / "micro/micro_time.cc")
    sources = [file for file in _found(root, SOURCES) if file not in kernels]
    commands = [[cpp, "-std=gnu++14", "-fno-threadsafe-statics", *CPP, *flags, "-c", str(f)] for f in sources]
    commands += [[cc, "-std=gnu17", *flags, "-c", str(f)] for f in _found(neural, NEURAL_SOURCES)]
    objects = [place / f"{number:03d}.o" for number in range(len(commands))]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(_run, ([*c, "-o", str(o)] for c, o in zip(commands, objects, strict=True))))
    library = place / "libtflm.a"
    _run([ar, "rcs", str(library), *map(str, objects)])
    return EspTflm(cpp, root, library)


def flash_tflm(tflm: EspTflm, ref: ModelRef, board_name: str, place: Path) -> Path:
    """A flash file: the board's own sources on the fake ESP-IDF, the generated project, the real library.

    tinyface's own build has no C++; here the C++ files are compiled first and linked as they are.
    """
    board = on_fakes(board_name)
    project = write_project(ref, board, "tflm", place / "project").folder
    add_fakes(project, board)
    objects = []
    for name in ("engine_tflm", "model_tflite"):
        objects.append(str(place / f"{name}.o"))
        tflm.compile(
            project / f"{name}.cc", Path(objects[-1]), f"-I{project}", f"-I{project / 'firmware/include'}"
        )
    manifest = json.loads((project / "tinyface.json").read_text())
    manifest |= {"runtime": "aot", "sources": ["program_data.c"]}
    (project / "tinyface.json").write_text(json.dumps(manifest))
    more = (*objects, str(tflm.library), "-lstdc++", "-lm", "-Wl,--gc-sections", "-s")
    (only,) = board.builds
    linked = replace(board, builds=(replace(only, link=(*only.link, *more)),))
    write_flash(board, build(project, linked, strict=True).path, place / "flash.bin")
    return place / "flash.bin"


def _found(root: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted(file for pattern in patterns for file in root.glob(pattern))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command[-3:])}: {done.stderr[-2000:]}"
