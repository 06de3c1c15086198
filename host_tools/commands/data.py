"""`tinyface data`: what a data set of your own holds, and labels that networks make."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from codegen.counted import and_face_free, counted
from codegen.errors import DataError
from host_tools.commands.options import ANY_DATASET, DEFAULT_MODEL, Json, refuse_ignored
from host_tools.terminal.console import ERR, OUT, note, print_json, reported, table

PLACE = 145
SHOWN = 20
"""Bad labels in a table; --json has all."""

command = typer.Typer(no_args_is_help=True)


@command.callback()
def group() -> None:
    """Look at a data set of your own before training on it: `tinyface data check DIR`; or let networks label
    faces that nobody labelled: `tinyface data label DIR`."""


@command.command()
@reported("Nothing was changed; run it again.")
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with dataset.toml.")],
    sheet: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--sheet", metavar="FILE", help="Write a contact sheet (PNG) of labels on pictures."),
    ] = None,
    preview: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--preview", metavar="FILE", help="Write augmented samples (PNG), as a network sees them."
        ),
    ] = None,
    model: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="The network of --preview.",
            show_default="the first that fits",
        ),
    ] = None,
    recipe: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--recipe", metavar="FILE", help="TOML of the training that --preview shows."),
    ] = None,
    changes: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="KEY=VALUE", help="Changes one number of it for --preview: margin=2."),
    ] = None,
    dataset: Annotated[
        str, typer.Option("--dataset", help="Which data set it is, by name; auto: what is found in DIR.")
    ] = ANY_DATASET,
    as_json: Json = False,
) -> None:
    """Check every label and picture: counts, bad lines, duplicates, split; exit code 2 where one is bad."""
    from codegen.shell import quoted
    from model_zoo.evaluation import data_check

    if preview is None:
        ignored = {"--model": model, "--recipe": recipe, "--set": changes or None}
        refuse_ignored(ignored, "no preview is drawn; add --preview FILE")
    source, examined = data_check.look_at(folder, dataset)
    facts = data_check.facts_of(source, examined)
    fitting = facts["networks"]
    network = model or (DEFAULT_MODEL if DEFAULT_MODEL in fitting else next(iter(fitting), ""))
    samples, changed = examined.samples, (recipe, changes or ())
    if network and samples is not None:
        facts["warnings"] += data_check.doubts(source, samples, network, *changed)
    if as_json:
        print_json(facts)
    else:
        _show(facts, examined.rows)
    faults = [*facts["bad"], *facts["duplicates"], *facts["faults"]]
    if samples is not None:
        drawn = []
        if sheet is not None:
            drawn.append((data_check.sheet(source, samples), sheet))
        if preview is not None:
            drawn.append((data_check.preview(source, samples, network, *changed), preview))
        for picture, file in drawn:
            _save(picture, file, make_folder=not faults)
    if faults:
        raise DataError(
            f"{len(faults):,} of what the data set holds can't be used; the first: {faults[0]['cause']}",
            faults[0]["where"],
            "Correct or remove each that is listed, then check again.",
        )
    if not as_json and network:
        option = "--also" if facts.get("labelled_by") else "--data"
        note(f"Next: `tinyface train {network} {option} {quoted(folder)}`")


@command.command()
@reported("Nothing was written; run it again.")
def label(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of whole pictures with face boxes (boxes.csv).")
    ],
    by: Annotated[
        list[str],
        typer.Option("--by", metavar="MODEL", help="A network that labels; several label better than one."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="Folder that is made; it must not be there.")
    ],
    least_px: Annotated[
        float, typer.Option("--least-px", min=8, max=4095, help="Narrower face boxes are left out.")
    ] = 36,
    most_apart: Annotated[
        float,
        typer.Option(
            "--most-apart",
            metavar="PERCENT",
            min=0.1,
            max=100,
            help="Faces on which answers differ by more percent of the inter-ocular distance are left out.",
        ),
    ] = 6.0,
    as_json: Json = False,
) -> None:
    """Label faces by networks: a folder of landmark data for `tinyface train --also`.

    Only pictures of the training part are labelled. Each network is asked on several crops and their mirror
    pictures, in two passes; the mean of all is taken.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from codegen.shell import quoted
    from host_tools.commands.evaluate import compiled_engine
    from host_tools.models import resolve
    from model_zoo.labelling.ask import Network, network_of
    from model_zoo.labelling.label import REASONS, LabelOptions, label
    from model_zoo.labelling.write import require_free, write_folder

    require_free(output)
    networks: list[Network] = []
    for name in by:
        ref = resolve(name)
        if ref.card is None or ref.has_stages:
            raise DataError(
                "it is no network with a card, so nobody knows what its outputs mean",
                str(ref.path),
                "Name models of the zoo or folders of trainings with --by.",
            )
        if ref.card.sha256 in {network.card.sha256 for network in networks}:
            raise DataError("it is named twice", name, "Name each network once with --by.")
        networks.append(network_of(ref.card, partial(compiled_engine, ref)))
    columns = TextColumn("labelling"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=ERR, transient=True, disable=as_json or not ERR.is_terminal) as bar:
        task = bar.add_task("labelling", total=None)
        labelled = label(
            LabelOptions(folder, tuple(networks), least_px, most_apart),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    write_folder(labelled, output)
    facts = {"folder": str(output), **labelled.to_json()}
    if as_json:
        print_json(facts)
        return
    shown = table(f"Faces of {facts['pictures_of']}, training part", "what", ">count")
    shown.add_row("faces with a box", f"{facts['faces']:,}")
    for key, words in REASONS.items():
        shown.add_row(words, f"{facts['left_out'][key]:,}")
    shown.add_row("labelled", f"{facts['kept']:,}")
    OUT.print(shown)
    spread = facts["apart_percentiles"]
    note(
        f"Answers lie {spread['50']:g} % of the inter-ocular distance apart in the median, and no more than "
        f"{spread['95']:g} % for 95 of 100 faces."
    )
    note(f"Wrote {output}. Next: `tinyface train {networks[-1].card.name} --also {quoted(output)}`")


def _show(facts: dict[str, Any], rows: Sequence[tuple[str, str]]) -> None:
    shown = table(f"{facts['name']} ({facts['licence']})", "what", ">count")
    for row in rows:
        shown.add_row(*row)
    shown.add_row("pictures that can be used", _counted(facts))
    for size, count in list(facts["sizes"].items())[:SHOWN]:
        shown.add_row(f"of {size} px", f"{count:,}")
    if len(facts["sizes"]) > SHOWN:
        shown.add_row("of other sizes", f"{sum(list(facts['sizes'].values())[SHOWN:]):,}")
    for part, has in facts["split"].items():
        shown.add_row(f"{part} part", _counted(has))
    shown.add_row("labels that can't be used", f"{len(facts['bad']):,}")
    shown.add_row("pictures that are another one again", f"{len(facts['duplicates']):,}")
    OUT.print(shown)
    if facts["split_rule"]:
        note(f"Split: {facts['split_rule']}.")
    for warning in facts["warnings"]:
        note(f"Note: {warning}")
    faults = [*facts["bad"], *facts["duplicates"], *facts["faults"]]
    if not faults:
        return
    listed = table("What can't be used", "where", "why")
    for fault in faults[:SHOWN]:
        listed.add_row(fault["where"], fault["cause"])
    OUT.print(listed)
    if len(faults) > SHOWN:
        note(f"{len(faults) - SHOWN:,} more; --json lists all.")


def _counted(facts: dict[str, Any]) -> str:
    pictures, people, free = facts["pictures"], facts["people"], facts["face_free"]
    whose = "(people not stated)" if people is None else f"of {counted(people, 'person', 'people')}"
    return f"{pictures:,} {whose}{and_face_free(free)}"


def _save(picture: Any, path: Path, make_folder: bool) -> None:
    """Writes a picture; folders are made for it where all else went well."""
    from codegen.whole_file import write_picture

    try:
        write_picture(picture, path, "PNG", make_folder=make_folder)
    except OSError as error:
        said = error.strerror or error
        raise DataError(f"the picture can't be written ({said})", str(path), "Name another file.") from error
    note(f"Wrote {path}.")
