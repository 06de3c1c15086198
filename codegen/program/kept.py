"""What networks keep from run to run, as firmware/src/kept.c keeps it.

The variables of a model are kept once for a stage, or once for each track where the stage looks at tracks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.program.records import BOX_VALUES, Kind, Record
from codegen.program.stages import Program, Source, Stage

IDENTITY = BOX_VALUES - 1
"""Place of a track's identity among its values."""
WITH_IDENTITY = (Kind.TRACKS, Kind.VOTES)
"""Kinds whose items are tracks."""
IDENTITY_BYTES = 4

Variables = list[NDArray[Any]]
"""One array a variable of the network."""


def first_values(graph: Graph) -> Variables:
    """What a network keeps before its first inference."""
    values = []
    for state in graph.states:
        tensor = graph.tensor(graph.inputs[state.input])
        values.append(np.frombuffer(state.initial, tensor.dtype).reshape(tensor.shape))
    return values


def followed_by(program: Program, stage: Stage) -> Stage | None:
    """The stage whose tracks a stage looks at; None where it looks at something else."""
    if stage.source != Source.ITEMS:
        return None
    of = program.stages[program.index(stage.of)]
    return of if of.decoder.KIND in WITH_IDENTITY else None


def kept_bytes(program: Program, stage: Stage, graph: Graph | None) -> int:
    """What the firmware takes for it (tinyface_kept_bytes)."""
    variables = 0 if graph is None else sum(len(state.initial) for state in graph.states)
    if not variables:
        return 0
    of = followed_by(program, stage)
    return (1 if of is None else of.most) * (IDENTITY_BYTES + variables)


class Kept:
    """The variables of one stage's network.

    Args:
        program, stage: checked.
        graph: the stage's network.
    """

    def __init__(self, program: Program, stage: Stage, graph: Graph) -> None:
        of = followed_by(program, stage)
        self._tracks = None if of is None else program.index(of.name)
        self._first = first_values(graph)
        slots = 1 if of is None else of.most
        self._identities = [0] * slots
        self._slots = [list(self._first) for _ in range(slots)]

    def slot(self, records: Sequence[Record], number: int) -> int:
        """Where the variables for run `number` of a frame lie; those of a new track are first values, in the
        place of a track that is no more.

        Args:
            records: of all stages, the latest.
        """
        if not self._first or self._tracks is None:
            return 0
        present = [item[IDENTITY] for item in records[self._tracks].items]
        identity = present[number]
        if identity > 0 and identity in self._identities:
            return self._identities.index(identity)
        empty = [n for n, known in enumerate(self._identities) if known <= 0]
        gone = [n for n, known in enumerate(self._identities) if known not in present]
        free = [*empty, *gone][0]
        self._identities[free], self._slots[free] = identity, list(self._first)
        return free

    def __getitem__(self, slot: int) -> Variables:
        return self._slots[slot]

    def __setitem__(self, slot: int, variables: Variables) -> None:
        self._slots[slot] = variables
