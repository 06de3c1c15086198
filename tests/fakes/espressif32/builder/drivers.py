"""What lies beneath the application in the stand-in's builds, in the place of ESP-IDF."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codegen.board import Board
from host_tools.boards import board_defines, read_board

SINGLE_CORE = ("esp32c3",)


@dataclass(frozen=True)
class Beneath:
    """Sources and flags besides the project's own.

    Attributes:
        sources: C and assembly files.
        flags, link: of the compiler; link comes behind the objects.
        definitions: facts that these sources need and the project does not give.
        runs_idf: they stand in for ESP-IDF, so the real board's own sources run on them; otherwise those are
            compiled and not linked, and a simulated board's drivers take their place.
    """

    sources: tuple[Path, ...]
    flags: tuple[str, ...]
    link: tuple[str, ...]
    definitions: dict[str, str]
    runs_idf: bool


def choose(name: str, repository: Path, board: Board) -> Beneath:
    """What STANDIN_DRIVERS names: "esp_idf", or the folder of a simulated board."""
    if name == "esp_idf":
        fakes = repository / "tests" / "fakes" / "esp_idf"
        flags = (
            "-D_GNU_SOURCE",
            "-pthread",
            f"-DCONFIG_IDF_TARGET_ESP32={int(board.chip == 'esp32')}",
            f"-DCONFIG_FREERTOS_UNICORE={int(board.chip in SINGLE_CORE)}",
        )
        return Beneath(tuple(sorted(fakes.glob("*.c"))), flags, ("-pthread",), board_defines(board), True)
    drivers = read_board(repository / "firmware" / "boards" / name)
    build = drivers.builds[0]
    flags, link = (
        tuple(part.replace("{folder}", str(drivers.folder)) for part in some)
        for some in (build.flags, build.link)
    )
    sources = tuple(drivers.folder / source for source in build.sources)
    return Beneath(sources, flags, link, board_defines(board), False)
