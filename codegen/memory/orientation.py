"""Exact search over which of two buffers lies below: proves a height impossible, or finds a packing of it.

The classic branch and bound of disjunctive scheduling. It is strong where `packing`'s skyline is weak: in
long chains of layers whose outputs overlap their inputs, where most of the answers follow from one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.memory.item import Item

NODE_COST = 10
"""Nodes of the skyline search that take about as long as one node here, with fewer than MANY_PAIRS."""

MANY_PAIRS = 5_000


@dataclass(frozen=True)
class _Pair:
    """Items a and b that live at the same time: b lies at least `a_low` above a, or a `b_low` above b."""

    a: int
    b: int
    a_low: int
    b_low: int


@dataclass
class _Node:
    """Least and greatest offset of each item, and the pairs not decided yet (in order)."""

    low: list[int]
    high: list[int]
    decided: list[tuple[int, int, int]]  # (below, above, distance)
    open: list[_Pair]


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
        self.pairs: list[_Pair] = []
        for n, a in enumerate(items):
            for m in range(n + 1, len(items)):
                b = items[m]
                first, last = max(a.first, b.first), min(a.last, b.last)
                if first <= last and a.size and b.size:
                    self.pairs.append(_Pair(n, m, a.tallest(first, last), b.tallest(first, last)))

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
        root = _Node([0] * len(self.items), [height - i.size for i in self.items], [], self.pairs)
        stack = [root]
        while stack:
            self.budget -= NODE_COST * max(1, len(self.pairs) // MANY_PAIRS)
            if self.budget < 0:
                return None, True
            node = stack.pop()
            if not _propagate(node):
                continue
            pair = _most_pressing(node)
            if pair is None:
                return node.low, False
            slack_ab = node.high[pair.b] - node.low[pair.a] - pair.a_low
            slack_ba = node.high[pair.a] - node.low[pair.b] - pair.b_low
            ab, ba = (pair.a, pair.b, pair.a_low), (pair.b, pair.a, pair.b_low)
            rest = [p for p in node.open if p is not pair]
            for arc in (ba, ab) if slack_ab >= slack_ba else (ab, ba):  # the roomier one is popped first
                stack.append(_Node(node.low.copy(), node.high.copy(), [*node.decided, arc], rest))
        return None, False


def _propagate(node: _Node) -> bool:
    """Draw all conclusions; False where there is no packing."""
    changed = True
    while changed:
        changed = False
        for below, above, distance in node.decided:
            if node.low[below] + distance > node.low[above]:
                node.low[above] = node.low[below] + distance
                changed = True
            if node.high[above] - distance < node.high[below]:
                node.high[below] = node.high[above] - distance
                changed = True
        if any(low > high for low, high in zip(node.low, node.high, strict=True)):
            return False
        still = []
        for p in node.open:
            ab = node.low[p.a] + p.a_low <= node.high[p.b]
            ba = node.low[p.b] + p.b_low <= node.high[p.a]
            if ab and ba:
                still.append(p)
            elif ab or ba:
                node.decided.append((p.a, p.b, p.a_low) if ab else (p.b, p.a, p.b_low))
                changed = True
            else:
                return False
        node.open = still
    return True


def _most_pressing(node: _Node) -> _Pair | None:
    """The open pair with least room among those that the least offsets violate; None: they are a packing."""
    best, least = None, 0
    for p in node.open:
        a, b = node.low[p.a], node.low[p.b]
        if b >= a + p.a_low or a >= b + p.b_low:
            continue
        room = node.high[p.b] - a - p.a_low + node.high[p.a] - b - p.b_low
        if best is None or room < least:
            best, least = p, room
    return best
