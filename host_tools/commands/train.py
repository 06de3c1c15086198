"""`tinyface train`: trains a network from pictures to an int8 model with its card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from codegen.shell import quoted
from host_tools.commands.options import (
    ANY_DATASET,
    DEFAULT_MODEL,
    DRAWN,
    MAX_SEED,
    SYNTHETIC_DATA,
    DataFolder,
    DatasetName,
    Json,
    ModelOption,
    one_model,
    refuse_ignored,
)
from host_tools.terminal.console import ERR, note, print_json, reported
from host_tools.terminal.native_output import sifted

if TYPE_CHECKING:
    from model_zoo.training.options import TrainResult

PLACE = 150
RUNS = Path("runs")


def epilog() -> str:
    """The networks, for the end of the help."""
    from model_zoo.training.trainable import trainable

    return "\n\n".join(["Networks:", *(f"{name}: {summary}" for name, summary in trainable())])


@reported("Run the same command again, with --resume where epochs of it were kept.")
def command(
    model: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="MODEL", help="Which network to train; all stand below.", show_default=DEFAULT_MODEL
        ),
    ] = None,
    named: ModelOption = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", metavar="DIR", help="Checkpoints and results; runs/MODEL by default."),
    ] = None,
    data: DataFolder = None,
    dataset: DatasetName = ANY_DATASET,
    epochs: Annotated[Optional[int], typer.Option("--epochs", min=0, help="Float epochs.")] = None,  # noqa: UP045
    qat_epochs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--qat-epochs", min=0, help="Quantization-aware epochs."),
    ] = None,
    batch: Annotated[Optional[int], typer.Option("--batch", min=1, help="Pictures a step.")] = None,  # noqa: UP045
    seed: Annotated[int, typer.Option("--seed", min=0, max=MAX_SEED, help="Of all that is random.")] = 1,
    limit: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--limit", min=1, help=f"Only so many training pictures {DRAWN}"),
    ] = None,
    teacher: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--teacher",
            metavar="RUN|NAME",
            help="A finished training whose float network teaches this one; else its own does.",
        ),
    ] = None,
    init: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--init",
            metavar="RUN|NAME",
            help="Go on from the float weights of a finished training or of a pretrained model; given "
            "several times, from the mean of their weights.",
        ),
    ] = None,
    also: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(
            "--also",
            metavar="DIR",
            help="Folder of faces with points that join the training part alone, such as "
            "`tinyface data label` makes; may be given several times.",
        ),
    ] = None,
    recipe: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--recipe", metavar="FILE", help="TOML that changes the network's recipe."),
    ] = None,
    changes: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="KEY=VALUE", help="Changes one number of it: phases.float.rate=1e-3."),
    ] = None,
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy",
            metavar="DEVICES",
            help="TensorFlow's names joined by commas, as gpu:0,gpu:1, each of which takes its share of a "
            "batch; else TensorFlow's choice.",
        ),
    ] = "",
    prune: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--prune",
            metavar="SHARE",
            help="Remove this share of the channels of each layer that can lose some, and train on: a phase "
            "`prune` more; --set phases.prune.score= and others change it.",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoints in DIR.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
    as_json: Json = False,
) -> None:
    """Train, quantize and measure a network; writes the model, its card, weights, history and pictures.

    Needs TensorFlow, the extra `train`; where it is missing, the error says how to install it.
    """
    from model_zoo.training.environment import noise
    from model_zoo.training.options import TrainOptions
    from model_zoo.training.train import train
    from model_zoo.training.useless import useless

    network = one_model(model, named, DEFAULT_MODEL)
    if dataset == "synthetic":
        refuse_ignored({"--data": data}, SYNTHETIC_DATA)
    pruning = () if prune is None else ("phases.prune.kind=prune", f"phases.prune.share={prune!r}")
    with sifted(noise()):
        result = train(
            TrainOptions(
                model=network,
                out=output or RUNS / network,
                data=data,
                dataset=dataset,
                epochs=epochs,
                qat_epochs=qat_epochs,
                batch=batch,
                seed=seed,
                resume=resume,
                limit=limit,
                quiet=quiet or as_json,
                teacher=teacher,
                init=tuple(init or ()),
                recipe=recipe,
                also=tuple(also or ()),
                changes=(*pruning, *(changes or ())),
                devices=tuple(filter(None, strategy.split(","))),
            ),
            ERR,
        )
    if as_json:
        print_json(result.card.facts)
        return
    first, *others = result.files
    note(f"Wrote {first} ({result.shipped}) and beside it {', '.join(path.name for path in others)}.")
    made = quoted(result.model_path)
    guess = result.card.baseline
    beside = f", where the {guess.name} gives {guess.value:.2f} {guess.unit}".rstrip() if guess else ""
    command = f"tinyface evaluate {made} --part test{of_same_data(data, dataset, result)}"
    unseen = result.made or ("pictures" if result.card.primary.by == "picture" else "people")
    if result.card.primary.part == "test":
        note(f"{result.card.primary} of {unseen} it never saw{beside}: measured before, of this very model")
    else:
        note(f"{result.card.primary}{beside}; of {unseen} it never saw: `{command}`")
    if useless(result.card):
        note(useless(result.card))
    note(f"Next: `tinyface flash --model {made}`, then `tinyface validate {made}`")


def of_same_data(data: Path | None, dataset: str, result: TrainResult) -> str:
    """The options by which another command reads the data set of a training, whatever TINYFACE_DATA says then
    of one that was made."""
    same = f" --data {quoted(data)}" if data is not None else ""
    named = dataset != ANY_DATASET or result.made
    return same + (f" --dataset {quoted(result.dataset)}" if named else "")
