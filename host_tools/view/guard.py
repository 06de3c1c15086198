"""Who may see the page: the Host and Origin of a request, the token, and what the browser may load."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

TOKEN_BYTES = 24
USUAL_PORT = 80
"""Browsers leave it out."""
LOCAL_NAMES = ("localhost",)
LOCAL_ADDRESSES = ("127.0.0.1", "[::1]")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOCAL_NAMES


def bracketed(address: str) -> str:
    """An address as it stands before a port."""
    return f"[{address.lower()}]" if ":" in address else address.lower()


def is_address(name: str) -> bool:
    """Whether a name is an IP address as browsers write it: the short form, of version 6 in brackets."""
    try:
        address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return "%" not in name and bracketed(str(address)) == name


def new_token() -> str:
    """Nobody guesses it."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True)
class Guard:
    """Decides about requests.

    Attributes:
        address: that the server listens on.
        port: of it.
        token: what a page must know, "" where only this computer reaches the server.
    """

    address: str
    port: int
    token: str = ""

    def is_host(self, header: str) -> bool:
        """Whether a Host header names this server: a site that rebinds its own name to it does not."""
        name, colon, port = header.lower().rpartition(":")
        if self.port == USUAL_PORT and (not colon or "]" in port):
            name, port = header.lower(), str(USUAL_PORT)
        return port == str(self.port) and self._is_name(name)

    def _is_name(self, name: str) -> bool:
        """Whether a browser calls this server so, in that very spelling."""
        if is_loopback(self.address):
            return name in (*LOCAL_NAMES, *LOCAL_ADDRESSES, bracketed(self.address))
        own = socket.gethostname().lower()
        return is_address(name) or name in (own, f"{own}.local", self.address.lower(), *LOCAL_NAMES)

    def is_origin(self, origin: str, host: str) -> bool:
        """Whether a page is one of this server's."""
        return self.is_host(host) and origin == f"http://{host}"

    def knows(self, told: str) -> bool:
        """Whether somebody knows the token, where there is one."""
        return not self.token or hmac.compare_digest(told.encode("utf-8", "replace"), self.token.encode())


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers; "" for one that is there twice, which no browser sends."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        found[key] = "" if key in found else value.decode("latin-1")
    return found


class Guarded:
    """Answers requests to another host than this server with 403; adds HEADERS to every answer."""

    def __init__(self, app: App, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fields = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *fields]
            await send(message)

        if self._guard.is_host(headers_of(scope).get("host", "")):
            await self._app(scope, receive, with_headers)
            return
        plain = [(b"content-type", b"text/plain; charset=utf-8")]
        await with_headers({"type": "http.response.start", "status": 403, "headers": plain})
        await with_headers({"type": "http.response.body", "body": b"This server has another name.\n"})
