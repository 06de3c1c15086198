"""One WebSocket of the server: what a stranger sends takes no place for good, no memory without an end, and
fills no terminal."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame

MOST_PARTS = 1024
"""Of a message; empty ones are of no size, so that no limit of bytes counts them."""


class Line(WebSocketsSansIOProtocol):
    """A connection from where its Door has read that it is to be a WebSocket."""

    def data_received(self, data: bytes) -> None:
        """Takes what has come. The first of it is the whole request: where no handshake comes of that, none
        ever will, and no ping would tell whether somebody is there."""
        try:
            super().data_received(data)
        except InvalidState:  # damaged text behind the end of the talk
            self.transport.abort()
        if not self.handshake_initiated:
            self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        """One more part of a message."""
        super().handle_cont(event)
        if len(self.frames) > MOST_PARTS:
            self.frames = []
            self.transport.abort()

    def handle_ping(self) -> None:
        """Answers; who does not read gets no answers that would wait for it in memory."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()
