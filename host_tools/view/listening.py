"""The socket that the page's server listens on, and in words why there is none: known before the server is
imported, which takes its time."""

from __future__ import annotations

import errno
import socket

from codegen.errors import OptionError

SENT_AHEAD_BYTES = 1 << 16
"""The system takes about so many for a page that does not read: by default megabytes, seconds of previews."""
BACKLOG = 16
"""So many are accepted in one go, before any of them can be refused."""


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
    except (OSError, OverflowError, TypeError) as error:  # TypeError: no host can have this name
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
