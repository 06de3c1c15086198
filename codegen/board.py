"""The facts of a board that compiling needs; host_tools loads them from board.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
    """

    static_ram: int
    heap: int
    heap_block: int
    psram: int
    flash_app: int
    app_ram: int
    app_flash: int


@dataclass(frozen=True)
class Board:
    """One board folder.

    Attributes:
        name: folder name, e.g. "esp32cam".
        title: what people call it.
        chip: e.g. "esp32", "cortex-m4".
        kind: "sim", "qemu" or "serial": how the host reaches it.
        clock_hz: CPU clock.
        cost_table: name of the cost table in codegen/cost_tables ("" where none exists).
        memory: budgets.
        toolchain: name of a toolchain in host_tools (e.g. "host", "arm-none-eabi", "xtensa-lx").
        camera: True where it has one.
        folder: the board's folder.
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
