"""Orders of pages on their way to the board: few wait, and a flood of them keeps nobody from anything."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from codegen.errors import OptionError
from host_tools.view.hub import Hub
from host_tools.view.orders import Order
from host_tools.view.waiting import MOST_WAITING, WaitingOrders
from host_tools.view.watch import Source, Watch
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Configure, Message, ModelRequest, SettingsRequest, Stats
from host_tools.wire.session import Session
from host_tools.wire.timing import Counters
from tests.host_tools.recorded import HELLO, MODEL, SETTINGS, inference

WITHIN_S, ENDS_WITHIN_S = 30.0, 10.0


def settings(keep: bool = False, **values: int) -> Order:
    return Order("settings", values, keep)


def taken(orders: WaitingOrders) -> list[Order]:
    found = []
    while (order := orders.take()) is not None:
        found.append(order)
    return found


def test_the_newest_of_a_setting_counts_and_the_sequence_stays() -> None:
    orders = WaitingOrders()
    for order in (
        settings(gain=1),
        settings(gain=2),
        settings(gain=3, mirror=1),
        settings(keep=True, gain=3, mirror=1),
        Order("record"),
        Order("record"),
        settings(gain=3),
        Order("stop"),
    ):
        orders.put(order)
    assert taken(orders) == [
        settings(gain=2),
        settings(gain=3, mirror=1),
        settings(keep=True, gain=3, mirror=1),
        Order("record"),
        settings(gain=3),
        Order("stop"),
    ]


def test_more_than_a_few_are_refused() -> None:
    orders = WaitingOrders()
    some = [Order("record"), Order("stop")] * (MOST_WAITING // 2)
    for order in some:
        orders.put(order)
    orders.put(Order("stop"))  # said already
    with pytest.raises(OptionError, match="orders wait") as fault:
        orders.put(Order("release"))
    assert fault.value.remedy
    assert taken(orders) == some


def test_nothing_is_done_after_the_end() -> None:
    orders = WaitingOrders()
    orders.put(Order("record"))
    orders.close()
    assert orders.wait(None) is None
    assert orders.take() is None


class Flooded:
    """A session with a board whose pages order something more whenever something is done."""

    port, board, counters, bad_frames = "a port", HELLO, Counters(), 0

    def __init__(self, order: Callable[[Order], None]) -> None:
        self.changes = 0
        self._order = order

    def ask(self, message: Message, _: object) -> Message:
        if isinstance(message, ModelRequest):
            return MODEL
        assert isinstance(message, (SettingsRequest, Configure))
        if isinstance(message, Configure):
            self.flood()
        return SETTINGS

    def flood(self) -> None:
        """More than can wait."""
        self.changes += 1
        with contextlib.suppress(OptionError):
            while True:
                self._order(settings(gain=self.changes % 30))
                self._order(settings(brightness=self.changes % 2))

    def stats(self) -> Stats:
        return Stats(*[0] * 13, "")

    def stream(
        self, frames: int, period_ms: int, want: int, wanted: Callable[[], bool], *_: object
    ) -> Iterator[Inference]:
        number = 0
        while wanted():
            yield inference(number)
            number += 1


def test_a_flood_of_orders_keeps_no_page_from_its_pictures(tmp_path: Path) -> None:
    hub, sessions, frames = Hub(), list[Flooded](), threading.Event()

    @contextlib.contextmanager
    def opened(*_: object) -> Iterator[Session]:
        sessions.append(Flooded(watch.order))
        sessions[0].flood()
        yield cast(Any, sessions[0])

    def publish(told: dict[str, object], gray: bytes) -> None:
        if sessions[0].changes > 2 * MOST_WAITING:
            frames.set()

    hub.publish_frame = publish  # type: ignore[method-assign]
    watch = Watch(hub, Source(opened, lambda: False, lambda _: "host", 0, False, tmp_path))
    watch.start()
    assert frames.wait(WITHIN_S), "pictures come between the orders"
    begun = time.monotonic()
    watch.close()
    assert time.monotonic() - begun < ENDS_WITHIN_S
