"""What others take: dated constants with their method, from baselines.json. Quoted, never measured here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class Peer:
    """One quoted figure.

    Attributes:
        date: when it was taken, year and month.
        model, model_hash: of which network (SHA-256 of the .tflite file, hex).
        board, variant: on which emulated board, with which of its toolchains.
        runtime: what computed it.
        instructions: one invoke.
        arena_bytes, code_bytes: None where nobody measured them.
        method: how it was taken.
    """

    date: str
    model: str
    model_hash: str
    board: str
    variant: str
    runtime: str
    instructions: int
    arena_bytes: int | None
    code_bytes: int | None
    method: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def load_peers() -> tuple[Peer, ...]:
    """All quoted figures, in the file's order."""
    facts = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Peer(date=facts["date"], **row) for row in facts["peers"])
