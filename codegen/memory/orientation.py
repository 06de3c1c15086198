"""Exact search over which of two buffers lies below: proves a height impossible, or finds a packing of it.

The classic branch and bound of disjunctive scheduling. It is strong where `packing`'s skyline is weak: in
long chains of layers whose outputs overlap their inputs, where most of the answers follow from one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from codegen.memory.item import Item

NODE_COST = 10
"""Nodes of the skyline search that take about as long as one node here, with few pairs."""

PAIRS_A_NODE = 1_000
"""Pairs looked at that take about as long as one more node of the skyline search."""

Numbers: TypeAlias = NDArray[np.int64]


@dataclass
class _Node:
    """What is decided, and what follows from it.

    Attributes:
        low, high: least and greatest offset of each item.
        below, above, distance: of the pairs decided.
        open: positions of the pairs not decided yet, in order.
    """

    low: Numbers
    high: Numbers
    below: Numbers
    above: Numbers
    distance: Numbers
    open: Numbers

    def decide(self, below: Numbers, above: Numbers, distance: Numbers) -> None:
        """Let each of these items lie below the other one."""
        self.below = np.concatenate((self.below, below))
        self.above = np.concatenate((self.above, above))
        self.distance = np.concatenate((self.distance, distance))


class OrientationSearch:
    """Narrows the least height between a proved bound and a packing.

    Attributes:
        proved: no packing is lower than this.
        height: that of the best packing known.
        offsets: that packing, None where it is still the caller's.
    """

    def __init__(self, items: Sequence[Item], bound: int, height: int, budget: int) -> None:
        self.items, self.proved, self.height, self.budget = items, bound, height, budget
        self.offsets: list[int] | None = None
        self.looks = 0  # at a pair, since they were last counted as nodes
        self.sizes = np.array([i.size for i in items], np.int64)
        pairs = np.array(neighbours(items), np.int64).reshape(-1, 4)
        # Items a and b live at the same time: b lies at least a_low above a, or a b_low above b.
        self.a, self.b, self.a_low, self.b_low = pairs.T.copy()

    def run(self) -> None:
        """Halve the interval until it is empty or the budget is spent; first ask for the bound itself."""
        target = self.proved
        while self.proved < self.height:
            offsets, exhausted = self._pack(target)
            if offsets is not None:
                self.offsets = offsets
                self.height = max(o + i.size for o, i in zip(offsets, self.items, strict=True))
            elif exhausted:
                return
            else:
                self.proved = target + 1
            target = (self.proved + self.height) // 2

    def _pack(self, height: int) -> tuple[list[int] | None, bool]:
        """Offsets of a packing of at most this height or None, and whether the budget ended the search."""
        none = np.zeros(0, np.int64)
        root = _Node(
            np.zeros(len(self.items), np.int64), height - self.sizes, none, none, none, np.arange(len(self.a))
        )
        stack = [root]
        while stack:
            self.budget -= NODE_COST
            if self.budget < 0:
                return None, True
            node = stack.pop()
            if not self._propagate(node):
                continue
            pair = self._most_pressing(node)
            if pair is None:
                return [int(offset) for offset in node.low], False
            a, b, a_low, b_low = (values[pair] for values in (self.a, self.b, self.a_low, self.b_low))
            slack_ab = node.high[b] - node.low[a] - a_low
            slack_ba = node.high[a] - node.low[b] - b_low
            ab, ba = (a, b, a_low), (b, a, b_low)
            rest = node.open[node.open != pair]
            for arc in (ba, ab) if slack_ab >= slack_ba else (ab, ba):  # the roomier one is popped first
                child = _Node(node.low.copy(), node.high.copy(), node.below, node.above, node.distance, rest)
                child.decide(*(np.array([number], np.int64) for number in arc))
                stack.append(child)
        return None, False

    def _propagate(self, node: _Node) -> bool:
        """Draw all conclusions; False where there is no packing."""
        while True:
            if not self._shift(node):
                return False
            at = node.open
            a, b, a_low, b_low = self.a[at], self.b[at], self.a_low[at], self.b_low[at]
            ab = node.low[a] + a_low <= node.high[b]
            ba = node.low[b] + b_low <= node.high[a]
            if not (ab | ba).all():
                return False
            if (ab & ba).all():
                return True
            for only, below, above, distance in ((ab & ~ba, a, b, a_low), (ba & ~ab, b, a, b_low)):
                node.decide(below[only], above[only], distance[only])
            node.open = at[ab & ba]

    def _shift(self, node: _Node) -> bool:
        """Move items apart as far as is decided; False where one has no place left."""
        moved = True
        while moved:
            self.looks += len(self.a)
            self.budget -= self.looks // PAIRS_A_NODE
            self.looks %= PAIRS_A_NODE
            low, high = node.low.copy(), node.high.copy()
            np.maximum.at(low, node.above, low[node.below] + node.distance)
            np.minimum.at(high, node.below, high[node.above] - node.distance)
            if (low > high).any():
                return False
            moved = bool((low != node.low).any() or (high != node.high).any())
            node.low, node.high = low, high
        return True

    def _most_pressing(self, node: _Node) -> int | None:
        """The open pair with least room among those that the least offsets violate; None: they are a
        packing."""
        at = node.open
        a, b, a_low, b_low = self.a[at], self.b[at], self.a_low[at], self.b_low[at]
        below, above = node.low[a], node.low[b]
        violated = (above < below + a_low) & (below < above + b_low)
        if not violated.any():
            return None
        room = (node.high[b] - below - a_low + node.high[a] - above - b_low)[violated]
        return int(at[violated][room.argmin()])


def neighbours(items: Sequence[Item]) -> list[tuple[int, int, int, int]]:
    """All pairs of items that live at the same time, in order: (a, b, units of a that b must clear where it
    lies above a, units of b that a must clear)."""
    found: list[tuple[int, int, int, int]] = []
    living: list[int] = []
    for n in sorted((n for n, i in enumerate(items) if i.size), key=lambda n: items[n].first):
        living = [m for m in living if items[m].last >= items[n].first]
        first = items[n].first
        for m in living:
            a, b = (m, n) if m < n else (n, m)
            one, other = items[a], items[b]
            last = min(one.last, other.last)
            if last > first:  # past its first step each counts whole
                found.append((a, b, one.size, other.size))
            else:
                found.append((a, b, one.height(first), other.height(first)))
        living.append(n)
    return sorted(found)
