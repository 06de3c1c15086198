"""An independent check of a Plan: runs the layers over a map of the arena that holds names, not bytes.

Back ends call it before they write a file; it knows nothing of how the planner works.
"""

from __future__ import annotations

from dataclasses import dataclass

from codegen.graph import Op
from codegen.memory.plan import ARENA_ALIGNMENT, BAND_ALIGNMENT, Placement, Plan


@dataclass(frozen=True)
class _Region:
    """Arena bytes start .. end - 1 and the tensors whose values they hold."""

    start: int
    end: int
    tensors: frozenset[int]


def check_plan(plan: Plan) -> None:
    """Prove that every layer finds its inputs intact and that the outputs survive until the end.

    Raises:
        ValueError: a plan that no back end may emit; the message names the layer and the tensor.
    """
    graph = plan.graph
    in_bands = any(op.views(graph) for op in graph.ops)
    places = [(place, BAND_ALIGNMENT if in_bands else ARENA_ALIGNMENT) for place in plan.tensors.values()]
    for place, alignment in (*places, *((place, ARENA_ALIGNMENT) for place in plan.scratch.values())):
        if place.offset % alignment or place.offset < 0 or place.offset + place.bytes > plan.arena_bytes:
            raise ValueError(
                f"a buffer at {place.offset} lies crooked or leaves the arena of {plan.arena_bytes} bytes"
            )
    if plan.arena_bytes % ARENA_ALIGNMENT:
        raise ValueError(f"the arena of {plan.arena_bytes} bytes is no multiple of {ARENA_ALIGNMENT}")
    arena = _Arena(plan)
    for t in dict.fromkeys(graph.inputs):
        arena.write((t,), "inputs")
    for position, op in enumerate(graph.ops):
        where = graph.layer_name(position)
        arena.read(op.inputs, where)
        if op.views(graph):
            arena.look(op, where)
            continue
        if graph.call(op) is None and arena.rename(op.outputs[0], op.inputs[0]):
            continue
        if op.scratch_bytes(graph) > 0:
            arena.use_scratch(position, (*op.inputs, *op.outputs), where)
        for output in op.outputs:
            for source in {t for t in op.inputs if arena.overlap(t, output)}:
                if not arena.may_share(position, output, source) and not arena.keeps_ahead(
                    position, output, source
                ):
                    raise ValueError(f"{where} overwrites its input {graph.tensor(source).name!r}")
        arena.write(op.outputs, where)
    arena.read(graph.outputs, "outputs")


class _Arena:
    """What each part of the arena holds at the moment."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.regions: list[_Region] = []

    def place(self, tensor: int) -> Placement | None:
        """Where an activation lies; None for constants and absent inputs.

        Raises:
            ValueError: an activation without a place, or with one that is too small.
        """
        if tensor < 0 or self.plan.graph.tensor(tensor).is_constant:
            return None
        place = self.plan.tensors.get(tensor)
        if place is None or place.bytes < self.plan.graph.tensor(tensor).bytes:
            raise ValueError(f"tensor {self.plan.graph.tensor(tensor).name!r} has no place of its size")
        return place

    def overlap(self, one: int, other: int) -> bool:
        """True where two tensors have bytes in common."""
        a, b = self.place(one), self.place(other)
        return (
            a is not None
            and b is not None
            and a.offset < b.offset + b.bytes
            and b.offset < a.offset + a.bytes
        )

    def may_share(self, position: int, output: int, source: int) -> bool:
        """True where the op allows this output to lie exactly on this input, read once."""
        op, a, b = self.plan.graph.ops[position], self.place(output), self.place(source)
        sharing = sum(1 for t in op.inputs if self.overlap(t, output))
        same = a is not None and b is not None and a.offset == b.offset
        sizes = self.plan.graph.tensor(output).bytes == self.plan.graph.tensor(source).bytes
        return same and sizes and sharing == 1 and (output, source) in op.aliases(self.plan.graph)

    def keeps_ahead(self, position: int, output: int, source: int) -> bool:
        """True where the kernel, byte by byte, writes nothing of this output over what it still reads.

        Each address that both tensors have: the step that writes it must not come before the last step
        that reads it.
        """
        op, a, b = self.plan.graph.ops[position], self.place(output), self.place(source)
        order = op.access_order(self.plan.graph)
        if order is None or a is None or b is None or len(op.outputs) != 1:
            return False
        sharing = [t for t in op.inputs if self.overlap(t, output)]
        read_bytes, written_bytes = self.plan.graph.tensor(source).bytes, self.plan.graph.tensor(output).bytes
        if sharing != [source] or len(order.last_read) != read_bytes or len(order.written) != written_bytes:
            return False
        first, end = max(a.offset, b.offset), min(a.offset + written_bytes, b.offset + read_bytes)
        if first >= end:
            return True
        written = order.written[first - a.offset : end - a.offset]
        last_read = order.last_read[first - b.offset : end - b.offset]
        return bool((written >= last_read).all())

    def read(self, tensors: tuple[int, ...], where: str) -> None:
        """Check that the bytes of these tensors still hold them."""
        for t in tensors:
            if self.place(t) is not None and not any(t in r.tensors for r in self.regions):
                raise ValueError(
                    f"{where} finds {self.plan.graph.tensor(t).name!r} overwritten or never written"
                )

    def write(self, tensors: tuple[int, ...], where: str) -> None:
        """Put tensors into their places; what lay there is gone."""
        regions = []
        for t in tensors:
            place = self.place(t)
            if place is not None and place.bytes:
                regions.append(
                    _Region(place.offset, place.offset + self.plan.graph.tensor(t).bytes, frozenset((t,)))
                )
        for n, r in enumerate(regions):
            if any(r.start < s.end and s.start < r.end for s in regions[n + 1 :]):
                raise ValueError(f"{where} writes two tensors to the same bytes")
        self._clear(regions)
        self.regions += regions

    def use_scratch(self, position: int, tensors: tuple[int, ...], where: str) -> None:
        """Clobber a layer's scratch, which must be apart from its inputs and outputs."""
        place = self.plan.scratch.get(position)
        if place is None or place.bytes < self.plan.graph.ops[position].scratch_bytes(self.plan.graph):
            raise ValueError(f"{where} has no scratch of its size")
        region = _Region(place.offset, place.offset + place.bytes, frozenset())
        for t in tensors:
            other = self.place(t)
            if other and region.start < other.offset + other.bytes and other.offset < region.end:
                raise ValueError(f"the scratch of {where} overlaps {self.plan.graph.tensor(t).name!r}")
        self._clear([region])

    def rename(self, output: int, source: int) -> bool:
        """Give the bytes of `source` a second name; False where `output` lies elsewhere (a copy)."""
        a, b = self.place(output), self.place(source)
        if a is None or b is None or a.offset != b.offset:
            return False
        self.regions = [
            _Region(r.start, r.end, r.tensors | {output}) if source in r.tensors else r for r in self.regions
        ]
        return True

    def look(self, op: Op, where: str) -> None:
        """Give names to parts of what is there, or to parts that make a whole; no byte moves."""
        graph, views = self.plan.graph, op.views(self.plan.graph)
        for part, whole, offset in views:
            a, b = self.place(part), self.place(whole)
            if a is None or b is None or a.offset != b.offset + offset:
                raise ValueError(f"{where} would have to move {graph.tensor(part).name!r}")
        for output in op.outputs:
            covered = 0
            for part, whole, offset in sorted(views, key=lambda v: v[2]):
                if output == whole and part in op.inputs and offset == covered:
                    covered += graph.tensor(part).bytes
                elif output == part and whole in op.inputs:
                    inside = offset >= 0 and offset + graph.tensor(part).bytes <= graph.tensor(whole).bytes
                    covered = graph.tensor(part).bytes if inside else 0
            if covered != graph.tensor(output).bytes:
                raise ValueError(f"{where} does not make the whole of {graph.tensor(output).name!r}")
            place = self.place(output)
            assert place is not None
            self.regions.append(_Region(place.offset, place.offset + covered, frozenset((output,))))

    def _clear(self, new: list[_Region]) -> None:
        self.regions = [r for r in self.regions if not any(n.start < r.end and r.start < n.end for n in new)]
