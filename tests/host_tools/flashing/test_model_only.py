"""`tinyface flash --model-only`: new constants into the same code over the wire; the rest is refused."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from codegen.backends import aot, tflm
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.flashing import partitions
from host_tools.flashing.simulated import flash
from host_tools.models import ModelRef, resolve
from host_tools.project import plan_of
from host_tools.wire.framing import Frame
from host_tools.wire.messages import Restart, Runtime, Update, UpdateBegin, UpdateData, UpdateEnd, UpdateState
from tests.fakes.esp_rom import CHIPS, FakeChip, PtyPort
from tests.host_tools.fake_board import FakeBoard
from tests.host_tools.flashing.conftest import Built, FlashByHand
from tests.host_tools.flashing.esp_board import boot
from tests.host_tools.toy_folder import write_toy
from tests.host_tools.twin import mirrored


def tinyface(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def test_a_flashed_board_gets_new_constants_and_loses_them_with_new_firmware(
    built: Built, flash_by_hand: FlashByHand, tmp_path: Path
) -> None:
    """On the played ESP32-CAM: the ROM's bytes, constants over the wire, then firmware by either way."""
    other = mirrored(built.ref, tmp_path / "twin")
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    image = aot.model_image(plan_of(other), other.pipeline)
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
        graph, self.starts, self.image = ref.graph, starts, b""
        self.hello = replace(
            self.hello,
            board="esp32cam",
            runtime=Runtime.TFLM,
            model=ref.name,
            model_hash=ref.model_hash,
            arena_bytes=1 << 20,
            input_bytes=sum(graph.tensor(t).bytes for t in graph.inputs),
            output_bytes=sum(graph.tensor(t).bytes for t in graph.outputs),
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
                self.hello = replace(self.hello, model_hash=self.image[64:96])


@pytest.mark.parametrize("starts", [True, False])
def test_a_whole_model_for_tensorflow_lite_micro(starts: bool, tmp_path: Path) -> None:
    """The board has the last word: where it can't start the model it keeps its own, and that is told."""
    pytest.importorskip("tflite_micro", reason="measures the arena")
    first = resolve(str(write_toy("mini_pfld", tmp_path / "first")))
    other = mirrored(first, tmp_path / "twin")
    with TflmBoard(first, starts) as board:
        done = tinyface(
            "flash", "--board", "esp32cam", "--port", board.port, "--model-only", "--model", other.path
        )
    assert board.image == tflm.model_image(other.data, other.name, other.pipeline)
    assert done.exit_code == (0 if starts else 2), done.stderr
    if not starts:
        assert "the board stays with its own model" in done.stderr


@pytest.mark.parametrize(
    ("toy", "said"), [("mini_mobilenet", "output bytes"), ("mini_pfld", "needs an arena of")]
)
def test_a_model_that_can_not_fit_is_refused_before_the_first_byte(
    toy: str, said: str, tmp_path: Path
) -> None:
    pytest.importorskip("tflite_micro", reason="measures the arena")
    first = resolve(str(write_toy("mini_pfld", tmp_path / "first")))
    other = write_toy(toy, tmp_path / "other")
    with TflmBoard(first, True) as board:
        board.hello = replace(board.hello, arena_bytes=100)
        done = tinyface(
            "flash", "--board", "esp32cam", "--port", board.port, "--model-only", "--model", other
        )
    assert done.exit_code == 2
    assert said in done.stderr
    assert board.image == b""
