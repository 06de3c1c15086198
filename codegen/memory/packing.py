"""Packs buffers with fixed lifetimes into the least height: best greedy, then exact branch and bound.

Sizes here are in units of the arena alignment; offsets come back in the same units. Time runs in steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from codegen.memory.item import Item
from codegen.memory.orientation import Numbers, OrientationSearch, neighbours

NODE_BUDGET = 20_000
"""Branch-and-bound nodes before the best packing so far is taken (about a second of Python)."""

ITEMS_A_NODE = 200
"""Items and columns, all of which a node looks at, that count as one more node."""

_INFINITE = 1 << 60


@dataclass(frozen=True)
class Packing:
    """Offsets and how good they are.

    Attributes:
        offsets: one an item, in units.
        height: units used.
        lower_bound: largest sum of what counts in one step.
        bound_step: the first step that reaches it.
        proved: no packing of these items is lower (at least lower_bound).
    """

    offsets: tuple[int, ...]
    height: int
    lower_bound: int
    bound_step: int
    proved: int

    @property
    def optimal(self) -> bool:
        """True where no packing of these items is lower (proved, not hoped)."""
        return self.height == self.proved


def lower_bound(items: Sequence[Item]) -> tuple[int, int]:
    """Largest sum of what counts in one step, and the first step that reaches it."""
    best, step = 0, -1
    steps = _steps(items)
    for t, live in zip(steps, live_units(items, steps), strict=True):
        if live > best:
            best, step = live, t
    return best, step


def live_units(items: Sequence[Item], steps: Sequence[int]) -> list[int]:
    """For each step (ascending) the sum of what counts in it."""
    changes: dict[int, int] = {}
    for i in items:
        changes[i.first] = changes.get(i.first, 0) + i.height(i.first)
        changes[i.first + 1] = changes.get(i.first + 1, 0) + i.size - i.height(i.first)
        changes[i.last + 1] = changes.get(i.last + 1, 0) - i.size
    ordered = sorted(changes.items(), reverse=True)
    found, live = [], 0
    for step in steps:
        while ordered and ordered[-1][0] <= step:
            live += ordered.pop()[1]
        found.append(live)
    return found


def pack(items: Sequence[Item], node_budget: int = NODE_BUDGET) -> Packing:
    """The lowest packing found; the same items give the same offsets on every machine.

    Args:
        items: sizes >= 0, first <= last.
        node_budget: search nodes; 0 means greedy alone.
    """
    bound, step = lower_bound(items)
    offsets = _best_greedy(items, step)
    height, proved = _height(items, offsets), bound
    if height > bound and node_budget > 0:
        search = OrientationSearch(items, bound, height, node_budget // 2)
        search.run()
        if search.offsets is not None:
            offsets, height = search.offsets, search.height
        proved = search.proved
    if height > proved and node_budget > 0:
        skyline = SkylineSearch(items, proved, height, node_budget // 2)
        found = skyline.run()
        if found is not None:
            offsets, height = found, _height(items, found)
        proved = height if skyline.complete else proved
    return Packing(tuple(offsets), height, bound, step, proved)


def _steps(items: Sequence[Item]) -> list[int]:
    """The steps at which something starts to count: the others hold no more than these."""
    return sorted({i.first for i in items} | {i.first + 1 for i in items if i.low is not None})


def _height(items: Sequence[Item], offsets: Sequence[int]) -> int:
    return max((o + i.size for i, o in zip(items, offsets, strict=True)), default=0)


def _best_greedy(items: Sequence[Item], peak: int) -> list[int]:
    """First fit in several orders; ties go to the earlier order, then to the earlier item."""
    keys: tuple[Callable[[Item], tuple[int, ...]], ...] = (
        lambda i: (-i.size, i.first),
        lambda i: (-i.size * (i.last - i.first + 1), i.first),
        lambda i: (-(i.last - i.first), -i.size, i.first),
        lambda i: (i.first, -i.size),
        lambda i: (-i.last, -i.size),
        lambda i: (max(i.first - peak, peak - i.last, 0), -i.size),  # from the fullest step outwards
    )
    best: list[int] = []
    beside = _beside(items)
    for key in keys:
        order = sorted(range(len(items)), key=lambda k: (*key(items[k]), k))
        offsets = _first_fit(beside, order)
        if not best or _height(items, offsets) < _height(items, best):
            best = offsets
    return best


def _beside(items: Sequence[Item]) -> list[Numbers]:
    """For each item the others that live at the same time: int64 [3, others], (other, units of the item,
    units of the other) where they meet."""
    pairs = np.array(neighbours(items), np.int64).reshape(-1, 4)
    both = np.concatenate((pairs, pairs[:, [1, 0, 3, 2]]))
    both = both[np.argsort(both[:, 0], kind="stable")]
    return np.split(both[:, 1:].T, np.searchsorted(both[:, 0], np.arange(1, len(items))), axis=1)


def _first_fit(beside: Sequence[Numbers], order: Sequence[int]) -> list[int]:
    """Each item in turn at the lowest place that is free.

    Args:
        beside: from `_beside`.
    """
    offsets = np.full(len(order), -1, np.int64)
    for k in order:
        others, own, its = beside[k]
        there = offsets[others]
        # Offsets from `low` on to below `high` put the item into one that is placed.
        walls = np.stack((there - own + 1, there + its))[:, there >= 0]
        low, high = walls[:, np.argsort(walls[0], kind="stable")]
        at = np.maximum.accumulate(np.concatenate(([0], high)))
        gaps = np.nonzero(at[:-1] < low)[0]
        offsets[k] = at[gaps[0]] if len(gaps) else at[-1]
    return [int(offset) for offset in offsets]


@dataclass
class _State:
    """A partial packing: buffers still waiting (bit set), height and waiting bytes of each column."""

    waiting: int
    skyline: list[int]
    remaining: list[int]
    placed: int | None = None
    level: int = 0


class SkylineSearch:
    """Exact search, lowest gap first.

    Some optimal packing is settled: every buffer lies on the ground or directly on what counts of a buffer
    that lives at the same time. Sorted by offset such a packing is built from below: take the leftmost
    stretch of steps with the lowest skyline; either one of the waiting buffers that fit into the stretch
    lies there, or nothing does and the stretch rises to its lower neighbour. A branch ends where, in some
    step, the skyline plus what still has to live there reaches the best height known, or where its state
    was seen before.
    """

    def __init__(self, items: Sequence[Item], bound: int, height: int, budget: int) -> None:
        columns = _columns(items)
        inside: list[list[int]] = [[] for _ in items]
        for n, c in enumerate(columns):
            for k in c:
                inside[k].append(n)
        self.spans = [(at[0], at[-1]) for at in inside]
        self.heights = [tuple(columns[n][k] for n in at) for k, at in enumerate(inside)]
        self.columns = columns
        self.masks = [sum(1 << k for k in c) for c in columns]
        self.bound, self.best, self.budget = bound, height, budget
        self.cost = 1 + (len(items) + len(columns)) // ITEMS_A_NODE
        area = [sum(heights) for heights in self.heights]
        self.order = sorted(range(len(items)), key=lambda k: (-area[k], k))
        self.offsets = [0] * len(items)
        self.found: list[int] | None = None
        self.complete = False
        self.seen: set[tuple[int, tuple[int, ...]]] = set()

    def run(self) -> list[int] | None:
        """Offsets lower than the height given, or None; `complete` tells whether all was searched."""
        remaining = [sum(c.values()) for c in self.columns]
        start = _State((1 << len(self.spans)) - 1, [0] * len(self.columns), remaining)
        stack = [self._children(start)]
        while stack and self.best > self.bound:
            state = next(stack[-1], None)
            if state is None:
                stack.pop()
                continue
            self.budget -= self.cost
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
        columns = zip(state.skyline, self.masks, strict=True)
        skyline = [s if state.waiting & mask else _INFINITE for s, mask in columns]
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
        tried: set[tuple[int, tuple[int, ...]]] = set()
        for k in self.order:
            heights, (first, last) = self.heights[k], self.spans[k]
            if not state.waiting >> k & 1 or first < left or last > right or (first, heights) in tried:
                continue
            tried.add((first, heights))
            child = _State(state.waiting & ~(1 << k), state.skyline.copy(), state.remaining.copy(), k, level)
            for c in range(left, first):  # nothing more lies at this level to the left of k
                child.skyline[c] = min(wall_left, level + heights[0])
            for c, counts in zip(range(first, last + 1), heights, strict=True):
                child.skyline[c] = level + counts
                child.remaining[c] -= counts
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


def _columns(items: Sequence[Item]) -> list[dict[int, int]]:
    """What counts of each item in each step (item -> units), without the steps that lie within another one.

    What lives in two steps lives in all between them, so that a step within any lies within a next one.
    """
    live: list[dict[int, int]] = []
    begin = sorted(range(len(items)), key=lambda k: items[k].first, reverse=True)
    living: list[int] = []
    for t in _steps(items):
        while begin and items[begin[-1]].first <= t:
            living.append(begin.pop())
        living = [k for k in living if items[k].last >= t]
        column = {k: items[k].height(t) for k in sorted(living)}
        if not live or column != live[-1]:
            live.append(column)
    beside = [live[max(0, n - 1) : n] + live[n + 1 : n + 2] for n in range(len(live))]
    return [c for c, near in zip(live, beside, strict=True) if not any(_within(c, d) for d in near)]


def _within(column: dict[int, int], other: dict[int, int]) -> bool:
    """True where every item of a column counts at least as much in the other one."""
    return all(k in other and counts <= other[k] for k, counts in column.items())
