"""The address that is printed is one that can be opened."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest

from host_tools.commands.view import url_of
from host_tools.view.addresses import is_every, own_address
from host_tools.view.guard import Guard


def test_an_address_that_nobody_can_open() -> None:
    assert is_every("0.0.0.0")
    assert is_every("::")
    assert not is_every("192.168.1.7")
    assert not is_every("some-computer")


class Routed:
    """A socket of a computer with one network."""

    def __init__(self, kind: int, _: int) -> None:
        self.kind = kind

    def __enter__(self) -> Routed:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def connect(self, to: tuple[str, int]) -> None:
        assert not ip_address(to[0]).is_global
        if self.kind == socket.AF_INET6:
            raise OSError("Network is unreachable")

    def getsockname(self) -> tuple[str, int]:
        return "192.168.1.7", 40_000


@pytest.mark.parametrize("listening", ["0.0.0.0", "::"])
def test_the_address_of_the_network(listening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", Routed)
    found = own_address(listening)
    assert found == "192.168.1.7"
    guard = Guard(listening, 8765, "token")
    assert url_of(guard, found) == "http://192.168.1.7:8765/#token=token"
    assert guard.is_host("192.168.1.7:8765")


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Routed, "getsockname", lambda _: ("127.0.0.1", 40_000))
    monkeypatch.setattr(socket, "socket", Routed)
    assert own_address("0.0.0.0") == ""
