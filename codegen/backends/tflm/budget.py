"""Whether a model under TFLite-Micro fits a board: its measured arena and its file against the budgets."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.board import Board
from codegen.errors import BudgetError
from codegen.memory_report import ARENA_GUARD_BYTES, MemoryReport, internal_budget
from codegen.tflite.model_file import ModelFile


@dataclass(frozen=True)
class TflmBudget:
    """What a model takes of a board.

    Attributes:
        name: "model on board", for messages.
        arena_in: "internal RAM", "PSRAM" or "" where it fits nowhere.
        memory: by kind.
        refusals: (cause, remedy) for every budget that is broken.
    """

    name: str
    arena_in: str
    memory: tuple[MemoryReport, ...]
    refusals: tuple[tuple[str, str], ...]

    def require_fit(self) -> None:
        """Raise BudgetError where it does not fit."""
        if self.refusals:
            cause, remedy = self.refusals[0]
            raise BudgetError(cause, self.name, remedy)


def tflm_budget(model: ModelFile, board: Board, arena_bytes: int) -> TflmBudget:
    """The budgets; never refuses (`require_fit` does).

    Args:
        arena_bytes: as measured, with the scratch of the board's kernels.
    """
    memory, refusals = board.memory, []
    wanted, internal = arena_bytes + ARENA_GUARD_BYTES, internal_budget(board)
    where = "internal RAM" if wanted <= internal else "PSRAM" if wanted <= memory.psram else ""
    if not where:
        room = max(internal, memory.psram)
        refusals.append(
            (
                f"its arena of {arena_bytes:,} bytes is {wanted - room:,} bytes too large for the board",
                "Use a smaller input or fewer channels, or a board with more memory.",
            )
        )
    size = len(model.data)
    if memory.flash_app and size + memory.app_flash > memory.flash_app:
        over = size + memory.app_flash - memory.flash_app
        refusals.append(
            (
                f"its file of {size:,} bytes is {over:,} bytes too large for the board's flash",
                f"A file of at most {memory.flash_app - memory.app_flash:,} bytes fits.",
            )
        )
    parts = [
        MemoryReport(
            "internal RAM", wanted if where != "PSRAM" else 0, 0, internal, "measured arena and its guards"
        )
    ]
    if memory.psram:
        parts.append(
            MemoryReport(
                "PSRAM", wanted if where == "PSRAM" else 0, 0, memory.psram, "measured arena and its guards"
            )
        )
    parts.append(
        MemoryReport(
            "flash", size, memory.app_flash, memory.flash_app, "the file; the interpreter's code comes on top"
        )
    )
    return TflmBudget(f"{model.name} on {board.name}", where, tuple(parts), tuple(refusals))
