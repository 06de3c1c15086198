"""Which data set a command uses: a real one of the task where there is one, else one that is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.errors import DataError
from model_zoo.datasets import SOURCES, DataSource
from model_zoo.datasets.render_cache import Nobody, Watcher, rendered

AUTO = "auto"


Fits = Callable[[Any], object]
"""Told the outline of a set; raises where it does not fit."""


def open_samples(
    task: str,
    data: Path | None,
    dataset: str = AUTO,
    watcher: Watcher | None = None,
    fits: Fits | None = None,
) -> Any:
    """The samples of `open_named`."""
    return open_named(task, data, dataset, watcher, fits)[1]


def open_named(
    task: str,
    data: Path | None,
    dataset: str = AUTO,
    watcher: Watcher | None = None,
    fits: Fits | None = None,
) -> tuple[str, Any]:
    """Loads a data set of a task.

    Args:
        task, data, dataset: as of `choose`.
        watcher, fits: as of `Chosen.read`.
    Returns:
        the name that it is registered by, and its Samples.
    Raises:
        DataError: the set asked for is not there or can't be read.
    """
    chosen = choose(task, data, dataset)
    return chosen.source.name, chosen.read(watcher, fits)


@dataclass(frozen=True)
class Chosen:
    """A data set that is there, and of which nothing is read yet.

    Attributes:
        source: as it is registered.
        folder: that it was found in; None: it is made.
    """

    source: DataSource
    folder: Path | None

    def read(self, watcher: Watcher | None = None, fits: Fits | None = None) -> Any:
        """Its Samples.

        Args:
            watcher: hears of a set that has to be rendered.
            fits: asked before the first picture is read or rendered, where the set has an outline.
        Raises:
            DataError: it can't be read, or does not fit.
        """
        source, folder = self.source, () if self.folder is None else (self.folder,)
        if fits is not None and source.outline is not None:
            fits(source.outline(*folder))
        if source.renders is None:
            return source.load(*folder)
        content = source.content(*folder) if folder and source.content is not None else ""
        return rendered(source.name, source.renders, source.load, watcher or Nobody(), folder, content)


def choose(task: str, data: Path | None, dataset: str = AUTO) -> Chosen:
    """The data set that a command uses; reads none of its pictures.

    Args:
        task: name of the task.
        data: a folder, or None for the variable TINYFACE_DATA.
        dataset: a registered name, or "auto": a real set where one is found, of those that need no name,
            else one that is made where no folder was named.
    Raises:
        DataError: the set asked for is not there.
    """
    sources = [source for source in SOURCES.entries() if source.task == task]
    names = [source.name for source in sources]
    if dataset not in (AUTO, *names):
        raise DataError(
            f"no data set of {task} is called {dataset}",
            "--dataset",
            f"There are: {', '.join((AUTO, *names))}.",
        )
    if data is not None:
        require_folder(data)
    refused: DataError | None = None
    for source in sources:
        if source.find is None or dataset not in (AUTO, source.name):
            continue
        if source.by_name and dataset == AUTO:
            continue
        try:
            folder = source.find(data)
        except DataError as error:
            refused = refused or error
            continue
        if folder is not None:
            return Chosen(source, folder)
    if refused is not None:
        raise refused
    for source in sources:
        if source.find is None and dataset in (AUTO, source.name):
            return Chosen(source, None)
    raise DataError("no data set was found", "TINYFACE_DATA", "Set TINYFACE_DATA or pass --data DIR.")


def require_folder(data: Path) -> None:
    """Makes sure that a folder which a person names is one.

    Raises:
        DataError: it is none, or nobody may look into it.
    """
    try:
        there = data.is_dir()
    except (OSError, ValueError) as error:  # a name that no folder can have
        said = getattr(error, "strerror", None) or error
        raise DataError(
            f"the folder can't be read ({said})", str(data)[:200], "Check its name and its rights."
        ) from error
    if not there:
        cause = "this is no folder" if data.exists() else "there is no such folder"
        raise DataError(cause, str(data), "Name the folder that holds the data set.")
