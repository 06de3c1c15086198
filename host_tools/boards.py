"""Loads board folders: firmware/boards/<name>/board.toml becomes a codegen.board.Board.

A folder named by TINYFACE_BOARDS (or several, separated as in PATH) adds boards of one's own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from codegen import toml
from codegen.board import FLASH_MODES, Board, Build, Camera, Flash, Memory
from codegen.cores import CORES, PLAIN
from codegen.cost.energy import Power
from codegen.errors import BoardError
from codegen.nearest import did_you_mean
from codegen.own_files import own_files
from firmware import ROOT

BOARDS = ROOT / "boards"
CHIPS = ROOT / "chips"
TOOLCHAINS = ("host", "arm-none-eabi", "riscv64-unknown-elf", "xtensa-lx", "esp-idf")
MEMORY_KEYS = ("static_ram", "heap", "heap_block", "psram", "flash_app", "app_ram", "app_flash")
MAX_PAYLOAD = 1 << 20
_KINDS: dict[type, str] = {int: "an integer", str: "a text", list: "a list", bool: "true or false"}


class _Table:
    """One table of a board.toml: typed access, errors with file and key, and a check for unknown keys."""

    def __init__(self, file: Path, path: str, values: object) -> None:
        self._file = file
        self._path = path
        self._used: set[str] = set()
        if not isinstance(values, dict):
            raise self.error("", "is no table", f"Write it as [{path}].")
        self._values: dict[str, Any] = values

    def error(self, key: str, cause: str, remedy: str) -> BoardError:
        name = ".".join(part for part in (self._path, key) if part)
        return BoardError(f"{name} {cause}", str(self._file), remedy)

    def has(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str, kind: type, default: object = None) -> Any:
        """The value of this type; without a default the key must be there."""
        self._used.add(key)
        if key not in self._values:
            if default is None:
                raise self.error(key, "is missing", f"Add `{key} = ...` as firmware/boards/README.md tells.")
            return default
        value = self._values[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"is {value!r}", f"Write it as {_KINDS[kind]}.")
        return value

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value: int = self.take(key, int, default)
        if not least <= value <= most:
            raise self.error(key, f"is {value}", f"Use {least} to {most}.")
        return value

    def choice(self, key: str, among: tuple[str, ...], default: str | None = None) -> str:
        value: str = self.take(key, str, default)
        if value not in among:
            raise self.error(key, f"is {value!r}", f"Use one of {', '.join(among)}.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value: list[Any] = self.take(key, list, [])
        for item in value:
            if not isinstance(item, str):
                raise self.error(key, f"holds {item!r}", "Write a list of texts.")
        return tuple(value)

    def table(self, key: str) -> _Table:
        self._used.add(key)
        return _Table(self._file, ".".join(p for p in (self._path, key) if p), self._values.get(key, {}))

    def tables(self, key: str) -> list[_Table]:
        items: list[Any] = self.take(key, list, [])
        return [_Table(self._file, f"{key}[{i}]", item) for i, item in enumerate(items)]

    def mapping(self, key: str, kind: type) -> dict[str, Any]:
        inner = self.table(key)
        return {name: inner.take(name, kind) for name in inner._values}

    def close(self) -> None:
        """Refuse keys nobody asked for: most are spelling mistakes."""
        unknown = sorted(set(self._values) - self._used)
        if unknown:
            known = ", ".join(sorted(self._used))
            raise self.error(unknown[0], "is unknown", f"The keys here are {known}.")


def _camera(table: _Table) -> Camera:
    camera = Camera(
        table.choice("format", ("gray8", "rgb565"), "rgb565"),
        table.number("width", 16, 1600),
        table.number("height", 16, 1200),
        table.number("settle_frames", 0, 100, 0),
        table.take("mirror", bool, False),
        table.take("flip", bool, False),
    )
    table.close()
    return camera


def _build(table: _Table, folder: Path) -> Build:
    build = Build(
        variant=table.take("variant", str, "default"),
        sources=table.texts("sources"),
        flags=table.texts("flags"),
        link=table.texts("link"),
        run=table.texts("run"),
        spool=table.take("spool", str, ""),
        entry=table.number("entry", 0, 0xFFFFFFFF, 0),
    )
    table.close()
    for source in build.sources:
        if not (folder / source).is_file():
            raise table.error("sources", f"names {source}, which is not there", f"Put it into {folder}.")
    return build


def _flash(table: _Table) -> Flash:
    method = table.choice("method", ("simulator", "platformio"))
    mode = table.choice("mode", FLASH_MODES, FLASH_MODES[0])
    modes = table.texts("modes") or (mode,)
    if mode not in modes or not set(modes) <= set(FLASH_MODES):
        among = " and ".join(FLASH_MODES)
        raise table.error("modes", f"is {list(modes)}", f"List {mode!r} there, and only {among}.")
    needed = None if method == "platformio" else ""
    flash = Flash(
        method,
        table.take("platform", str, needed),
        table.take("board", str, needed),
        table.take("framework", str, needed),
        table.mapping("components", str),
        table.number("upload_speed", 0, 4_000_000, 0),
        table.number("flash_bytes", 1 << 20, 128 << 20, 4 << 20),
        mode,
        modes,
    )
    table.close()
    return flash


def _power(table: _Table) -> Power:
    least = table.number("least_ma", 1, 10_000)
    most = table.number("most_ma", least, 10_000)
    power = Power((least, most), table.number("millivolts", 500, 24_000) / 1_000, table.take("source", str))
    table.close()
    return power


def read_board(folder: Path) -> Board:
    """The board of a folder that holds a board.toml.

    Raises:
        BoardError: the file is missing or a key is wrong; the message names file, key and remedy.
    """
    file = folder / "board.toml"
    try:
        values = toml.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        remedy = "Copy the template in firmware/boards/README.md."
        raise BoardError("there is no board.toml", str(folder), remedy) from None
    except toml.TOMLDecodeError as error:
        raise BoardError(f"is no TOML ({error})", str(file), "Correct the line it names.") from error
    except UnicodeDecodeError as error:
        raise BoardError("is no UTF-8 text", str(file), "Save it as UTF-8.") from error
    top = _Table(file, "", values)
    memory = top.table("memory")
    picture = _camera(top.table("camera")) if top.has("camera") else None
    builds = tuple(_build(table, folder) for table in top.tables("build"))
    board = Board(
        name=folder.name,
        title=top.take("title", str),
        chip=top.take("chip", str),
        kind=top.choice("kind", ("sim", "qemu", "serial")),
        clock_hz=top.number("clock_hz", 1_000_000, 2_000_000_000),
        cost_table=top.take("cost_table", str, ""),
        memory=Memory(
            **{key: memory.number(key, 0, 1 << 32) for key in MEMORY_KEYS},
            copies=memory.number("copies", 0, 1 << 32, 0),
        ),
        toolchain=top.choice("toolchain", TOOLCHAINS),
        camera=picture is not None,
        folder=folder,
        max_payload=top.number("max_payload", 256, MAX_PAYLOAD),
        baud=top.number("baud", 9600, 4_000_000, 115_200),
        picture=picture,
        builds=builds,
        flash=_flash(top.table("flash")),
        pins=top.mapping("pins", int),
        notes=top.take("notes", str, ""),
        family=top.take("family", str, ""),
        own_usb=top.take("own_usb", bool, False),
        led_active_low=top.take("led_active_low", bool, False),
        octal_psram=top.take("octal_psram", bool, False),
        core=top.choice("core", tuple(CORES), PLAIN),
        cores=top.number("cores", 1, 2, 1),
        power=_power(top.table("power")) if top.has("power") else None,
    )
    memory.close()
    top.close()
    if board.family and board.family not in _families():
        known = ", ".join(_families())
        raise top.error("family", f"is {board.family!r}", f"Use one of {known} ({CHIPS}), or leave it out.")
    if board.kind != "serial" and not builds:
        raise BoardError(
            "there is no [[build]]",
            str(file),
            "Say which sources and flags make its image, as README.md shows.",
        )
    if board.kind == "qemu" and not all(build.run for build in builds):
        raise BoardError("a [[build]] has no run", str(file), "Give the emulator's command line.")
    return board


def _families() -> list[str]:
    """The families of chips whose sources and project templates boards share."""
    return sorted(path.parent.name for path in CHIPS.glob("*/project"))


def places(board: Board) -> tuple[Path, ...]:
    """The folders with a board's sources and, in `project/`, its templates: its chips' family, then its own.

    A file of the board's own takes the place of the family's of the same name.
    """
    return (CHIPS / board.family, board.folder) if board.family else (board.folder,)


def _folders() -> dict[str, Path]:
    """Board name -> folder; later places override earlier ones."""
    own = [Path(p) for p in os.environ.get("TINYFACE_BOARDS", "").split(os.pathsep) if p]
    found: dict[str, Path] = {}
    for place in (BOARDS, *own):
        if not place.is_dir():
            raise BoardError("there is no such folder", str(place), "Correct TINYFACE_BOARDS.")
        for file in sorted(place.glob("*/board.toml")):
            found[file.parent.name] = file.parent
    return found


def list_boards() -> list[Board]:
    """All boards, by name.

    Raises:
        BoardError: a board.toml is wrong.
    """
    return [read_board(folder) for _, folder in sorted(_folders().items())]


def load_board(name: str) -> Board:
    """The board of this name.

    Raises:
        BoardError: no such board, or its board.toml is wrong.
    """
    folders = _folders()
    if name not in folders:
        remedy = f"{did_you_mean(name, folders)}Choose one of {', '.join(sorted(folders))}."
        raise BoardError(f"there is no board {name!r}", "board", remedy)
    return read_board(folders[name])


JINJA = ".jinja"
PIXEL_BYTES = {"gray8": 1, "rgb565": 2}
TFLM_COMPONENTS = {"espressif/esp-tflite-micro": "1.4.0", "espressif/esp-nn": "1.2.3"}
"""What firmware under TFLite-Micro is built with; the arena counts on the scratch of this esp-nn."""
OPTIMIZATION = {"speed": ("-O2", "PERF"), "size": ("-Os", "SIZE")}
"""What a model is generated for -> compiler flag of the project, ESP-IDF's name of the level for the rest."""


MAIN_STACK = {"aot": 6144, "tflm": 16384}
INFERENCE_STACK = {"aot": 5120, "tflm": 12288}
"""Bytes of the tasks' stacks on ESP-IDF by runtime: an interpreter calls deeply, generated code does not.

Under aot no stack held more than 1,360 bytes with ESP-IDF 5.5.3 in emulation, without camera and update.
With both the deepest way is the end of an update, 1,376 bytes of the main task, and a camera's start takes
512 below esp_camera_init: sums of the frames that a compiler for such a core tells of the sources of ESP-IDF
and esp32-camera, calls through pointers left out.
"""
ARENA_MARGIN = 16 * 1024
"""Of the heap's largest block: an arena that leaves so much of it is sure to lie in internal RAM."""


def board_defines(board: Board) -> dict[str, str]:
    """The facts of board.toml that the firmware compiles in: macro -> C text."""
    camera, memory = board.picture, board.memory
    flags = {
        "TINYFACE_MODEL_STORE": board.toolchain == "esp-idf",
        "TINYFACE_OWN_USB": board.own_usb,
        "TINYFACE_LED_ACTIVE_LOW": board.led_active_low,
        "TINYFACE_CAMERA_MIRROR": camera is not None and camera.mirror,
        "TINYFACE_CAMERA_FLIP": camera is not None and camera.flip,
    }
    facts: dict[str, str | int] = {
        "TINYFACE_BOARD_NAME": f'"{board.name}"',
        "TINYFACE_MAX_PAYLOAD": board.max_payload,
        "TINYFACE_BAUD": board.baud,
        "TINYFACE_CLOCK_HZ": board.clock_hz,
        "TINYFACE_HAS_CAMERA": int(board.camera),
        "TINYFACE_HEAP_BYTES": memory.heap,
        "TINYFACE_HEAP_BLOCK_BYTES": memory.heap_block,
        "TINYFACE_PSRAM_BYTES": memory.psram,
        "TINYFACE_CAMERA_WIDTH": camera.width if camera else 0,
        "TINYFACE_CAMERA_HEIGHT": camera.height if camera else 0,
        "TINYFACE_CAMERA_SETTLE_FRAMES": camera.settle_frames if camera else 0,
        "TINYFACE_CAMERA_BYTES": camera.width * camera.height * PIXEL_BYTES[camera.format] if camera else 0,
        **{name: 1 for name, is_so in flags.items() if is_so},
        **{f"TINYFACE_PIN_{name.upper()}": pin for name, pin in board.pins.items()},
    }
    return {name: str(value) for name, value in facts.items()}


def _template(source: Path, board: Board) -> str:
    """The text of a project's template; Jinja has filled it where its name asks for that."""
    try:
        text = source.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        remedy = "Save it as UTF-8, or take it out of the folder."
        raise BoardError("this template is no UTF-8 text", str(source), remedy) from error
    if source.suffix != JINJA:
        return text
    from jinja2 import TemplateError

    from codegen.backends.templating import fill_text

    try:
        return fill_text(text, board=board)
    except TemplateError as error:
        remedy = "Correct it; `board` has what its board.toml says."
        raise BoardError(f"this template can't be filled ({error})", str(source), remedy) from error


def project_files(board: Board, runtime: str = "aot", optimize: str = "speed") -> dict[str, str]:
    """The files of the PlatformIO project of a board: relative path -> text.

    They are the templates in `project/` of the board's places, with `@NAME@` replaced by the board's facts;
    before that, those with `.jinja` behind their name are filled by Jinja, which has the `board`.
    `CHIP-*.defaults`: for that chip only.
    An empty dict for a board that PlatformIO does not build.

    Args:
        board: the board.
        runtime: "aot", or "tflm" for the component TFLite-Micro comes in.
        optimize: a key of OPTIMIZATION.
    Raises:
        BoardError: the board is flashed by PlatformIO and has no templates, or one that can't be used.
    """
    if board.flash.method != "platformio":
        return {}
    files: dict[str, Path] = {}
    for folder in (place / "project" for place in places(board)):
        files |= {p.relative_to(folder).as_posix().removesuffix(JINJA): p for p in own_files(folder)}
    for name in [name for name in files if name.endswith(".defaults") and "-" in name]:
        if not name.startswith(f"{board.chip}-"):
            del files[name]
    if not files:
        remedy = f"Name the chip's family in board.toml (one of {', '.join(_families())}), or put some there."
        raise BoardError("there are no project templates", str(board.folder / "project"), remedy)
    components = dict(board.flash.components)
    if runtime == "tflm":
        components |= TFLM_COMPONENTS
    defines = board_defines(board) | {"TINYFACE_INFERENCE_STACK": str(INFERENCE_STACK[runtime])}
    quoted = {name: value.replace('"', '\\"') for name, value in defines.items()}
    facts = {
        "BOARD_NAME": board.name,
        "PIO_PLATFORM": board.flash.platform,
        "PIO_BOARD": board.flash.board,
        "PIO_FRAMEWORK": board.flash.framework,
        "BAUD": str(board.baud),
        "UPLOAD_SPEED": str(board.flash.upload_speed),
        "FLASH_SIZE": f"{board.flash.flash_bytes >> 20}MB",
        "FLASH_MODE": board.flash.mode,
        "BOARD_TITLE": board.title,
        "OPTIMIZE": OPTIMIZATION[optimize][0],
        "OPTIMIZATION": OPTIMIZATION[optimize][1],
        "COMPONENTS": "\n".join(f'  {name}: "{version}"' for name, version in components.items()),
        "REQUIRES": " ".join(name.replace("/", "__") for name in components),
        "MAIN_STACK": str(MAIN_STACK[runtime]),
        "ARENA_INTERNAL": str(max(0, board.memory.heap_block - ARENA_MARGIN)),
        "DEFINITIONS": "\n".join(f'    "{name}={value}"' for name, value in quoted.items()),
    }
    result: dict[str, str] = {}
    for path, source in files.items():
        text = _template(source, board)
        for name, value in facts.items():
            text = text.replace(f"@{name}@", value)
        result[path] = text
    return result
