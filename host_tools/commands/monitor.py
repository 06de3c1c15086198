"""`tinyface monitor`: one line an inference from the board's camera."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from codegen.margins import LEAST_MARGIN, MOST_MARGIN
from host_tools.commands.filmed import filmed
from host_tools.commands.options import (
    DEFAULT_BOARD,
    Baud,
    BoardName,
    Box,
    Pictures,
    Port,
    at_baud,
    refuse_box_alone,
    refuse_ignored,
)
from host_tools.terminal.console import OUT, note, print_json_line, reported

PLACE = 80


@reported("Run it again to go on.")
def command(
    board: BoardName = DEFAULT_BOARD,
    port: Port = None,
    baud: Baud = None,
    frames: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--frames", "-n", min=1, help="Stop after this many; without it, at Ctrl-C."),
    ] = None,
    period: Annotated[
        int, typer.Option("--period", min=0, metavar="MS", help="Shortest time between frames.")
    ] = 0,
    pictures: Pictures = None,
    box: Box = None,
    margin: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--margin", min=LEAST_MARGIN, max=MOST_MARGIN, help="Crop side over the side of a face box."
        ),
    ] = None,
    save: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--save", metavar="DIR", help="Write each frame with its points as a PNG, at once."),
    ] = None,
    record: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--record",
            metavar="FILE",
            help="Keep whole frames and all answers, for `tinyface validate MODEL --recording FILE`. A board "
            "at --port is restarted first.",
        ),
    ] = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview",
            help="With --record: small pictures, of as many frames as a slow line carries beside the "
            "results, in place of whole ones. For people to look at, not for validation.",
        ),
    ] = False,
    timeout: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--timeout", min=0.1, help="Seconds the board may take to answer."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Stream inferences from the board's camera (a simulated camera sees --pictures, or a film)."""
    import contextlib
    from collections.abc import Sequence
    from dataclasses import replace

    from codegen.counted import counted
    from codegen.errors import BoardError, OptionError, PictureError
    from codegen.plain_text import one_line
    from codegen.scratch import ScratchFolder
    from codegen.whole_file import make_folders
    from host_tools.attach import Film, open_board
    from host_tools.boards import load_board
    from host_tools.models import usual_margin
    from host_tools.pictures.files import shots_from, write_frames
    from host_tools.pictures.frames import as_json as to_json
    from host_tools.pictures.frames import as_line, first_number, save_overlay
    from host_tools.pictures.scores import scores_told
    from host_tools.pictures.stages import Told
    from host_tools.proof.clocks import clock_of
    from host_tools.proof.demo import check_all_is_sent
    from host_tools.terminal.ctrl_c import heard as heard_ctrl_c
    from host_tools.wire.messages import Settings, SettingsRequest, Want
    from host_tools.wire.model_facts import ask_model
    from host_tools.wire.plausible import in_parts
    from host_tools.wire.recording.purpose import Purpose
    from host_tools.wire.recording.stream import StreamRecorder
    from host_tools.wire.recording.write import Recorder
    from host_tools.wire.session import FOREVER
    from host_tools.wire.stages import sees_gray, stages_of
    from host_tools.wire.threshold import SEND_ALL

    refuse_box_alone(box, pictures)
    if preview and record is None:
        raise OptionError(
            "previews are seen in a recording or in the browser",
            "--preview",
            "Add --record FILE, or use `tinyface view --preview`.",
        )
    target = at_baud(load_board(board), port, baud)
    if pictures and port:
        raise PictureError(
            "a board at a port looks through its own camera", "--pictures", "Leave --pictures or --port out."
        )
    shots = shots_from(pictures, margin or usual_margin(), box) if pictures else []
    films = pictures is None and port is None and target.camera and target.kind != "serial"
    if pictures is None and not films:
        refuse_ignored({"--margin": margin}, "the board cuts its own pictures")
    first = 0
    if save is not None:
        try:
            make_folders(save)
            first = first_number(save)
        except OSError as error:
            raise PictureError(
                f"the folder can't be made ({error.strerror})", str(save), "Choose another."
            ) from error
    recorder: Recorder | None = None

    def heard(line: str) -> None:
        note(line)
        if recorder is not None:
            recorder.log(line)

    with contextlib.ExitStack() as stack:
        stack.enter_context(heard_ctrl_c())
        place = stack.enter_context(ScratchFolder())
        seen: Sequence[Path] | Film = filmed(place, margin) if films else write_frames(shots, place)
        session = stack.enter_context(
            open_board(target, port, pictures=seen, timeout_s=timeout, on_log=heard)
        )
        if not session.board.has_camera:
            raise BoardError(
                "the board has no camera", board, "Use `tinyface validate`, or a board with a camera."
            )
        if record is not None and not preview:
            if port is not None:
                session.restart()  # a program's state begins with the recording
            check_all_is_sent(session)
        if session.board.sensor:
            note(f"the camera's sensor is the {session.board.sensor}")
        model, clock = ask_model(session), clock_of(session.board.board)
        if clock != "chip":
            note(f"milliseconds are those of the {clock}; `tinyface analyze` estimates the chip's")
        stages = stages_of(session.board, session.port)
        names = [one_line(stage.name) for stage in stages]
        for line in [] if as_json else scores_told(stages, model):
            note(line)
        told = Told(tuple(names), in_parts(session.board))
        if told.in_parts:
            threshold = session.ask(SettingsRequest(), Settings).threshold
            told = replace(told, sent=threshold == SEND_ALL)
            if not told.sent:
                note(
                    f"what each stage finds is not sent while a threshold is set ({threshold}): the last "
                    f"record alone; `tinyface settings --threshold {SEND_ALL}` sends all"
                )
        saved = 0
        if save is not None:
            stack.callback(lambda: note(f"{counted(saved, 'picture')} saved in {save}"))
        recorded: StreamRecorder | None = None
        if record is not None:
            settings = session.ask(SettingsRequest(), Settings)
            purpose = Purpose.PREVIEW if preview else Purpose.PROOF
            recorder = stack.enter_context(Recorder(record, session.board, model, settings, purpose))
            recorded = StreamRecorder(recorder, session.counters)
            stack.callback(lambda: note(recorded.told))
        proof = record is not None and not preview
        want = Want.PICTURE if save is not None or proof else 0
        want |= Want.GRAY if proof and sees_gray(stages) else 0
        want |= Want.PREVIEW if preview else 0
        want |= Want.RUNS if told.in_parts and (proof or not (as_json or preview)) else 0
        shown = recorded.preview if preview and recorded is not None else lambda _: None
        stream = stack.enter_context(
            contextlib.closing(session.stream(frames or FOREVER, period, want, on_preview=shown))
        )
        for number, inference in enumerate(stream):
            if recorded is not None:
                recorded.take(inference)
            if as_json:
                print_json_line(to_json(number, inference, model, clock, told))
            else:
                OUT.print(as_line(number, inference, model, clock, told), markup=False)
            if save is not None and inference.picture is not None:
                try:
                    save_overlay(first + number, inference, inference.picture, save, told, model)
                except OSError as error:
                    raise PictureError(
                        f"the picture can't be written ({error.strerror})",
                        str(save),
                        "Make room, or choose another folder.",
                    ) from error
                saved += 1
