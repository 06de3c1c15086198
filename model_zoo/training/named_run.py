"""The training whose float weights a person names with --init or --teacher."""

from __future__ import annotations

from pathlib import Path

from codegen.errors import DataError
from codegen.shell import command_line
from model_zoo.cards import CARD_FILE, Card, load_card, pretrained_names, read_card
from model_zoo.training.run_folder import begun
from model_zoo.view import View


def named_card(named: str, option: str) -> Card:
    """The card of a pretrained model or of a run.

    Args:
        named: the name of a pretrained model, or the folder of a finished training, or a file in it.
        option: that names it, "--init" or "--teacher".
    Raises:
        DataError: there is none.
    """
    if named in pretrained_names():
        return load_card(named)
    path = Path(named)
    try:
        folder = path.parent if path.is_file() else path
        there = folder.is_dir()
        lacks = there and not (folder / CARD_FILE).exists()
        unfinished = lacks and begun(folder)
    except OSError as error:  # a name that no folder can have
        said = error.strerror or error
        raise DataError(f"{option} can't be looked for ({said})", named[:200], "Check the name.") from error
    if not there:
        raise DataError(
            "there is no such folder, and no pretrained model of this name",
            named,
            f"Name the folder of a finished training with {option}.",
        )
    if unfinished:
        raise DataError(
            "the training in this folder is not finished, so its float weights are not there yet",
            str(folder),
            "Finish it first: run its command again with --resume.",
        )
    if lacks:
        raise DataError(
            "there is no card, so this is no folder of a finished training",
            str(folder / CARD_FILE),
            f"Name the folder that `tinyface train` wrote card.json into with {option}.",
        )
    return read_card(folder)


def require_view(card: Card, view: View, network: str, option: str) -> None:
    """Makes sure that two networks see the same of a picture.

    Args:
        card: of the training that is named with `option`.
        network: name of the one that it is to be of use to.
        view: what this one sees.
    Raises:
        DataError: they do not.
    """
    own = card.input.view
    if own == view:
        return
    raise DataError(
        f"{card.name} has learnt to see {_in_words(own)}, the recipe shows {_in_words(view)}",
        str(card.folder),
        f"Train with --set margin={own.margin:g}."
        if (own.width, own.height, own.channels) == (view.width, view.height, view.channels)
        else f"Name a training that sees what {network} sees with {option}.",
    )


def without_weights(card: Card, option: str, use: str) -> DataError:
    """The refusal of a training that left no float weights.

    Args:
        use: what can't be done with int8 ones.
    """
    return DataError(
        f"there are no float weights beside the card of {card.name}, only int8 ones, which can't {use}",
        str(card.folder),
        "Run that training's command again with --resume: it then leaves them beside the card."
        if begun(card.folder)
        else f"Train it once, `{command_line('tinyface', 'train', card.name, '-o', 'RUN')}`, and name "
        f"that RUN with {option}.",
    )


def _in_words(view: View) -> str:
    return f"{view.width}x{view.height}x{view.channels} at margin {view.margin:g}"
