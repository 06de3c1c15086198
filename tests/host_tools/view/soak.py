"""What the soak measures: the memory of programs while they run, and which results a page was told."""

from __future__ import annotations

import itertools
import socket
import statistics
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.host_tools.view.served import page

SAMPLE_S = 1.0
SLEEP_S = 0.5
"""Of the slow page, behind each message."""
RECEIVED_BYTES = 4096
"""What the slow page's computer takes for it."""


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
        if parent == pid:
            found.append(int(stat.parent.name))
    return found


def resident_kib(pid: int) -> int:
    """Memory of a process that lies in RAM."""
    lines = (Path("/proc") / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@dataclass
class Memory:
    """What programs had at each sample.

    Attributes:
        pids: name -> process.
        kib: name -> one value a sample.
    """

    pids: dict[str, int]
    kib: dict[str, list[int]] = field(default_factory=dict)

    def sample(self) -> None:
        for name, pid in self.pids.items():
            self.kib.setdefault(name, []).append(resident_kib(pid))

    def growth_kib(self, name: str, warm_up: float) -> int:
        """The last tenth of the time against the tenth behind the warm-up, a part of all of it; medians."""
        values = self.kib[name]
        tenth, begin = max(1, len(values) // 10), int(len(values) * warm_up)
        return round(statistics.median(values[-tenth:]) - statistics.median(values[begin : begin + tenth]))


class Watcher:
    """A page that is open until close(). Notes the numbers of results and how many frames it did not get.

    Attributes:
        results: of the board's numbers, in the order in which they came; a new stream begins with 0.
        previews: frames of this page that showed no new result.
        lost: frames that newer ones replaced before this page took them, as the page shows it.
        fault: that ended it early.
    """

    def __init__(self, host: str, slow: bool = False) -> None:
        self.results: list[int] = []
        self.previews = self.lost = 0
        self.fault: Exception | None = None
        self._host, self._slow = host, slow
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(30)

    def _run(self) -> None:
        try:
            self._watch()
        except Exception as fault:
            self.fault = fault

    def _watch(self) -> None:
        options: dict[str, object] = {}
        if self._slow:
            address, _, port = self._host.rpartition(":")
            narrow = socket.socket()
            narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVED_BYTES)
            narrow.connect((address, int(port)))
            options = {"sock": narrow, "max_queue": 1, "ping_interval": None}
        with page(self._host, **options) as one:
            while not self._closing.is_set():
                frame = one.frame()
                self.lost = frame["page_lost"]
                if frame["stages"] and (not self.results or frame["frame"] != self.results[-1]):
                    self.results.append(frame["frame"])
                self.previews += not frame["fresh"]
                if self._slow:
                    self._closing.wait(SLEEP_S)


def missing(numbers: list[int]) -> int:
    """How many numbers are skipped; a stream that begins anew begins with 0."""
    steps = itertools.pairwise(numbers)
    return sum(after - before - 1 if after > before else after for before, after in steps)
