"""One run of an ablation: a row trained with a seed, measured on the validation part as a board computes.

Neither the test part nor a card is touched.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from codegen.errors import DataError
from codegen.whole_file import make_folders, write_whole
from model_zoo.ablation.plan import Plan, Row
from model_zoo.ablation.stored import stored
from model_zoo.blend import learnt_in
from model_zoo.datasets.split import Split
from model_zoo.training import export
from model_zoo.training.course import Course, begin
from model_zoo.training.forms import deployed_as
from model_zoo.training.progress import Progress
from model_zoo.training.run_folder import held

RESULT = "result.json"


def asked(plan: Plan, row: Row, seed: int) -> dict[str, Any]:
    """What a result hangs on, as far as the plan says it."""
    return {
        "network": plan.network_of(row),
        "dataset": plan.dataset,
        "limit": plan.limit,
        "seed": seed,
        "teacher": row.teacher,
        "recipe": row.recipe.to_json(),
    }


def result_of(folder: Path, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """The result in a folder; None where there is none yet.

    Args:
        wanted: what it is to be of, by `asked`.
    Raises:
        DataError: it can't be read, or is of another plan.
    """
    path = folder / RESULT
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            "the result can't be read", str(path), "Remove it, and the run is repeated."
        ) from error
    if not isinstance(found, dict) or found.get("asked") != wanted:
        raise DataError(
            "the result is of another plan",
            str(path),
            "Choose another folder with -o, or remove this run's.",
        )
    return found


def steps_of(row: Row, pictures: int) -> int:
    """Steps of all phases of a row with so many training pictures."""
    return sum(phase.epochs for phase in row.recipe.phases) * max(1, pictures // row.recipe.batch)


def run(
    plan: Plan, row: Row, seed: int, folder: Path, split: Split[Any], progress: Progress
) -> dict[str, Any]:
    """Trains, exports, measures and writes the result.

    Args:
        folder: of this run; what an earlier, interrupted one has left there is gone on from.
        split: of the plan's data set.
    Returns:
        what was written.
    Raises:
        DataError: the run has more steps than the plan allows, or as a training.
    """
    import tensorflow as tf

    tf.keras.backend.clear_session()
    make_folders(folder)
    started = time.monotonic()
    course = begin(plan.options(row, seed, folder), row.recipe, progress, split)
    steps = steps_of(row, len(course.train))
    if steps > plan.steps:
        raise DataError(
            f"the row {row.name} takes {steps} steps a run, and the plan allows {plan.steps}",
            plan.network_of(row),
            "Shorten its phases, or raise steps.",
        )
    result = {"asked": asked(plan, row, seed), "row": row.name, "seed": seed, "steps": steps}
    result |= {"training pictures": len(course.train), **_learnt(course, folder, progress)}
    result["seconds"] = round(time.monotonic() - started, 1)
    write_whole(folder / RESULT, (json.dumps(result, indent=1) + "\n").encode(), make_folder=False)
    return result


def _learnt(course: Course, folder: Path, progress: Progress) -> dict[str, Any]:
    """Trains; the figures of the network's float form and of its int8 one, and what it costs."""
    with held(folder) as own:
        ends = list(course.phases(progress, folder=own))
    last = ends[-1]
    reference = [end for end in ends if end.phase.kind != "qat"][-1].model
    aware = last.phase.kind == "qat"
    pictures = None if aware else course.calibration(course.recipe.calibration_images)
    content = export.to_tflite(last.model, pictures)
    export.check(content, course.spec.name)
    part = course.split.validation
    scores = {
        "float": course.float_score(reference, part),
        "qat" if aware else "ptq": deployed_as(course, content).score(part),
    }
    learnt = learnt_in(reference)
    return {
        "figures": {form: score.to_json() for form, score in scores.items()},
        "validation": part.contents(),
        "macs": export.macs_of(reference),
        "parameters": int(reference.count_params()),
        **({"learnt": learnt} if learnt else {}),
        "structure": course.structure(reference).to_json(),
        "stored": asdict(stored(content, course.spec.name)),
        "tflite_sha256": hashlib.sha256(content).hexdigest(),
    }
