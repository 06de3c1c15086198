"""The packer: no overlap, never below the bound, optimal where brute force can tell."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.memory.packing import Item, lower_bound, pack

items_strategy = st.lists(
    st.builds(
        lambda size, first, length: Item(size, first, first + length),
        st.integers(0, 9),
        st.integers(-1, 7),
        st.integers(0, 4),
    ),
    max_size=14,
)


def assert_valid(items: list[Item], offsets: tuple[int, ...], height: int) -> None:
    assert len(offsets) == len(items)
    for n, (a, at) in enumerate(zip(items, offsets, strict=True)):
        assert at >= 0
        assert at + a.size <= height
        for b, other in zip(items[n + 1 :], offsets[n + 1 :], strict=True):
            if a.first <= b.last and b.first <= a.last and a.size and b.size:
                assert at + a.size <= other or other + b.size <= at


def brute_force(items: list[Item]) -> int:
    """The least height: in some order, each buffer on the highest buffer below it that it overlaps."""
    best = sum(i.size for i in items)
    for order in permutations(items):
        placed: list[tuple[Item, int]] = []
        for item in order:
            at = max(
                (top for other, top in placed if item.first <= other.last and other.first <= item.last),
                default=0,
            )
            placed.append((item, at + item.size))
        best = min(best, max((top for _, top in placed), default=0))
    return best


@settings(max_examples=200, deadline=None)
@given(items_strategy)
def test_packing_is_valid_and_above_the_bound(items: list[Item]) -> None:
    packing = pack(items, node_budget=3000)
    assert_valid(items, packing.offsets, packing.height)
    assert packing.lower_bound == lower_bound(items)[0] <= packing.height
    if packing.height == packing.lower_bound:
        assert packing.optimal


@settings(max_examples=120, deadline=None)
@given(items_strategy.filter(lambda items: 0 < len(items) <= 7))
def test_packing_equals_brute_force_on_small_cases(items: list[Item]) -> None:
    packing = pack(items)
    assert packing.optimal
    assert packing.height == brute_force(items)


@settings(max_examples=60, deadline=None)
@given(items_strategy)
def test_greedy_alone_is_valid(items: list[Item]) -> None:
    packing = pack(items, node_budget=0)
    assert_valid(items, packing.offsets, packing.height)
    assert packing.optimal == (packing.height == packing.lower_bound)


def test_search_beats_greedy() -> None:
    items = [Item(1, 4, 6), Item(3, 4, 8), Item(2, 6, 8), Item(2, 0, 1), Item(3, 2, 5), Item(3, 8, 11)]
    greedy, exact = pack(items, node_budget=0), pack(items)
    assert_valid(items, exact.offsets, exact.height)
    assert greedy.height > exact.height == exact.lower_bound == brute_force(items)
    assert exact.optimal
    assert not greedy.optimal


def test_budget_spent_is_no_proof() -> None:
    """A search that stops early keeps the best so far and does not call it optimal."""
    items = [Item(1, 4, 6), Item(3, 4, 8), Item(2, 6, 8), Item(2, 0, 1), Item(3, 2, 5), Item(3, 8, 11)]
    assert not pack(items, node_budget=1).optimal


def test_same_items_same_offsets() -> None:
    items = [Item(3 + n % 4, n, n + 1 + n % 3) for n in range(30)]
    assert pack(items) == pack(list(items))


def test_no_items() -> None:
    packing = pack([])
    assert (packing.offsets, packing.height, packing.optimal) == ((), 0, True)
