"""The float weights of a network beside its card, from which another training can go on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.whole_file import write_whole
from model_zoo.cards import Card
from model_zoo.tensor_file import pack, unpack

FILE = "weights.safetensors"


def names_of(model: Any) -> list[str]:
    """The names of a Keras model's variables in their order ("stem_conv/kernel"), each once."""
    names: list[str] = []
    for variable in model.weights:
        name = wanted = variable.name.removesuffix(":0")
        count = 1
        while name in names:
            count += 1
            name = f"{wanted}#{count}"
        names.append(name)
    return names


def write(folder: Path, model: Any, outputs: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Writes the weights of a float Keras model into a folder.

    Args:
        outputs: shapes of its outputs without the batch.
    Returns:
        what the card says of them.
    Raises:
        OSError: the file can't be written.
    """
    content = pack(dict(zip(names_of(model), model.get_weights(), strict=True)), {})
    write_whole(folder / FILE, content, make_folder=False)
    return {
        "file": FILE,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "outputs": [list(shape) for shape in outputs],
    }


def read(card: Card) -> dict[str, NDArray[Any]]:
    """The float weights of a card, by name.

    Raises:
        DataError: it has none, or the file is missing, damaged, another one or holds numbers that are not
            finite.
    """
    assert card.weights is not None
    path = card.folder / card.weights.file
    remedy = f"Restore it with its card, or train {card.name} again."
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is no file")
        content = path.read_bytes()
    except OSError as error:
        said = error.strerror or error
        raise DataError(f"the float weights can't be read ({said})", str(path), remedy) from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.weights.sha256:
        raise DataError(
            f"the float weights are not the card's (SHA-256 {found[:12]}..., card "
            f"{card.weights.sha256[:12]}...)",
            str(path),
            remedy,
        )
    arrays, _ = unpack(content, str(path), remedy)
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise DataError(f"{name} holds a number that is not finite", str(path), remedy)
    return arrays


def set_weights(model: Any, arrays: dict[str, NDArray[Any]], where: str) -> None:
    """Gives a Keras model these weights.

    Raises:
        DataError: name, shape or type of one does not fit; the model is left as it was.
    """
    values = []
    remedy = "They are of another version of that network: train it again with this tinyface."
    names = names_of(model)
    for name in (*(n for n in names if n not in arrays), *(n for n in arrays if n not in names)):
        cause = "are of a network that has" if name in arrays else "lack"
        raise DataError(f"the float weights {cause} {name}", where, remedy)
    for name, own in zip(names, model.get_weights(), strict=True):
        array = arrays[name]
        if (array.shape, array.dtype) != (own.shape, own.dtype):
            raise DataError(
                f"the float weights {name} are {array.dtype} {array.shape}, the network's are {own.dtype} "
                f"{own.shape}",
                where,
                remedy,
            )
        values.append(array)
    model.set_weights(values)
