"""The server over a real socket: who gets in, what a page is told, and that a slow page holds nobody up."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from codegen.errors import OptionError
from host_tools.view.guard import Guard, new_token
from host_tools.view.hub import FRAMES, HOLD_S, Frame, Hub
from host_tools.view.hub import Page as PageQueue
from host_tools.view.listening import listen
from host_tools.view.orders import Order
from host_tools.view.server import MOST_PAGES, page_files
from tests.host_tools.view.served import Page, get, page, served

FRAME = {"kind": "frame", "stages": [], "width": 2, "height": 1}


def test_the_page_and_nothing_else() -> None:
    with served(Hub()) as server:
        for path, (content, kind) in page_files().items():
            status, headers, body = get(server.host, path)
            assert (status, body, headers["content-type"]) == (200, content, kind)
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
        for path in ("/../server.py", "/%2e%2e/server.py", "/page/main.js", "/nothing", "/board"):
            status, headers, body = get(server.host, path)
            assert (status, b"There is no such page here" in body) == (404, True), path
            assert "content-security-policy" in headers


def test_the_page_asks_no_other_host() -> None:
    for path, (content, _) in page_files().items():
        text = content.decode().replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text, path
        assert "http://" not in text, path
        assert "innerHTML" not in text, path
        assert "style=" not in text, path
    drawing = page_files()["/draw.js"][0].decode()
    for word in ("import", "WebSocket", "fetch", "document", "location"):
        assert word not in drawing, "the drawing knows no server and no page"


@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "localhost.evil:{port}"]
)
def test_another_host(host: str) -> None:
    """A site that lets its own name lead to this computer."""
    with served(Hub()) as server:
        named = host.format(port=server.port)
        status, _, body = get(server.host, "/", Host=named)
        assert status == 403
        assert b"another name" in body
        if not host:
            return  # no address of a socket is made of it
        own = socket.create_connection(("127.0.0.1", server.port))
        with pytest.raises(InvalidStatus, match="403"), page(named, sock=own):
            pass


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
def test_another_origin(origin: str | None) -> None:
    with served(Hub()) as server:
        told = None if origin is None else origin.format(port=server.port)
        with pytest.raises(InvalidStatus, match="403"), page(server.host, origin=told):
            pass
        assert server.hub.pages == 0
        with page(f"localhost:{server.port}"):
            pass


def test_hosts_of_an_open_address() -> None:
    guard = Guard("0.0.0.0", 80, "t")
    assert guard.is_host("192.168.1.7:80")
    assert guard.is_host("[fe80::1]:80")
    assert guard.is_host("localhost:80")
    assert guard.is_host("192.168.1.7")
    assert guard.is_host("[fe80::1]")
    assert not guard.is_host("evil.example:80")
    assert not guard.is_host("evil.example")
    assert not guard.is_host("")
    assert not guard.is_host("192.168.1.7:81")
    assert Guard("127.0.0.1", 80).is_host("[::1]:80")
    assert not Guard("127.0.0.1", 80).is_host("192.168.1.7:80")


@pytest.mark.parametrize(
    "host",
    [
        "[127.0.0.1]",
        "::1",
        "[::1",
        "::1]",
        "[[::1]]",
        "[::1%1]",
        "[0:0:0:0:0:0:0:1]",
        "127.0.0.1]",
        "[localhost]",
        "127.1",
        "127.0.0.1:80",
        "user@127.0.0.1",
    ],
)
def test_odd_spellings_of_this_computer(host: str) -> None:
    """No browser writes them."""
    for port in (80, 8765):
        for address in ("127.0.0.1", "::1", "0.0.0.0"):
            assert Guard(address, port).is_host(f"[::1]:{port}")
            assert Guard(address, port).is_host(f"LocalHost:{port}")
            assert not Guard(address, port).is_host(f"{host}:{port}")
            assert not Guard(address, port).is_host(f"{host}:{port}0")
    assert not Guard("127.0.0.1", 8765).is_host("[::1]")


def test_a_long_number_is_not_told_again_whole() -> None:
    with served(Hub()) as server, page(server.host) as one:
        one.socket.send('{"do": "settings", "values": {"period_ms": ' + "9" * 4000 + "}}")
        assert len(one.told("notice")["text"]) < 100


def test_the_token() -> None:
    hub, token = Hub(), new_token()
    hub.publish({"kind": "notice", "text": "secret", "remedy": ""})
    with served(hub, token=token, address="0.0.0.0") as server:
        for wrong in ("no", token[:-1], token + "x", "{}", "näh"):
            with page(server.host, wrong) as one:
                with pytest.raises(ConnectionClosed) as closed:
                    one.socket.recv(timeout=10)
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 4401
        with page(server.host) as one:
            one.socket.send(b"bytes")
            with pytest.raises(ConnectionClosed):
                one.socket.recv(timeout=10)
        with page(server.host, token) as one:
            assert one.told("notice")["text"] == "secret"
        for content, _ in page_files().values():
            assert token.encode() not in content


def test_orders_reach_the_board_and_nonsense_does_not() -> None:
    orders: list[Order] = []
    with served(Hub(), orders.append) as server, page(server.host) as one:
        one.order(do="settings", values={"threshold": -5, "led": "busy", "mirror": True}, keep=True)
        one.order(do="record")
        for nonsense in (
            {"do": "shutdown"},
            {"do": "settings"},
            {"do": "settings", "values": {}},
            {"do": "settings", "values": {"baud": 1}},
            {"do": "settings", "values": {"gain": "1"}},
            {"do": "settings", "values": {"gain": 31}},
            {"do": "settings", "values": {"gain": 1.5}},
            {"do": "settings", "values": {"led": "disco"}},
            {"do": "settings", "values": {"period_ms": 10**9}},
            {"do": "settings", "values": {"threshold": 10**9}},
            {"do": "settings", "values": {"flip": 2}},
            {"do": "settings", "values": [1], "keep": True},
            {"do": "settings", "values": {"gain": 1}, "keep": 1},
            [],
        ):
            one.socket.send(json.dumps(nonsense))
            assert one.told("notice")["remedy"], nonsense
        for text in ("", "{", "[" * 4000, b"\x00\x01"):
            one.socket.send(text)
            assert one.told("notice")["text"]
    assert [order.verb for order in orders] == ["settings", "record"]
    assert orders[0].values == {"threshold": -5, "led": 2, "mirror": 1}
    assert orders[0].keep


def test_a_new_page_is_told_what_holds() -> None:
    hub = Hub()
    for number in range(3):
        hub.publish({"kind": "log", "text": f"line {number}", "finding": None})
    hub.publish({"kind": "state", "state": "opening"})
    hub.publish({"kind": "state", "state": "live"})
    hub.publish_frame(dict(FRAME), b"\1\2")
    with served(hub) as server, page(server.host) as one:
        assert one.told("state")["state"] == "live"
        assert [one.told("log")["text"] for _ in range(3)] == ["line 0", "line 1", "line 2"]
        frame = one.frame()
        assert (frame["number"], frame["gray"], frame["page_lost"]) == (1, b"\1\2", 0)


def test_a_notice_waits_for_one_page_and_is_not_told_again() -> None:
    hub = Hub()
    hub.publish({"kind": "state", "state": "live"})
    hub.publish({"kind": "notice", "text": "before any page", "remedy": ""})
    with served(hub) as server:
        with page(server.host) as one:
            assert one.told("notice")["text"] == "before any page"
            hub.publish({"kind": "notice", "text": "while it is open", "remedy": ""})
            assert one.told("notice")["text"] == "while it is open"
        with page(server.host) as another:
            assert another.state("live")
            hub.publish({"kind": "notice", "text": "new", "remedy": ""})
            assert another.told("notice")["text"] == "new"


def test_a_slow_page_loses_frames_and_no_other_one_does() -> None:
    """It reads nothing while frames of a megabyte come: nobody waits for it, the other page gets all."""
    hub, count, gray = Hub(), 60, bytes(1 << 20)
    with served(hub) as server, page(server.host, max_queue=1) as slow, page(server.host) as quick:
        while hub.pages < 2:
            time.sleep(0.01)
        for number in range(count):
            hub.publish_frame({**FRAME, "sent": number}, gray)
            assert quick.frame()["sent"] == number
        hub.publish({"kind": "notice", "text": "end", "remedy": ""})
        seen = list[dict[str, Any]]()
        while not seen or seen[-1]["number"] < count:
            seen.append(slow.frame())
    assert len(seen) < count
    assert seen[-1]["page_lost"] == count - len(seen)
    assert [frame["number"] for frame in seen] == sorted({frame["number"] for frame in seen})


def test_a_moment_of_business_loses_nothing_and_a_slow_page_lags_little() -> None:
    now = [0.0]
    one = PageQueue(lambda: None, lambda: now[0])

    def taken() -> list[int]:
        found = []
        while (frame := one.take()[1]) is not None:
            found.append(frame.number)
        return found

    def give(numbers: range, each_s: float) -> None:
        for number in numbers:
            one.give_frame(Frame(number, {}, b""))
            now[0] += each_s

    give(range(5), HOLD_S / 6)
    assert (taken(), one.lost) == ([0, 1, 2, 3, 4], 0)
    give(range(5, 20), HOLD_S / 4)
    assert (taken(), one.lost) == ([16, 17, 18, 19], 11)
    give(range(20, 20 + FRAMES + 3), 0)
    assert (len(taken()), one.lost) == (FRAMES, 14)
    give(range(100, 102), 10 * HOLD_S)
    assert (taken(), one.lost) == ([101], 15)  # the newest, however old


def test_too_many_pages() -> None:
    with served(Hub()) as server, ExitStack() as stack:
        for _ in range(MOST_PAGES):
            stack.enter_context(page(server.host))
        while server.hub.pages < MOST_PAGES:
            time.sleep(0.01)
        with page(server.host) as one:
            with pytest.raises(ConnectionClosed) as closed:
                one.socket.recv(timeout=10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4429


def test_a_port_in_use() -> None:
    with listen("127.0.0.1", 0) as taken:
        with pytest.raises(OptionError, match="listens there already") as fault:
            listen("127.0.0.1", taken.getsockname()[1])
        assert "--listen 127.0.0.1:0" in fault.value.remedy
    with pytest.raises(OptionError, match="can't listen there"):
        listen("192.0.2.1", 0)


def test_a_port_in_use_is_told_before_the_server_is_imported() -> None:
    """A busy computer takes many seconds for that."""
    with listen("127.0.0.1", 0) as taken:
        code = (
            "import sys\n"
            "from host_tools.cli import main\n"
            f"sys.argv = ['tinyface', 'view', '--listen', '127.0.0.1:{taken.getsockname()[1]}']\n"
            "try:\n    main()\n"
            "except SystemExit as leave:\n    assert leave.code == 2, leave.code\n"
            "loaded = {'uvicorn', 'starlette', 'numpy'} & set(sys.modules)\n"
            "assert not loaded, loaded\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "listens there already" in done.stderr


def test_pages_come_and_go() -> None:
    hub = Hub()
    with served(hub) as server:
        for _ in range(20):
            with page(server.host) as one:
                assert isinstance(one, Page)
        end = time.monotonic() + 10
        while hub.pages and time.monotonic() < end:
            time.sleep(0.01)
        assert hub.pages == 0
