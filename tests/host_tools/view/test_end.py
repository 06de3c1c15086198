"""`tinyface view` and `tinyface simulate` end at Ctrl-C, with exit code 130, whatever their board does."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from host_tools.boards import load_board
from host_tools.simulator import Faults, run_board
from host_tools.simulator.state import flash_file
from host_tools.terminal.ctrl_c import heard
from host_tools.view.hub import Hub
from host_tools.view.watch import Source, Watch
from host_tools.wire.faults import NoAnswerError
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.host_tools.recorded import write_pictures
from tests.host_tools.toy_folder import write_landmark_toy
from tests.host_tools.view.served import host_of, page, program, served, source_of
from tests.host_tools.view.test_view import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")
PATIENT = Timing(boot_s=60.0, reply_s=60.0)
"""Of the boards here, which never answer."""
ENDS_WITHIN_S = 10.0
"""Of a busy computer; alone it is three."""
HANGS_AFTER = 20_000
"""Bytes: behind the first results."""


@contextmanager
def deaf() -> Iterator[None]:
    """As a shell starts what stands before `&` in a script."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture
def flashed(tmp_path: Path) -> Path:
    assert run("flash", write_landmark_toy(tmp_path)).exit_code == 0
    folder = tmp_path / "pictures"
    folder.mkdir()
    return write_pictures(folder)


@pytest.mark.slow
@pytest.mark.parametrize("started", [deaf, ExitStack], ids=["before-&", "usual"])
def test_ctrl_c_ends_both(started: Callable[[], ExitStack], flashed: Path) -> None:
    """program() demands exit code 130 of each."""
    with ExitStack() as stack:
        with started():
            port, _ = stack.enter_context(program("simulate", "--tcp", "127.0.0.1:0", "--pictures", flashed))
            url, _ = stack.enter_context(
                program("view", "--port", port, "--preview", "--listen", "127.0.0.1:0")
            )
        pages = [stack.enter_context(page(host_of(url))) for _ in range(3)]
        for one in pages:
            one.frame()


def interrupt_oneself() -> None:
    with heard():
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(60)


def test_it_is_deaf_again_afterwards() -> None:
    with deaf():
        with pytest.raises(KeyboardInterrupt):
            interrupt_oneself()
        os.kill(os.getpid(), signal.SIGINT)


def closes_within(watch: Watch) -> float:
    begun = time.monotonic()
    watch.close()
    return time.monotonic() - begun


@pytest.fixture
def silent() -> Iterator[str]:
    """A port at which nobody says anything."""
    import pty
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_a_board_that_says_nothing_is_not_waited_for(silent: str, tmp_path: Path) -> None:
    opening = threading.Event()

    def opened(log: Callable[[str], None], wanted: Callable[[], bool]) -> Session:
        opening.set()
        return Session(silent, timing=PATIENT, on_log=log, wanted=wanted)

    watch = Watch(Hub(), Source(opened, lambda: False, lambda _: "host", 0, True, tmp_path))
    watch.start()
    assert opening.wait(60)
    assert closes_within(watch) < ENDS_WITHIN_S


def test_a_board_that_says_nothing_is_released_at_once(silent: str, tmp_path: Path) -> None:
    """So that another program, such as `tinyface flash`, can have its port."""
    opening = threading.Event()

    def opened(log: Callable[[str], None], wanted: Callable[[], bool]) -> Session:
        opening.set()
        return Session(silent, timing=PATIENT, on_log=log, wanted=wanted)

    hub = Hub()
    watch = Watch(hub, Source(opened, lambda: False, lambda _: "host", 0, True, tmp_path))
    with served(hub, watch.order) as server, page(server.host) as one:
        watch.start()
        assert opening.wait(60)
        one.order(do="release")
        one.state("released")
        with pytest.raises(NoAnswerError):
            Session(silent, timing=Timing(boot_s=0.1))  # the port is free
        opening.clear()
        one.order(do="connect")
        assert opening.wait(60)
        watch.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_tinyface_is_told_on_the_page(tmp_path: Path) -> None:
    def opened(log: Callable[[str], None], wanted: Callable[[], bool]) -> Session:
        raise ZeroDivisionError

    hub = Hub()
    watch = Watch(hub, Source(opened, lambda: False, lambda _: "host", 0, True, tmp_path))
    with served(hub, watch.order) as server, page(server.host) as one:
        watch.start()
        fault = one.state("fault")
        assert fault["cause"] == "tinyface itself has failed"
        assert fault["remedy"]
        watch.close()


@pytest.mark.slow
def test_a_board_that_hangs_is_not_waited_for(flashed: Path, tmp_path: Path) -> None:
    sim, hub, faults = load_board("sim"), Hub(), Faults(hang_after=HANGS_AFTER)
    with run_board(sim, flash_file(sim), pictures=sorted(flashed.iterdir()), faults=faults) as board:
        source = source_of(board.port, tmp_path, PATIENT)
        watch = Watch(hub, source)
        with served(hub) as server, page(server.host) as one:
            watch.start()
            one.frame()
            while True:  # until it hangs
                before = hub.frames
                time.sleep(1)
                if hub.frames == before:
                    break
            assert closes_within(watch) < ENDS_WITHIN_S
