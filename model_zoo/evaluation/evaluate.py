"""Measures a model on one part of a data set, through the deployed program and the deployed arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from codegen.errors import DataError
from model_zoo.cards import Card
from model_zoo.datasets.open import AUTO, open_samples
from model_zoo.datasets.render_cache import Nobody, Watcher
from model_zoo.datasets.samples import PARTS, Samples, of_made
from model_zoo.datasets.split import draw_people, split_by_identity
from model_zoo.evaluation.deployed import Deployed
from model_zoo.evaluation.engines import Engine, micro_engine
from model_zoo.evaluation.groups import Group, by_group, largest_gap, require_there, section
from model_zoo.evaluation.report.sections import Section, Table
from model_zoo.evaluation.score import Baseline, Score, Strained
from model_zoo.tasks import TASKS

Part = Literal["test", "validation", "train", "all"]


@dataclass(frozen=True)
class EvaluateOptions:
    """What is measured on what.

    Attributes:
        card: the model.
        data: folder of the data set; None: TINYFACE_DATA, and without it a set that is made.
        part: "test", "validation" or "train" of the split by identity, or "all" for a set of other people.
        engine: computes the network; None: the TFLite-Micro interpreter on the card's file.
        limit: so many pictures of people, who are drawn, and as great a share of those without a face; None:
            all.
        dataset: "auto", or a data set of the model's task by name.
        beside: a peer of the task that is measured on the same pictures; "": none.
        sections: whether a report's sections are wanted, for which worse pictures are measured, too.
        groups: of pictures by file, whose figures are wanted singly; none: nobody asks.
    """

    card: Card
    data: Path | None = None
    part: Part = "test"
    engine: Engine | None = None
    limit: int | None = None
    dataset: str = AUTO
    beside: str = ""
    sections: bool = False
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """A measurement.

    Attributes:
        model, sha256, engine, dataset, part: what was measured on what.
        score: the figures, with those of each picture in file order.
        baseline: what guessing is worth on the same pictures, by who knows the labels of the set's training
            part (of all of the set where that is what is measured).
        given: what the score was measured with that a board has to find first, "" where that is nothing.
        strained: the score without it, None where there is none.
        peer: what another method finds in the same pictures, None where nobody asked.
        files: the pictures.
        people: the identities of those whom they show, sorted.
        identities: all of theirs, sorted; those of pictures without a face, too.
        face_free: how many pictures show nobody.
        made: what they show in place of people, "" where they are photographs.
        whole: all pictures of the part were measured.
        validation_contents: digest of the validation part, by which a training's own data are known; "" where
            another part than the test part was measured.
        sections: of a report; none where nobody asked.
        groups: figures of the groups that were asked for.
    """

    model: str
    sha256: str
    engine: str
    dataset: str
    part: str
    score: Score
    baseline: Baseline
    given: str
    strained: Strained | None
    peer: Baseline | None
    files: tuple[str, ...]
    people: tuple[int, ...]
    identities: tuple[int, ...]
    face_free: int
    made: str
    whole: bool
    validation_contents: str
    sections: tuple[Section, ...] = ()
    groups: tuple[Group, ...] = ()

    @property
    def shows(self) -> str:
        """`made` as people are told it."""
        return of_made(self.made)

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the list of pictures."""
        gap = largest_gap(self.groups)
        return {
            "model": self.model,
            "sha256": self.sha256,
            "engine": self.engine,
            "dataset": self.dataset,
            "part": self.part,
            "face_free": self.face_free,
            "primary": self.score.primary(),
            "metric": self.score.figure.meaning,
            "given": self.given,
            "strained": None if self.strained is None else self.strained.to_json(),
            "baseline": self.baseline.to_json(),
            "beside": None if self.peer is None else {"name": self.peer.name, **self.peer.score.to_json()},
            "groups": [group.to_json() for group in self.groups],
            "largest_gap": None if gap is None else gap.to_json(),
            **self.score.to_json(),
        }


def choose_part(whole: Any, part: str) -> Any:
    """One part of the split of Samples, or everything: for a set that the training had no part of.

    Raises:
        DataError: no such part, or networks made the labels.
    """
    whole.require_labels_of_people()
    if part == "all":
        return whole
    if part not in PARTS:
        raise DataError(f"no part is called {part}", "evaluate", "Use test, validation, train or all.")
    return getattr(split_by_identity(whole), part)


def _of_people(learnt: Any, people: Any) -> Any:
    """What a training with a limit took of the training part: the pictures of the people in its card."""
    if not isinstance(people, list):
        return learnt
    rows = np.flatnonzero(np.isin(learnt.identities, people) | ~learnt.peopled())
    return learnt.take(rows) if 0 < len(rows) < len(learnt) else learnt


def evaluate(options: EvaluateOptions, watcher: Watcher | None = None) -> Evaluation:
    """Runs every picture of the part.

    Args:
        watcher: hears of a data set that has to be rendered.

    Raises:
        DataError: the data set or the card does not fit.
        ModelError, ToolError: the engine can't be made.
    """
    card = options.card
    task = TASKS.get(card.task)
    peers = task.peers()
    if options.beside and options.beside not in peers:
        raise DataError(
            f"nothing called {options.beside} does what {card.name} does",
            "--beside",
            f"There are: {', '.join(sorted(peers))}." if peers else "Leave it out.",
        )
    engine = options.engine or micro_engine(card.read_model())
    deployed = Deployed.of_card(task, card.input.view, card.facts, engine)
    everything = open_samples(
        task.data_of,
        options.data,
        options.dataset,
        watcher,
        lambda outline: task.check(card.name, deployed.stage.decoder, outline),
    )
    samples = choose_part(everything, options.part)
    count = len(samples)
    if options.limit is not None:
        samples = draw_people(samples, options.limit)
    task.check(card.name, deployed.stage.decoder, samples)
    if options.groups:
        require_there(samples, options.groups)
    found = deployed.found(samples)
    score = deployed.scored(found, samples)
    score.require_finite(samples.files, samples.name)
    groups = by_group(samples, found, options.groups, deployed.scored) if options.groups else ()
    validation_contents = "" if options.part == "all" else choose_part(everything, "validation").contents()
    own = validation_contents and validation_contents == card.facts.get("data", {}).get("contents")
    learnt = choose_part(everything, "all" if options.part == "all" else "train")
    if own:
        learnt = _of_people(learnt, card.facts["data"].get("split", {}).get("train"))
    return Evaluation(
        model=card.name,
        sha256=card.sha256,
        engine=engine.name,
        dataset=samples.name,
        part=options.part,
        score=score,
        baseline=task.baseline(learnt, samples, deployed.view),
        given=task.GIVEN,
        strained=task.strained(samples, deployed.score),
        peer=Baseline(options.beside, task.score(peers[options.beside](learnt, samples), samples))
        if options.beside
        else None,
        files=samples.files,
        people=tuple(samples.people()),
        identities=tuple(int(i) for i in np.unique(samples.identities)),
        face_free=samples.unpeopled(),
        made=samples.made,
        whole=len(samples) == count,
        validation_contents=validation_contents,
        sections=(
            *_sections(deployed, found, samples, score, watcher or Nobody()),
            *([section(groups)] if groups else []),
        )
        if options.sections
        else (),
        groups=groups,
    )


def _sections(
    deployed: Deployed, found: Sequence[Any], samples: Samples, score: Score, watcher: Watcher
) -> tuple[Section, ...]:
    """What the task tells of the findings, and the first figure in worse pictures beside that in these."""
    task = deployed.task
    sections = (*task.sections(found, samples), *task.explained(deployed.found, found, samples))
    rows = [("as they are", score.value, score.interval())]
    changes = task.stressed()
    if not changes:
        return sections
    for done, (name, change) in enumerate(changes.items()):
        watcher.measured("worse pictures", done, len(changes))
        worse = deployed.score(change(samples))
        rows.append((name, worse.value, worse.interval()))
    watcher.measured("worse pictures", len(changes), len(changes))
    columns = ("pictures", f"{score.figure.name}, {score.figure.unit}", f"95 % interval by {score.drawn}")
    return (
        *sections,
        Table("In worse pictures", columns, tuple(rows), "The same changes for every network."),
    )
