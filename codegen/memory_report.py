"""Memory of a board by kind: what a model takes of it, and what breaks its budgets."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.board import Board
from codegen.memory.plan import Plan

ARENA_GUARD_BYTES = 128
"""Guard bytes that the firmware keeps around the arena (firmware/src/arena_guard.c)."""


@dataclass(frozen=True)
class MemoryReport:
    """One kind of memory.

    Attributes:
        kind: "internal RAM", "static RAM" where constants are copied there, "PSRAM" or "flash".
        model_bytes: what the model takes of it.
        app_bytes: what the firmware takes besides.
        budget_bytes: what the board has for both.
        note: what the figures hold.
    """

    kind: str
    model_bytes: int
    app_bytes: int
    budget_bytes: int
    note: str

    @property
    def free_bytes(self) -> int:
        """Bytes left; negative where it does not fit."""
        return self.budget_bytes - self.model_bytes - self.app_bytes


def internal_budget(board: Board) -> int:
    """Largest arena in internal RAM: the heap's largest block, or static RAM on a board without a heap."""
    memory = board.memory
    return memory.heap_block if memory.heap_block else max(0, memory.static_ram - memory.app_ram)


def arena_place(plan: Plan, board: Board) -> str:
    """Where the firmware puts the arena: "internal RAM", "PSRAM" or "" where it fits nowhere."""
    wanted = plan.arena_bytes + ARENA_GUARD_BYTES
    return (
        "internal RAM"
        if wanted <= internal_budget(board)
        else "PSRAM"
        if wanted <= board.memory.psram
        else ""
    )


def copies_report(board: Board, copied: int) -> list[MemoryReport]:
    """What constants take of static RAM; empty where none are copied."""
    memory, note = board.memory, "constants that are copied from flash at start"
    return [MemoryReport("static RAM", copied, memory.app_ram, memory.static_ram, note)] if copied else []


def copies_refusals(board: Board, copied: int, arena_bytes: int) -> list[tuple[str, str]]:
    """Cause and remedy where static RAM can't hold the constants, and on a board without a heap the arena."""
    memory = board.memory
    room = memory.static_ram - memory.app_ram - (0 if memory.heap_block else arena_bytes + ARENA_GUARD_BYTES)
    if copied <= room or not copied:
        return []
    cause = f"constants of {copied:,} bytes are {copied - room:,} bytes too many for the board's static RAM"
    return [(cause, f"Copy fewer of them: --copy-constants {max(0, room)}.")]
