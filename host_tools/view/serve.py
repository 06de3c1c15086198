"""Runs the server on a socket of its own, and says in words why it can't."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

import uvicorn

from codegen.errors import OptionError
from host_tools.view.door import BACKLOG, Complaints, Door
from host_tools.view.guard import App

SHUTDOWN_S = 1
MOST_MESSAGE_BYTES = 1 << 16
"""Of what a page sends."""
SENT_AHEAD_BYTES = 1 << 16
"""The system takes about so many for a page that does not read: by default megabytes, seconds of previews."""
ANSWERS_WITHIN_S = 60.0
"""A page on a slow line answers a ping behind all that was sent before; later than this it counts as gone."""


def listen(address: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one.

    Raises:
        OptionError: it can't be listened on.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AHEAD_BYTES)  # of each connection, too
        made.bind((address, port))
        made.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        made.close()
        number = getattr(error, "errno", None)
        cause, remedy = {
            errno.EADDRINUSE: (
                "another program listens there already, perhaps another `tinyface view`",
                "End it, or take a free port with `--listen 127.0.0.1:0`.",
            ),
            errno.EACCES: (
                "this user may not listen there",
                "Use a port from 1024 on, such as `--listen 127.0.0.1:8765`.",
            ),
        }.get(number or 0, (f"can't listen there ({error})", "Use `--listen 127.0.0.1:8765`."))
        raise OptionError(cause, f"--listen {address}:{port}", remedy) from error
    return made


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
        ws="websockets-sansio",
        ws_max_size=MOST_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_timeout=ANSWERS_WITHIN_S,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return Server(config, say)
