"""A board that `view` starts itself: what is said when it is given back, and of its start in a recording."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from host_tools.view.hub import Hub
from host_tools.view.orders import Order
from host_tools.view.watch import Watch
from host_tools.wire.messages import Hello
from host_tools.wire.recording.read import RecordedFrame, RecordedLog, open_recording
from host_tools.wire.session import Session
from tests.host_tools.recorded import HELLO
from tests.host_tools.view.served import page, served, source_of
from tests.host_tools.view.test_waiting import Flooded


class Talking(Flooded):
    """It says something when it starts."""

    def __init__(self, log: Callable[[str], None]) -> None:
        super().__init__(lambda _: None)
        self._log = log

    def restart(self) -> Hello:
        self._log("it boots")
        return HELLO


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[tuple[Hub, Watch]]:
    @contextlib.contextmanager
    def opened(log: Callable[[str], None], _: object) -> Iterator[Session]:
        yield cast(Any, Talking(log))

    hub = Hub()
    watch = Watch(hub, replace(source_of("", folder), open=opened, previews=False, own=True))
    try:
        yield hub, watch
    finally:
        watch.close()


def test_its_port_is_offered_to_nobody(tmp_path: Path) -> None:
    with watched(tmp_path) as (hub, watch), served(hub, watch.order) as server, page(server.host) as one:
        watch.start()
        facts = dict(one.told("board")["facts"])
        assert facts["started by"] == "tinyface view"
        assert "port" not in facts
        one.order(do="release")
        assert one.state("released")["own"]


def test_a_recording_holds_what_the_board_says_at_its_start(tmp_path: Path) -> None:
    ended, recorded = threading.Event(), threading.Event()
    with watched(tmp_path) as (hub, watch):
        publish, publish_frame, after = hub.publish, hub.publish_frame, list[int]()

        def told(what: dict[str, object]) -> None:
            if what["kind"] == "recording":
                (recorded if what["file"] else ended).set()
            publish(what)

        def shown(what: dict[str, object], gray: bytes) -> None:
            if recorded.is_set():
                after.append(1)
                if len(after) == 3:
                    watch.order(Order("stop"))
            publish_frame(what, gray)

        hub.publish = told  # type: ignore[method-assign]
        hub.publish_frame = shown  # type: ignore[method-assign]
        watch.start()
        watch.order(Order("record"))
        assert ended.wait(60)
    (file,) = tmp_path.glob("*.rec")
    first, *rest = open_recording(file).events()
    assert isinstance(first, RecordedLog)
    assert first.text == "it boots"
    assert any(isinstance(event, RecordedFrame) for event in rest)
