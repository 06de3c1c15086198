"""Finds the order of a graph's layers whose fullest step holds least, exactly, over sets of layers.

What lives between two layers depends only on which layers have run, not on their order; so the search walks
over such sets. Sizes are in units of the arena alignment, as in the packer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from codegen.graph import Graph
from codegen.memory.plan import ARENA_ALIGNMENT

NODE_BUDGET = 40_000
"""Sets of layers looked at before the best order so far is taken (about a second of Python)."""

LOOKS_A_NODE = 20
"""Layers looked at that count as one more set: in wide graphs many layers wait after each set."""

LOOKS_A_STEP = 6
"""Looks that working out what one layer needs counts for: it takes as long, and is kept."""

QUESTIONS = 8
"""Parts of the budget: one for each question whether some order holds at most so much."""


@dataclass(frozen=True)
class _Group:
    """Tensors that are always the same bytes: one of them and its renamings.

    Attributes:
        units: size.
        writer: bit of the layer that writes it; 0 for inputs of the model.
        readers: bits of the layers that read (or rename) any of them.
        kept: one of them is an output of the model.
    """

    units: int
    writer: int
    readers: int
    kept: bool


@dataclass(frozen=True)
class _Layer:
    """What one layer needs.

    Attributes:
        bit: its bit.
        before: bits of the layers whose outputs it reads.
        near: bits of the layers that read what it reads or writes: what it needs depends on those that have
            run.
        reads: group -> through how many of its inputs.
        writes: groups that it starts.
        scratch: units.
        inplace: (output, input) groups of one size that may share their bytes.
        overlaps: (output, input, least distance in units) groups that may have bytes in common.
    """

    bit: int
    before: int
    near: int
    reads: dict[int, int]
    writes: tuple[int, ...]
    scratch: int
    inplace: tuple[tuple[int, int], ...]
    overlaps: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class _Step:
    """Running one layer: how many units more count meanwhile, and how many more live afterwards."""

    peak: int
    live: int


@dataclass(frozen=True)
class _Path:
    """Layers run in turn: the most that counts meanwhile, what lives afterwards, all layers that have run."""

    layers: tuple[int, ...]
    peak: int
    live: int
    done: int


class OrderSearch:
    """Narrows the least peak over all orders between a proved bound and an order.

    Attributes:
        proved: in every order some step holds at least this many units.
        order: the best order found, as positions in the file's order.
        peak: what its fullest step holds.
    """

    def __init__(self, graph: Graph, overlap: bool, budget: int = NODE_BUDGET) -> None:
        """Args:
        graph: without views (see `Op.views`).
        overlap: outputs may lie over the part of their layer's input that is read already.
        """
        self.budget = budget
        self.groups, self.layers = _facts(graph, overlap)
        self.all = (1 << len(self.layers)) - 1
        self.looks = 0  # at a layer, since they were last counted as nodes
        self._steps: list[dict[int, _Step]] = [{} for _ in self.layers]  # by the layers near it that have run
        self._woken = _woken(self.layers)
        self.start = sum(g.units for g in self.groups if not g.writer)
        self.first_live = sum(g.units for g in self.groups if not g.writer and (g.readers or g.kept))
        self.order = tuple(range(len(self.layers)))
        self.peak = self._peak(self.order)
        alone = [self._alone(n) for n in range(len(self.layers))]
        kept = sum(g.units for g in self.groups if g.kept)  # behind the last layer
        self.proved = max([self.start, kept, *alone])
        self.failed: dict[int, int] = {}  # set of layers -> the largest limit within which it leads nowhere

    def run(self) -> None:
        """Halve the interval until it is empty, first asking for the bound itself; each question gets a share
        of the budget, and where it stays open the next one allows more."""
        share = self.budget // QUESTIONS
        least = self.proved
        target = least
        while least < self.peak and self.budget > 0:
            order, cut = self._within(target, min(share, self.budget))
            if order is not None:
                self.order, self.peak = order, self._peak(order)
            elif cut is not None:
                self.proved = least = cut
            else:
                least = target + 1
            target = (least + self.peak) // 2

    def orders(self, limit: int) -> Iterator[tuple[int, ...]]:
        """All orders whose steps hold at most `limit` units, lexicographically, while the budget lasts."""
        stack = [(0, self.first_live, self._ready(0))]
        chosen: list[int] = []
        while stack:
            done, live, candidates = stack[-1]
            if done == self.all:
                yield tuple(chosen)
                candidates = iter(())
            n = next(candidates, None)
            if n is None:
                stack.pop()
                if chosen:
                    chosen.pop()
                continue
            self.budget -= 1 + len(self.layers) // 32  # a step back looks at all layers again
            if self.budget < 0:
                return
            step = self._run(n, done)
            if live + step.peak <= limit:
                chosen.append(n)
                after = done | self.layers[n].bit
                stack.append((after, live + step.live, self._ready(after)))

    def _within(self, limit: int, budget: int) -> tuple[tuple[int, ...] | None, int | None]:
        """An order whose steps hold at most `limit` units; or None and what every order holds at least,
        or None twice where the budget ended the search.

        A layer that fits and leaves no more behind than it found is run at once: every order in which it
        comes later stays within the limit, too, where it comes now.
        """
        cut = self.peak
        start = self._close(_Path((), self.start, self.first_live, 0), limit, self.all, self.first_live)
        stack = [(start, iter(self._paths(start, limit)))]
        while stack:
            here, paths = stack[-1]
            if here.done == self.all:
                return tuple(n for path, _ in stack for n in path.layers), None
            path = next(paths, None)
            if path is None:
                self.failed[here.done] = max(limit, self.failed.get(here.done, 0))
                stack.pop()
                continue
            if path.peak > limit:
                cut = min(cut, path.peak)
                continue
            cost = 1 + self._spent()
            self.budget -= cost
            budget -= cost
            if budget < 0:
                return None, None
            if self.failed.get(path.done, -1) < limit:
                stack.append((path, iter(self._paths(path, limit))))
        return None, max(cut, limit + 1)

    def _spent(self) -> int:
        """The nodes that the looks since the last call count for."""
        nodes, self.looks = divmod(self.looks, LOOKS_A_NODE)
        return nodes

    def _paths(self, here: _Path, limit: int) -> list[_Path]:
        """What may run next, with what follows at once; first those that hold much more than they leave."""
        found = []
        for n in self._ready(here.done):
            step = self._run(n, here.done)
            done, peak = here.done | self.layers[n].bit, here.live + step.peak
            path = _Path((n,), peak, here.live + step.live, done)
            # Nothing else could run at once before, so that only what this layer wakes may do so now.
            found.append(self._close(path, limit, self._woken[n], here.live) if peak <= limit else path)
        return sorted(found, key=lambda path: (path.live - path.peak, path.layers))

    def _close(self, path: _Path, limit: int, awake: int, calm: int) -> _Path:
        """The path with all that may run at once, the first of the file's order first.

        Args:
            awake: bits of the layers that may.
            calm: while at least so much lives, the others may not.
        """
        layers, peak, live, done = list(path.layers), path.peak, path.live, path.done
        tried = 0
        while awake:
            low = awake & -awake
            awake ^= low
            tried |= low
            n = low.bit_length() - 1
            self.looks += 1
            if done & low or self.layers[n].before & done != self.layers[n].before:
                continue
            step = self._run(n, done)
            if live + step.peak <= limit and step.live <= 0:
                layers.append(n)
                peak, live, done = max(peak, live + step.peak), live + step.live, done | low
                awake |= self._woken[n] | tried
                if live < calm:
                    awake, calm = self.all, live
                awake, tried = awake & ~done, 0
        return _Path(tuple(layers), peak, live, done)

    def _ready(self, done: int) -> Iterator[int]:
        """The layers that may run after these."""
        waiting = self.all & ~done
        while waiting:
            low = waiting & -waiting
            waiting ^= low
            n = low.bit_length() - 1
            self.looks += 1
            if self.layers[n].before & done == self.layers[n].before:
                yield n

    def _run(self, n: int, done: int) -> _Step:
        """Layer `n` after the layers `done`."""
        near = done & self.layers[n].near
        step = self._steps[n].get(near)
        if step is None:
            self.looks += LOOKS_A_STEP
            step = self._steps[n][near] = self._step(self.layers[n], near)
        return step

    def _step(self, layer: _Layer, done: int) -> _Step:
        groups, waiting = self.groups, ~(done | layer.bit)
        dying = {g for g in layer.reads if not groups[g].kept and not groups[g].readers & waiting}
        left = sum(
            [groups[g].units for g in layer.writes if groups[g].kept or groups[g].readers & waiting]
        ) - sum([groups[g].units for g in dying])
        alone = {g for g in dying if layer.reads[g] == 1}
        reading = writing = layer.scratch
        new = list(layer.writes)
        for output, source in layer.inplace:
            if output in new and source in alone:
                new.remove(output)
                alone.remove(source)
        lows = {o: (s, low) for o, s, low in layer.overlaps if o in new and s in alone}
        for g in new:
            units = groups[g].units
            source, low = lows.get(g, (-1, units))
            reading += low
            writing += units - (groups[source].units if source >= 0 else 0)
        return _Step(max(reading, writing), left)

    def _alone(self, n: int) -> int:
        """What a layer needs at least, where nothing else lives."""
        inputs = sum(self.groups[g].units for g in self.layers[n].reads)
        return inputs + self._run(n, self.all & ~self.layers[n].bit).peak

    def _peak(self, order: tuple[int, ...]) -> int:
        done, live, peak = 0, self.first_live, self.start
        for n in order:
            step = self._run(n, done)
            peak = max(peak, live + step.peak)
            done, live = done | self.layers[n].bit, live + step.live
        return peak


def _facts(graph: Graph, overlap: bool) -> tuple[list[_Group], list[_Layer]]:
    """The graph as the search sees it: the same rules as `lifetimes.find_buffers`."""
    held = [t for t in graph.inputs if not graph.tensor(t).is_constant]
    held += [t for op in graph.ops for t in op.outputs]
    home = {t: t for t in held}
    for op in graph.ops:
        if graph.call(op) is None:
            for output, source in op.aliases(graph):
                same = source in home and graph.tensor(output).bytes == graph.tensor(source).bytes
                if same and home[output] == output and home[source] != output:
                    home[output] = home[source]
    number = {t: n for n, t in enumerate(dict.fromkeys(home.values()))}
    group = {t: number[home[t]] for t in home}
    writer = {group[t]: 1 << n for n, op in enumerate(graph.ops) for t in op.outputs if home[t] == t}
    readers = dict.fromkeys(number.values(), 0)
    for n, op in enumerate(graph.ops):
        for t in op.inputs:
            if t in group:
                readers[group[t]] |= 1 << n
    kept = {group[t] for t in graph.outputs if t in group}
    groups = [
        _Group(_units(graph.tensor(t).bytes), writer.get(n, 0), readers[n], n in kept)
        for t, n in number.items()
    ]
    makers = {t: 1 << n for n, op in enumerate(graph.ops) for t in op.outputs}
    layers = []
    for n, op in enumerate(graph.ops):
        inputs = [t for t in op.inputs if t in group]
        found = [group[t] for t in inputs]
        before = 0
        for t in inputs:
            before |= makers.get(t, 0)
        inplace = [
            (group[o], group[s])
            for o, s in op.aliases(graph)
            if s in group and home[o] == o and graph.tensor(o).bytes == graph.tensor(s).bytes
        ]
        near = 0
        for g in {*found, *(group[t] for t in op.outputs)}:
            near |= readers[g]
        pairs = op.overlaps(graph) if overlap else ()
        overlaps = [
            (group[o], group[s], _units(max(0, distance)))
            for o, s, distance in pairs
            if s in group and o in group and distance < graph.tensor(o).bytes
        ]
        layers.append(
            _Layer(
                bit=1 << n,
                before=before,
                near=near,
                reads={g: found.count(g) for g in dict.fromkeys(found)},
                writes=tuple(group[t] for t in op.outputs if home[t] == t),
                scratch=_units(op.scratch_bytes(graph)),
                inplace=tuple(inplace),
                overlaps=tuple(overlaps),
            )
        )
    return groups, layers


def _woken(layers: list[_Layer]) -> list[int]:
    """For each layer the bits of those that may run, or need something else, once it has run."""
    woken = [0] * len(layers)
    for layer in layers:
        causes = layer.before | layer.near
        while causes:
            low = causes & -causes
            causes ^= low
            woken[low.bit_length() - 1] |= layer.bit
    return woken


def _units(size: int) -> int:
    return -(-size // ARENA_ALIGNMENT)
