"""Packs buffers with fixed lifetimes into the least height: best greedy, then exact branch and bound.

Sizes here are in units of the arena alignment; offsets come back in the same units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

NODE_BUDGET = 20_000
"""Branch-and-bound nodes before the best packing so far is taken (about a second of Python)."""

_INFINITE = 1 << 60


@dataclass(frozen=True)
class Item:
    """One buffer: size in units, first and last layer (inclusive)."""

    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Packing:
    """Offsets and how good they are.

    Attributes:
        offsets: one an item, in units.
        height: units used.
        lower_bound: largest sum of sizes that live in one layer.
        bound_layer: the first layer that reaches it.
        optimal: True where no packing of these items is lower (proved, not hoped).
    """

    offsets: tuple[int, ...]
    height: int
    lower_bound: int
    bound_layer: int
    optimal: bool


def lower_bound(items: Sequence[Item]) -> tuple[int, int]:
    """Largest sum of sizes alive in one layer, and the first layer that reaches it."""
    best, layer = 0, -1
    for t in sorted({i.first for i in items}):
        live = sum(i.size for i in items if i.first <= t <= i.last)
        if live > best:
            best, layer = live, t
    return best, layer


def pack(items: Sequence[Item], node_budget: int = NODE_BUDGET) -> Packing:
    """The lowest packing found; the same items give the same offsets on every machine.

    Args:
        items: sizes >= 0, first <= last.
        node_budget: search nodes; 0 means greedy alone.
    """
    bound, layer = lower_bound(items)
    offsets = _best_greedy(items)
    height = _height(items, offsets)
    optimal = height == bound
    if not optimal and node_budget > 0:
        search = _Search(items, bound, height, node_budget)
        found = search.run()
        if found is not None:
            offsets, height = found, _height(items, found)
        optimal = height == bound or search.complete
    return Packing(tuple(offsets), height, bound, layer, optimal)


def _height(items: Sequence[Item], offsets: Sequence[int]) -> int:
    return max((o + i.size for i, o in zip(items, offsets, strict=True)), default=0)


def _best_greedy(items: Sequence[Item]) -> list[int]:
    """First fit in several orders; ties go to the earlier order, then to the earlier item."""
    keys: tuple[Callable[[Item], tuple[int, ...]], ...] = (
        lambda i: (-i.size, i.first),
        lambda i: (-i.size * (i.last - i.first + 1), i.first),
        lambda i: (-(i.last - i.first), -i.size, i.first),
        lambda i: (i.first, -i.size),
        lambda i: (-i.last, -i.size),
    )
    best: list[int] = []
    for key in keys:
        order = sorted(range(len(items)), key=lambda k: (*key(items[k]), k))
        offsets = _first_fit(items, order)
        if not best or _height(items, offsets) < _height(items, best):
            best = offsets
    return best


def _first_fit(items: Sequence[Item], order: Sequence[int]) -> list[int]:
    offsets = [0] * len(items)
    placed: list[int] = []
    for k in order:
        item, at = items[k], 0
        rivals = [p for p in placed if items[p].first <= item.last and item.first <= items[p].last]
        for p in sorted(rivals, key=lambda p: offsets[p]):
            if at + item.size <= offsets[p]:
                break
            at = max(at, offsets[p] + items[p].size)
        offsets[k] = at
        placed.append(k)
    return offsets


@dataclass
class _State:
    """A partial packing: buffers still waiting (bit set), height and waiting bytes of each column."""

    waiting: int
    skyline: list[int]
    remaining: list[int]
    placed: int | None = None
    level: int = 0


class _Search:
    """Exact search, lowest gap first.

    Some optimal packing is settled: every buffer lies on the ground or directly on a buffer it overlaps
    in time. Sorted by offset such a packing is built from below: take the leftmost stretch of layers with
    the lowest skyline; either one of the waiting buffers that fit into the stretch lies there, or nothing
    does and the stretch rises to its lower neighbour. A branch ends where, in some layer, the skyline plus
    what still has to live there reaches the best height known, or where its state was seen before.
    """

    def __init__(self, items: Sequence[Item], bound: int, height: int, budget: int) -> None:
        times = sorted({i.first for i in items})
        live = [frozenset(k for k, i in enumerate(items) if i.first <= t <= i.last) for t in times]
        columns = [c for n, c in enumerate(live) if not any(c < d for d in live) and c not in live[:n]]
        self.sizes = [i.size for i in items]
        self.spans = []
        for k in range(len(items)):
            inside = [n for n, c in enumerate(columns) if k in c]
            self.spans.append((inside[0], inside[-1]))
        self.columns = columns
        self.bound, self.best, self.budget = bound, height, budget
        area = [size * (last - first + 1) for size, (first, last) in zip(self.sizes, self.spans, strict=True)]
        self.order = sorted(range(len(items)), key=lambda k: (-area[k], k))
        self.offsets = [0] * len(items)
        self.found: list[int] | None = None
        self.complete = False
        self.seen: set[tuple[int, tuple[int, ...]]] = set()

    def run(self) -> list[int] | None:
        """Offsets lower than the height given, or None. `complete` tells whether all was searched."""
        remaining = [sum(self.sizes[k] for k in c) for c in self.columns]
        start = _State((1 << len(self.sizes)) - 1, [0] * len(self.columns), remaining)
        stack = [self._children(start)]
        while stack and self.best > self.bound:
            state = next(stack[-1], None)
            if state is None:
                stack.pop()
                continue
            self.budget -= 1
            if self.budget < 0:
                return self.found
            if state.placed is not None:
                self.offsets[state.placed] = state.level
            if state.waiting:
                stack.append(self._children(state))
            else:
                self.best, self.found = max(state.skyline), self.offsets.copy()
        self.complete = True
        return self.found

    def _children(self, state: _State) -> Iterator[_State]:
        """What can happen at the lowest, leftmost stretch of the skyline."""
        skyline = [s if r else _INFINITE for s, r in zip(state.skyline, state.remaining, strict=True)]
        key = (state.waiting, tuple(skyline))
        if key in self.seen:
            return
        self.seen.add(key)
        level = min(skyline)
        left = right = skyline.index(level)
        while right + 1 < len(skyline) and skyline[right + 1] == level:
            right += 1
        wall_left = skyline[left - 1] if left else _INFINITE
        wall_right = skyline[right + 1] if right + 1 < len(skyline) else _INFINITE
        tried: set[tuple[int, int, int]] = set()
        for k in self.order:
            size, (first, last) = self.sizes[k], self.spans[k]
            if not state.waiting >> k & 1 or first < left or last > right or (size, first, last) in tried:
                continue
            tried.add((size, first, last))
            child = _State(state.waiting & ~(1 << k), state.skyline.copy(), state.remaining.copy(), k, level)
            for c in range(left, first):  # nothing more lies at this level to the left of k
                child.skyline[c] = min(wall_left, level + size)
            for c in range(first, last + 1):
                child.skyline[c] = level + size
                child.remaining[c] -= size
            if not self._hopeless(child, left, last):
                yield child
        rise = min(wall_left, wall_right)
        if rise < _INFINITE:
            child = _State(state.waiting, state.skyline.copy(), state.remaining)
            child.skyline[left : right + 1] = [rise] * (right + 1 - left)
            if not self._hopeless(child, left, right):
                yield child

    def _hopeless(self, state: _State, left: int, right: int) -> bool:
        return any(state.skyline[c] + state.remaining[c] >= self.best for c in range(left, right + 1))
