"""Data sets, one file a format; each registers how it is found and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_zoo.datasets.examined import Examined
from model_zoo.datasets.samples import Samples
from model_zoo.registry import Registry

Finder = Callable[[Path | None], Path | None]
Look = Callable[[Path], Examined]
Made = Callable[..., Any]


@dataclass(frozen=True)
class DataSource:
    """One data set.

    Attributes:
        name: as people choose it.
        task: name of the task whose samples it holds.
        load: returns Samples; takes the folder that `find` found, or nothing where there is no `find`; of a
            set that is rendered a function that hears how many pictures are done, and of how many.
        find: the folder of the files: in what a person names, or for None where TINYFACE_DATA leads; None
            for a set that is made, not read. Raises DataError where the person's folder does not hold it.
        renders: makes a set of its columns again, for one that takes long to make, with pictures of one size:
            they are kept in the user's cache folder. Takes before them what `load` takes. None for
            all others.
        content: of a rendered set that is drawn from files: a digest of all that is drawn from.
        look: what is in the folder, faults and all, for `tinyface data check`; None: what `load` says.
        by_name: taken only where a person names it, since its files do not say whose they are.
        outline: the set without a picture in it, of what is known before one is read or drawn: by it a model
            that does not fit is refused at once. Takes what `load` takes, but no listener; None: no such.
    """

    name: str
    task: str
    load: Made
    find: Finder | None
    renders: Callable[..., Samples] | None = None
    look: Look | None = None
    outline: Made | None = None
    by_name: bool = False
    content: Callable[[Path], str] | None = None

    def examined(self, folder: Path) -> Examined:
        """What is in a folder that `find` found.

        Raises:
            DataError: the data as a whole can't be read.
        """
        if self.look is not None:
            return self.look(folder)
        samples = self.load(folder)
        return Examined(folder, samples.name, samples.licence, samples)


SOURCES: Registry[DataSource] = Registry("data set", __name__)


def dataset(
    name: str,
    *,
    task: str,
    find: Finder | None = None,
    renders: Callable[..., Samples] | None = None,
    look: Look | None = None,
    outline: Made | None = None,
    by_name: bool = False,
    content: Callable[[Path], str] | None = None,
) -> Callable[[Made], Made]:
    """Decorator: makes a loader known as a data set; arguments as DataSource has them."""

    def register(load: Made) -> Made:
        SOURCES.add(name, DataSource(name, task, load, find, renders, look, outline, by_name, content))
        return load

    return register
