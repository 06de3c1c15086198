"""The packer: no overlap, never below the bound, optimal where brute force can tell."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.memory.item import Item
from codegen.memory.orientation import OrientationSearch
from codegen.memory.packing import SkylineSearch, lower_bound, pack


def build(size: int, first: int, length: int, low: int) -> Item:
    """Every other item has a low part, where it can."""
    return Item(size, first, first + length, low if low < size and length > 0 else None)


items_strategy = st.lists(
    st.builds(build, st.integers(0, 9), st.integers(-1, 7), st.integers(0, 4), st.integers(0, 16)),
    max_size=14,
)


def least_above(below: Item, above: Item) -> int | None:
    """How far `above` must lie above `below`, step by step; None where they never meet."""
    steps = range(max(below.first, above.first), min(below.last, above.last) + 1)
    if not steps or not below.size or not above.size:
        return None
    return max(below.low if t == below.first and below.low is not None else below.size for t in steps)


def assert_valid(items: list[Item], offsets: tuple[int, ...], height: int) -> None:
    assert len(offsets) == len(items)
    for n, (a, at) in enumerate(zip(items, offsets, strict=True)):
        assert at >= 0
        assert at + a.size <= height
        for b, other in zip(items[n + 1 :], offsets[n + 1 :], strict=True):
            up, down = least_above(a, b), least_above(b, a)
            if up is not None and down is not None:
                assert at + up <= other or other + down <= at


def brute_force(items: list[Item]) -> int:
    """The least height: in some order, each buffer on what counts of those below it that it meets."""
    best = sum(i.size for i in items)
    for order in permutations(items):
        placed: list[tuple[Item, int]] = []  # with offset
        for item in order:
            least = [(at, least_above(other, item)) for other, at in placed]
            placed.append((item, max((at + up for at, up in least if up is not None), default=0)))
        best = min(best, max((at + item.size for item, at in placed), default=0))
    return best


@settings(max_examples=200, deadline=None)
@given(items_strategy)
def test_packing_is_valid_and_above_the_bound(items: list[Item]) -> None:
    packing = pack(items, node_budget=3000)
    assert_valid(items, packing.offsets, packing.height)
    assert packing.lower_bound == lower_bound(items)[0] <= packing.height
    if packing.height == packing.lower_bound:
        assert packing.optimal


small_cases = items_strategy.filter(lambda items: 0 < len(items) <= 7)


def check_small_case(items: list[Item]) -> None:
    packing = pack(items)
    assert packing.optimal
    assert packing.height == brute_force(items)


@settings(max_examples=40, deadline=None)
@given(small_cases)
def test_packing_equals_brute_force_on_small_cases(items: list[Item]) -> None:
    check_small_case(items)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(small_cases)
def test_packing_equals_brute_force_on_many_small_cases(items: list[Item]) -> None:
    check_small_case(items)


@settings(max_examples=60, deadline=None)
@given(items_strategy)
def test_greedy_alone_is_valid(items: list[Item]) -> None:
    packing = pack(items, node_budget=0)
    assert_valid(items, packing.offsets, packing.height)
    assert packing.optimal == (packing.height == packing.lower_bound)


HARD = [
    Item(3, 7, 9), Item(4, 5, 9, 3), Item(5, 6, 7, 2), Item(5, 3, 6), Item(2, 6, 8), Item(5, 3, 5, 3),
    Item(3, 6, 9),
]  # fmt: skip
"""Greedy needs 19 units for these."""


def test_search_beats_greedy() -> None:
    greedy, exact = pack(HARD, node_budget=0), pack(HARD)
    assert_valid(HARD, exact.offsets, exact.height)
    assert greedy.height > exact.height == exact.lower_bound == brute_force(HARD)
    assert exact.optimal
    assert not greedy.optimal


def test_budget_spent_is_no_proof() -> None:
    """A search that stops early keeps the best so far and does not call it optimal."""
    assert not pack(HARD, node_budget=1).optimal


@settings(max_examples=150, deadline=None)
@given(items_strategy.filter(lambda items: 0 < len(items) <= 6))
def test_each_search_alone_is_exact(items: list[Item]) -> None:
    """Both searches, started from everything on one pile."""
    pile, least = sum(i.size for i in items), brute_force(items)
    orientation = OrientationSearch(items, lower_bound(items)[0], pile, 100_000)
    orientation.run()
    assert orientation.proved == orientation.height == least
    skyline = SkylineSearch(items, 0, pile + 1, 100_000)
    offsets = skyline.run()
    assert offsets is not None
    assert skyline.complete or pile == 0
    assert max(at + i.size for at, i in zip(offsets, items, strict=True)) == least
    assert_valid(items, tuple(offsets), least)


def test_a_chain_of_overlapping_layers_is_proved() -> None:
    """Forty layers, each output two units below its input: the sum of the distances, not the bound."""
    chain = [Item(100, 2 * n - 2, 2 * n, 2 if n else None) for n in range(40)]
    packing = pack(chain)
    assert_valid(chain, packing.offsets, packing.height)
    assert packing.optimal
    assert packing.lower_bound == 102 < packing.height == 100 + 39 * 2


def test_same_items_same_offsets() -> None:
    items = [Item(3 + n % 4, n, n + 1 + n % 3) for n in range(30)]
    assert pack(items) == pack(list(items))


def test_no_items() -> None:
    packing = pack([])
    assert (packing.offsets, packing.height, packing.optimal) == ((), 0, True)
