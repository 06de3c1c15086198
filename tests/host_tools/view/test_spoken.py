"""The terminal says in words what keeps the board away, and when it is there."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from codegen.errors import BoardError, TinyfaceError
from host_tools.attach import no_firmware
from host_tools.boards import load_board
from host_tools.view.hub import Hub
from host_tools.view.spoken import MOST_FAULTS, Spoken
from host_tools.view.watch import Watch
from host_tools.wire.session import Session
from tests.host_tools.view.served import program, source_of
from tests.host_tools.view.test_waiting import Flooded

WITHIN_S = 30.0


class Heard:
    """What was printed, a fault as its cause."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.came = threading.Condition()

    def say(self, line: str) -> None:
        with self.came:
            self.lines.append(line)
            self.came.notify_all()

    def tell(self, fault: TinyfaceError) -> None:
        self.say(f"{fault.where}: {fault.cause} {fault.remedy}")

    def until(self, part: str) -> None:
        with self.came:
            assert self.came.wait_for(lambda: any(part in line for line in self.lines), WITHIN_S), self.lines


def test_each_fault_once_until_the_board_is_there() -> None:
    heard = Heard()
    spoken = Spoken(heard.say, heard.tell)
    fault, other = (
        BoardError("it is away", "a port", "Plug it in."),
        BoardError("it is mute", "a port", "Wait."),
    )
    spoken.opens("a board")
    spoken.opens("a board")
    for _ in range(3):
        spoken.fault(fault)
        spoken.fault(other)
    first = [
        "Looking for a board ...",
        heard.lines[1],
        "a port: it is away Plug it in.",
        "a port: it is mute Wait.",
    ]
    assert heard.lines == first
    for _ in range(2):
        spoken.live("a board")
    spoken.fault(fault)
    assert heard.lines == [*first, "The page shows a board.", *first[1:3]]


def test_faults_that_always_say_something_else_come_to_an_end() -> None:
    heard = Heard()
    spoken = Spoken(heard.say, heard.tell)
    for number in range(5 * MOST_FAULTS):
        spoken.fault(BoardError(f"heard {number}", "a port", "Wait."))
    assert len(heard.lines) == MOST_FAULTS + 1


def test_a_board_that_comes(tmp_path: Path) -> None:
    """Away at first, then there."""
    heard, sim, tries = Heard(), load_board("sim"), list[int]()

    @contextlib.contextmanager
    def opened(*_: object) -> Iterator[Session]:
        tries.append(1)
        if len(tries) == 1:
            raise no_firmware(sim)
        yield cast(Any, Flooded(lambda _: None))

    source = replace(source_of("", tmp_path), open=opened, previews=False, name="the simulated board")
    watch = Watch(Hub(), source, Spoken(heard.say, heard.tell))
    watch.start()
    try:
        heard.until("The page shows the simulated board.")
    finally:
        watch.close()
    assert heard.lines[0] == "Looking for the simulated board ..."
    assert "the board has no firmware Flash it with `tinyface flash faces --board sim`, or" in heard.lines[2]


def test_nothing_is_said_of_a_board_that_is_given_back(tmp_path: Path) -> None:
    """It is no longer waited for, which is no fault."""
    heard, opening = Heard(), threading.Event()

    def opened(_: object, wanted: Callable[[], bool]) -> Any:
        opening.set()
        while wanted():
            threading.Event().wait(0.01)
        raise BoardError("the board is no longer waited for")

    watch = Watch(Hub(), replace(source_of("", tmp_path), open=opened), Spoken(heard.say, heard.tell))
    watch.start()
    assert opening.wait(WITHIN_S)
    watch.close()
    assert heard.lines == ["Looking for the board ..."]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--port", "/dev/no-such-port"], ["/dev/no-such-port"]),
        ([], ["the board has no firmware", "`tinyface flash faces --board sim`"]),
    ],
)
def test_the_program_says_it(arguments: list[str], told: list[str], tmp_path: Path) -> None:
    with program("view", *arguments, "--listen", "127.0.0.1:0", TINYFACE_STATE=str(tmp_path)) as (_, view):
        assert view.stderr is not None
        said = ""
        while "remedy: " not in said:
            line = view.stderr.readline()
            assert line, said
            said += line
    assert "There is no picture yet" in said
    for part in told:
        assert part in said
