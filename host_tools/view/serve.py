"""Runs the server on a socket of its own."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

import uvicorn

from host_tools.view.door import Complaints, Door, is_news
from host_tools.view.guard import App
from host_tools.view.line import Line
from host_tools.view.listening import BACKLOG

SHUTDOWN_S = 1
MOST_MESSAGE_BYTES = 1 << 16
"""Of what a page sends."""
ANSWERS_WITHIN_S = 60.0
"""A page on a slow line answers a ping behind all that was sent before; later than this it counts as gone."""


class Server(uvicorn.Server):
    """Serves; what its event loop complains of is said in words.

    Args:
        say: prints a line.
    """

    def __init__(self, config: uvicorn.Config, say: Callable[[str], None]) -> None:
        super().__init__(config)
        self._complaints = Complaints(say)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen."""
        asyncio.get_running_loop().set_exception_handler(self._complaints)
        logging.getLogger("asyncio").addFilter(is_news)  # once, however often
        await super().startup(sockets)


def server_of(app: App, say: Callable[[str], None]) -> uvicorn.Server:
    """The server; `run(sockets=[...])` serves until a signal, or until `should_exit` is set.

    Args:
        say: prints a line for who started it.
    """
    config = uvicorn.Config(
        app,
        http=Door,
        loop="asyncio",
        backlog=BACKLOG,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws=Line,
        ws_max_size=MOST_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_timeout=ANSWERS_WITHIN_S,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return Server(config, say)
