"""`python -m tests.codegen.reader.fuzzing COUNT SEED`: reads mutants of the toys, prints counts as JSON.

A process of its own, so that its memory can be limited; whatever is no Graph and no TinyfaceError ends it.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from codegen.errors import TinyfaceError
from codegen.graph import Graph
from codegen.tflite.reader import parse_model
from tests.codegen.reader.mutations import mutant, targets
from tests.codegen.reader.verifier import UnverifiedError, verify
from tests.toys.edges import EDGE_TOYS
from tests.toys.models import TOYS
from tests.toys.shapes import SHAPE_TOYS
from tests.toys.state import STATE_TOYS

ROOM_BYTES = 128 << 20
"""Address space above what the process has when all toys were read: one more byte is a MemoryError."""


@dataclass
class Counts:
    """What came out.

    Attributes:
        mutants: files read.
        verified: of them, those that pass the verifier.
        graphs: those that became a Graph.
        verified_graphs: those of both kinds.
        causes: different causes of the errors.
        slowest_s: processor time of the slowest file.
        memory_bytes: growth of the peak of resident memory; 0 where the system does not tell.
    """

    mutants: int = 0
    verified: int = 0
    graphs: int = 0
    verified_graphs: int = 0
    causes: int = 0
    slowest_s: float = 0.0
    memory_bytes: int = 0


def read_fully(data: bytes) -> bool:
    """Read a file and let every layer render its call; True for a Graph, False for a cause of refusal.

    Raises:
        TinyfaceError: the file is refused.
    """
    graph = parse_model(data, "fuzz")
    assert isinstance(graph, Graph)
    for op in graph.ops:
        op.render(graph)
        assert op.macs(graph) >= 0
    return True


def fuzz(count: int, seed: int) -> Counts:
    """Read `count` mutants; the same ones for the same seed.

    Raises:
        RuntimeError: reading raised something else than a TinyfaceError, or an error without its parts.
    """
    toys = (*TOYS.values(), *EDGE_TOYS.values(), *SHAPE_TOYS.values(), *STATE_TOYS.values())
    files, random = targets([build() for build in toys]), np.random.default_rng(seed)
    for file in files:
        read_fully(file.data)
    before, counts, causes = limit_memory(), Counts(), set()
    for number in range(count):
        data = mutant(files[number % len(files)], random)
        counts.mutants += 1
        try:
            verify(data)
            verified = True
        except UnverifiedError:
            verified = False
        start, graph = time.process_time(), False
        try:
            graph = read_fully(data)
        except TinyfaceError as error:
            if not (error.cause and error.where and error.remedy):
                raise RuntimeError(
                    f"mutant {number} of seed {seed}: {error!r} has no cause or remedy"
                ) from error
            causes.add(error.cause)
        except BaseException as error:
            raise RuntimeError(f"mutant {number} of seed {seed} raised {error!r}") from error
        counts.slowest_s = max(counts.slowest_s, time.process_time() - start)
        counts.verified += verified
        counts.graphs += graph
        counts.verified_graphs += verified and graph
    counts.causes, counts.memory_bytes = len(causes), peak_bytes() - before
    return counts


def limit_memory() -> int:
    """Allow ROOM_BYTES more than now, and start the peak anew, where the system can; returns the peak."""
    size = Path("/proc/self/statm")
    if size.exists():
        import resource

        now = int(size.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + ROOM_BYTES, now + ROOM_BYTES))
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_bytes()


def peak_bytes() -> int:
    """The most resident memory since `limit_memory`; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    peaks = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return peaks[0] if peaks else 0


if __name__ == "__main__":
    print(json.dumps(asdict(fuzz(int(sys.argv[1]), int(sys.argv[2])))))
