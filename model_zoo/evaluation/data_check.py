"""What is in a person's own data set of faces: counts, what can't be used and where, the split, previews."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

from codegen.errors import DataError
from model_zoo.architectures import NETWORKS, networks_for
from model_zoo.datasets import landmarks
from model_zoo.datasets.landmark_folder import Examined
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.split import PARTS, Split, split_by_identity
from model_zoo.evaluation.data_sheet import augmented_sheet
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.view import View


def look_at(folder: Path) -> Examined:
    """Reads and checks all of a folder.

    Raises:
        DataError: it holds no data set, or does not say what it holds.
    """
    return landmarks.look_at(landmarks.find_folder(folder) or folder)


def facts_of(examined: Examined) -> dict[str, Any]:
    """As plain values: what the set states, counts, the split, and all that is wrong."""
    stated, samples = examined.statement, examined.samples
    facts: dict[str, Any] = {
        "folder": str(examined.folder),
        "name": stated.name,
        "licence": stated.licence,
        "points": stated.points,
        "scheme": stated.scheme.facts(),
        "boxes": stated.boxes,
        "pictures": 0 if samples is None else len(samples),
        "people": 0 if samples is None else len(samples.people()),
        "colour": examined.colour,
        "sizes": {},
        "split": {},
        "bad": [{"where": bad.where, "cause": bad.cause} for bad in examined.bad],
        "duplicates": [{"where": bad.where, "cause": bad.cause} for bad in examined.duplicates],
        "faults": [],
    }
    if samples is None:
        if not examined.bad:
            where = str(examined.folder / stated.labels)
            facts["faults"].append({"where": where, "cause": "there are no labels in it"})
        return facts
    sizes = Counter(f"{picture.shape[1]}x{picture.shape[0]}" for picture in samples.pictures)
    facts["sizes"] = dict(sizes.most_common())
    split = Split(samples)
    facts["split"] = {
        part: {"pictures": split.pictures(part), "people": len(split.people(part))} for part in PARTS
    }
    try:
        split_by_identity(samples)
    except DataError as error:
        facts["faults"].append({"where": str(examined.folder), "cause": f"{error.cause}: {error.remedy}"})
    return facts


def networks(points: int) -> list[str]:
    """Those that learn so many points."""
    return networks_for(landmarks.TASK, ((2 * points,),))


def preview(samples: LandmarkSet, model: str) -> Image.Image:
    """Augmented pictures of the training part as a network sees them.

    Raises:
        DataError: there is no such network for these points, or the people fill no split.
    """
    network, recipe, task = NETWORKS.get(model), recipe_for(model), TASKS.get(landmarks.TASK)
    fitting = networks(samples.scheme.count)
    if model not in fitting:
        raise DataError(
            f"{model} does not learn {samples.scheme.count} points",
            "--model",
            f"Name one of {', '.join(fitting)}.",
        )
    train = split_by_identity(samples).train
    return augmented_sheet(task.lesson(train, recipe.task, View(*network.input_size, recipe.margin)), train)
