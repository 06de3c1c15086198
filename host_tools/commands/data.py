"""`tinyface data check`: what is in a data set of your own, and what of it can't be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from codegen.counted import and_face_free, counted
from codegen.errors import DataError
from host_tools.commands.options import ANY_DATASET, DEFAULT_MODEL, Json, refuse_ignored
from host_tools.terminal.console import OUT, note, print_json, reported, table

PLACE = 145
SHOWN = 20
"""Bad labels in a table; --json has all."""

command = typer.Typer(no_args_is_help=True)


@command.callback()
def group() -> None:
    """Look at a data set of your own before training on it: `tinyface data check DIR`."""


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
        note(f"Next: `tinyface train {network} --data {quoted(folder)}`")


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
