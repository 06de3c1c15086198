"""The server: the page's files, and one WebSocket a page."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from codegen.errors import TinyfaceError
from codegen.plain_text import one_line, strict_json
from host_tools.view.guard import App, Guard, Guarded, headers_of
from host_tools.view.hub import Frame, Hub, Page
from host_tools.view.orders import Order, parse_order

FILES = Path(__file__).parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
SOCKET = "/board"
MOST_PAGES = 16
MOST_STRANGERS = 8
"""Connections that have not said the token yet."""
TOKEN_WITHIN_S = 5.0
NO_TOKEN, TOO_MANY = 4401, 4429
"""Codes that a page's connection is closed with."""
LENGTH = struct.Struct("<I")
NOTHING: tuple[list[dict[str, object]], Frame | None] = [], None
"""Waits for a page."""


def page_files() -> dict[str, tuple[bytes, str]]:
    """Path -> content and media type of all that the server tells without a question."""
    files = {f"/{file.name}": file for file in sorted(FILES.iterdir()) if file.suffix in TYPES}
    found = {path: (file.read_bytes(), TYPES[file.suffix]) for path, file in files.items()}
    return {"/": found["/index.html"], **found}


def make_app(hub: Hub, guard: Guard, obey: Callable[[Order], None]) -> App:
    """The whole server as an ASGI application.

    Args:
        hub: what pages are told.
        obey: takes what pages ask for.
    """
    files, strangers = page_files(), list[asyncio.Future[str]]()

    async def file(request: Request) -> Response:
        content, kind = files[request.url.path]
        return Response(content, media_type=kind)

    async def missing(request: Request, _: Exception) -> Response:
        return PlainTextResponse("There is no such page here.\n", 404)

    async def board(socket: WebSocket) -> None:
        headers = headers_of(socket.scope)
        if not guard.is_origin(headers.get("origin", ""), headers.get("host", "")):
            await socket.close()  # before it is accepted: 403
            return
        await socket.accept()
        if not await _knows_token(socket, guard, strangers):
            await socket.close(NO_TOKEN, "the token is missing or wrong")
        elif hub.pages >= MOST_PAGES:
            await socket.close(TOO_MANY, "too many pages are open")
        else:
            await _serve(socket, hub, obey)

    routes = [Route(path, file) for path in files]
    inner = Starlette(
        routes=[*routes, WebSocketRoute(SOCKET, board)],
        exception_handlers={404: missing},
    )
    return Guarded(inner, guard)


async def _knows_token(socket: WebSocket, guard: Guard, strangers: list[asyncio.Future[str]]) -> bool:
    """Where there is a token, it is the first thing that a page says, and at once.

    Args:
        strangers: those that have not said it yet; of too many the one that has waited longest goes.
    """
    if not guard.token:
        return True
    hearing = asyncio.ensure_future(socket.receive_text())
    strangers.append(hearing)
    if len(strangers) > MOST_STRANGERS:
        strangers[0].cancel()
    try:
        await asyncio.wait({hearing}, timeout=TOKEN_WITHIN_S)
        return hearing.done() and not hearing.cancelled() and guard.knows(hearing.result())
    except (WebSocketDisconnect, KeyError):
        return False
    finally:
        hearing.cancel()
        strangers.remove(hearing)


async def _serve(socket: WebSocket, hub: Hub, obey: Callable[[Order], None]) -> None:
    """Tells a page what there is and takes its orders, until it goes."""
    ready = asyncio.Event()
    page = hub.join(asyncio.get_running_loop(), ready)
    tasks = [asyncio.create_task(_tell(socket, page, ready)), asyncio.create_task(_hear(socket, page, obey))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(page)
        for task in tasks:
            task.cancel()
        for done in await asyncio.gather(*tasks, return_exceptions=True):
            gone = (WebSocketDisconnect, asyncio.CancelledError, RuntimeError, OSError)
            if isinstance(done, BaseException) and not isinstance(done, gone):
                raise done
        with contextlib.suppress(RuntimeError, OSError):
            await socket.close()


async def _tell(socket: WebSocket, page: Page, ready: asyncio.Event) -> None:
    while True:
        await ready.wait()
        ready.clear()
        while (waiting := page.take()) != NOTHING:
            words, frame = waiting
            for told in words:
                await socket.send_text(strict_json(told))
            if frame is not None:
                await socket.send_bytes(packed(frame, page.lost))


async def _hear(socket: WebSocket, page: Page, obey: Callable[[Order], None]) -> None:
    while True:
        try:
            text = await socket.receive_text()
        except KeyError:
            text = ""  # bytes are no order
        try:
            obey(parse_order(text))
        except TinyfaceError as fault:
            cause = f"{fault.where}: {fault.cause}" if fault.where else fault.cause
            page.give({"kind": "notice", "text": one_line(cause), "remedy": one_line(fault.remedy)})
        await asyncio.sleep(
            0
        )  # a flood lies here already, and other pages have their turn between its orders


def packed(frame: Frame, lost: int) -> bytes:
    """A frame as a page gets it: u32 length of the JSON text, the text, the gray pixels.

    Args:
        lost: frames that this page did not get.
    """
    text = strict_json({**frame.told, "number": frame.number, "page_lost": lost}).encode()
    return LENGTH.pack(len(text)) + text + frame.gray
