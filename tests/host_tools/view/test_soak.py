"""`simulate`, `view` with three pages and `monitor` for a long time: nothing is lost, and nothing grows.

A board's port has one host at a time, so `monitor` has a board of its own beside that of `view`.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from host_tools.wire.recording.read import RecordedFrame, RecordedPreview, open_recording
from tests.host_tools.followed import write_followed
from tests.host_tools.recorded import write_pictures
from tests.host_tools.view.served import ENDS_WITHIN_S, host_of, page, program
from tests.host_tools.view.soak import SAMPLE_S, Memory, Watcher, children_of, missing
from tests.host_tools.view.test_view import run

SHORT_S, SOAK_S = 20, 15 * 60
WARM_UP = 0.2
"""Of the time: caches fill, and the allocators find their size."""
MOST_GROWTH_KIB = {SHORT_S: 6 * 1024, SOAK_S: 2 * 1024}
BAUD = 921_600
VIEW_PERIOD_MS, MONITOR_PERIOD_MS = 66, 250


def numbers_in(file: Path) -> tuple[list[int], int]:
    """The results of a whole recording, and how many previews lie beside them."""
    recording = open_recording(file)
    events = list(recording.events())
    assert recording.damage == ""
    results = [event.inference.result.frame for event in events if isinstance(event, RecordedFrame)]
    return results, sum(isinstance(event, RecordedPreview) for event in events)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of processes is read from /proc")
@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(SHORT_S, marks=pytest.mark.slow),
        pytest.param(SOAK_S, marks=[pytest.mark.thorough, pytest.mark.timeout(SOAK_S + 600)]),
    ],
)
def test_nothing_is_lost_and_nothing_grows(
    seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = tmp_path / "faces"
    faces.mkdir()
    write_pictures(faces)
    model = write_followed(tmp_path)
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path / "viewed"))
    assert run("flash", model).exit_code == 0
    shutil.copytree(tmp_path / "viewed", tmp_path / "monitored")
    board = ["simulate", "--tcp", "127.0.0.1:0", "--pictures", faces]
    saved, recorded, folder = tmp_path / "saved", tmp_path / "monitored.rec", tmp_path / "recordings"
    folder.mkdir()
    told: list[str] = []

    with ExitStack() as stack:
        port, simulator = stack.enter_context(
            program(*board, "--fault", f"baud={BAUD}", TINYFACE_STATE=str(tmp_path / "viewed"))
        )
        other_port, other = stack.enter_context(program(*board, TINYFACE_STATE=str(tmp_path / "monitored")))
        url, viewer = stack.enter_context(
            program(
                *("view", "--port", port, "--preview", "--period", VIEW_PERIOD_MS, "--folder", folder),
                *("--listen", "127.0.0.1:0"),
            )
        )
        pages = [Watcher(host_of(url)), Watcher(host_of(url)), Watcher(host_of(url), slow=True)]
        line, monitor = stack.enter_context(
            program(
                *("monitor", "--port", other_port, "--json", "--period", MONITOR_PERIOD_MS),
                *("--save", saved, "--record", recorded),
            )
        )
        assert monitor.stdout is not None
        told.append(line)
        reader = threading.Thread(target=lambda: told.extend(monitor.stdout), daemon=True)
        reader.start()
        with page(host_of(url)) as asking:
            asking.state("live")
            (firmware,), (other_firmware,) = children_of(simulator.pid), children_of(other.pid)
            memory = Memory(
                {
                    "view": viewer.pid,
                    "firmware": firmware,
                    "simulate": simulator.pid,
                    "monitor": monitor.pid,
                    "monitor's firmware": other_firmware,
                }
            )
            begun = time.monotonic()
            asking.order(do="record")  # half of the time; the other half has pauses for the board's counts
            asking.told("recording", lambda now: now["file"] is not None)
        recording = True
        while (passed := time.monotonic() - begun) < seconds:
            memory.sample()
            if recording and passed > seconds / 2:
                recording = False
                with page(host_of(url)) as asking:
                    asking.order(do="stop")
                    asking.told("recording", lambda now: now["file"] is None)
            time.sleep(SAMPLE_S)
        assert children_of(simulator.pid) == [firmware], "it was started anew"
        quick, second, slow = pages
        quick.close()
        took = time.monotonic() - begun
        second.close()
        slow.close()
        monitor.send_signal(signal.SIGINT)
        reader.join(ENDS_WITHIN_S)  # it takes all lines, before anybody else asks for them
        growth = {name: memory.growth_kib(name, WARM_UP) for name in memory.pids}
        print(f"\n{took:.0f} s: {len(quick.results)} results, {len(quick.results) / took:.1f} a second, ")
        print(f"and {quick.previews / took:.1f} previews a second")
        print(f"pages: missing {[missing(one.results) for one in pages]}, lost {[one.lost for one in pages]}")
        for name, kib in memory.kib.items():
            warm = kib[int(len(kib) * WARM_UP)]
            print(f"{name}: KiB {kib[0]:,}, warm {warm:,}, at the end {kib[-1]:,}, growth {growth[name]:+,}")

    (viewed,) = folder.iterdir()
    of_view, previews = numbers_in(viewed)
    of_monitor, _ = numbers_in(recorded)
    print(f"recorded by view: {len(of_view)} results, {previews} previews; by monitor: {len(of_monitor)}")

    for numbers in (of_view, of_monitor):
        assert numbers == list(range(len(numbers)))
    lines = [json.loads(line)["frame"] for line in told]
    assert lines == list(range(len(lines)))
    assert 0 <= len(of_monitor) - len(lines) <= 1  # Ctrl-C comes between the two, or before the picture
    assert 0 <= len(lines) - len([*saved.iterdir()]) <= 1
    assert [one.fault for one in pages] == [None] * 3
    assert [missing(one.results) for one in (quick, second)] == [0, 0]
    assert slow.lost > 0
    assert len(quick.results) > 5 * seconds
    assert {name for name, kib in growth.items() if kib > MOST_GROWTH_KIB[seconds]} == set()
    shutil.rmtree(saved)
