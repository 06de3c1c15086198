"""Ports that are busy, absent, forbidden or taken away."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import termios
import tty

import pytest

from codegen.errors import BoardError
from host_tools.wire.transport import PortGoneError, open_transport

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a PTY")


@pytest.fixture
def pty() -> tuple[int, int, str]:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    yield ours, theirs, os.ttyname(theirs)
    for descriptor in (ours, theirs):
        with contextlib.suppress(OSError):  # the test closed it
            os.close(descriptor)


def test_bytes_pass_both_ways(pty: tuple[int, int, str]) -> None:
    ours, _, name = pty
    port = open_transport(name)
    os.write(ours, bytes(range(256)))
    received = b""
    while len(received) < 256:
        received += port.read(1.0)
    assert received == bytes(range(256))
    port.write(b"\x00\x11\x13\xff")
    assert os.read(ours, 10) == b"\x00\x11\x13\xff"
    assert port.read(0.01) == b""
    port.close()


def test_a_port_in_use_is_busy(pty: tuple[int, int, str]) -> None:
    first = open_transport(pty[2])
    with pytest.raises(BoardError, match="busy") as caught:
        open_transport(pty[2])
    assert caught.value.where == pty[2]
    first.close()
    open_transport(pty[2]).close()


def test_a_port_is_free_although_a_copy_of_its_descriptor_is_open(pty: tuple[int, int, str]) -> None:
    """A program that another thread is just starting has one for a moment."""
    port = open_transport(pty[2])
    copy = os.dup(port.device.fd)
    port.close()
    open_transport(pty[2]).close()
    os.close(copy)


def test_a_port_that_leaves_while_it_is_opened(
    pty: tuple[int, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyserial hands on what the terminal's own functions raise."""

    def leave(*_: object) -> None:
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr("termios.tcflush", leave)
    with pytest.raises(BoardError, match="no such port"):
        open_transport(pty[2])


def test_a_port_that_is_unplugged_is_gone(pty: tuple[int, int, str]) -> None:
    ours, theirs, name = pty
    port = open_transport(name)
    os.close(theirs)
    os.close(ours)
    with pytest.raises(PortGoneError, match="gone"):
        port.read(0.5)
    with pytest.raises(PortGoneError, match="gone"):
        port.write(b"x")
    port.close()


def test_no_such_port() -> None:
    with pytest.raises(BoardError, match="no such port"):
        open_transport("/dev/ttyUSB-none")


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may open everything")
def test_a_forbidden_port(pty: tuple[int, int, str]) -> None:
    os.chmod(pty[2], 0)  # noqa: PTH101
    with pytest.raises(BoardError, match="may not open"):
        open_transport(pty[2])


def test_nobody_listens() -> None:
    with pytest.raises(BoardError, match="nobody answers"):
        open_transport("socket://127.0.0.1:9")


@pytest.mark.parametrize("address", ["socket://", "socket://127.0.0.1", "socket://127.0.0.1:none"])
def test_no_socket_address(address: str) -> None:
    with pytest.raises(BoardError, match="no socket address"):
        open_transport(address)


def test_a_plain_file_is_no_port(tmp_path: object) -> None:
    with pytest.raises(BoardError):
        open_transport(f"{tmp_path}")
