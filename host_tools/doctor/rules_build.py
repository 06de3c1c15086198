"""What PlatformIO, CMake, the compiler and the linker say when a project can't be built or uploaded."""

from __future__ import annotations

from host_tools.doctor.rule import Rule
from host_tools.doctor.rules_tools import TOOL_RULES

_NETWORK = "Connect to the network for the first build (a proxy: set HTTPS_PROXY); later builds need none."
_SKETCH = (
    "Use a smaller model (`tinyface analyze` says what fits), leave features out, or choose a larger "
    "partition for the program (Arduino: Tools, Partition Scheme, Huge APP)."
)
_VARIABLES = "Use a smaller model (`tinyface analyze` says what fits), or put the arena into PSRAM."

BUILD_RULES = (
    *TOOL_RULES,
    Rule(
        "build-path",
        r"Detected a whitespace character in project paths[^\n]*",
        "the project's path holds a space, which the ESP32 platform refuses",
        "Move the project to a folder without spaces in its path and build there.",
        explains=("build",),
    ),
    Rule(
        "build-path",
        r"\[WinError 206\][^\n]*|[Ff]ile ?name or extension is too long[^\n]*|path (?:is )?too long[^\n]*|"
        r"File name too long[^\n]*",
        "a path of the build is longer than the system allows",
        "Move the project to a short folder (C:\\tf) and build there.",
        explains=("build",),
    ),
    Rule(
        "build-space",
        r"No space left on device|\[Errno 28\][^\n]*|\[WinError 112\][^\n]*|not enough space on the disk",
        "the disk is full",
        "Make room (the ESP32 toolchain takes about 2 GB) and build again.",
        explains=("build", "build-download"),
    ),
    Rule(
        "build-permission",
        r"HomeDirPermissionsError[^\n]*|is not owned by the current user[^\n]*|"
        r"Permission denied: '?[^\n']*(?:\.platformio|\.espressif)[^\n]*",
        "PlatformIO may not write into its own folder",
        "Make the folder ~/.platformio your own (sudo chown -R $USER ~/.platformio), and build again.",
        explains=("build",),
    ),
    Rule(
        "build-download",
        r"InternetConnectionError[^\n]*|HTTPClientError[^\n]*|not connected to the Internet[^\n]*|"
        r"(?:requests|urllib3)\.exceptions\.\w+[^\n]*|\bConnectionError[^\n]*|Max retries exceeded[^\n]*|"
        r"getaddrinfo failed[^\n]*|Temporary failure in name resolution|Name or service not known|"
        r"CERTIFICATE_VERIFY_FAILED[^\n]*|Could not resolve host[^\n]*|Connection (?:timed out|"
        r"aborted)[^\n]*|"
        r"Network is unreachable|ReadTimeout(?:Error)?[^\n]*",
        "PlatformIO could not download the platform or a component",
        _NETWORK,
        explains=("build", "unknown-package"),
    ),
    Rule(
        "unknown-package",
        r"((?:UnknownPackageError|UnknownPlatform|UnknownBoard|UnknownFramework|"
        r"UndefinedEnvPlatformError)[^\n]*)|"
        r"(Unknown (?:development platform|board ID|framework)[^\n]*)|"
        r"(Could not find the package with[^\n]*)|(This board doesn't support[^\n]*)|"
        r"(IncompatiblePlatform[^\n]*)",
        "PlatformIO does not find what board.toml names ({0}{1}{2}{3}{4})",
        "Correct [flash] there, or update PlatformIO: `{upgrade}`.",
        explains=("build",),
        extra="pio",
    ),
    Rule(
        "build-tool",
        r"Could not extract[^\n]*|ExtractArchiveItemError[^\n]*|MissingPackageManifestError[^\n]*|"
        r"Exec format error[^\n]*|PackageException[^\n]*|(?:FileHash|checksum)[^\n]*(?:mismatch|"
        r"corrupt)[^\n]*|"
        r"toolchain-[\w-]+[^\n]*(?:not found|missing|No such file)[^\n]*|Missing Python executable[^\n]*|"
        r"Failed to create a proper virtual environment[^\n]*|\b(?:cmake|ninja|xtensa-[\w+-]+|"
        r"riscv32-[\w+-]+)(?:\.exe)?"
        r"'?:? (?:command )?(?:not found|is not recognized)[^\n]*",
        "a tool that PlatformIO downloaded is damaged, missing, or not for this computer",
        "Delete its folder under ~/.platformio/packages and build again: it is downloaded anew.",
        explains=("build",),
    ),
    Rule(
        "python-module",
        r"(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?",
        "the Python module {0} is missing",
        "Install it into the Python that runs the tool: `python -m pip install {0}` (for `serial`: "
        "pyserial).",
        explains=("build",),
    ),
    Rule(
        "memory-overflow",
        r"region [`']?(\w+)'? overflowed by (\d+) bytes",
        "the program is {1} bytes too large for the memory {0}",
        "Use a smaller model (`tinyface analyze` says what fits), put the arena into PSRAM, or leave "
        "features out.",
        explains=("build",),
    ),
    Rule(
        "memory-overflow",
        r"section [`']?([\w.]+)'? will not fit in region [`']?(\w+)'?",
        "the program is too large for the board's memory ({0} in {1})",
        "Use a smaller model (`tinyface analyze` says what fits), put the arena into PSRAM, or leave "
        "features out.",
        explains=("build",),
    ),
    Rule(
        "memory-overflow",
        r"[Ss]ize \((\d+) bytes\) is greater than maximum allowed \((\d+) bytes\)",
        "the program is too large for its partition ({0} of {1} bytes)",
        "Use a smaller model (`tinyface analyze` says what fits), or leave features out.",
        explains=("build",),
    ),
    Rule(
        "memory-overflow",
        r"Sketch uses (\d+) bytes \((?:10[1-9]|1[1-9]\d|[2-9]\d\d|\d{4,})%\)[^\n]*Maximum is (\d+) bytes",
        "the program is too large for its partition ({0} of {1} bytes)",
        _SKETCH,
        explains=("build",),
    ),
    Rule(
        "memory-overflow",
        r"Sketch too big[^\n]*|text section exceeds available space[^\n]*",
        "the program is too large for its partition",
        _SKETCH,
        explains=("build",),
    ),
    Rule(
        "memory-overflow",
        r"Global variables use (\d+) bytes \((?:10[1-9]|1[1-9]\d|[2-9]\d\d|\d{4,})%\)[^\n]*"
        r"Maximum is (\d+) bytes",
        "the program's variables are too large for the board's memory ({0} of {1} bytes)",
        _VARIABLES,
        explains=("build",),
    ),
    Rule(
        "memory-overflow",
        r"data section exceeds available space[^\n]*",
        "the program's variables are too large for the board's memory",
        _VARIABLES,
        explains=("build",),
    ),
    Rule(
        "build-memory",
        r"internal compiler error: Killed[^\n]*|virtual memory exhausted[^\n]*|"
        r"cc1plus[^\n]*out of memory[^\n]*|"
        r"Cannot allocate memory|fatal error: Killed[^\n]*",
        "the computer ran out of memory while it compiled",
        "Close other programs, or build with fewer jobs (`pio run -j 1`).",
        explains=("build", "heap"),
    ),
    Rule(
        "missing-header",
        r"fatal error: ([^\s:]+): No such file or directory",
        "the program includes {0}, which no component or library brings",
        "Add the library that holds it (esp_camera.h: espressif/esp32-camera) to the project, or correct the "
        "name.",
        explains=("build",),
    ),
    Rule(
        "missing-symbol",
        r"undefined reference to [`']?([^'`\n]+)'?",
        "the program calls {0}, which no file or library holds",
        "Add the source file or library that holds it to the project; a project of `tinyface generate` is "
        "whole: "
        "generate it again.",
        explains=("build",),
    ),
    Rule(
        "not-a-project",
        r"Not a PlatformIO project[^\n]*|NotPlatformIOProjectError[^\n]*|InvalidProjectConfError[^\n]*|"
        r"Unknown environment names[^\n]*",
        "the folder is no PlatformIO project with this board's environment",
        "Generate it: `tinyface generate MODEL --board BOARD -o DIR`.",
        explains=("build",),
    ),
    Rule(
        "build",
        r"(?m:^([^\n]*(?:\.(?:c|cc|cpp|h|hpp|ino|S|ld):\d+(?::\d+)?:? (?:fatal )?error:|CMake Error|"
        r"\bninja: error)[^\n]*))|"
        r"(?m:^(Error: (?:Couldn't|Could not|Missing|Failed|Cannot|Can't)[^\n]*))",
        "the project does not build: {0}{1}",
        "Correct the line that it names; a project of `tinyface generate` builds as it is: generate it "
        "again.",
        unless=r"Please specify `upload_port`",
    ),
    Rule(
        "build",
        r"\*\*\* \[(?!upload)[^\]\n]+\] (?:Error \d+|[^\n]*)",
        "the project does not build",
        "The first line above with the word error names the cause; a project of `tinyface generate` builds "
        "as it is: generate it again.",
        consequence=True,
    ),
)
