"""Which buffers a graph needs and when: in-place groups, lifetimes, scratch, what may overlap.

Graph -> Buffers, a frozen list of (bytes, first layer, last layer) that the planner places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.graph import Graph


@dataclass(frozen=True)
class Buffer:
    """Bytes that stay at one address from layer `first` to layer `last` (inclusive).

    Attributes:
        bytes: size of the largest member.
        first: layer that writes it first; -1 where the host writes it before the invoke.
        last: layer that reads it last; len(ops) where the host reads it after the invoke.
        tensors: the tensors that lie in it, () for scratch.
        scratch_of: layer position for scratch, None for tensors.
    """

    bytes: int
    first: int
    last: int
    tensors: tuple[int, ...] = ()
    scratch_of: int | None = None

    def overlaps(self, other: Buffer) -> bool:
        """True where both live during some layer."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Overlap:
    """Two buffers that may have bytes in common although both live during one layer.

    Attributes:
        output, source: positions in Buffers.items: what the layer writes first, and what it reads last.
        output_tensor, source_tensor: the members that the layer writes and reads.
        distance: bytes by which the output's buffer must start below the source's, 0 .. its size - 1.
    """

    output: int
    source: int
    output_tensor: int
    source_tensor: int
    distance: int


@dataclass(frozen=True)
class Buffers:
    """All buffers of a graph.

    Attributes:
        items: buffers in a fixed order: by first member tensor, then scratch by layer.
        shared: tensor -> tensor whose bytes it lies in (that which names its buffer).
        inside: tensor -> bytes from its buffer's start, for those that lie beside others in one buffer.
        lifetimes: tensor -> (first, last) of that tensor alone.
        overlaps: pairs of buffers that may overlap; a buffer is an output at most once, a source at most
            once.
    """

    items: tuple[Buffer, ...]
    shared: dict[int, int]
    inside: dict[int, int]
    lifetimes: dict[int, tuple[int, int]]
    overlaps: tuple[Overlap, ...]


def tensor_lifetimes(graph: Graph) -> dict[int, tuple[int, int]]:
    """First and last layer of each activation: inputs from -1, outputs until len(ops).

    Raises:
        ValueError: an op reads a tensor that nothing has written (the reader checks before).
    """
    first: dict[int, int] = {t: -1 for t in graph.inputs if not graph.tensor(t).is_constant}
    last: dict[int, int] = dict.fromkeys(first, -1)
    for position, op in enumerate(graph.ops):
        for t in _activations(graph, op.inputs):
            if t not in first:
                raise ValueError(
                    f"{graph.layer_name(position)} reads {graph.tensor(t).name!r} before it is written"
                )
            last[t] = position
        for t in op.outputs:
            if t in first:
                raise ValueError(
                    f"{graph.layer_name(position)} writes {graph.tensor(t).name!r} a second time"
                )
            first[t] = last[t] = position
    for t in _activations(graph, graph.outputs):
        if t not in first:
            raise ValueError(f"output {graph.tensor(t).name!r} is never written")
        last[t] = len(graph.ops)
    return {t: (first[t], last[t]) for t in sorted(first)}


def find_buffers(graph: Graph, overlap: bool = True) -> Buffers:
    """Lifetimes, with every tensor that may lie in another one's bytes put there.

    Tensors at fixed distances (bands of a picture) share one buffer. An op that only renames bytes
    (`render` is None) always shares: both names hold the same bytes, so the buffer lives until the last
    reader of either. A kernel that may work in place shares only where every member of the input's buffer
    has its last reader in that very op, and the op reads the buffer through one input alone.

    Args:
        overlap: also find the pairs of `Buffers.overlaps`.
    """
    lifetimes = tensor_lifetimes(graph)
    root, inside, sizes = _rigid(graph, lifetimes)
    last: dict[int, int] = {}  # by root
    for t, home in root.items():
        last[home] = max(last.get(home, -1), lifetimes[t][1])
    for position, op in enumerate(graph.ops):
        renames = graph.call(op) is None
        for output, source in op.aliases(graph):
            if source not in root or root[output] != output or output in inside or root[source] == output:
                continue  # a constant, or the output already lies in another buffer
            if graph.tensor(output).bytes != graph.tensor(source).bytes:
                continue
            home = root[source]
            readers = sum(1 for t in op.inputs if t in root and root[t] == home)
            if renames or (last[home] == position and readers == 1):
                root[output] = home
                last[home] = max(last[home], last[output])
                if source in inside:
                    inside[output] = inside[source]
    items = []
    homes: dict[int, list[int]] = {}
    for t in lifetimes:
        homes.setdefault(root[t], []).append(t)
    for home, members in sorted(homes.items()):
        first = min(lifetimes[t][0] for t in members)
        items.append(Buffer(sizes.get(home, graph.tensor(home).bytes), first, last[home], tuple(members)))
    for position, op in enumerate(graph.ops):
        scratch = op.scratch_bytes(graph)
        if scratch > 0:
            items.append(Buffer(scratch, position, position, (), position))
    shared = {t: home for t, home in sorted(root.items()) if t != home}
    overlaps = _find_overlaps(graph, items, lifetimes, inside) if overlap else ()
    return Buffers(tuple(items), shared, inside, lifetimes, overlaps)


def _rigid(
    graph: Graph, lifetimes: dict[int, tuple[int, int]]
) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """Tensors at fixed distances from each other (see `Op.views` and `Op.nests`), in one buffer each.

    Returns:
        tensor -> the one that names its buffer (its largest), tensor -> bytes from the buffer's start (only
        where it has company), name -> bytes of the buffer (the same).
    """
    near: dict[int, list[tuple[int, int]]] = {}
    for op in graph.ops:
        for one, other, offset in (*op.views(graph), *op.nests(graph)):
            near.setdefault(other, []).append((one, offset))
            near.setdefault(one, []).append((other, -offset))
    root = {t: t for t in lifetimes}
    inside: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for start in lifetimes:
        if start in inside or start not in near:
            continue
        at, waiting = {start: 0}, [start]
        while waiting:
            t = waiting.pop()
            for other, offset in near[t]:
                if other not in at:
                    at[other] = at[t] + offset
                    waiting.append(other)
                elif at[other] != at[t] + offset:
                    raise ValueError(f"{graph.tensor(other).name!r} can't lie in two places")
        ground = min(at.values())
        home = max(at, key=lambda t: (graph.tensor(t).bytes, -t))
        for t, offset in at.items():
            root[t], inside[t] = home, offset - ground
        sizes[home] = max(inside[t] + graph.tensor(t).bytes for t in at)
    return root, inside, sizes


def _find_overlaps(
    graph: Graph, items: Sequence[Buffer], lifetimes: dict[int, tuple[int, int]], inside: dict[int, int]
) -> tuple[Overlap, ...]:
    """Layers whose output may lie partly over their dying input (see `Op.overlaps`).

    A kernel that may start its output above its input is held to the same start: the packer builds from
    below, and larger outputs than inputs, which would profit, never allow it.
    """
    home = {t: n for n, b in enumerate(items) for t in b.tensors}
    found: list[Overlap] = []
    for position, op in enumerate(graph.ops):
        for output, source, distance in op.overlaps(graph):
            if output not in home or source not in home or home[output] == home[source]:
                continue  # a constant, or in place already
            target, origin = items[home[output]], items[home[source]]
            readers = sum(1 for t in op.inputs if home.get(t) == home[source])
            dies = origin.last == position and readers == 1
            starts = target.first == lifetimes[output][0] == position
            distance += inside.get(output, 0) - inside.get(source, 0)  # from buffer to buffer
            taken = any(o.output == home[output] or o.source == home[source] for o in found)
            if dies and starts and not taken and distance < target.bytes:
                found.append(Overlap(home[output], home[source], output, source, max(0, distance)))
    return tuple(found)


def _activations(graph: Graph, indices: Sequence[int]) -> list[int]:
    return [t for t in indices if t >= 0 and not graph.tensor(t).is_constant]
