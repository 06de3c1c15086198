"""Orders that wait for the board's thread: few, whatever pages send."""

from __future__ import annotations

import threading
from collections import deque

from codegen.errors import OptionError
from host_tools.view.orders import Order

MOST_WAITING = 16


class WaitingOrders:
    """Orders in the sequence in which they came. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._orders: deque[Order] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        with self._changed:
            return len(self._orders)

    def put(self, order: Order) -> None:
        """Adds an order; one that says anew what the last one says takes its place, as while a slider moves.

        Raises:
            OptionError: too many wait.
        """
        with self._changed:
            if self._orders and _replaces(order, self._orders[-1]):
                self._orders.pop()
            elif len(self._orders) >= MOST_WAITING:
                raise OptionError(
                    f"{MOST_WAITING} orders wait for the board already",
                    "the page's order",
                    "Wait until the board has done them, and try again.",
                )
            self._orders.append(order)
            self._changed.notify()

    def take(self) -> Order | None:
        """The first one, None where none waits or nothing is to be done any more."""
        with self._changed:
            return self._orders.popleft() if self._orders and not self._closed else None

    def wait(self, seconds: float | None) -> Order | None:
        """The first one as soon as it is there; None when the time is over, or when nothing is to be done any
        more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._orders, seconds)
        return self.take()

    def close(self) -> None:
        """Nothing is to be done any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _replaces(new: Order, old: Order) -> bool:
    """Whether nothing of the old order is left when the new one is done."""
    return (new.verb, new.keep, new.values.keys()) == (old.verb, old.keep, old.values.keys())
