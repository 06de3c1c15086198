"""`tinyface flash --model-only`: new constants into the same code over the wire; the rest is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from codegen.backends import aot
from codegen.backends.tflm import arena as tflm_arena
from codegen.backends.tflm import generate as tflm
from codegen.backends.tflm.arena import arena_need
from codegen.backends.tflm.operators import resolver_kinds
from codegen.backends.tflm.tensors import engine_tensors
from codegen.errors import ModelError
from codegen.tflite.operators import operator_code
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.flashing import partitions
from host_tools.flashing.simulated import flash
from host_tools.models import ModelRef, resolve
from host_tools.project.write import plan_of
from host_tools.wire.framing import Frame
from host_tools.wire.messages import (
    Dtype,
    Model,
    Restart,
    Runtime,
    Update,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateState,
)
from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort
from tests.host_tools.fake_board import FakeBoard
from tests.host_tools.flashing.conftest import Built, FlashByHand
from tests.host_tools.flashing.esp_board import boot
from tests.host_tools.toy_folder import write_toy
from tests.host_tools.twin import mirrored
from tests.toys.edges import EDGE_TOYS
from tests.toys.real import real_numbers
from tests.toys.state import STATE_TOYS


def tinyface(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.mark.slow
def test_a_flashed_board_gets_new_constants_and_loses_them_with_new_firmware(
    built: Built, flash_by_hand: FlashByHand, tmp_path: Path
) -> None:
    """On the played ESP32-CAM: the ROM's bytes, constants over the wire, then firmware by either way."""
    other = mirrored(built.ref, tmp_path / "twin")
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    image = aot.model_image(plan_of(other, load_board("esp32cam")), other.program)
    with PtyPort(chip) as port:
        flashing = ("--project", built.project.folder)
        status, said = flash_by_hand(chip, port.name, *flashing, "--esptool")
        assert status == 0, said
        for way in ((), ("--esptool",)):
            sent = tinyface(
                "flash",
                "--board",
                "esp32cam",
                "--port",
                port.name,
                "--model-only",
                "--model",
                other.path,
                "--json",
            )
            assert sent.exit_code == 0, sent.stderr
            assert json.loads(sent.stdout)["model_hash"] == other.model_hash.hex()
            chip.press_reset()  # the application's flash is read back, and boots again with the constants
            heads = partitions.model_heads(partitions.from_binary(bytes(chip.flash[0x8000:0x8C00])))
            assert any(chip.flash[at + 32 : at + len(image)] == image[32:] for at in heads)
            well = tinyface("doctor", "--port", port.name, "--model", other.path)
            assert well.exit_code == 0, well.stdout
            status, said = flash_by_hand(chip, port.name, *flashing, *way)
            assert status == 0, said
            assert built.ref.model_hash.hex() in said


@pytest.fixture
def on_sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRef:
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path / "state"))
    ref = resolve(str(write_toy("mini_pfld", tmp_path / "first")))
    flash(ref, load_board("sim"), "aot")
    return ref


def test_a_simulated_board_keeps_the_constants(on_sim: ModelRef, tmp_path: Path) -> None:
    other = mirrored(on_sim, tmp_path / "twin")
    (other.path.parent / "card.json").unlink(missing_ok=True)
    sent = tinyface("flash", "--board", "sim", "--model-only", "--model", other.path)
    assert sent.exit_code == 0, sent.stderr
    assert "(as before)" in sent.stdout
    assert tinyface("validate", other.path, "--board", "sim", "--count", "5").exit_code == 0


def test_another_plan_is_refused_with_the_reason(on_sim: ModelRef, tmp_path: Path) -> None:
    other = write_toy("mini_mobilenet", tmp_path / "second")
    refused = tinyface("flash", "--board", "sim", "--model-only", "--model", other)
    assert refused.exit_code == 2
    assert "generated for another plan" in refused.stderr
    assert "without --model-only" in refused.stderr
    assert tinyface("validate", on_sim.path, "--board", "sim", "--count", "3").exit_code == 0


@pytest.mark.parametrize("option", [("--esptool",), ("--project", "x"), ("--runtime", "tflm")])
def test_what_does_not_go_together(option: tuple[str, ...]) -> None:
    refused = tinyface("flash", "--board", "esp32cam", "--model-only", *option)
    assert refused.exit_code == 2
    assert "--model-only" in refused.stderr


class TflmBoard(FakeBoard):
    """A board that runs TensorFlow Lite Micro and takes a whole model; `starts`: it can start it."""

    def __init__(self, ref: ModelRef, starts: bool) -> None:
        super().__init__()
        tensors = engine_tensors(ref.file, None if isinstance(ref.core, ModelError) else ref.core)
        self.starts, self.image = starts, b""
        self.hello = replace(
            self.hello,
            board="esp32cam",
            runtime=Runtime.TFLM,
            model=ref.name,
            model_hash=ref.model_hash,
            arena_bytes=1 << 20,
            input_bytes=sum(t.facts.bytes for t in tensors.inputs),
            output_bytes=sum(t.facts.bytes for t in tensors.outputs),
        )
        spec = ref.program_under("tflm").input
        self.model = Model(
            int(spec.layout),
            spec.width,
            spec.height,
            spec.shift,
            0,
            tuple(map(operator_code, resolver_kinds(ref.file))),
            tuple(Dtype[t.dtype.upper()] for t in tensors.outputs),
            tuple(t.facts.bytes for t in tensors.outputs),
            "",
        )

    def answer(self, frame: Frame) -> None:
        if frame.type == UpdateData.CODE:
            self.image += UpdateData.unpack(frame.payload).data
        if frame.type in (UpdateBegin.CODE, UpdateData.CODE, UpdateEnd.CODE):
            facts = {field.name: 0 for field in fields(Update)} | {"next": len(self.image)}
            ready = frame.type == UpdateEnd.CODE
            facts["state"] = UpdateState.READY if ready else UpdateState.RECEIVING
            self.send(Update(**facts), frame.sequence)
        else:
            super().answer(frame)
            if frame.type == Restart.CODE and self.starts:
                self.hello = replace(self.hello, model_hash=self.image[96:128])


def send_model(board: TflmBoard, model: object) -> Result:
    return tinyface("flash", "--board", "esp32cam", "--port", board.port, "--model-only", "--model", model)


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("starts", [True, False])
def test_a_whole_model_for_tensorflow_lite_micro(starts: bool, tells: bool, tmp_path: Path) -> None:
    """The board has the last word: where it can't start the model it keeps its own, and that is told."""
    pytest.importorskip("tflite_micro", reason="measures the arena")
    first = resolve(str(write_toy("mini_pfld", tmp_path / "first")))
    other = mirrored(first, tmp_path / "twin")
    with TflmBoard(first, starts) as board:
        if not tells:
            board.model = None
        done = send_model(board, other.path)
    assert board.image == tflm.model_image(other.file, other.program)
    assert done.exit_code == (0 if starts else 2), done.stderr
    assert ("does not tell its operators" in done.stderr) == (not tells)
    if not starts:
        assert "the board stays with its own model" in done.stderr


@pytest.mark.parametrize(
    "build",
    [STATE_TOYS["ring"], EDGE_TOYS["float32 in two scales"], EDGE_TOYS["uint8 to float32"], real_numbers],
)
def test_a_whole_model_with_state_edges_or_real_numbers(build: Callable[[], bytes], tmp_path: Path) -> None:
    """The sizes are those of the tensors that such firmware speaks, with or without an integer core."""
    pytest.importorskip("tflite_micro", reason="measures the arena")
    first, other = tmp_path / "first.tflite", tmp_path / "other.tflite"
    first.write_bytes(build())
    other.write_bytes(build() + bytes(16))  # another file that computes the same
    with TflmBoard(resolve(str(first), core_needed=False), True) as board:
        done = send_model(board, other)
        assert done.exit_code == 0, done.stderr
        assert other.read_bytes() in board.image
        assert board.model is not None
        board.model, board.image = replace(board.model, output_types=(Dtype.BOOL,)), b""
        refused(board, first, "the firmware's bool")


def refused(board: TflmBoard, model: object, *said: str) -> None:
    """Before the first byte is sent."""
    done = send_model(board, model)
    assert done.exit_code == 2
    text = " ".join(done.stderr.split())
    for part in (*said, "without --model-only"):
        assert part in text
    assert board.image == b""


def test_other_inputs_and_outputs_are_refused(tmp_path: Path) -> None:
    first = resolve(str(write_toy("mini_pfld", tmp_path / "first")))
    with TflmBoard(first, True) as board:
        refused(board, write_toy("mini_mobilenet", tmp_path / "other"), "output bytes")
        assert board.model is not None
        board.model = replace(board.model, output_types=(Dtype.UINT8,))
        refused(board, first.path, "outputs are int8, the firmware's uint8")


def test_operators_that_the_firmware_lacks_are_named(tmp_path: Path) -> None:
    """A subset passes, a superset is refused with its names and the remedy."""
    pytest.importorskip("tflite_micro", reason="measures the arena")
    first = resolve(str(write_toy("mini_pfld", tmp_path / "first")))
    lacking = ("CONCATENATION", "FULLY_CONNECTED")
    with TflmBoard(first, True) as board:
        whole = board.model
        assert whole is not None
        codes = tuple(c for c in whole.operators if c not in map(operator_code, lacking))
        assert len(codes) == len(whole.operators) - len(lacking)
        board.model = replace(whole, operators=codes)
        remedy = "`tinyface flash MODEL --board esp32cam --runtime tflm`"
        refused(board, first.path, f"does not hold {', '.join(lacking)}, which 'mini_pfld' uses", remedy)
        board.model = replace(whole, operators=(*whole.operators, operator_code("TANH")))
        assert send_model(board, mirrored(first, tmp_path / "twin").path).exit_code == 0


@pytest.mark.slow
def test_a_larger_arena_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro", reason="measures the arena")
    first = resolve(str(write_toy("mini_pfld", tmp_path / "first")))
    need = arena_need(first.file, "esp32").bytes
    with TflmBoard(first, True) as board:
        board.hello = replace(board.hello, arena_bytes=need - 16)
        refused(board, first.path, f"needs an arena of up to {need:,} bytes", f"has {need - 16:,}")
        board.hello = replace(board.hello, arena_bytes=need)
        assert send_model(board, mirrored(first, tmp_path / "twin").path).exit_code == 0


def test_without_the_wheel_the_arena_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflm_arena.importlib.util, "find_spec", lambda name: None)
    first = resolve(str(write_toy("mini_pfld", tmp_path / "first")))
    with TflmBoard(first, True) as board:
        done = send_model(board, first.path)
    assert done.exit_code == 2
    assert "can't be measured" in done.stderr
    assert board.image == b""


def test_what_espressifs_kernels_compute_otherwise_is_refused(tmp_path: Path) -> None:
    model = write_toy("conv_2d_pointwise", tmp_path / "model")
    with TflmBoard(resolve(str(model)), True) as board:
        done = send_model(board, model)
    assert done.exit_code == 2
    assert "no bias" in done.stderr
    assert board.image == b""
