"""Progress of a training, and of what is rendered before it: a rich bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from model_zoo.evaluation.score import Figure


class Progress:
    """One bar a phase; counts epochs and shows the loss and the validation figure.

    Args:
        quiet: only warnings are told.
        console: where to; None: standard error as it is.
    """

    def __init__(self, quiet: bool, console: Console | None = None) -> None:
        self.quiet = quiet
        self.console = console or Console(stderr=True, markup=False, highlight=False)
        self.bar: RichProgress | None = None
        self.name, self.done, self.total, self.value = "", 0, 0, float("nan")
        self.figure: Figure | None = None
        self.started = time.monotonic()

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            self.bar = RichProgress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[figures]}", markup=False),
                console=self.console,
            )
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def say(self, text: str) -> None:
        """A line of its own."""
        if not self.quiet:
            self.warn(text)

    def rendered(self, name: str, done: int, total: int) -> None:
        """So many pictures of a set that has to be rendered are done."""
        if self.bar is None:
            if done == 0:
                self.say(f"rendering {total} pictures of {name}, which are then kept for the next time")
        elif done == 0:
            self.rendering = self.bar.add_task(f"rendering {name}", total=total, figures="")
        else:
            self.bar.update(self.rendering, completed=done)

    def measured(self, what: str, done: int, total: int) -> None:
        """So many of a number of measurements are done."""
        if self.bar is None:
            if done == 0:
                self.say(f"measuring {what}, {total} times")
        elif done == 0:
            self.measuring = self.bar.add_task(f"measuring {what}", total=total, figures="")
        else:
            self.bar.update(self.measuring, completed=done)

    def warn(self, text: str) -> None:
        """A line that is also told where progress is not."""
        (self.bar.console if self.bar is not None else self.console).print(text, highlight=False)

    def begin(self, name: str, epochs: int, figure: Figure) -> None:
        """A new phase, measured by a figure."""
        self.name, self.done, self.total, self.value = name, 0, epochs, float("nan")
        self.figure = figure
        if self.bar is not None:
            self.task = self.bar.add_task(name, total=epochs, figures="")

    def step(self, record: dict[str, float]) -> None:
        """The end of an epoch."""
        assert self.figure is not None
        self.done = int(record["epoch"])
        self.value = record.get(self.figure.key, self.value)
        figures = f"loss {record['loss']:.4f}  {self.figure.name} {self.figure.text(self.value)}"
        if self.bar is not None:
            self.bar.update(self.task, completed=self.done, figures=figures)
        elif self.figure.key in record:
            seconds = time.monotonic() - self.started
            self.say(f"{self.name} {self.done}/{self.total}  {figures}  {seconds:.0f} s since the start")

    def position(self) -> str:
        """Where it is, in words that follow "it was interrupted"."""
        if not self.name:
            return "before its first epoch"
        if not self.done:
            return f"in the first epoch of the {self.name} phase"
        return f"after epoch {self.done} of {self.total} of the {self.name} phase"
