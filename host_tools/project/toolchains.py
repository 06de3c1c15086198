"""Finds the compilers of the boards; what is missing is a ToolError that names the package.

The Xtensa toolchain of the shared data is unpacked once into a cache folder of the user.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from codegen import staging
from codegen.cache_folder import cache_folder
from codegen.errors import ToolError

XTENSA_ARCHIVE = Path("toolchain") / "xtensa-lx-elf.tar.xz"


@dataclass(frozen=True)
class Toolchain:
    """A compiler and its helpers.

    Attributes:
        name: as in board.toml.
        variant: which [[build]] of the board it makes.
        cc: the C compiler.
        size: the `size` program ("" where there is none).
    """

    name: str
    variant: str
    cc: str
    size: str


def host_compiler() -> str:
    """The C compiler of this machine: $CC, cc, gcc or clang.

    Raises:
        ToolError: there is none.
    """
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        found = shutil.which(name) if name else None
        if found:
            return found
    remedy = {
        "darwin": "Install the command line tools: `xcode-select --install`.",
        "win32": "Install a GCC, for example `winget install BrechtSanders.WinLibs.POSIX.UCRT`.",
    }.get(sys.platform, "Install one: `apt-get install gcc libc6-dev`.")
    raise ToolError("there is no C compiler", "cc", remedy)


def find_program(name: str, package: str) -> str:
    """Full path of a program.

    Args:
        name: the program.
        package: the Debian package that brings it.
    Raises:
        ToolError: it is not installed.
    """
    found = shutil.which(name)
    if found is None:
        remedy = f"Install it: `apt-get install {package}` (or what your system calls that package)."
        raise ToolError(f"{name} is not installed", name, remedy)
    return found


def version_of(program: str) -> str:
    """The first line of `program --version`.

    Raises:
        ToolError: it does not start.
    """
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ToolError(f"it does not start ({error})", program, "Install it again.") from error
    return said.partition("\n")[0].strip()


PACKAGES = {
    "qemu-system-arm": "qemu-system-arm",
    "qemu-system-xtensa": "qemu-system-misc",
    "qemu-system-riscv32": "qemu-system-misc",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf",
    "xtensa-lx106-elf-gcc": "gcc-xtensa-lx106",
}
"""Program -> Debian package."""


def _unpacked_archive(archive: Path) -> Path:
    """The folder of an unpacked toolchain archive; unpacks it on first use (atomic rename).

    Raises:
        ToolError: the archive is broken or the cache can't be written.
    """
    stat = archive.stat()
    key = hashlib.sha256(f"{archive.name} {stat.st_size}".encode()).hexdigest()[:12]
    target = cache_folder() / f"xtensa-lx-{key}"
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging.sweep(target.parent)
        with staging.work_folder(target.parent) as work:
            place = work / "unpacked"
            place.mkdir()
            with tarfile.open(archive) as tar:
                if hasattr(tarfile, "data_filter"):
                    tar.extractall(place, filter="data")
                else:
                    tar.extractall(place)
            (top,) = place.iterdir()
            with contextlib.suppress(FileExistsError, OSError):
                top.rename(target)  # another process may have been quicker
    except (OSError, tarfile.TarError, ValueError, EOFError) as error:
        raise ToolError(
            f"the toolchain can't be unpacked ({error})", str(archive), f"Check the file and {target.parent}."
        ) from error
    if not target.is_dir():
        raise ToolError(
            "the toolchain can't be put in place", str(target), "Check that the folder can be written."
        )
    return target


def _xtensa_in(folder: Path) -> Toolchain | None:
    suffix = ".exe" if sys.platform == "win32" else ""
    cc = folder / "bin" / f"xtensa-elf-gcc{suffix}"
    if not cc.is_file():
        return None
    return Toolchain("xtensa-lx", "de233_fpu", str(cc), str(folder / "bin" / f"xtensa-elf-size{suffix}"))


def _runs(cc: str) -> bool:
    """True where the program starts (an archive of another system's binaries does not)."""
    try:
        return subprocess.run([cc, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _xtensa() -> Toolchain:
    own = os.environ.get("TINYFACE_XTENSA")
    if own:
        found = _xtensa_in(Path(own))
        if found is None:
            raise ToolError(
                "there is no bin/xtensa-elf-gcc",
                f"TINYFACE_XTENSA={own}",
                "Name the unpacked toolchain's folder.",
            )
        return found
    on_path = shutil.which("xtensa-elf-gcc")
    if on_path:
        return Toolchain("xtensa-lx", "de233_fpu", on_path, shutil.which("xtensa-elf-size") or "")
    shared = os.environ.get("TINYFACE_DATA")
    archive = Path(shared) / XTENSA_ARCHIVE if shared else None
    if archive is not None and archive.is_file():
        found = _xtensa_in(_unpacked_archive(archive))
        if found is not None and _runs(found.cc):
            return found
    small = shutil.which("xtensa-lx106-elf-gcc")
    if small:
        return Toolchain("xtensa-lx", "lx106", small, shutil.which("xtensa-lx106-elf-size") or "")
    raise ToolError(
        "there is no Xtensa compiler",
        "xtensa-elf-gcc",
        "Install the small one: `apt-get install gcc-xtensa-lx106`, or build the ESP32-class one with "
        "firmware/boards/qemu-xtensa/build-toolchain.sh and name its folder in TINYFACE_XTENSA.",
    )


def find_toolchain(name: str) -> Toolchain:
    """The toolchain of a board.

    Args:
        name: `toolchain` of board.toml.
    Raises:
        ToolError: it is missing; the remedy names the package. "esp-idf" is PlatformIO's business.
    """
    if name == "host":
        variant = "windows" if sys.platform == "win32" else "default"
        return Toolchain(name, variant, host_compiler(), shutil.which("size") or "")
    if name in ("arm-none-eabi", "riscv64-unknown-elf"):
        cc = find_program(f"{name}-gcc", PACKAGES[f"{name}-gcc"])
        return Toolchain(name, "default", cc, shutil.which(f"{name}-size") or "")
    if name == "xtensa-lx":
        return _xtensa()
    raise ToolError(
        f"the toolchain {name} is not called from here",
        "board.toml",
        "Such a board is built by PlatformIO: `tinyface flash MODEL --board esp32cam`.",
    )
