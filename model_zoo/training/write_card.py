"""Writes card.json after a training: every figure in it was just measured."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codegen.program.spec import InputTensor
from codegen.shell import command_line
from codegen.whole_file import write_whole
from model_zoo.card_text import card_text
from model_zoo.cards import FORMAT, Card
from model_zoo.datasets import SOURCES
from model_zoo.datasets.samples import Samples, of_made
from model_zoo.evaluation.keep import kept_before
from model_zoo.evaluation.score import Baseline, Score
from model_zoo.recipes import recipe_for
from model_zoo.training.chosen_recipe import adjusted
from model_zoo.training.course import Course
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe import Recipe
from model_zoo.training.recipe_file import differences
from model_zoo.training.structure import Structure

UNNAMED = "not stated: each picture counts as another person's"


@dataclass(frozen=True)
class CardFacts:
    """What a card is written from.

    Attributes:
        course: of the training.
        best: by phase, the epoch whose weights were kept.
        content: the .tflite file that is shipped; `shipped` names its form.
        weights: of the float network, which lie beside it: what the card says of them.
        outputs: facts of its outputs.
        validation: form ("float", "ptq", "qat") -> score on that part.
        baseline: what guessing is worth on that part.
        strains: the shipped form on the validation part under worse conditions, as the task measures them.
        ops: op kind -> count.
        structure: what the network has otherwise than its builder says.
        learnt: numbers that it has learnt and tells, by the layer's name.
    """

    course: Course
    best: dict[str, int]
    content: bytes
    weights: dict[str, Any]
    shipped: str
    outputs: tuple[InputTensor, ...]
    validation: dict[str, Score]
    baseline: Baseline
    strains: dict[str, dict[str, float]]
    macs: int
    params: int
    ops: dict[str, int]
    structure: Structure
    learnt: dict[str, float] = field(default_factory=dict)


def program_facts(course: Course, outputs: tuple[InputTensor, ...]) -> dict[str, Any]:
    """What a card says of a network's program: input, decoder, labels; the training measures by it, too."""
    view = course.view
    return {
        "name": course.spec.name,
        "input": {
            "width": view.width,
            "height": view.height,
            "channels": view.channels,
            "margin": view.margin,
            "source": course.task.SOURCE,
            "quantization": {"scale": 1 / 128, "zero_point": 0},
        },
        **course.lesson.card(outputs),
    }


def train_again(options: TrainOptions, recipe: Recipe, dataset: str) -> str:
    """The command that repeats a training to the same bytes, on the same data, from the same working folder.

    Data come from TINYFACE_DATA where no folder was named.

    Args:
        recipe: that it was trained by; what a file changed in the registered one is stated as --set.
        dataset: name that the data set is registered by, so that no other one is taken where it is not found.
    """
    words: list[str | Path] = ["tinyface", "train", options.model, "--seed", str(options.seed)]
    words += ["--dataset", dataset]
    if options.data is not None:
        words += ["--data", options.data]
    for flag, value in (
        ("--epochs", options.epochs),
        ("--qat-epochs", options.qat_epochs),
        ("--batch", options.batch),
        ("--limit", options.limit),
    ):
        if value is not None:
            words += [flag, str(value)]
    for change in differences(recipe, adjusted(recipe_for(options.model), options)):
        words += ["--set", change]
    for folder in options.also:
        words += ["--also", folder]
    for init in options.init:
        words += ["--init", init]
    if options.teacher is not None:
        words += ["--teacher", options.teacher]
    if options.devices:
        words += ["--strategy", ",".join(options.devices)]
    return command_line(*words)


def needed(options: TrainOptions, dataset: str) -> str:
    """What `train_again` hangs on beside its words; "" for nothing.

    Args:
        dataset: name that the data set is registered by.
    """
    if options.data is not None or SOURCES.get(dataset).find is None:
        return ""
    return f"TINYFACE_DATA names the folder in which {dataset} is found"


def _people(train: Samples) -> str:
    """Whose pictures they are, in words."""
    if train.made:
        return f"none: {of_made(train.made)}"
    return "as the labels name them" if train.people_stated else UNNAMED


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in (
        "tensorflow-cpu",
        "tensorflow",
        "tf-keras",
        "tensorflow-model-optimization",
        "tflite-micro",
    ):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _parts(course: Course) -> dict[str, list[int]]:
    """Who is in which part; nobody is named where the rule tells all of it and all of it was trained on."""
    split, train = course.split, course.own
    if split.is_told_by_its_rule and course.options.limit is None:
        return {"test": [], "validation": [], "train": []}
    return {
        "test": split.people("test"),
        "validation": split.people("validation"),
        "train": train.people(),
    }


def write_card(path: Path, facts: CardFacts) -> Card:
    """Reads back the text of the card and writes it; what an earlier one of the same model and data states of
    the test part stays.

    Returns:
        the validated card.
    Raises:
        DataError: a figure is no finite number.
    """
    course = facts.course
    split, train = course.split, course.own
    free = {
        "train": train.unpeopled(),
        **{part: split.face_free(part) for part in ("validation", "test")},
    }
    needs = needed(course.options, course.dataset)
    program = program_facts(course, facts.outputs)
    program.pop("name")
    program = course.task.settled(program, facts.validation[facts.shipped])
    shipped = facts.validation[facts.shipped]
    content = {
        "format": FORMAT,
        "name": course.spec.name,
        "task": course.task.NAME,
        "summary": course.spec.summary,
        "model_file": "model.tflite",
        "sha256": hashlib.sha256(facts.content).hexdigest(),
        "weights": facts.weights,
        **({"structure": facts.structure.to_json()} if facts.structure else {}),
        **({"learnt": facts.learnt} if facts.learnt else {}),
        **program,
        **({"init": course.start.to_json()} if course.start else {}),
        **({"teacher": course.teacher.to_json()} if course.teacher else {}),
        "data": {
            "name": train.name,
            "licence": train.licence,
            "people": _people(train),
            **({"made": train.made} if train.made else {}),
            **course.task.told(train, course.view),
            "contents": course.contents["validation part"],
            "images": {
                "train": len(train),
                "validation": split.pictures("validation"),
                "test": split.pictures("test"),
            },
            **({"face_free": free} if any(free.values()) else {}),
            **({"also": [one.to_json() for one in course.also]} if course.also else {}),
            "split": {"rule": split.rule, **_parts(course)},
        },
        "recipe": course.recipe.to_json(),
        "seed": course.options.seed,
        "metrics": {
            "metric": shipped.figure.meaning,
            "primary": {**shipped.primary(), "part": "validation"},
            "baseline": {**facts.baseline.to_json(), "part": "validation"},
            "shipped": facts.shipped,
            "best_epoch": facts.best,
            "validation": {form: figures.to_json() for form, figures in facts.validation.items()},
            **facts.strains,
        },
        "size": {
            "tflite_bytes": len(facts.content),
            "macs": facts.macs,
            "params": facts.params,
            "ops": dict(sorted(facts.ops.items())),
        },
        "versions": _versions(),
        "train_again": train_again(course.options, course.recipe, course.dataset),
        **({"train_again_needs": needs} if needs else {}),
    }
    metrics = content["metrics"]
    assert isinstance(metrics, dict)
    metrics.update(kept_before(content, path.parent))
    card, text = card_text(content, path.parent)
    write_whole(path, text, make_folder=False)
    return card
