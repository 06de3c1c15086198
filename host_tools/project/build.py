"""Compiles a generated project for a board: model, application and board sources become one image."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.board import Board, Build
from codegen.cores import GOALS
from codegen.errors import ToolError
from codegen.own_files import own_files
from codegen.plain_text import parse_json
from host_tools.boards import board_defines
from host_tools.project.toolchains import Toolchain, find_toolchain

COMMON = (
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-ffunction-sections",
    "-fdata-sections",
    "-DNDEBUG",
)
LEVELS = {"speed": "-O2", "size": "-Os"}
"""Compiler flag for what the model was generated for."""
SANITIZE = (
    "-O1",
    "-g1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
    "-fno-pie",
    "-no-pie",
    "-gz",
)
"""A program at a fixed address has no table of relocations, which would take a fifth of the flash."""
MODEL_SOURCES = ("model.c", "model_data.c", "program_data.c")


@dataclass(frozen=True)
class BuiltImage:
    """A linked image and its sizes as the toolchain's `size` tells them (0 without that program).

    Attributes:
        path: the ELF file.
        text_bytes: code and constants.
        data_bytes: initialised data.
        bss_bytes: zeroed data, the memory pools of a simulated board included.
    """

    path: Path
    text_bytes: int
    data_bytes: int
    bss_bytes: int


def _choose(board: Board, toolchain: Toolchain) -> Build:
    for build in board.builds:
        if build.variant == toolchain.variant:
            return build
    raise ToolError(
        f"the board has no [[build]] for the toolchain variant {toolchain.variant}",
        str(board.folder / "board.toml"),
        "Add one, or use another toolchain.",
    )


AGAIN = "Run `tinyface generate` again."


def _facts(project: Path) -> dict[str, Any]:
    """What tinyface.json says, or what the aot back end writes where there is none.

    Raises:
        ToolError: it is broken.
    """
    manifest = project / "tinyface.json"
    facts: dict[str, Any] = {"runtime": "aot", "sources": MODEL_SOURCES, "optimize": GOALS[0]}
    if manifest.is_file():
        try:
            facts |= parse_json(manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError) as error:
            raise ToolError(f"is no manifest ({error})", str(manifest), AGAIN) from error
    if not isinstance(facts["optimize"], str) or facts["optimize"] not in LEVELS:
        raise ToolError(f"optimize is {facts['optimize']!r}", str(manifest), AGAIN)
    named = facts["sources"]
    if not isinstance(named, (list, tuple)) or not all(isinstance(name, str) for name in named):
        raise ToolError("sources is no list of file names", str(manifest), AGAIN)
    return facts


def _model_sources(project: Path, board: Board, facts: Mapping[str, Any]) -> list[Path]:
    """The generated files to compile.

    Raises:
        ToolError: the project is for TFLite-Micro, or incomplete.
    """
    if facts["runtime"] == "tflm":
        raise ToolError(
            f"TFLite-Micro is not built for the board {board.name}",
            str(project),
            "Generate with `--runtime aot`, or build the esp32cam project with PlatformIO.",
        )
    sources = [project / name for name in facts["sources"]]
    for needed in (*sources, project / "firmware" / "src" / "app.c"):
        if not needed.is_file():
            raise ToolError(f"{needed.name} is missing", str(needed.parent), AGAIN)
    return sources


def _run(
    command: list[str],
    where: str,
    folder: Path | None = None,
    *,
    failed: str = "it does not compile",
    remedy: str = "Generate the project again; if it still fails, report the lines above.",
) -> str:
    """Standard output of a compiler call, made in `folder`.

    Args:
        failed, remedy: what is said of a failure.
    Raises:
        ToolError: it failed; the cause holds the first lines that say error.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, cwd=folder
        )
    except OSError as error:
        raise ToolError(
            f"{command[0]} does not start ({error})", where, "Install the compiler again."
        ) from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        errors = [line for line in lines if "error" in line or "undefined reference" in line] or lines
        raise ToolError(f"{failed}:\n" + "\n".join(errors[:5]), where, remedy)
    return done.stdout


def image_sizes(size: str, image: Path) -> tuple[int, int, int]:
    """Text, data and bss of an object or an image, in bytes.

    Args:
        size: the toolchain's program of that name.
    Raises:
        ToolError: it fails, or does not say them.
    """
    again = "Install the compiler's binutils again."
    path = str(image.absolute())  # one that begins with a dash would be an option
    said = _run([size, path], str(image), failed=f"{size} does not read what was compiled", remedy=again)
    try:
        text, data, bss = (int(value) for value in said.splitlines()[1].split()[:3])
    except (IndexError, ValueError) as error:
        raise ToolError(f"{size} does not say the sizes of an image", str(image), again) from error
    return text, data, bss


def _require_written(file: Path, toolchain: Toolchain) -> None:
    """Raises ToolError where a compiler ended well and wrote nothing."""
    if not file.is_file():
        raise ToolError(
            f"{toolchain.cc} reported no error and wrote no {file.name}",
            str(file.parent),
            "Check that this program is a C compiler (a wrapper?), and that there is room on the disk.",
        )


def _compile(commands: Iterable[tuple[list[str], Path]], folder: Path) -> None:
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for future in [pool.submit(_run, command, str(source), folder) for command, source in commands]:
            future.result()


def build(
    project_dir: Path,
    board: Board,
    *,
    sanitize: bool = False,
    strict: bool = False,
    macros: Sequence[str] = (),
) -> BuiltImage:
    """Compile and link a project.

    Args:
        project_dir: the generated files at its root, `firmware/{include,src,boards/<name>}` below it.
        board: whose toolchain and flags are used.
        sanitize: with AddressSanitizer and UndefinedBehaviorSanitizer (host toolchain only).
        strict: warnings are errors.
        macros: names to define besides the board's.
    Returns:
        the image, in project_dir/build/.
    Raises:
        ToolError: a compiler is missing, the project is incomplete or does not compile.
    """
    facts = _facts(project_dir)
    sources = _model_sources(project_dir, board, facts)
    toolchain = find_toolchain(board.toolchain)
    chosen = _choose(board, toolchain)
    if sanitize and toolchain.name != "host":
        raise ToolError("only the host toolchain has sanitizers", board.name, "Leave out the sanitizer.")
    firmware = project_dir / "firmware"
    folder = firmware / "boards" / board.name
    sources += own_files(firmware / "src", "*.c") + [folder / name for name in chosen.sources]
    place = project_dir / "build"
    objects = place / ("objects-sanitize" if sanitize else "objects")
    image = place / ("firmware-sanitize.elf" if sanitize else "firmware.elf")
    fresh = image.with_suffix(".new")
    pairs = [(source, objects / f"{number:02d}-{source.stem}.o") for number, source in enumerate(sources)]
    try:
        objects.mkdir(parents=True, exist_ok=True)
        for old in (*(o for _, o in pairs), fresh):
            old.unlink(missing_ok=True)  # nothing of an earlier build is taken for one of this
    except OSError as error:
        raise ToolError(
            f"the build folder can't be written ({error.strerror})",
            str(place),
            "Check it, or generate elsewhere.",
        ) from error
    # Compilers run in the project's folder on relative names: the same project gives the same objects
    # wherever it lies, and a compiler cache finds them again.
    program = Path(toolchain.cc)
    cc = str(program.absolute()) if len(program.parts) > 1 else toolchain.cc
    included = (firmware / "include", firmware / "src", folder, project_dir)
    includes = [f"-I{path.relative_to(project_dir)}" for path in included]
    own, link = (
        [part.replace("{folder}", str(folder.relative_to(project_dir))) for part in some]
        for some in (chosen.flags, chosen.link)
    )
    names = [*(f"{name}={value}" for name, value in board_defines(board).items()), *macros]
    extra = [*(SANITIZE if sanitize else ()), *(["-Werror"] if strict else [])]
    flags = [
        *COMMON,
        LEVELS[facts["optimize"]],
        *extra,
        *own,
        *(f"-D{name}" for name in names),
        *includes,
    ]
    names_of = [[str(path.relative_to(project_dir)) for path in pair] for pair in pairs]
    commands = [[cc, *flags, "-c", s, "-o", o] for s, o in names_of]
    _compile(zip(commands, sources, strict=True), project_dir)
    for _, made in pairs:
        _require_written(made, toolchain)
    linked = [cc, *extra, *(o for _, o in names_of), *link, "-o", str(fresh.relative_to(project_dir))]
    _run(linked, str(image), project_dir)
    _require_written(fresh, toolchain)
    try:
        fresh.replace(image)
    except OSError as error:
        raise ToolError(
            f"the image can't be written ({error.strerror})", str(image), "Move away what has its name."
        ) from error
    return BuiltImage(image, *(image_sizes(toolchain.size, image) if toolchain.size else (0, 0, 0)))
