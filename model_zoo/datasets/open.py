"""Which data set a command uses: the real one where there is one, else synthetic faces."""

from __future__ import annotations

from pathlib import Path

from codegen.errors import DataError
from model_zoo.datasets import landmarks68, synthetic
from model_zoo.datasets.landmark_set import LandmarkSet

DATASETS = ("auto", "landmarks68", "synthetic")


def open_landmarks(data: Path | None, dataset: str = "auto") -> LandmarkSet:
    """Loads a landmark data set.

    Args:
        data: a folder, or None for the variable TINYFACE_DATA.
        dataset: "landmarks68", "synthetic", or "auto": the real set where it is found.
    Raises:
        DataError: the set asked for is not there or can't be read.
    """
    if dataset not in DATASETS:
        raise DataError(f"no data set is called {dataset}", "--dataset", f"There are: {', '.join(DATASETS)}.")
    if dataset == "synthetic":
        return synthetic.generate()
    folder = landmarks68.find_folder(data)
    if folder is not None:
        return landmarks68.load(folder)
    if dataset == "landmarks68":
        raise DataError("no data set was found", "TINYFACE_DATA", "Set TINYFACE_DATA or pass --data DIR.")
    return synthetic.generate()
