"""A board under TFLite-Micro against TFLite-Micro: models with state, or without an integer core."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from codegen.backends.tflm import interpreter as tflm_interpreter
from codegen.backends.tflm.interpreter import TflmInterpreter
from codegen.errors import BoardError, ModelError
from codegen.program.spec import Layout, PictureWish
from codegen.tflite.model_file import read_file
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.models import ModelRef, resolve
from host_tools.proof.stimuli import requests
from host_tools.proof.validate import Verdict
from host_tools.proof.validate_tflm import TflmValidator, runs_alone
from host_tools.wire.messages import Runtime
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.host_tools.tflm_board import TflmBoard
from tests.toys.edges import EDGE_TOYS
from tests.toys.layers import Net
from tests.toys.real import real_numbers, real_numbers_inside
from tests.toys.state import STATE_TOYS

BOARD = load_board("esp32cam")
QUICK = Timing(boot_s=5.0, reply_s=1.0)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="the tflite-micro wheel is not installed"
)


MODELS: dict[str, Callable[[], bytes]] = {
    **{f"state, {name}": build for name, build in STATE_TOYS.items() if name != "only read"},
    "float32 in two scales": EDGE_TOYS["float32 in two scales"],
    "float32": real_numbers,
    "float32 inside": real_numbers_inside,
}


def write(data: bytes, place: Path) -> ModelRef:
    file = place / "model.tflite"
    file.write_bytes(data)
    return resolve(str(file), core_needed=False)


def validate(ref: ModelRef, board: TflmBoard, count: int = 12) -> Verdict:
    with Session(board.port, timing=QUICK) as session:
        assert runs_alone(session.board, ref)
        validator = TflmValidator(session, ref, BOARD, 3)
        return validator.run(requests(validator.signals, validator.program, count, 3, 65536))


@pytest.mark.parametrize("name", MODELS)
def test_an_honest_board_passes_and_a_wrong_byte_is_found(name: str, tmp_path: Path) -> None:
    ref = write(MODELS[name](), tmp_path)
    with TflmBoard(ref.file) as board:
        verdict = validate(ref, board)
        assert verdict.passed
        assert verdict.bytes_compared == 12 * board.hello.output_bytes
        assert verdict.distinct_inputs > 6
        board.lie = True
        verdict = validate(ref, board)
    assert (verdict.passed, verdict.requests_differing, verdict.bytes_differing) == (False, 12, 12)


@pytest.mark.parametrize(
    ("name", "keeps"),
    [("mnist_lstm", True), ("vad_streaming_state", True), ("hello_world_float_edges", None)],
)
def test_models_of_strangers(name: str, keeps: bool | None, shared_models: Path, tmp_path: Path) -> None:
    ref = write((shared_models / "wild" / f"{name}.tflite").read_bytes(), tmp_path)
    if keeps is None:  # its core says it all
        with TflmBoard(ref.file) as board, Session(board.port, timing=QUICK) as session:
            assert not runs_alone(session.board, ref)
        return
    with TflmBoard(ref.file) as board:
        assert validate(ref, board, 4).passed
        assert (board.restarts > 0) == keeps


def test_state_of_earlier_inferences_is_no_difference(tmp_path: Path) -> None:
    ref = write(STATE_TOYS["ring"](), tmp_path)
    with TflmBoard(ref.file) as board:
        with Session(board.port, timing=QUICK) as session:
            session.infer_tensor(bytes(range(board.hello.input_bytes)))
        assert validate(ref, board).passed
        assert board.restarts == 1


def test_pictures_of_the_files_own_type(tmp_path: Path) -> None:
    """Without a core the board fills the tensor of the file: p in uint8 where the core has p - 128."""
    file = tmp_path / "model.tflite"
    file.write_bytes(EDGE_TOYS["uint8 picture"]())
    ref = resolve(str(file), core_needed=False, picture=PictureWish(Layout.GRAY))
    assert (ref.own_program.input.shift, ref.program.input.shift) == (0, -128)
    with TflmBoard(ref.file, ref.own_program.input) as board, Session(board.port, timing=QUICK) as session:
        validator = TflmValidator(session, ref, BOARD, 3)
        sent = list(requests(validator.signals, validator.program, 12, 3, 65536))
        assert sum(stimulus.region is not None for stimulus in sent) == 4
        assert validator.run(sent).passed


@pytest.mark.slow
def test_a_repeated_request_starts_both_sides_anew(tmp_path: Path) -> None:
    ref = write(STATE_TOYS["ring"](), tmp_path)
    with TflmBoard(ref.file) as board:
        board.swallow = 1
        verdict = validate(ref, board, 6)
        assert verdict.passed
        assert board.restarts == 2
        board.swallow = 1 << 30
        with pytest.raises(BoardError):
            validate(ref, board, 6)


def test_a_board_that_forgets_its_state_differs(tmp_path: Path) -> None:
    ref = write(STATE_TOYS["ring"](), tmp_path)
    with TflmBoard(ref.file) as board:

        def forget(which: object, frame: object) -> bool:
            board.interpreter = board.start()
            return False

        board.handler = forget
        assert validate(ref, board).requests_differing > 6


def test_the_command_says_what_it_was_compared_with(tmp_path: Path) -> None:
    ref = write(STATE_TOYS["uint8 behind"](), tmp_path)
    with TflmBoard(ref.file) as board:
        common = ["validate", str(ref.path), "--board", "esp32cam", "--port", board.port, "--count", "5"]
        done = CliRunner().invoke(app, [*common, "--json"], catch_exceptions=False)
        said = CliRunner().invoke(app, common, catch_exceptions=False)
    assert (done.exit_code, said.exit_code) == (0, 0), done.stderr + said.stderr
    verdict = json.loads(done.stdout)
    assert (verdict["runtime"], verdict["bytes_differing"], verdict["requests"]) == ("tflm", 0, 5)
    assert verdict["reference"] == "TFLite-Micro on this machine"
    assert "compared with TFLite-Micro on this machine" in said.stdout


def test_without_the_wheel_there_is_no_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = write(STATE_TOYS["ring"](), tmp_path)
    with TflmBoard(ref.file) as board:
        monkeypatch.setattr(tflm_interpreter.importlib.util, "find_spec", lambda name: None)
        arguments = ["validate", str(ref.path), "--board", "esp32cam", "--port", board.port]
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 2
    text = " ".join(done.stderr.split())
    assert "only TFLite-Micro itself computes" in text
    assert "use a model with an integer core" in text


def test_generated_c_needs_a_core(tmp_path: Path) -> None:
    ref = write(real_numbers(), tmp_path)
    with TflmBoard(ref.file) as board, Session(board.port, timing=QUICK) as session:
        session.board = replace(session.board, runtime=Runtime.AOT)
        with pytest.raises(ModelError):
            runs_alone(session.board, ref)


def test_other_tensors_on_the_board_are_refused(tmp_path: Path) -> None:
    ref = write(STATE_TOYS["ring"](), tmp_path)
    with TflmBoard(ref.file) as board:
        board.hello = replace(board.hello, input_bytes=1)
        with pytest.raises(BoardError, match=r"the board 1 and .*--runtime tflm"):
            validate(ref, board)


def test_why_the_interpreter_stops_is_said() -> None:
    net = Net()
    x = net.input(1, 6)
    model = net.model.finish([x], [net.unary("NEG", x, 1 / 128, 0)])
    said = r"stops at it: Type INT8 .9. not supported; Node NEG .number 0."
    with TflmInterpreter(read_file(model, "m")) as interpreter, pytest.raises(ModelError, match=said):
        interpreter.invoke([np.zeros((1, 6), np.int8)])


def test_what_the_interpreter_stops_at_is_an_error() -> None:
    values = [np.zeros((1, 6), np.float32)]
    with TflmInterpreter(read_file(real_numbers(), "m")) as interpreter:
        assert interpreter.invoke(values) == np.full(6, 0.5, np.float32).tobytes()
        process = interpreter._process
        assert process is not None
        process.kill()  # as a crash of the interpreter does
        process.wait()
        with pytest.raises(ModelError, match="stops at it"):
            interpreter.invoke(values)
