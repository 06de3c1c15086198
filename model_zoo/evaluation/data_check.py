"""What is in a person's own data set: counts, what can't be used and where, the split, previews."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from codegen.errors import DataError
from model_zoo.architectures import NETWORKS, networks_for
from model_zoo.datasets import SOURCES, DataSource
from model_zoo.datasets.examined import Examined
from model_zoo.datasets.open import AUTO, require_folder
from model_zoo.datasets.samples import PARTS, Samples
from model_zoo.datasets.split import Split, split_by_identity
from model_zoo.evaluation.data_sheet import augmented_sheet, contact_sheet
from model_zoo.evaluation.fitting import require_outputs
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.tasks.task import Lesson
from model_zoo.training.chosen_recipe import own_recipe
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe import Recipe
from model_zoo.view import View


def look_at(folder: Path, dataset: str = AUTO) -> tuple[DataSource, Examined]:
    """Reads and checks all of a folder, by the first data set of any task that finds itself in it.

    Args:
        dataset: a name, where a person says which one it is.
    Raises:
        DataError: it holds no data set, or does not say what it holds.
    """
    require_folder(folder)
    sources = SOURCES.entries() if dataset == AUTO else [SOURCES.get(dataset)]
    refused: DataError | None = None
    for source in sources:
        if source.find is None or (source.by_name and dataset == AUTO):
            continue
        try:
            found = source.find(folder)
        except DataError as error:
            refused = error
            continue
        if found is not None:
            return source, source.examined(found)
    if refused is not None and dataset == AUTO:
        raise DataError(
            "no data set that is known here is in it",
            str(folder),
            "Write dataset.toml beside its labels (docs/datasets.md), or say what it is with --dataset.",
        ) from refused
    raise refused or DataError(
        f"the data set {dataset} is made, not read from a folder", "--dataset", "Leave --dataset out."
    )


def facts_of(source: DataSource, examined: Examined) -> dict[str, Any]:
    """As plain values: what the set states, counts, the split, and all that is wrong."""
    samples = examined.samples
    facts: dict[str, Any] = {
        "folder": str(examined.folder),
        "task": source.task,
        "name": examined.name,
        "licence": examined.licence,
        **examined.facts,
        "pictures": 0 if samples is None else len(samples),
        "face_free": 0 if samples is None else samples.unpeopled(),
        "people": 0 if samples is None else _people(samples, len(samples.people())),
        "sizes": {},
        "split_rule": "",
        "split": {},
        "bad": [{"where": bad.where, "cause": bad.cause} for bad in examined.bad],
        "duplicates": [{"where": bad.where, "cause": bad.cause} for bad in examined.duplicates],
        "faults": [],
        "warnings": [],
        "networks": [],
    }
    if samples is None:
        if not examined.bad:
            where = str(examined.folder)
            facts["faults"].append({"where": where, "cause": "there are no labels in it"})
        return facts
    sizes = Counter(f"{picture.shape[1]}x{picture.shape[0]}" for picture in samples.pictures)
    facts["sizes"] = dict(sizes.most_common())
    split = Split(samples)
    facts["split_rule"] = split.rule
    facts["split"] = {
        part: {
            "pictures": split.pictures(part),
            "face_free": split.face_free(part),
            "people": _people(samples, len(split.people(part))),
        }
        for part in PARTS
    }
    facts["networks"], refused, told = learnable(source.task, samples)
    facts["warnings"] += told
    facts["faults"] += [
        {"where": str(examined.folder), "cause": f"{error.cause}: {error.remedy}"} for error in refused
    ]
    return facts


def _people(samples: Samples, count: int) -> int | None:
    """How many they are; None where nobody states whose the pictures are."""
    return count if samples.people_stated else None


def _view(network: str, recipe: Recipe) -> View:
    return View(*NETWORKS.get(network).input_size, recipe.margin)


def _lesson(task: str, network: str, recipe: Recipe, train: Samples) -> Lesson[Any]:
    return TASKS.get(task).lesson(train, recipe.task, _view(network, recipe))


def doubts(
    source: DataSource, samples: Samples, model: str, file: Path | None = None, words: Sequence[str] = ()
) -> list[str]:
    """What a person should know before a network learns from samples in which nothing is wrong.

    Args:
        file, words: what they change of the network's recipe, as a training takes them.
    Raises:
        DataError: there is no such network, or a change does not fit.
    """
    return list(TASKS.get(source.task).doubts(samples, _view(model, _recipe(model, file, words))))


def _recipe(model: str, file: Path | None, words: Sequence[str]) -> Recipe:
    recipe = own_recipe(TrainOptions(model, Path(), recipe=file, changes=tuple(words)))
    recipe.check(model)
    return recipe


def learnable(task: str, samples: Samples) -> tuple[list[str], list[DataError], list[str]]:
    """What of a task samples are good for.

    Returns:
        networks that learn it from the training part; why a training would refuse the samples; and what a
        person should know of the test part.
    """
    own = [spec for spec in NETWORKS.entries() if spec.task == task]
    if not own:
        return [], [], []
    names, refused, told = list[str](), list[DataError](), list[str]()
    split: Split[Samples] | None = None
    try:
        split = None if samples.labelled_by else split_by_identity(samples)
        train = samples if split is None else split.train
        lesson = _lesson(task, own[0].name, recipe_for(own[0].name), train)
        names = networks_for(task, lesson.output_shapes)
        borrowers = {other.NAME for other in TASKS.entries() if other.data_of == task} - {task}
        names += [spec.name for spec in NETWORKS.entries() if spec.task in borrowers]
    except DataError as error:
        refused.append(error)
    if split is None:
        by = " and ".join(one.name for one in samples.labelled_by)
        told = [f"its points were made by {by}: a training may have it with --also, beside data of its own, "
                "and nothing can be measured on it."] if by else []  # fmt: skip
        return names, refused, told
    for part in ("validation", "test"):
        try:
            TASKS.get(task).require_measurable(getattr(split, part), part)
        except DataError as error:
            if part == "validation":
                refused.append(error)
            else:
                told.append(f"{error.cause}.")
    return names, refused, told


def sheet(source: DataSource, samples: Samples) -> Image.Image:
    """A contact sheet of pictures and labels."""
    return contact_sheet(TASKS.get(source.task), samples)


def preview(
    source: DataSource, samples: Samples, model: str, file: Path | None = None, words: Sequence[str] = ()
) -> Image.Image:
    """Augmented pictures of the training part as a network sees them, with the margin of its recipe.

    Args:
        file, words: what they change of the recipe, as a training takes them.
    Raises:
        DataError: there is no such network for these data, a change does not fit, or the people fill no
            split.
    """
    train = Split(samples).train if samples.labelled_by else split_by_identity(samples).train
    spec = NETWORKS.get(model)
    if TASKS.get(spec.task).data_of != source.task:
        raise DataError(f"{model} learns {spec.task}", "--model", f"Name a network of {source.task}.")
    lesson = _lesson(spec.task, model, _recipe(model, file, words), train)
    require_outputs(spec, lesson, samples.name)
    return augmented_sheet(TASKS.get(source.task), lesson, train)
