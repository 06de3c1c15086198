"""FER2013 faces with the votes of FER+, in one NumPy file.

Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", ICMI 2016 (arXiv 1608.01041): ten people looked at each picture of FER2013 again. The file
holds the pictures as JPEG one behind the other (`jpeg`, `offsets`), the class that most of them saw
(`label`), their votes (`votes`), which pictures are FER2013's public test (`valid`), and each one's row
there (`row`).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from codegen.errors import DataError
from model_zoo.datasets import dataset
from model_zoo.datasets.data_root import data_root
from model_zoo.datasets.emotion_set import CLASSES, EmotionSet, one_hot

NAME = "fer-plus"
FILE = Path("data") / "emotion_train.npz"
LICENCE = (
    "FER2013 (pictures gathered from the web, terms unclear; distributed as ODbL and DbCL) with the labels "
    "of FER+ (MIT); used for training only and not published"
)
SIDE_PX = 48
VOTES = (4, 5, 6, 1, 3, 2, 0)
"""Columns of the votes for each of CLASSES; contempt, unknown and no face stand behind them."""
KEYS = ("jpeg", "offsets", "label", "votes", "valid", "row")
REMEDY = "Name the folder with emotion_train.npz, or that file, with --data."


def find_file(data: Path | None) -> Path | None:
    """The file: `data` itself, or data/emotion_train.npz under `data` or TINYFACE_DATA.

    Returns:
        None where neither `data` nor TINYFACE_DATA is given.
    Raises:
        DataError: the one that is given leads to no such file.
    """
    root = data_root(data)
    if root is None:
        return None
    for file in (root, root / FILE, root / FILE.name):
        if file.is_file():
            return file
    raise DataError(f"no {FILE.name} there", str(root), REMEDY)


@dataset(NAME, task="emotions", find=find_file)
def load(file: Path) -> EmotionSet:
    """Reads all of it.

    The file's public test is the test part, and of the rest a tenth, by the SHA-256 of a picture's row, the
    validation part. Nobody states who is seen.

    Raises:
        DataError: the file can't be read, or does not hold what it should.
    """
    arrays = _arrays(file)
    offsets, label = arrays["offsets"], arrays["label"].astype(np.int64)
    count = len(label)
    sound = (
        offsets.shape == (count + 1,)
        and arrays["votes"].shape == (count, 10)
        and arrays["valid"].shape == arrays["row"].shape == (count,)
        and bool((label < len(CLASSES)).all())
        and bool((np.diff(offsets) > 0).all())
        and int(offsets[-1]) <= len(arrays["jpeg"])
    )
    if not sound or not count:
        raise DataError("its columns do not fit each other", str(file), REMEDY)
    files = tuple(f"fer{int(row):05d}" for row in arrays["row"])
    parts = tuple(
        "test" if held_out else part_of(name) for name, held_out in zip(files, arrays["valid"], strict=True)
    )
    votes = arrays["votes"][:, list(VOTES)].astype(np.float32)
    total = votes.sum(1, keepdims=True)
    shares = np.where(total > 0, votes / np.maximum(total, 1), one_hot(label)).astype(np.float32)
    return EmotionSet(
        name=NAME,
        licence=LICENCE,
        pictures=_pictures(arrays["jpeg"].tobytes(), offsets, file),
        identities=np.arange(count, dtype=np.int32),
        files=files,
        people_stated=False,
        parts=parts,
        classes=label,
        shares=shares,
    )


def part_of(name: str) -> str:
    """Of a picture that is not in the test part: "validation" for one in ten, "train" for the others."""
    return "validation" if hashlib.sha256(name.encode()).digest()[0] % 10 == 0 else "train"


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(file, allow_pickle=False) as content:
            return {key: content[key] for key in KEYS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"it can't be read ({error})", str(file), REMEDY) from error


def _pictures(jpeg: bytes, offsets: NDArray[Any], file: Path) -> NDArray[np.uint8]:
    pictures = np.empty((len(offsets) - 1, SIDE_PX, SIDE_PX), np.uint8)
    for k, (start, end) in enumerate(pairwise(offsets)):
        try:
            with Image.open(io.BytesIO(jpeg[start:end]), formats=("JPEG",)) as image:
                pixels = np.asarray(image.convert("L"))
        except (OSError, Image.DecompressionBombError) as error:
            raise DataError(f"picture {k} can't be read ({error})", str(file), REMEDY) from error
        if pixels.shape != (SIDE_PX, SIDE_PX):
            size = f"{pixels.shape[1]}x{pixels.shape[0]}"
            raise DataError(f"picture {k} is {size}, not {SIDE_PX}x{SIDE_PX}", str(file), REMEDY)
        pictures[k] = pixels
    return pictures
