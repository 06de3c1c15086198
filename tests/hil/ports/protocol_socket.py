"""pyserial's socket:// for pytest-embedded: it says how many bytes wait, where pyserial's own says 0 or 1.

transport_of() makes pyserial look here first; whatever else a socket can't do, this one says so.
"""

from __future__ import annotations

import errno
import select
import socket

from serial.urlhandler import protocol_socket

PEEK_BYTES = 65536


class Serial(protocol_socket.Serial):  # type: ignore[misc]
    """A board behind TCP, such as an emulator's serial port."""

    _opening = False

    def open(self) -> None:
        self._opening = True
        try:
            super().open()
        finally:
            self._opening = False

    @property
    def in_waiting(self) -> int:
        """Bytes that have come; 1 at the end of the connection, so that the next read tells of it."""
        ready, _, _ = select.select([self._socket], [], [], 0)
        return max(1, len(self._socket.recv(PEEK_BYTES, socket.MSG_PEEK))) if ready else 0

    def _update_dtr_state(self) -> None:
        self._no_lines()

    def _update_rts_state(self) -> None:
        self._no_lines()

    def _no_lines(self) -> None:
        if not self._opening:
            raise OSError(errno.ENOTTY, "a socket has no DTR and RTS")
