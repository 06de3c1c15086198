"""Which data set a command uses: a real one of the task where there is one, else one that is made."""

from __future__ import annotations

from collections.abc import Callable
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
        task: name of the task.
        data: a folder, or None for the variable TINYFACE_DATA.
        dataset: a registered name, or "auto": a real set where one is found, else one that is made where no
            folder was named.
        watcher: hears of a set that has to be rendered.
        fits: asked before the first picture is read or rendered, where the set has an outline.
    Returns:
        the name that it is registered by, and its Samples.
    Raises:
        DataError: the set asked for is not there or can't be read.
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
        try:
            folder = source.find(data)
        except DataError as error:
            refused = refused or error
            continue
        if folder is not None:
            _ask(fits, source, folder)
            return source.name, source.load(folder)
    if refused is not None:
        raise refused
    for source in sources:
        if source.find is None and dataset in (AUTO, source.name):
            _ask(fits, source)
            if source.renders is None:
                return source.name, source.load()
            samples = rendered(source.name, source.renders, source.load, watcher or Nobody())
            return source.name, samples
    raise DataError("no data set was found", "TINYFACE_DATA", "Set TINYFACE_DATA or pass --data DIR.")


def _ask(fits: Fits | None, source: DataSource, *folder: Path) -> None:
    if fits is not None and source.outline is not None:
        fits(source.outline(*folder))


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
