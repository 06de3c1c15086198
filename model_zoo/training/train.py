"""Training end to end: phases, int8 forms, measurement, curves, card.

The test part is not looked at: `tinyface evaluate --part test` does, and its figure is the card's then.
Everything lies in one folder; each phase leaves a checkpoint after every epoch, so a run that was
interrupted or killed goes on with `resume`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from codegen.counted import and_face_free
from codegen.errors import TinyfaceError
from codegen.whole_file import write_whole
from model_zoo.blend import learnt_in
from model_zoo.datasets.samples import Samples
from model_zoo.evaluation.deployed import Deployed
from model_zoo.evaluation.plots import draw_curves
from model_zoo.evaluation.score import Figure, Score
from model_zoo.training import export, float_weights
from model_zoo.training.asked import Asked, noted
from model_zoo.training.course import Course, begin
from model_zoo.training.forms import deployed_as
from model_zoo.training.history import FILE as HISTORY
from model_zoo.training.options import TrainOptions, TrainResult
from model_zoo.training.progress import Progress
from model_zoo.training.rehearse import PICTURES, rehearse
from model_zoo.training.run_folder import RunFolder, begun, held, require_own, require_phases, unkept
from model_zoo.training.write_card import CardFacts, write_card


def _measure(
    course: Course, part: Samples, model: Any, forms: dict[str, Deployed], say: Callable[[str], None]
) -> dict[str, Score]:
    """Scores of the float network and of each int8 form on one part."""
    scores = {"float": course.float_score(model, part)}
    for form, deployed in forms.items():
        scores[form] = deployed.score(part)
    for form, score in scores.items():
        figure = score.figure
        say(f"  {form:6} {figure.name} {figure.text(score.value)}  (95 %: {score.interval()})")
    return scores


def _draw_sheet(course: Course, shipped: Deployed, path: Path) -> Path | None:
    """Draws the network at work where its task has a sheet."""
    sheet = course.task.sheet(shipped.find, course.view)
    if sheet is None:
        return None
    stream = io.BytesIO()
    sheet.save(stream, "PNG", optimize=True)
    write_whole(path, stream.getvalue(), make_folder=False)
    return path


def _train(options: TrainOptions, progress: Progress, asked: Asked) -> TrainResult:
    require_own(options.out, options.resume)
    course = begin(options, watcher=progress)
    require_phases(options.out, [phase.name for phase in course.recipe.phases])
    with held(options.out) as folder:
        return _run(course, folder, progress, asked)


def _run(course: Course, folder: RunFolder, progress: Progress, asked: Asked) -> TrainResult:
    split, out = course.split, folder.path
    made = course.own.made
    progress.say(f"{course.spec.name} on {course.own.name}" + (f": {made}, no photographs" if made else ""))
    if course.start is not None:
        start = course.start
        whole = f", the mean of {1 + len(start.beside)} trainings" if start.beside else ""
        progress.say(f"  goes on from {start.card.name} that learnt from {start.card.data.name}{whole}")
    learnt = course.own
    for name, pictures, own, free in (
        ("training", len(learnt), len(learnt.people()), learnt.unpeopled()),
        *(
            (part, split.pictures(part), len(split.people(part)), split.face_free(part))
            for part in ("validation", "test")
        ),
    ):
        word = "picture" if pictures == 1 else "pictures"
        progress.say(f"  {name:10} {pictures:5} {word} {learnt.of_people(own)}{and_face_free(free)}")
    for one in course.also:
        by = " and ".join(network.name for network in one.samples.labelled_by) or "people"
        progress.say(f"  also       {len(one.samples):5} pictures of {one.samples.name}, labelled by {by}")

    for doubt in course.task.doubts(course.train, course.view):
        progress.warn(f"Note: {doubt}")
    if not begun(out):
        progress.say("trying quantization and export on an untrained copy first")
        rehearse(course, course.calibration(PICTURES), partial(deployed_as, course))

    histories, best, contents, learnt_by, reference = {}, {}, {}, {}, None
    last_float = course.recipe.phases[course.recipe.last_float].name
    for end in course.phases(progress, asked, folder):
        histories[end.phase.name], best[end.phase.name] = end.history, end.best
        if end.phase.name == last_float:
            reference = end.model
            learnt_by["ptq"] = learnt_in(end.model)
            progress.say("post-training quantization")
            contents["ptq"] = export.to_tflite(
                end.model, course.calibration(course.recipe.calibration_images)
            )
        elif end.phase.kind == "qat":
            contents["qat"] = export.to_tflite(end.model, None)
            learnt_by["qat"] = learnt_in(end.model)
    assert reference is not None
    for form, content in contents.items():
        export.check(content, _file_of(form))
        folder.require_there()
        write_whole(out / _file_of(form), content, make_folder=False)
    forms = {form: deployed_as(course, content) for form, content in contents.items()}

    progress.say("validation part")
    figure = course.task.FIGURE
    validation = _measure(course, split.validation, reference, forms, progress.say)
    baseline = course.task.baseline(course.own, split.validation, course.view)
    progress.say(f"  all that the {baseline.name} gives: {figure.text(baseline.score.value)}")
    shipped = min(forms, key=lambda form: figure.loss(validation[form].value))
    progress.say(_why(shipped, {form: validation[form].value for form in forms}, figure))

    content, deployed = contents[shipped], forms[shipped]
    model_path, curves_path = out / "model.tflite", out / "curves.png"
    folder.require_there()
    write_whole(model_path, content, make_folder=False)
    weights = float_weights.write(out, reference, course.lesson.output_shapes)
    folder.require_there()
    draw_curves(histories, figure, f"{course.spec.name} on {course.own.name}", curves_path)
    folder.require_there()
    preview_path = _draw_sheet(course, deployed, out / "preview.png")
    card_path, strains = out / "card.json", course.task.strains(split.validation, deployed.score)
    folder.require_there()
    card = write_card(
        card_path,
        CardFacts(
            course=course,
            best=best,
            content=content,
            weights=weights,
            shipped=shipped,
            outputs=deployed.engine.outputs,
            validation=validation,
            baseline=baseline,
            strains=strains,
            macs=export.macs_of(reference),
            params=int(reference.count_params()),
            ops=dict(export.op_counts(content)),
            structure=course.structure(reference),
            learnt=learnt_by[shipped],
        ),
    )
    files = [model_path, card_path, out / float_weights.FILE, *(out / _file_of(form) for form in forms)]
    files += [out / HISTORY, curves_path, *([] if preview_path is None else [preview_path])]
    return TrainResult(
        card, shipped, card_path, model_path, curves_path, preview_path, tuple(files), course.dataset, made
    )


def _file_of(form: str) -> str:
    return f"model-{form}.tflite"


def _why(shipped: str, values: Mapping[str, float], figure: Figure) -> str:
    """Why one form is shipped, in words: the only one, as good as another, or better, perhaps by little."""
    others = [value for form, value in values.items() if form != shipped]
    if not others:
        return f"{shipped} is the only int8 form and becomes model.tflite"
    if values[shipped] in others:
        return f"{' and '.join(values)} are equally good on validation; {shipped} becomes model.tflite"
    shown = [figure.text(value) for value in others]
    little = " by less than these digits show" if figure.text(values[shipped]) in shown else ""
    return f"{shipped} is better on validation{little} and becomes model.tflite"


def train(options: TrainOptions, console: Console | None = None) -> TrainResult:
    """Trains, quantizes, measures and writes the card.

    Args:
        console: where progress is shown; None: standard error as it is.
    Raises:
        DataError: the data set, the folder or a checkpoint can't be used.
        ToolError: TensorFlow or the TFLite-Micro interpreter is not installed.
        TinyfaceError: a signal has ended it (Ctrl-C, or one whose handler raises); says how to go on, and its
            cause is a KeyboardInterrupt, or a SystemExit with the code that shells give that signal.
    """
    with Progress(options.quiet, console) as progress, noted() as asked:
        try:
            return _train(options, progress, asked)
        except BaseException as error:
            ended = asked.exception() or error
            if isinstance(ended, (KeyboardInterrupt, SystemExit)):
                raise TinyfaceError(
                    f"training was interrupted {progress.position()}",
                    str(options.out),
                    "Run the same command with --resume to go on from there."
                    if begun(options.out)
                    else "Nothing of it was kept: run the same command again.",
                ) from ended
            if isinstance(error, OSError):
                raise unkept(error, options.out) from error
            raise
