"""Writes card.json after a training: every figure in it was just measured."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path

from codegen.plain_text import strict_json
from codegen.program.decoders.points import Points
from codegen.whole_file import write_whole
from model_zoo.cards import Card, card_from_facts
from model_zoo.datasets.landmark_set import Split
from model_zoo.evaluation.metrics import Score
from model_zoo.registry import ModelSpec
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe import Recipe


@dataclass(frozen=True)
class CardFacts:
    """What a card is written from.

    Attributes:
        content: the .tflite file that is shipped; `shipped` names its form.
        validation, test: form ("float", "ptq", "qat") -> score on that part.
        box_error: what a wrong face box costs the shipped form on the validation part.
        ops: op kind -> count.
    """

    spec: ModelSpec
    options: TrainOptions
    recipe: Recipe
    split: Split
    decoder: Points
    content: bytes
    shipped: str
    validation: dict[str, Score]
    test: dict[str, Score]
    box_error: dict[str, float]
    macs: int
    params: int
    ops: dict[str, int]


def train_again(options: TrainOptions) -> str:
    """The command that repeats a training; data come from TINYFACE_DATA."""
    words = ["tinyface", "train", options.model, "--seed", str(options.seed)]
    for flag, value in (
        ("--epochs", options.epochs),
        ("--qat-epochs", options.qat_epochs),
        ("--batch", options.batch),
        ("--limit", options.limit),
    ):
        if value is not None:
            words += [flag, str(value)]
    if options.dataset != "auto":
        words += ["--dataset", options.dataset]
    return " ".join(words)


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


def write_card(path: Path, facts: CardFacts) -> Card:
    """Writes and reads back the card.

    Returns:
        the validated card.
    """
    width, height, channels = facts.spec.input_size
    content = {
        "name": facts.spec.name,
        "task": facts.spec.task,
        "summary": facts.spec.summary,
        "model_file": "model.tflite",
        "sha256": hashlib.sha256(facts.content).hexdigest(),
        "input": {
            "width": width,
            "height": height,
            "channels": channels,
            "margin": facts.recipe.margin,
            "quantization": {"scale": 1 / 128, "zero_point": 0},
        },
        "decoder": {
            "kind": facts.spec.decoder,
            "points": facts.spec.points,
            "mean_q24": list(facts.decoder.mean_q24),
            "scale_q24": facts.decoder.scale_q24,
            "zero_point": facts.decoder.zero_point,
        },
        "data": {
            "name": facts.split.train.name,
            "licence": facts.split.train.licence,
            "images": {
                "train": len(facts.split.train),
                "validation": len(facts.split.validation),
                "test": len(facts.split.test),
            },
            "split": facts.split.facts(),
        },
        "recipe": facts.recipe.to_json(),
        "seed": facts.options.seed,
        "metrics": {
            "metric": facts.spec.metric,
            "shipped": facts.shipped,
            **{form: figures.to_json() for form, figures in facts.test.items()},
            "test_images": len(facts.split.test),
            "test_identities": len(facts.split.test.people()),
            "validation": {form: figures.to_json() for form, figures in facts.validation.items()},
            "validation_nme_with_wrong_box": facts.box_error,
        },
        "size": {
            "tflite_bytes": len(facts.content),
            "macs": facts.macs,
            "params": facts.params,
            "ops": dict(sorted(facts.ops.items())),
        },
        "versions": _versions(),
        "train_again": train_again(facts.options),
    }
    card = card_from_facts(content, path.parent)
    write_whole(path, (strict_json(content, indent=1) + "\n").encode())
    return card
