"""How many connections the server holds, and how long one may take to ask for something.

Each costs a file of the process, and who opens them needs no token: without limits a few hundred silent ones
would leave no file for a page, the board or a recording.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from codegen.plain_text import one_line

MOST_CONNECTIONS = 64
"""Pages with what their browsers keep open beside them."""
ASKS_WITHIN_S = 10.0
"""From its start, or from the answer before, until a whole request is there and answered."""
SHARE_OF_FILES = 4
"""The server holds at most this part of the files that the process may have open."""
SAID_EVERY_S = 60.0
GONE = "socket.send() raised exception."
"""What asyncio says of each thing but the first few that is sent to a connection that is gone."""
NO_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def most_connections() -> int:
    """As many as this process has files for."""
    if sys.platform == "win32":
        return MOST_CONNECTIONS
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, files // SHARE_OF_FILES))


class Door(H11Protocol):
    """One connection of HTTP, until it becomes a WebSocket."""

    _timer: asyncio.TimerHandle | None = None
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Lets it in, or not."""
        super().connection_made(transport)
        self._expect()
        held = [one for one in self.connections if _is_held(one.transport)]
        if len(held) > most_connections():
            self._make_room([one for one in held if one is not self])

    def _make_room(self, others: Sequence[Any]) -> None:
        """Ends the connection that is missed least: a page that was told to go, who asks for nothing, or this
        one.

        Args:
            others: that are held.
        """
        told_to_go = [
            one
            for one in others
            if one.transport.is_closing() or (not isinstance(one, Door) and getattr(one, "close_sent", False))
        ]
        waiting = [one for one in others if isinstance(one, Door) and one.is_waiting]
        if told_to_go:
            told_to_go[0].transport.abort()
        else:
            min(waiting, key=lambda one: one._since, default=self).drop()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._expect_no_more()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on pings tell whether somebody is there."""
        self._expect_no_more()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """The next request may come."""
        self._expect()
        super().on_response_complete()

    @property
    def is_waiting(self) -> bool:
        """Whether a request is still to come."""
        return self.cycle is None or self.cycle.response_complete

    def drop(self) -> None:
        """Closes it at once, whatever there is to send."""
        self._expect_no_more()
        self.connections.discard(self)
        self.transport.abort()

    def _expect(self) -> None:
        self._expect_no_more()
        self._since = time.monotonic()
        self._timer = self.loop.call_later(ASKS_WITHIN_S, self.drop)

    def _expect_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _is_held(transport: asyncio.Transport) -> bool:
    """Whether a connection has its file for longer than this turn of the loop: one that was closed keeps it
    until the other side has read what was sent before, which may be never."""
    return not transport.is_closing() or transport.get_write_buffer_size() > 0


def is_news(record: logging.LogRecord) -> bool:
    """A filter of the event loop's log: that somebody is gone to whom something is sent, which any stranger
    can have it say again and again, is none."""
    return record.msg != GONE


class Complaints:
    """What the event loop complains of: that no file is left for a connection is said in words, now and then;
    all else goes on as usual.

    Args:
        say: prints a line.
    """

    def __init__(self, say: Callable[[str], None], clock_s: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock_s = say, clock_s
        self._said: float | None = None

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception handler of a loop."""
        fault = context.get("exception")
        if not (isinstance(fault, OSError) and fault.errno in NO_FILES):
            loop.default_exception_handler(context)
            return
        now = self._clock_s()
        if self._said is None or now - self._said >= SAID_EVERY_S:
            self._said = now
            self._say(
                f"no new connection can be taken now ({one_line(str(fault.strerror))}): this program has as "
                "many files open as it may; close pages, or raise `ulimit -n`"
            )
